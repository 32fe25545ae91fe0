"""The capture loop: present, watch, take, judge, and ask again until it is good.

One loop serves all four kinds of devices and both triggers, without a thread of its own::

    for event in acquire(scanner, FingerRequest("right_four"), profile):
        match event:
            case Previewed(frame, hints): ...
            case Advised(advice): ...
            case Accepted(samples, reports): ...

A slap is judged finger by finger, never on its average; a finger that is missing without having been declared is a
finding with its name. What is best is kept per finger or eye over all attempts.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import MappingProxyType
from typing import Any, Generic, TypeAlias, TypeVar, cast

from ktpel_capture.assessment import assess
from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.devices.protocols import CaptureDevice, Trigger
from ktpel_capture.documents import EventNote
from ktpel_capture.errors import CaptureCancelled, CaptureTimeout
from ktpel_capture.messages import Advice, advice
from ktpel_capture.parts import Parts, expected_parts, modality_asked_for, parts_of, refusal
from ktpel_capture.profiles import Finding, Profile, Verdict
from ktpel_capture.quality import Hint, Missing, QualityReport
from ktpel_capture.requests import Request, SignatureRequest
from ktpel_capture.samples import Sample
from ktpel_capture.session import Session

RequestT = TypeVar("RequestT", bound=Request)
FrameT = TypeVar("FrameT")
SampleT = TypeVar("SampleT")
FrameT_co = TypeVar("FrameT_co", covariant=True)
SampleT_co = TypeVar("SampleT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient the loop is.

    Attributes
    ----------
    attempts : presentations before it gives up (at least 1).
    timeout : seconds for one presentation.
    auto_capture : take by itself when nothing has stood against it for ``hold`` seconds; else only ``finish`` takes.
    hold : seconds; a signature's end is decided by its own watcher.
    best_of : accepted presentations to collect, of which the best of each finger or eye is kept.
    steady : seconds an advice must hold before it is said, so that it does not flicker.
    repeat : seconds after which the same advice is said again.
    finish : the operator's OK: once cancelled, the sample is taken now; it works for the presentation it falls into.
    """

    attempts: int = 3
    timeout: float = 30.0
    auto_capture: bool = True
    hold: float = 0.5
    best_of: int = 1
    steady: float = 0.7
    repeat: float = 4.0
    finish: CancelToken = NEVER

    def __post_init__(self) -> None:
        if not 1 <= self.best_of <= self.attempts:
            raise ValueError(f"1 <= best_of <= attempts must hold, not {self.best_of} and {self.attempts}")
        if self.timeout <= 0:
            raise ValueError(f"timeout must be more than 0 s, not {self.timeout!r}")


# Events ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Previewed(Generic[FrameT_co]):
    """A live frame (of a pad: its new points) and what it says, worst first."""

    frame: FrameT_co
    hints: tuple[Hint, ...]


@dataclass(frozen=True, slots=True)
class Advised:
    """The one sentence to say to the person now."""

    advice: Advice


@dataclass(frozen=True, slots=True)
class TimedOut:
    """A presentation brought nothing in its time; it counts as an attempt."""

    error: CaptureTimeout


@dataclass(frozen=True, slots=True)
class Captured(Generic[SampleT_co]):
    """What the device gave, before it is judged; attempts count from 1."""

    samples: tuple[SampleT_co, ...]
    attempt: int


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on each finger or eye of this attempt (``right_index``, ``left``, ``face``, ``signature``)."""

    verdicts: Mapping[str, Verdict]
    reports: Mapping[str, QualityReport]
    attempt: int


@dataclass(frozen=True, slots=True)
class Accepted(Generic[SampleT_co]):
    """The outcome hoped for.

    Attributes
    ----------
    samples : the best of each finger or eye, in the order of the request; the fingers of a slap one by one.
    reports, verdicts : of each, in the same order.
    captured : every presentation they were taken from (the whole slaps), in order.
    attempts : presentations it took.
    """

    samples: tuple[SampleT_co, ...]
    reports: tuple[QualityReport, ...]
    verdicts: tuple[Verdict, ...] = ()
    captured: tuple[SampleT_co, ...] = ()
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Exhausted(Generic[SampleT_co]):
    """All attempts are used up.

    Attributes
    ----------
    best : the best of each finger or eye that was captured at all, by name.
    verdicts : on each, by the same names, and on what is missing.
    captured : every presentation, in order.
    """

    best: Mapping[str, SampleT_co]
    verdicts: Mapping[str, Verdict]
    captured: tuple[SampleT_co, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancelled(Generic[SampleT_co]):
    """It was called off; ``best`` is what had been captured by then, by finger or eye."""

    best: Mapping[str, SampleT_co] = field(default_factory=lambda: MappingProxyType({}))


Outcome: TypeAlias = Accepted[SampleT] | Exhausted[SampleT] | Cancelled[SampleT]
Event: TypeAlias = (
    Previewed[FrameT]
    | Advised
    | TimedOut
    | Captured[SampleT]
    | Judged
    | Accepted[SampleT]
    | Exhausted[SampleT]
    | Cancelled[SampleT]
)


def note(event: Event[Any, Any]) -> EventNote:
    """What an event says, as a value with a JSON document (`to_json`): for a log, a bug report, another process.

    Pictures stay out; a sample stands for itself by its digest.
    """
    name = type(event).__name__
    match event:
        case Previewed(frame, hints):
            return EventNote(name, sequence=frame.sequence, monotonic=frame.monotonic, hints=hints)
        case Advised(told):
            return EventNote(name, advice=told)
        case TimedOut(error):
            return EventNote(name, error=str(error))
        case Captured(samples, attempt):
            return EventNote(name, attempt, digests=_digests(samples))
        case Judged(verdicts, _, attempt):
            return EventNote(name, attempt, verdicts=dict(verdicts))
        case Accepted(samples, reports, verdicts, _, attempts):
            named = {_part_name(report): verdict for report, verdict in zip(reports, verdicts, strict=True)}
            return EventNote(name, attempts, digests=_digests(samples), verdicts=named)
        case Exhausted(best, judged, _):
            return EventNote(name, digests=_digests(best.values()), verdicts=dict(judged))
        case Cancelled(best):
            return EventNote(name, digests=_digests(best.values()))


def _digests(samples: Iterable[Any]) -> tuple[str, ...]:
    return tuple(sample.digest for sample in samples)


def _part_name(report: QualityReport) -> str:
    facts = report.facts
    return {"fingerprint": facts.position, "iris": facts.eye}.get(facts.modality, facts.modality)


# The loop -------------------------------------------------------------------------------------------------------


def acquire(
    device: CaptureDevice[RequestT, FrameT, SampleT],
    request: RequestT,
    profile: Profile,
    *,
    when: Mapping[str, str] = MappingProxyType({}),
    policy: Policy | None = None,
    cancel: CancelToken = NEVER,
    earlier: Iterable[SampleT] = (),
    session: Session | None = None,
) -> Generator[Event[FrameT, SampleT], None, None]:
    """Capture what is asked for, until the profile is content.

    Parameters
    ----------
    device : an open capture device; call from the thread that may block (a worker thread in an app with a window).
    request : what is wanted; what cannot be captured is declared in it as `Unavailable` before it starts.
    profile : what will do.
    when : conditions that the profile asks for, such as ``{"backdrop": "red"}``.
    policy : attempts, automatic capture, best of n.
    cancel : calls it off, from any thread.
    earlier : what a device that broke down meanwhile had already given for this request; it stays in the running, so
        that a spare device goes on where the first one stopped.
    session : what the person has given before; a finger under two names or eyes that are swapped are then rejected as
        a poor capture is, and what is accepted is kept in it.

    Yields
    ------
    Events; the last one is an outcome: `Accepted`, `Exhausted` or `Cancelled`. Close the generator (``closing``) to
    leave early; the device's presentation then ends too.

    Raises
    ------
    DeviceError : the device broke down (unplugged, faulty). Everything captured has been yielded before.
    """
    policy = policy or Policy()
    keeper: _Keeper[SampleT] = _Keeper(request, profile, when, policy.best_of, session)
    for sample in earlier:
        keeper.judge((sample,))
    if keeper.content():
        yield keeper.accepted(0)
        return
    for attempt in range(1, policy.attempts + 1):
        try:
            samples = yield from _presentation(device, request, policy, cancel)
        except CaptureCancelled:
            yield Cancelled(keeper.best())
            return
        except CaptureTimeout as error:
            yield TimedOut(error)
            continue
        yield Captured(samples, attempt)
        judged = keeper.judge(samples)
        yield Judged(judged.verdicts, judged.reports, attempt)
        if keeper.content():
            yield keeper.accepted(attempt)
            return
        if (told := _worst_advice(judged.verdicts)) is not None:
            yield Advised(told)
    if keeper.accepts_best():
        yield keeper.accepted(policy.attempts)
    else:
        yield Exhausted(keeper.best(), keeper.verdicts(), tuple(keeper.captured))


def run(
    device: CaptureDevice[RequestT, FrameT, SampleT],
    request: RequestT,
    profile: Profile,
    on_event: Callable[[Event[FrameT, SampleT]], None] = lambda event: None,
    *,
    when: Mapping[str, str] = MappingProxyType({}),
    policy: Policy | None = None,
    cancel: CancelToken = NEVER,
    earlier: Iterable[SampleT] = (),
    session: Session | None = None,
) -> Outcome[SampleT]:
    """`acquire` to its end: every event goes to ``on_event``, the outcome is returned."""
    events = acquire(
        device, request, profile, when=when, policy=policy, cancel=cancel, earlier=earlier, session=session
    )
    with closing(events):
        for event in events:
            on_event(event)
            if isinstance(event, Accepted | Exhausted | Cancelled):
                return event
    raise AssertionError("acquire ends in an outcome")


def _presentation(
    device: CaptureDevice[RequestT, FrameT, SampleT], request: RequestT, policy: Policy, cancel: CancelToken
) -> Generator[Event[FrameT, SampleT], None, tuple[SampleT, ...]]:
    """One presentation: frames go out as they come, the samples are its value."""
    watcher = import_module(f"ktpel_capture.{modality_asked_for(request)}.live").watch(request)
    steady = _Steady(policy)
    asked = policy.finish.cancelled  # an OK given before this presentation is not meant for it
    with device.present(request, timeout=policy.timeout, cancel=cancel) as presentation:
        if device.info.trigger is Trigger.HOST and device.info.frame_rate == 0 and policy.auto_capture:
            presentation.take()
        taken = False
        for frame in presentation:
            hints: tuple[Hint, ...] = watcher.see(frame)
            yield Previewed(frame, hints)
            at = cast(Any, frame).monotonic
            if (told := steady.advice(hints, at)) is not None:
                yield Advised(told)
            finished = policy.finish.cancelled and not asked
            ripe = policy.auto_capture and steady.good_for(hints, at) >= (
                0 if isinstance(request, SignatureRequest) else policy.hold
            )
            if not taken and (finished or ripe):
                presentation.take()
                taken = True
        return tuple(presentation.samples)


class _Steady:
    """Holds back advice until it has stood for a while, so that what is said does not flicker."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._key = ""
        self._since = 0.0
        self._said: dict[str, float] = {}
        self._good_since: float | None = None

    def advice(self, hints: tuple[Hint, ...], at: float) -> Advice | None:
        key = next((hint.key for hint in hints if not hint.good), "")
        if key != self._key:
            self._key, self._since = key, at
        if not key or at - self._since < self._policy.steady:
            return None
        if at - self._said.get(key, float("-inf")) < self._policy.repeat:
            return None
        self._said[key] = at
        return advice(key)

    def good_for(self, hints: tuple[Hint, ...], at: float) -> float:
        """Seconds for which nothing has stood against capturing; -1 while something does."""
        if not (hints and all(hint.good for hint in hints)):
            self._good_since = None
            return -1.0
        if self._good_since is None:
            self._good_since = at
        return at - self._good_since


@dataclass(frozen=True, slots=True)
class _Part(Generic[SampleT_co]):
    sample: SampleT_co
    report: QualityReport
    verdict: Verdict

    @property
    def rank(self) -> tuple[bool, float]:
        score = self.report.score
        return self.verdict.accepted, -1.0 if isinstance(score, Missing) else score


class _Keeper(Generic[SampleT]):
    """Judges what comes and keeps the best of each finger or eye."""

    def __init__(
        self, request: Request, profile: Profile, when: Mapping[str, str], best_of: int, session: Session | None
    ) -> None:
        self._request = request
        self._profile = profile
        self._when = when
        self._best_of = best_of
        self._session = session
        self._kept: dict[str, _Part[SampleT]] = {}
        self._accepted: dict[str, int] = {}
        self._wanted = expected_parts(request)
        self.captured: list[SampleT] = []

    def judge(self, samples: tuple[SampleT, ...]) -> Judged:
        """Assess and judge one presentation; better parts replace those kept so far."""
        self.captured.extend(samples)
        parts = parts_of(cast(tuple[Sample, ...], samples), self._request)
        asked_for = {name: sample for name, sample in parts.samples.items() if name in self._wanted}
        mistakes = self._session.mistakes(asked_for) if self._session is not None else {}
        verdicts: dict[str, Verdict] = {}
        reports: dict[str, QualityReport] = {}
        for name, sample in parts.samples.items():
            if name not in self._wanted:
                verdicts[name] = refusal(self._profile, "acquisition.not_asked_for", name)
                continue
            report = assess(sample)
            verdict = _with(mistakes.get(name, ()), self._profile.judge(report, self._when))
            reports[name], verdicts[name] = report, verdict
            part = _Part(cast(SampleT, sample), report, verdict)
            self._accepted[name] = self._accepted.get(name, 0) + verdict.accepted
            if name not in self._kept or part.rank > self._kept[name].rank:
                self._kept[name] = part
        for name in self._wanted:
            if name not in parts.samples:
                verdicts[name] = refusal(self._profile, parts.why_absent(self._request), name)
        return Judged(MappingProxyType(verdicts), MappingProxyType(reports), len(self.captured))

    def content(self) -> bool:
        """Everything wanted has been accepted as often as the policy asks."""
        return all(self._accepted.get(name, 0) >= self._best_of for name in self._wanted)

    def accepts_best(self) -> bool:
        return all(name in self._kept and self._kept[name].verdict.accepted for name in self._wanted)

    def accepted(self, attempts: int) -> Accepted[SampleT]:
        parts = [self._kept[name] for name in self._wanted]
        if self._session is not None:
            self._session.keep({name: cast(Sample, self._kept[name].sample) for name in self._wanted})
        return Accepted(
            samples=tuple(part.sample for part in parts),
            reports=tuple(part.report for part in parts),
            verdicts=tuple(part.verdict for part in parts),
            captured=tuple(self.captured),
            attempts=attempts,
        )

    def best(self) -> Mapping[str, SampleT]:
        return MappingProxyType({name: part.sample for name, part in self._kept.items()})

    def verdicts(self) -> Mapping[str, Verdict]:
        kept = {name: part.verdict for name, part in self._kept.items()}
        why = Parts().why_absent(self._request)
        return MappingProxyType({name: kept.get(name) or refusal(self._profile, why, name) for name in self._wanted})


def _with(mistakes: tuple[Finding, ...], verdict: Verdict) -> Verdict:
    """A verdict and what cannot be over the captures of the session, which is said first."""
    if not mistakes:
        return verdict
    rejected = any(finding.severity == "reject" for finding in mistakes)
    findings = (*mistakes, *verdict.findings) if rejected or verdict.accepted else (*verdict.findings, *mistakes)
    return replace(verdict, accepted=verdict.accepted and not rejected, findings=findings)


def _worst_advice(verdicts: Mapping[str, Verdict]) -> Advice | None:
    """What to say about an attempt: the first rejection's advice; of two eyes, which one it was that is not seen."""
    rejected = {name: verdict.advice for name, verdict in verdicts.items() if not verdict.accepted}
    for name, told in rejected.items():
        unseen = told is not None and told.key in ("iris.no_eye", "iris.eye_closed")
        if unseen and name in ("right", "left") and len(rejected) < len(verdicts):
            return advice(f"iris.{name}_eye_not_seen")
    return next(iter(rejected.values()), None)
