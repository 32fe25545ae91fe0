"""Rosters: what a school may send, and what is said about a bad line."""

from datetime import date
from importlib.resources import as_file, files

import pytest
from hypothesis import given, strategies as st

from ktpel_capture.errors import UnreadableFile
from ktpel_enrolment.domain.roster import read_roster

HEADER = "nik,no_kk,nama,tempat_lahir,tanggal_lahir,jenis_kelamin,kelas,status_kawin"
GOOD = "6311011501099001,6311010101129001,Rahmat Contoh,Paringin,2009-01-15,L,XI,"
OTHER = "6311025602099002,6311010101129002,Siti Contoh,Halong,16/02/2009,P,XI,belum kawin"


@pytest.fixture
def roster(tmp_path):
    def read(*lines, encoding="utf-8", end="\n"):
        path = tmp_path / "sekolah.csv"
        path.write_bytes(end.join(lines).encode(encoding))
        return read_roster(path)

    return read


def test_the_roster_that_ships_is_read_without_a_word():
    with as_file(files("ktpel_enrolment.data").joinpath("sekolah-contoh.csv")) as path:
        roster = read_roster(path)
    assert len(roster.pupils) == 36
    assert roster.problems == ()
    assert all(pupil.nik.serial >= 9900 for pupil in roster.pupils), "invented numbers keep to serials nobody has"


def test_a_good_line_gives_a_pupil(roster):
    pupil, other = roster(HEADER, GOOD, OTHER).pupils
    assert (pupil.row, pupil.name, pupil.born, pupil.sex) == (2, "Rahmat Contoh", date(2009, 1, 15), "male")
    assert (other.row, other.born, other.sex, other.marital_status) == (3, date(2009, 2, 16), "female", "single")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_save_is_read_the_same(roster, delimiter, encoding, end):
    lines = [line.replace(",", delimiter) for line in (HEADER, GOOD, OTHER)]
    assert roster(*lines, "", encoding=encoding, end=end).pupils == roster(HEADER, GOOD, OTHER).pupils


def test_headings_are_taken_in_any_order_and_under_their_usual_names(roster):
    line = "Rahmat Contoh,L,15-01-2009,Paringin,'6311010101129001,'6311011501099001"
    (pupil,) = roster("Nama Lengkap,JK,Tgl. Lahir,Tempat Lahir,Nomor KK,NIK", line).pupils
    assert pupil.nik.digits == "6311011501099001"
    assert pupil.school_class == ""


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("nik", "631101150109900", "15 digits instead of 16"),
        ("nik", "", "empty"),
        ("nik", "6,31101E+15", "spreadsheet has rounded"),
        ("nik", "6311019901099001", "digits 7-8 are 99"),
        ("no_kk", "63110101011290", "14 digits"),
        ("nama", "", "empty"),
        ("nama", "a\x07b", "more than a name"),
        ("tanggal_lahir", "2009-02-30", "no date"),
        ("tanggal_lahir", "15 Januari", "no date"),
        ("tanggal_lahir", "0009-01-15", "no date"),
        ("jenis_kelamin", "X", "'X' is not known"),
        ("status_kawin", "mungkin", "not known"),
    ],
)
def test_a_bad_field_is_told_with_file_row_field_reason_and_remedy_and_the_rest_is_read(roster, column, value, words):
    cells = dict(zip(HEADER.split(","), GOOD.split(",")))
    cells[column] = f'"{value}"'
    read = roster(HEADER, ",".join(cells.values()), OTHER)
    assert [pupil.name for pupil in read.pupils] == ["Siti Contoh"]
    (problem,) = read.problems
    assert (problem.row, problem.field, problem.refused) == (2, column, True)
    assert words in problem.reason
    assert problem.remedy.endswith(".")
    assert str(problem).startswith(f"sekolah.csv, row 2, {column}: ")


def test_of_two_lines_with_one_number_the_first_is_taken(roster):
    read = roster(HEADER, GOOD, OTHER, GOOD.replace("Rahmat", "Akhmad"))
    assert [pupil.name for pupil in read.pupils] == ["Rahmat Contoh", "Siti Contoh"]
    (problem,) = read.refused
    assert (problem.row, problem.field) == (4, "nik")
    assert "row 2" in problem.reason


def test_a_number_that_does_not_match_birth_date_or_sex_is_a_warning_and_the_line_is_taken(roster):
    read = roster(HEADER, GOOD.replace("2009-01-15,L", "2009-03-15,P"))
    assert len(read.pupils) == 1
    assert [problem.field for problem in read.problems] == ["tanggal_lahir", "jenis_kelamin"]
    assert not read.refused


def test_no_message_writes_out_a_number(roster):
    read = roster(HEADER, GOOD, GOOD, GOOD.replace("6311011501099001", "6311011513099001"), GOOD.replace("L", "P"))
    assert read.problems
    for problem in read.problems:
        assert "1501099001" not in str(problem)
        assert "1513099001" not in str(problem)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"PK\x03\x04\x00\x00", "not UTF-8 text"),
        ("nik;nama\nä".encode("latin-1"), "not UTF-8 text"),
        (b"nik,no_kk,nama\n", '"tempat_lahir" is missing'),
        (b"nik,nik,no_kk,nama,tempat_lahir,tanggal_lahir,jenis_kelamin\n", "twice"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_with_a_remedy(tmp_path, content, words):
    path = tmp_path / "daftar.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=words) as caught:
        read_roster(path)
    assert caught.value.path == path
    assert caught.value.remedy


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="no such file"):
        read_roster(tmp_path / "tiada.csv")
    with pytest.raises(UnreadableFile, match="cannot be read"):
        read_roster(tmp_path)


@given(st.lists(st.text(alphabet="0123456789,;\"'\n\r LPabc-/", max_size=60), max_size=6))
def test_whatever_stands_below_the_header_every_line_is_taken_or_told(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("roster") / "acak.csv"
    path.write_text("\n".join([HEADER, *lines]), "utf-8", newline="")
    try:
        read = read_roster(path)
    except UnreadableFile as error:
        assert error.remedy
        return
    rows = {pupil.row for pupil in read.pupils} | {problem.row for problem in read.problems}
    assert all(row >= 2 for row in rows)
    assert len({pupil.nik.digits for pupil in read.pupils}) == len(read.pupils)
