"""Handing over: to the holder alone, against a fresh finger, with a line in the receipt book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import ktpel_capture as kc
from ktpel_enrolment.messages import say
from ktpel_enrolment.station.station import Station
from ktpel_enrolment.store.journal import Store
from ktpel_enrolment.visit.capturing import CaptureNotes, Desk, capture
from ktpel_enrolment.visit.matching import SAME_FINGER, best_two, likeness
from ktpel_enrolment.visit.recording import enrolled_fingers

_TRIES = 3


class Inspection(Protocol):
    """How a printed card is looked at before it leaves the operator's hand: chip, person, print."""

    def __call__(self, nik: str) -> dict[str, bool]: ...


@dataclass(frozen=True, slots=True)
class HandOver:
    """What came of offering a card to whoever asked for it.

    Attributes
    ----------
    given : the card changed hands.
    finger : the finger that was asked for.
    likeness : of the best try, against the finger recorded.
    tries : presentations.
    receipt : line in the receipt book, None if not given.
    notes : of the last capture.
    """

    given: bool
    finger: str
    likeness: float
    tries: int
    receipt: int | None
    notes: CaptureNotes | None


def hand_over(
    store: Store, station: Station, profile: kc.Profile, desk: Desk, nik: str, inspect: Inspection
) -> HandOver:
    """Inspect the card, compare a fresh finger with the recorded one, and only then give the card away.

    Whoever is not the holder leaves without it, and the history says so. The card of a holder none of whose fingers
    could be recorded is not given here: the office compares the portrait.
    """
    seen = inspect(nik)
    enrolled = enrolled_fingers(store, nik)
    chosen = best_two(enrolled)
    if not chosen or not all(seen.values()):
        return _refuse(store, station, nik, HandOver(False, chosen[0] if chosen else "", 0.0, 0, None, None), seen)
    finger, best, notes = chosen[0], 0.0, None
    for number in range(1, _TRIES + 1):
        notes = capture(station, "fingerprint", kc.FingerRequest(finger), profile, desk)
        fresh = notes.samples.get(finger)
        if isinstance(fresh, kc.FingerprintSample):
            best = max(best, likeness(enrolled[finger], fresh))
        if best >= SAME_FINGER:
            desk.tell(say("handover.sign_receipt"))
            return _give(store, station, profile, desk, nik, HandOver(True, finger, best, number, None, notes), seen)
    desk.tell(say("handover.not_the_holder"))
    return _refuse(store, station, nik, HandOver(False, finger, best, _TRIES, None, notes), seen)


def _give(
    store: Store,
    station: Station,
    profile: kc.Profile,
    desk: Desk,
    nik: str,
    result: HandOver,
    seen: dict[str, bool],
) -> HandOver:
    """The pupil signs the receipt; receipt, signature and the line in the book are one transaction."""
    name = store.steps(nik)["arrival"].content["name"]
    signed = capture(station, "signature", kc.SignatureRequest("approval"), profile, desk)
    with store.transaction(station.clock.now()) as change:
        line = {"nik": nik, "name": name, "finger": result.finger, "likeness": round(result.likeness, 1)}
        receipt = change.enter("receipt_book", line)
        change.do(nik, "handed_over", _document(result, seen) | {"receipt": receipt}, signed.samples)
    return HandOver(True, result.finger, result.likeness, result.tries, receipt, result.notes)


def _refuse(store: Store, station: Station, nik: str, result: HandOver, seen: dict[str, bool]) -> HandOver:
    with store.transaction(station.clock.now()) as change:
        change.enter("history", {"hand_over_refused": _document(result, seen), "subject": nik})
    return result


def _document(result: HandOver, seen: dict[str, bool]) -> dict[str, Any]:
    return {
        "finger": result.finger,
        "likeness": round(result.likeness, 1),
        "threshold": SAME_FINGER,
        "tries": result.tries,
        "inspected": seen,
    }
