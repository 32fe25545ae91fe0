"""Printing: only what was recorded and attended, is ready in the national system, and whose holder is old enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ktpel_capture as kc
from ktpel_capture import CardJob, CardPrinter, DeviceFault, JobStage, KtpelError
from ktpel_enrolment.card.face import DPI, RgbImage, render_back, render_front
from ktpel_enrolment.domain.eligibility import may_be_printed
from ktpel_enrolment.domain.status import NationalStatus
from ktpel_enrolment.messages import say
from ktpel_enrolment.store.journal import Store
from ktpel_enrolment.visit.recording import biodata_of

_POLL = 2.0
_PATIENCE = 600.0
"""Seconds for one card before the printer is called stuck."""


@dataclass(frozen=True, slots=True)
class PrintDecision:
    """Whether one person's card is printed on that day, and every reason why not."""

    nik: str
    name: str
    status: NationalStatus
    reasons: tuple[kc.Advice, ...]

    @property
    def prints(self) -> bool:
        return not self.reasons


def decide(store: Store, nik: str, status: NationalStatus, day: date) -> PrintDecision:
    """Compare with the attendance list, look at both statuses and the age, for one person.

    In the order of the guide: attendance list, status of recording and of printing, age on the day.
    """
    steps = store.steps(nik)
    name = steps["arrival"].content["name"] if "arrival" in steps else ""
    reasons = []
    attended = {entry.content["nik"] for entry in store.book("attendance")}
    if nik not in attended:
        reasons.append(say("printing.not_on_attendance_list"))
    if "recorded" not in steps:
        reasons.append(say("printing.not_recorded"))
    elif not steps["verification"].content["verified"]:
        reasons.append(say("printing.not_verified"))
    if not status.printable:
        again = "printing.recorded_again" if status.failed else "printing.not_ready"
        reasons.append(say(again, status=status.value))
    if "recorded" in steps:
        biodata = biodata_of(store, nik)
        if not may_be_printed(day, biodata.born, biodata.marital_status, biodata.citizenship):
            reasons.append(say("printing.too_young"))
    if "printed" in steps:
        reasons.append(say("printing.printed_already"))
    return PrintDecision(nik, name, status, tuple(reasons))


def ready_to_print(printer: CardPrinter, cards: int) -> tuple[kc.Advice, ...]:
    """Why a batch should not be begun on this printer; empty when it is in good condition."""
    status = printer.status()
    problems = list(status.problems)
    if not status.ready and not problems:
        problems.append(say("kit.not_ready", device=printer.info.model, state=status.condition.value))
    left = printer.supplies().cards_left()
    if left is not None and left < cards:
        problems.append(say("printing.too_few_supplies", left=left, cards=cards))
    return tuple(problems)


def draw_card(store: Store, nik: str, day: date) -> tuple[RgbImage, RgbImage]:
    """Front and back of a person's card, from what was kept."""
    portrait = store.samples(nik, "photo")["face"]
    signature = store.samples(nik, "signature").get("signature")
    if not isinstance(portrait, kc.FaceSample):
        raise KtpelError("there is no portrait for this card", remedy="Record the portrait again.")
    signed = signature if isinstance(signature, kc.SignatureSample) else None
    return render_front(biodata_of(store, nik), portrait, signed, printed=day), render_back()


def print_card(store: Store, printer: CardPrinter, nik: str, day: date, clock: kc.Clock) -> Mapping[str, Any]:
    """Print one card and note it; after an interruption the same job is never printed twice.

    Raises
    ------
    DeviceError : the printer failed, or needs a person for longer than ten minutes.
    """
    front, back = draw_card(store, nik, day)
    number = store.steps(nik)["recorded"].content["number"]
    key = f"{store.station}-{number:05}-1"
    start = clock.monotonic()
    job = printer.submit(CardJob(key, front, back, float(DPI)))
    while not (state := printer.job(job)).finished:
        if clock.monotonic() - start > _PATIENCE:
            raise DeviceFault(printer.info, "a card has not come out for ten minutes", advice="Look into the printer.")
        clock.wait(_POLL)
    if state.stage is not JobStage.DONE:
        told = state.problem.en if state.problem else f"the job ended as {state.stage.value}"
        raise DeviceFault(printer.info, told)
    content = {"job": key, "printer": printer.info.model, "seconds": round(clock.monotonic() - start, 1)}
    with store.transaction(clock.now()) as change:
        change.do(nik, "printed", content)
    return content
