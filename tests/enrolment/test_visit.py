"""A visit around its recordings: what must be done first, who counts, who comes again."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import ktpel_capture as kc
from enrolment.volumes import MemoryVolume
from enrolment.world import Table, fresh, install, pupil, recorder
from ktpel_enrolment.domain.recap import Recap
from ktpel_enrolment.domain.schedule import School, Team
from ktpel_enrolment.domain.status import NationalStatus
from ktpel_enrolment.station.kit import PACKING_LIST
from ktpel_enrolment.store.backup import back_up
from ktpel_enrolment.store.journal import Store
from ktpel_enrolment.visit.pictures import Album
from ktpel_enrolment.visit.recording import Applicant
from ktpel_enrolment.visit.visit import BackupOverdue, Conductor, VisitPlan, backup_overdue

BEGINS = datetime(2026, 2, 10, 0, 30, tzinfo=UTC)
SCHOOL = School("SMA Uji", "SMA", "Halong", 50, 20, 10.0)
PUPILS = (
    pupil(2),
    pupil(3, name="Tanpa Akta"),
    pupil(4, name="Kabupaten Lain"),
    pupil(5, name="Sudah Direkam"),
    pupil(6, date(2011, 1, 1), "Masih Muda"),
    pupil(7, name="Ganda Nasional"),
)
DEVIATIONS = {
    "row-3": {"no_birth_certificate": True},
    "row-4": {"regency": "6308"},
    "row-5": {"status": "PRINT_READY_RECORD"},
    "row-7": {"national": "DUPLICATE_RECORD"},
}


@pytest.fixture
def table(monkeypatch):
    table = Table()
    install(monkeypatch, table)
    return table


def conductor(store: Store, table: Table, tmp_path, name="visit 1"):
    run = recorder(store, table, PUPILS, DEVIATIONS, kc.VirtualClock(BEGINS))
    agenda = VisitPlan(
        name=name,
        begins=BEGINS,
        school=SCHOOL.name,
        schools=(SCHOOL,),
        teams=(Team("A", ("x",), ("kit-1",)),),
        applicants=[Applicant(item) for item in PUPILS],
        seats=lambda applicant: None,
        inspect=lambda nik: {},
    )
    return Conductor(
        run, agenda, Album(tmp_path / "pictures"), None, run.register.national_status, tmp_path / "records"
    )


def test_the_target_leaves_out_the_young_the_strangers_and_those_recorded_before(tmp_path, table):
    with fresh(tmp_path) as store:
        visit = conductor(store, table, tmp_path)
        for phase in ("plan", "kit", "recording"):
            visit.run(phase)
        assert visit.recap() == Recap(target=3, recorded=2)
        assert visit.recap().coverage == 66.67
        assert [(who.name, why.key) for who, why in visit.again()] == [
            ("Tanpa Akta", "planning.not_recorded"),
            ("Ganda Nasional", "planning.failed"),
        ]
        assert "Masih Muda" not in [entry.content["name"] for entry in store.book("attendance")]


def test_one_who_cannot_be_recorded_now_does_not_hold_up_the_others(tmp_path, table, monkeypatch):
    monkeypatch.setattr(Table, "confirms_biodata", lambda self, lines: "Ganda" in lines[0])
    with fresh(tmp_path) as store:
        visit = conductor(store, table, tmp_path)
        for phase in ("plan", "kit", "recording"):
            visit.run(phase)
        assert [entry.content["name"] for entry in store.book("recording_register")] == ["Ganda Nasional"]
        assert "planning.biodata_refused" in [told.key for told in table.told]
        assert ("Rahmat Contoh", "planning.not_recorded") in [(who.name, why.key) for who, why in visit.again()]


def test_whoever_is_stopped_by_papers_hears_why(tmp_path, table):
    with fresh(tmp_path) as store:
        visit = conductor(store, table, tmp_path)
        for phase in ("plan", "kit", "recording"):
            visit.run(phase)
    assert {told.key for told in table.told} == {
        "identity.no_birth_certificate",
        "identity.not_a_resident",
        "identity.already_recorded",
    }


def test_a_visit_does_not_begin_before_the_last_one_is_backed_up(tmp_path, table):
    with fresh(tmp_path) as store:
        first = conductor(store, table, tmp_path)
        for phase in ("plan", "kit", "recording"):
            first.run(phase)
        assert backup_overdue(store)
        second = conductor(store, table, tmp_path, "visit 2")
        second.run("plan")
        with pytest.raises(BackupOverdue, match="Back up first"):
            second.run("kit")
        backup = back_up(store, MemoryVolume(), first.recorder.station.clock.now())
        with store.transaction(first.recorder.station.clock.now()) as change:
            change.do("visit 1", "backup", {"manifest": backup.manifest})
        assert not backup_overdue(store)
        second.run("kit")


def test_a_phase_that_is_done_is_not_done_again(tmp_path, table):
    with fresh(tmp_path) as store:
        visit = conductor(store, table, tmp_path)
        for _ in range(2):
            for phase in ("plan", "kit", "recording"):
                visit.run(phase)
        steps = store.steps("visit 1")
        assert list(steps) == ["arranged_before", "plan", "kit", "documented_recording"]
        assert steps["kit"].content["packed"] == list(PACKING_LIST)
        assert len(store.book("recording_register")) == 2


def test_the_day_of_the_visit_decides_who_is_due_not_the_day_of_the_report(tmp_path, table):
    with fresh(tmp_path) as store:
        visit = conductor(store, table, tmp_path)
        visit.run("plan")
        visit.run("kit")
        young = replace(PUPILS[0], born=date(2010, 2, 11))
        assert not visit.due(young)
        visit.recorder.station.clock.advance(3 * 86_400)
        assert not visit.due(young)
        assert visit.due(replace(young, born=date(2010, 2, 10)))
        assert NationalStatus.DUPLICATE_RECORD.failed
