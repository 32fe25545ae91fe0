"""A school's list of first-time card holders, as the CSV file the school sends."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from ktpel_capture import UnreadableFile
from ktpel_enrolment.domain.eligibility import Citizenship, MaritalStatus
from ktpel_enrolment.domain.nik import Nik, Sex, family_card_fault, fault
from ktpel_enrolment.domain.persons import Pupil

T = TypeVar("T")

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "nik": ("nik", "no_nik", "nomor_induk_kependudukan"),
    "no_kk": ("no_kk", "nomor_kk", "kk"),
    "nama": ("nama", "nama_lengkap", "name"),
    "tempat_lahir": ("tempat_lahir", "tmp_lahir"),
    "tanggal_lahir": ("tanggal_lahir", "tgl_lahir"),
    "jenis_kelamin": ("jenis_kelamin", "jk", "l_p"),
    "kelas": ("kelas",),
    "status_kawin": ("status_kawin", "status_perkawinan"),
    "kewarganegaraan": ("kewarganegaraan", "wn"),
}
"""The roster's columns and the other headings schools use for them; the last three may be absent."""
OPTIONAL = frozenset({"kelas", "status_kawin", "kewarganegaraan"})

_SEXES: Mapping[str, Sex] = {
    "l": "male",
    "lk": "male",
    "laki-laki": "male",
    "p": "female",
    "pr": "female",
    "perempuan": "female",
}
_STATUSES: Mapping[str, MaritalStatus] = {
    "": "single",
    "belum kawin": "single",
    "kawin": "married",
    "cerai hidup": "divorced",
    "cerai mati": "widowed",
}
_STATUS_REMEDY = f"Write one of {', '.join(filter(None, _STATUSES))}, or leave it empty"
_CITIZENSHIPS: Mapping[str, Citizenship] = {
    "": "WNI",
    "wni": "WNI",
    "wna itap": "permanent_permit",
    "itap": "permanent_permit",
    "wna": "other",
}
_DATE_FORMATS = ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y")
_MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class RosterProblem:
    """A line of a roster that could not be taken, or a field that deserves a second look.

    Attributes
    ----------
    file, row, field : where; the header is row 1.
    reason : what is wrong; a NIK is never written out.
    remedy : what to do about it.
    refused : the line was left out (True), or taken with this warning.
    """

    file: Path
    row: int
    field: str
    reason: str
    remedy: str
    refused: bool = True

    def __str__(self) -> str:
        return f"{self.file.name}, row {self.row}, {self.field}: {self.reason}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class Roster:
    """What was read of a roster: the pupils taken, and everything that stood against a line."""

    file: Path
    pupils: tuple[Pupil, ...]
    problems: tuple[RosterProblem, ...] = field(default=())

    @property
    def refused(self) -> tuple[RosterProblem, ...]:
        """The lines that were left out."""
        return tuple(problem for problem in self.problems if problem.refused)


def read_roster(path: str | Path) -> Roster:
    """Read a roster: CSV with a header, in UTF-8, fields parted by comma, semicolon or tab.

    A bad line is left out and told in `Roster.problems`, all others are taken. A NIK that does not agree with date of
    birth or sex is a warning: the number is never changed to match a corrected date. Of two lines with one NIK the
    first is taken.

    Raises
    ------
    UnreadableFile : the file is missing, empty, too large, no text, or lacks a column.
    """
    path = Path(path)
    rows = _rows(path)
    heading = next(rows, None)
    if heading is None:
        raise UnreadableFile(path, "the roster is empty", remedy=_HEADER_REMEDY, code="roster.empty")
    places = _places(path, heading[1])
    pupils: dict[str, Pupil] = {}
    problems: list[RosterProblem] = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        row = _Row(path, number, places, cells)
        try:
            pupil = row.pupil()
            if earlier := pupils.get(pupil.nik.digits):
                raise row.problem(
                    "nik",
                    f"the same NIK already stands in row {earlier.row}",
                    "Delete one of the two lines, or correct its NIK from the family card",
                )
        except _RefusedError as refused:
            problems.append(refused.problem)
            continue
        pupils[pupil.nik.digits] = pupil
        problems.extend(row.doubts(pupil))
    return Roster(path, tuple(pupils.values()), tuple(problems))


_HEADER_REMEDY = f"Its first line must name the columns: {','.join(name for name in COLUMNS if name not in OPTIONAL)}"


class _RefusedError(Exception):
    def __init__(self, problem: RosterProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines of the file with their numbers as a spreadsheet shows them."""
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise UnreadableFile(
                path, f"a roster of {size:,} bytes is not a school's", remedy="Give the CSV file the school sent."
            )
        content = path.read_bytes()
    except FileNotFoundError:
        raise UnreadableFile(path, "there is no such file", remedy="Check the path.", code="file.missing") from None
    except OSError as error:
        raise UnreadableFile(
            path, f"cannot be read: {error.strerror or error}", remedy="Give the path of a CSV file."
        ) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        remedy = "Save the spreadsheet as 'CSV UTF-8' and give that file."
        raise UnreadableFile(path, "is not UTF-8 text", remedy=remedy, code="roster.not_text")
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, 1):
            if number == 1 and not any(cell.strip() for cell in cells):
                return
            yield number, cells
    except csv.Error as error:
        raise UnreadableFile(
            path,
            f"line {reader.line_num} is no CSV: {error}",
            remedy="Save the spreadsheet as 'CSV UTF-8' again.",
            code="roster.not_csv",
        ) from error


def _places(path: Path, heading: list[str]) -> Mapping[str, int]:
    """Which cell of a line holds which column."""
    names = [_plain_heading(cell) for cell in heading]
    places = {}
    for column, synonyms in COLUMNS.items():
        found = [place for place, name in enumerate(names) if name in synonyms]
        if len(found) > 1:
            raise UnreadableFile(
                path,
                f'the column "{column}" stands there twice',
                remedy="Delete or rename one of the two.",
                code="roster.column_twice",
            )
        if found:
            places[column] = found[0]
        elif column not in OPTIONAL:
            nearest = next(iter(difflib.get_close_matches(column, names, 1, 0.6)), "")
            guess = f'; is "{nearest}" meant?' if nearest else ""
            raise UnreadableFile(
                path,
                f'the column "{column}" is missing{guess}',
                remedy=_HEADER_REMEDY + ".",
                code="roster.column_missing",
            )
    return places


def _plain_heading(cell: str) -> str:
    return "_".join(cell.casefold().replace(".", " ").replace("/", " ").replace("_", " ").split())


@dataclass(frozen=True, slots=True)
class _Row:
    path: Path
    number: int
    places: Mapping[str, int]
    cells: list[str]

    def problem(self, column: str, reason: str, remedy: str) -> _RefusedError:
        return _RefusedError(RosterProblem(self.path, self.number, column, reason, remedy + "."))

    def cell(self, column: str) -> str:
        place = self.places.get(column)
        return self.cells[place].strip() if place is not None and place < len(self.cells) else ""

    def pupil(self) -> Pupil:
        return Pupil(
            row=self.number,
            nik=Nik(self._number("nik", fault, "Copy the NIK from the family card; it is never guessed")),
            family_card=self._number("no_kk", family_card_fault, "Copy the number at the head of the family card"),
            name=self._text("nama"),
            birth_place=self._text("tempat_lahir"),
            born=self._date("tanggal_lahir"),
            sex=self._one_of("jenis_kelamin", _SEXES, "Write L (laki-laki) or P (perempuan)"),
            school_class=self.cell("kelas"),
            marital_status=self._one_of("status_kawin", _STATUSES, _STATUS_REMEDY),
            citizenship=self._one_of("kewarganegaraan", _CITIZENSHIPS, "Write WNI, WNA ITAP or WNA"),
        )

    def doubts(self, pupil: Pupil) -> Iterator[RosterProblem]:
        """What a person should look at again, though the line was taken."""
        if not pupil.nik.agrees_with(pupil.born):
            yield self._doubt(
                "tanggal_lahir",
                f"the NIK says {pupil.nik.day:02}-{pupil.nik.month:02}-{pupil.nik.year:02}, "
                f"the roster {pupil.born:%d-%m-%Y}",
            )
        if pupil.nik.sex != pupil.sex:
            yield self._doubt(
                "jenis_kelamin", f"the NIK was given to a {_SEX_WORDS[pupil.nik.sex]}, the roster says otherwise"
            )

    def _doubt(self, column: str, reason: str) -> RosterProblem:
        remedy = "Compare with the birth certificate; the NIK itself stays."
        return RosterProblem(self.path, self.number, column, reason, remedy, refused=False)

    def _number(self, column: str, wrong: Callable[[str], str], remedy: str) -> str:
        digits = self.cell(column).lstrip("'").replace(" ", "")
        if _looks_rounded(digits):
            raise self.problem(
                column,
                "a spreadsheet has rounded the number (it holds E+)",
                "Format the column as text, enter the number again, save as CSV",
            )
        if reason := wrong(digits):
            raise self.problem(column, reason, remedy)
        return digits

    def _text(self, column: str) -> str:
        text = " ".join(self.cell(column).split())
        if not text:
            raise self.problem(column, "it is empty", "Fill it in from the birth certificate")
        if len(text) > 200 or not text.isprintable():
            raise self.problem(column, "it holds more than a name", "Write the plain text, at most 200 letters")
        return text

    def _date(self, column: str) -> date:
        text = self.cell(column)
        for written in _DATE_FORMATS:
            try:
                born = datetime.strptime(text, written).date()
            except ValueError:
                continue
            if not 1900 <= born.year <= 2100:
                break
            return born
        raise self.problem(column, f"{text[:40]!r} is no date", "Write year-month-day, as in 2009-04-23")

    def _one_of(self, column: str, known: Mapping[str, T], remedy: str) -> T:
        text = " ".join(self.cell(column).casefold().split())
        if text not in known:
            raise self.problem(column, f"{self.cell(column)[:40]!r} is not known", remedy)
        return known[text]


_SEX_WORDS: Mapping[Sex, str] = {"female": "woman", "male": "man"}


def _looks_rounded(digits: str) -> bool:
    head, sign, tail = digits.casefold().partition("e+")
    return bool(sign) and tail.isdigit() and head.replace(".", "").replace(",", "").isdigit()
