"""School mapping, schedule, recap, kit: the figures and gates of the guide."""

from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given, strategies as st

import ktpel_capture as kc
from ktpel_capture.errors import UnreadableFile
from ktpel_enrolment.domain.recap import Recap
from ktpel_enrolment.domain.schedule import School, Team, hand_over_letter, in_order_of_need, letter, plan, read_schools
from ktpel_enrolment.station.kit import PACKING_LIST, check_kit, version_problems
from ktpel_enrolment.station.station import Station

schools = st.lists(
    st.builds(
        School,
        st.text("abcdefgh", min_size=1, max_size=6),
        st.sampled_from(["SMA", "SMK", "MA", "Pesantren"]),
        st.just("Halong"),
        st.integers(0, 200),
        st.integers(0, 300),
        st.floats(0, 100),
    ),
    max_size=8,
    unique_by=lambda school: school.name,
)
teams = st.lists(
    st.builds(
        Team, st.sampled_from(["A", "B", "C"]), st.just(("x",)), st.sampled_from([("kit-1",), ("kit-1", "kit-2")])
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda team: team.name,
)


@given(schools, teams, st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_every_first_time_holder_is_expected_once_and_nobody_is_in_two_places(schools, teams, first):
    visits = plan(schools, teams, first)
    for school in schools:
        assert sum(visit.expected for visit in visits if visit.school is school) == school.first_time_holders
    assert len({(visit.team.name, visit.day) for visit in visits}) == len(visits)
    assert all(visit.day.weekday() < 5 and visit.day >= first for visit in visits)
    assert all(0 < visit.expected <= visit.team.capacity for visit in visits)


@given(schools)
def test_schools_over_half_an_hour_away_come_first(schools):
    far = [school.minutes_to_office > 30 for school in in_order_of_need(schools)]
    assert far == sorted(far, reverse=True)


def test_the_mapping_that_ships_is_read_and_a_bad_row_is_named(tmp_path):
    assert len(read_schools(files("ktpel_enrolment.data") / "sekolah.csv")) == 6
    path = tmp_path / "s.csv"
    path.write_text("nama,jenis,kecamatan,menit,pemula,cakupan\nA,SMA,B,10,5,3\nC,SD,D,10,5,3\n")
    with pytest.raises(UnreadableFile, match="row 3: jenis 'SD'"):
        read_schools(path)
    path.write_text("nama,jenis,kecamatan,pemula,cakupan\nA,SMA,B,5,3\n")
    with pytest.raises(UnreadableFile, match="row 2: column 'menit'"):
        read_schools(path)


def test_the_letter_says_what_the_school_must_prepare():
    (visit, *_) = plan(read_schools(files("ktpel_enrolment.data") / "sekolah.csv"), [TEAM], date(2026, 2, 10))
    for word in ("Kartu Keluarga", "akta kelahiran", "tidak boleh diwakilkan", "10-02-2026", visit.school.name):
        assert word in letter(visit)


def test_the_letter_of_the_hand_over_says_that_nobody_comes_for_somebody_else():
    (visit, *_) = plan(read_schools(files("ktpel_enrolment.data") / "sekolah.csv"), [TEAM], date(2026, 2, 10))
    told = " ".join(hand_over_letter(visit, date(2026, 2, 12), 2).split())
    for word in ("2 KTP-el", "12-02-2026", "tidak boleh diwakilkan", "buku tanda terima"):
        assert word in told


TEAM = Team("Jemput Bola", ("Operator",), ("kit-1",))


@pytest.mark.parametrize(
    ("recorded", "target", "percent"), [(515, 2614, 19.70), (638, 2233, 28.57), (91_117 - 3645, 91_117, 96.0)]
)
def test_the_recap_gives_the_figures_of_the_guide(recorded, target, percent):
    assert Recap(target, recorded).coverage == pytest.approx(percent, abs=0.005)


@given(st.lists(st.tuples(*[st.integers(0, 50)] * 4), min_size=1))
def test_recaps_add_up_and_never_exceed_all(rows):
    recaps = [Recap(*sorted(row, reverse=True)) for row in rows]
    total = sum(recaps[1:], recaps[0])
    assert total.recorded == sum(recap.recorded for recap in recaps)
    assert total.coverage is None or 0 <= total.coverage <= 100
    assert set(total.document()) == {"target", "recorded", "printed", "handed_over", "coverage"}


@pytest.mark.parametrize("counts", [(1, 2), (3, 2, 3), (3, 2, 1, 2), (-1,)])
def test_a_recap_that_cannot_be_is_refused(counts):
    with pytest.raises(ValueError):
        Recap(*counts)


def test_an_empty_target_has_no_coverage():
    assert Recap(0).coverage is None


@pytest.mark.parametrize(
    ("shown", "keys"),
    [
        ({"Benrollment": "2.7", "Boardmanagement": "6.0.0.9"}, []),
        ({"Benrollment": "2.10.1", "Boardmanagement": "6.0.0.9"}, []),
        ({"Benrollment": "2.6.9", "Boardmanagement": "6.0.0.9"}, ["kit.version_at_least"]),
        ({"Benrollment": "3", "Boardmanagement": "6.0.1.0"}, ["kit.version_exactly"]),
        ({}, ["kit.version_at_least", "kit.version_exactly"]),
    ],
)
def test_the_national_programs_are_of_the_versions_the_guide_names(shown, keys):
    assert [told.key for told in version_problems(shown)] == keys


def test_a_kit_with_everything_is_ready_and_each_lack_is_told_by_itself(tmp_path):
    versions = {"Benrollment": "2.7", "Boardmanagement": "6.0.0.9"}
    good = {"backup": (f"sim:backup?path={tmp_path.as_posix()}",), "uplink": ("sim:uplink",)}
    with Station(good, clock=kc.VirtualClock()) as station:
        assert check_kit(station, PACKING_LIST, versions).ready
        lacking = check_kit(station, [name for name in PACKING_LIST if name != "lotion"], versions)
        assert [told.id for told in lacking.problems] == ["Masukkan losion ke dalam tas peralatan."]
    bad = {"backup": (f"sim:backup?path={tmp_path.as_posix()}&capacity=1000",), "face": ("nosuch:camera",)}
    with Station(bad, clock=kc.VirtualClock()) as station:
        check = check_kit(station, PACKING_LIST, versions)
        assert [line.ready for line in check.devices] == [False, False]
        assert any(told.key == "kit.drive_full" for told in check.problems)


def test_a_station_takes_the_spare_when_a_device_is_gone(tmp_path):
    clock = kc.VirtualClock()
    with Station({"uplink": ("nosuch:1", "sim:uplink?serial=B")}, clock=clock) as station:
        assert station.uplink.info.serial == "B"
        assert station.spares("uplink") == 0
        assert not station.replace("uplink")
        assert station.uplink.info.serial == "B"
