"""Whose card is printed, and who gets it."""

from datetime import date

import pytest

import ktpel_capture as kc
from enrolment.world import PROFILE, Table, finger, fresh, install, pupil, recorder
from ktpel_capture.devices.protocols import (
    Condition,
    DeviceInfo,
    DeviceStatus,
    JobStage,
    JobState,
    Kind,
    Supplies,
    Supply,
)
from ktpel_capture.errors import DeviceFault
from ktpel_enrolment.domain.status import NationalStatus
from ktpel_enrolment.visit.handover import hand_over
from ktpel_enrolment.visit.printing import decide, print_card, ready_to_print
from ktpel_enrolment.visit.recording import Applicant

DAY = date(2026, 2, 12)
READY = NationalStatus.PRINT_READY_RECORD
NIK = pupil().nik.digits


class Printer:
    """A printer of a test: counts the cards that come out."""

    info = DeviceInfo("test:printer", Kind.CARD_PRINTER, model="Test printer")

    def __init__(self, left=50, stage=JobStage.DONE, condition=Condition.READY):
        self.left, self.stage, self.condition = left, stage, condition
        self.printed = {}

    def status(self):
        return DeviceStatus(self.condition)

    def supplies(self):
        return Supplies((Supply("cards", self.left),))

    def submit(self, job):
        self.printed[job.key] = job
        return job.key

    def job(self, job):
        return JobState(job, job, self.stage)


@pytest.fixture
def table(monkeypatch):
    table = Table()
    install(monkeypatch, table)
    return table


@pytest.fixture
def store(tmp_path, table):
    with fresh(tmp_path) as store:
        recorder(store, table, [pupil()]).record(Applicant(pupil()))
        yield store


def keys(store, status=READY, day=DAY, nik=NIK):
    return [reason.key for reason in decide(store, nik, status, day).reasons]


def test_who_attended_was_recorded_is_ready_and_old_enough_gets_a_card(store):
    assert decide(store, NIK, READY, DAY).prints


@pytest.mark.parametrize("status", [status for status in NationalStatus if status is not READY])
def test_no_other_national_status_lets_a_card_be_printed(store, status):
    again = "printing.recorded_again" if status.failed else "printing.not_ready"
    assert keys(store, status) == [again]


def test_age_counts_on_the_day_of_printing(store):
    assert keys(store, day=date(2025, 6, 13)) == ["printing.too_young"]
    assert keys(store, day=date(2025, 6, 14)) == []


def test_whoever_was_married_is_printed_before_17(tmp_path, table):
    young = pupil(4, date(2010, 1, 5), status="divorced")
    with fresh(tmp_path) as store:
        recorder(store, table, [young]).record(Applicant(young))
        assert keys(store, nik=young.nik.digits) == []


def test_who_is_not_on_the_attendance_list_is_not_printed(store):
    assert keys(store, nik=pupil(9).nik.digits) == ["printing.not_on_attendance_list", "printing.not_recorded"]


def test_who_could_not_be_verified_is_not_printed(tmp_path, table, monkeypatch):
    from ktpel_enrolment.visit import recording

    monkeypatch.setattr(recording, "likeness", lambda one, other: 0.0)
    with fresh(tmp_path) as store:
        recorder(store, table, [pupil()]).record(Applicant(pupil()))
        assert keys(store) == ["printing.not_verified"]


def test_a_card_is_printed_once_whatever_happens_in_between(store):
    printer = Printer()
    clock = kc.VirtualClock()
    print_card(store, printer, NIK, DAY, clock)
    assert list(printer.printed) == ["contoh-1-00001-1"]
    assert keys(store) == ["printing.printed_already"]
    (job,) = printer.printed.values()
    assert job.front.shape == job.back.shape == (638, 1011, 3)


def test_a_card_that_never_comes_out_is_not_called_printed(store):
    for stage in (JobStage.PRINTING, JobStage.FAILED, JobStage.WITHDRAWN):
        with pytest.raises(DeviceFault):
            print_card(store, Printer(stage=stage), NIK, DAY, kc.VirtualClock())
        assert "printed" not in store.steps(NIK)


def test_a_batch_is_not_begun_on_a_printer_that_is_not_fit_for_it():
    assert ready_to_print(Printer(), 3) == ()
    assert [told.key for told in ready_to_print(Printer(left=2), 3)] == ["printing.too_few_supplies"]
    assert [told.key for told in ready_to_print(Printer(condition=Condition.WARMING_UP), 1)] == ["kit.not_ready"]


# Hand-over

GOOD = {"chip": True, "person": True, "print": True}


def offer(store, table, seen=GOOD):
    run = recorder(store, table, [pupil()])
    return hand_over(store, run.station, PROFILE, table, NIK, lambda nik: seen)


def test_the_holder_gets_the_card_and_a_line_in_the_receipt_book(store, table):
    result = offer(store, table)
    assert result.given
    (line,) = store.book("receipt_book")
    assert (line.number, line.content["nik"], result.receipt) == (1, NIK, 1)
    assert store.steps(NIK)["handed_over"].content["receipt"] == 1
    assert list(store.samples(NIK, "handed_over")) == ["signature"]
    assert table.told[-1].key == "handover.sign_receipt"


def test_nobody_else_gets_it_and_the_history_says_who_tried(store, table):
    table.who = 2
    assert not offer(store, table).given
    assert store.book("receipt_book") == []
    assert "handed_over" not in store.steps(NIK)
    assert store.book("history")[-1].content["hand_over_refused"]["tries"] == 3
    assert table.told[-1].key == "handover.not_the_holder"
    table.who = 1
    assert offer(store, table).given, "the holder can still come"


def test_a_card_that_does_not_pass_inspection_is_given_to_nobody(store, table):
    assert not offer(store, table, GOOD | {"chip": False}).given
    assert store.book("receipt_book") == []


def test_a_holder_without_fingers_is_sent_to_the_office_not_taken_for_anybody(tmp_path, table):
    gone = tuple(kc.Unavailable(name) for name in kc.FINGERS)
    with fresh(tmp_path) as store:
        recorder(store, table, [pupil()]).record(Applicant(pupil(), gone))
        assert not offer(store, table).given
        assert finger("right_index", 1).position == "right_index"
