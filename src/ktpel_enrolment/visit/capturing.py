"""One capture step: ask, advise, judge, ask again; take the spare when a device breaks down; note all of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import ktpel_capture as kc
from ktpel_capture import (
    CalibrationRequired,
    CaptureCancelled,
    DeviceBusy,
    DeviceDisconnected,
    DeviceError,
    DeviceFault,
    DeviceNotFound,
    ProtocolError,
)
from ktpel_enrolment.messages import say
from ktpel_enrolment.station.station import Role, Station
from ktpel_enrolment.store.blobs import Sample

Request: TypeAlias = kc.FingerRequest | kc.IrisRequest | kc.FaceRequest | kc.SignatureRequest

_MENDED_BY_SPARE = (DeviceDisconnected, DeviceFault, DeviceNotFound, DeviceBusy, ProtocolError, CalibrationRequired)
_BREAKDOWNS = 4
"""Breakdowns in one step after which it is given up: the kit is not fit for work."""


class Desk(Protocol):
    """The people at the table: the operator who speaks, and the person who is being recorded."""

    def tell(self, advice: kc.Advice) -> None:
        """The operator says this to the person."""
        ...

    def mend(self, role: Role, error: DeviceError, spare: bool) -> None:
        """A device broke down: the operator connects the spare, or plugs it in again."""
        ...

    def hangs_cloth(self, colour: str) -> None:
        """The operator hangs the cloth of this colour behind the person."""
        ...

    def confirms_biodata(self, lines: tuple[str, ...]) -> bool:
        """The biodata is read aloud; whether the person says that it is right."""
        ...

    def approves_photo(self, portrait: kc.FaceSample) -> bool:
        """The portrait is shown; whether the person wants it on the card."""
        ...

    def vouches(self, doubt: kc.Advice) -> bool:
        """It looks as if another person sat there: whether the operator, having looked, vouches for this one."""
        ...

    def officer_at_the_glass(self) -> AbstractContextManager[None]:
        """The operator turns the scanner to himself for a moment."""
        ...


@dataclass(slots=True)
class Told:
    """A sentence that was said, when, and whether a live picture or a verdict called for it."""

    at: float
    key: str
    id: str
    en: str
    live: bool


@dataclass(slots=True)
class Attempt:
    """One presentation and how each of its parts was judged: name -> (accepted, score, worst advice)."""

    number: int
    sample: Sample | None
    parts: dict[str, tuple[bool, float | None, kc.Advice | None]]


@dataclass(slots=True)
class Breakdown:
    """A device that broke down in mid-capture and what took its place."""

    at: float
    device: str
    code: str
    message: str
    spare: bool


@dataclass(slots=True)
class CaptureNotes:
    """What came of a capture step.

    Attributes
    ----------
    accepted : the profile is content with every part.
    samples, reports, verdicts : the best of each finger or eye by name.
    attempts : every presentation, in order.
    seconds : on the station's clock, from the request to the outcome.
    judging : real seconds that assessing took in all.
    """

    accepted: bool = False
    samples: dict[str, Sample] = field(default_factory=dict)
    reports: dict[str, kc.QualityReport] = field(default_factory=dict)
    verdicts: dict[str, kc.Verdict] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    breakdowns: list[Breakdown] = field(default_factory=list)
    device: str = ""
    seconds: float = 0.0
    judging: float = 0.0

    def document(self) -> dict[str, Any]:
        """As the store keeps it: no pixels."""
        return {
            "accepted": self.accepted,
            "device": self.device,
            "seconds": round(self.seconds, 2),
            "judging": round(self.judging, 3),
            "scores": {name: score_of(report) for name, report in self.reports.items()},
            "findings": {
                name: [_sentence(finding.advice) | {"severity": finding.severity} for finding in verdict.findings]
                for name, verdict in self.verdicts.items()
            },
            "attempts": [
                {
                    name: {"accepted": accepted, "score": score, "advice": _sentence(advice)}
                    for name, (accepted, score, advice) in attempt.parts.items()
                }
                for attempt in self.attempts
            ],
            "told": [{"at": told.at, "id": told.id, "en": told.en, "live": told.live} for told in self.told],
            "breakdowns": [
                {"at": down.at, "device": down.device, "code": down.code, "message": down.message, "spare": down.spare}
                for down in self.breakdowns
            ],
        }


def capture(
    station: Station,
    role: Role,
    request: Request,
    profile: kc.Profile,
    desk: Desk,
    *,
    when: Mapping[str, str] = MappingProxyType({}),
    policy: kc.Policy | None = None,
    cancel: kc.CancelToken = kc.NEVER,
    watch: Callable[[Any], None] = lambda event: None,
) -> CaptureNotes:
    """Capture what is asked for; what a broken device had given already stays in the running.

    Parameters
    ----------
    watch : is given every event of `ktpel_capture.acquire` (live pictures for a window).

    Raises
    ------
    DeviceError : the device and its spares broke down again and again.
    CaptureCancelled : the operator called it off.
    """
    notes = CaptureNotes()
    start = station.clock.monotonic()
    earlier: list[Any] = []
    while True:
        device = station.device(role)
        notes.device = device.info.model or device.info.address
        events = kc.acquire(device, request, profile, when=when, policy=policy, cancel=cancel, earlier=tuple(earlier))
        try:
            with closing(events):
                for event in _timed(events, notes):
                    watch(event)
                    _note(event, notes, station.clock.monotonic() - start, desk, earlier)
            break
        except _MENDED_BY_SPARE as error:
            at = round(station.clock.monotonic() - start, 2)
            if len(notes.breakdowns) == _BREAKDOWNS:
                raise
            spare = station.replace(role)
            notes.breakdowns.append(Breakdown(at, notes.device, error.code, error.reason, spare))
            desk.mend(role, error, spare)
    notes.seconds = station.clock.monotonic() - start
    if not notes.verdicts:
        raise CaptureCancelled(device.info, "the operator called it off")
    return notes


def _timed(events: Iterator[Any], notes: CaptureNotes) -> Iterator[Any]:
    """The events as they come; the real time between a presentation and its verdict is assessing."""
    before = time.perf_counter()
    for event in events:
        if isinstance(event, kc.Judged):
            notes.judging += time.perf_counter() - before
        yield event
        before = time.perf_counter()


def _note(event: Any, notes: CaptureNotes, at: float, desk: Desk, earlier: list[Any]) -> None:
    match event:
        case kc.Advised(advice):
            live = not (notes.attempts and notes.attempts[-1].parts and _just_judged(notes, advice))
            notes.told.append(Told(round(at, 2), advice.key, advice.id, advice.en, live))
            desk.tell(advice)
        case kc.TimedOut():
            advice = say("capture.timed_out")
            notes.told.append(Told(round(at, 2), advice.key, advice.id, advice.en, live=False))
            desk.tell(advice)
        case kc.Captured(samples, _):
            earlier.extend(samples)
            notes.attempts.append(Attempt(len(notes.attempts) + 1, samples[0] if samples else None, {}))
        case kc.Judged(verdicts, reports, _):
            notes.attempts[-1].parts = {
                name: (
                    verdict.accepted,
                    score_of(reports[name]) if name in reports else None,
                    verdict.advice,
                )
                for name, verdict in verdicts.items()
            }
        case kc.Accepted() as outcome:
            notes.accepted = True
            names = [part_name(sample) for sample in outcome.samples]
            notes.samples = dict(zip(names, outcome.samples))
            notes.reports = dict(zip(names, outcome.reports))
            notes.verdicts = dict(zip(names, outcome.verdicts))
        case kc.Exhausted(best, verdicts):
            notes.samples, notes.verdicts = dict(best), dict(verdicts)
            notes.reports = {name: kc.assess(sample) for name, sample in best.items()}


def _just_judged(notes: CaptureNotes, advice: kc.Advice) -> bool:
    """Whether this sentence is the verdict on the last presentation, and not what a live picture called for."""
    last = notes.attempts[-1].parts
    return any(given is not None and given.key == advice.key and given.id == advice.id for _, _, given in last.values())


def part_name(sample: Sample) -> str:
    """What a sample is called within its step: a finger, an eye, ``face`` or ``signature``."""
    match sample:
        case kc.FingerprintSample():
            return sample.position
        case kc.IrisSample():
            return sample.eye
        case kc.FaceSample():
            return "face"
    return "signature"


def score_of(report: kc.QualityReport) -> float | None:
    """The modality's own score, None where there is none."""
    return None if isinstance(report.score, kc.Missing) else round(float(report.score), 1)


def _sentence(advice: kc.Advice | None) -> dict[str, str]:
    return {} if advice is None else {"id": advice.id, "en": advice.en}
