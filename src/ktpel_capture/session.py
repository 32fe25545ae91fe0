"""What cannot be, over the captures of one person: a finger under two names, eyes swapped, somebody else's portrait.

A verdict looks at one sample; a `Session` remembers what the person has given so far and looks at all of it::

    session = kc.Session(previous=portrait_of_the_pupil_before)
    for event in kc.acquire(scanner, kc.FingerRequest("left_four"), ktpel, session=session):
        ...

It answers within one session, with one kit, to have a capture repeated while the person still sits there. It
identifies nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from ktpel_capture.messages import Advice, advice
from ktpel_capture.profiles import Finding, Severity
from ktpel_capture.quality import Missing
from ktpel_capture.samples import FINGERS, FaceSample, FingerprintSample, IrisSample, Sample

if TYPE_CHECKING:
    from ktpel_capture.arrays import F64
    from ktpel_capture.fingerprint import Prepared
    from ktpel_capture.templates import IrisCode

_FEWEST_MINUTIAE = 6
"""Prints with fewer compare with nothing (NIST's actionable limit is 5)."""
_OTHER_EYE = {"right_eye": "left_eye", "left_eye": "right_eye"}
_HAND = 2
"""Fingers of a slap that must be the other hand's before it is that hand, and not a finger put down twice."""


class Session:
    """What one person has given so far.

    Parameters
    ----------
    previous : the portrait of the person before, to find out that the same one has sat down again.
    """

    SAME_FINGER: ClassVar[float] = 24.0
    """Score of `fingerprint.compare` below which two prints are never called one finger; where there are many minutiae
    to coincide by chance it takes more (`fingerprint.slots.same_finger_from`).

    The most alike of 11,520 pairs of different fingers of FVC2002 score 20, of 270 pairs of one grown person's 22; each
    step of 3 to 4 lets a tenth through. Nobody is helped by a false alarm, it would come back at every attempt.
    """
    SAME_EYE: ClassVar[float] = 0.32
    """Up to this distance of `iris.distance` two codes are of one eye: one in ten thousand pairs of different eyes
    comes as near (0.310 on CASIA Interval, 0.324 on MMU2; other sensors, other shares)."""
    OTHER_EYE: ClassVar[float] = 0.40
    """From this distance on, two captures under one eye's name are hardly of one eye: so far apart are 87 % of the
    pairs of different eyes in CASIA Interval and MMU2, and 0.3 and 2.5 % of the pairs of one eye. Hence a warning."""

    def __init__(self, previous: FaceSample | None = None) -> None:
        self._previous = previous
        self._kept: dict[str, Any] = {}
        self._seen: dict[str, Any] = {}

    @property
    def parts(self) -> tuple[str, ...]:
        """What has been kept: fingers, ``right_eye``, ``left_eye``, ``face``."""
        return tuple(self._kept)

    def keep(self, samples: Mapping[str, Sample] | Iterable[Sample]) -> None:
        """Remember what was accepted; a part given again takes the place of the one before."""
        for name, sample in _named(samples).items():
            feature = self._feature(sample)
            if feature is not None:
                self._kept[name] = feature

    def forget(self, *parts: str) -> None:
        """Let go of parts that are captured anew, as ``right_index`` or ``left``; of all where none is named."""
        for name in parts or tuple(self._kept):
            self._kept.pop(name, None)
            self._kept.pop(f"{name}_eye", None)

    def mistakes(self, samples: Mapping[str, Sample] | Iterable[Sample]) -> Mapping[str, tuple[Finding, ...]]:
        """What cannot be if these were kept too.

        Parameters
        ----------
        samples : the new ones, by name (``right_index``, ``left``, ``face``) or as they are.

        Returns
        -------
        Findings by the name that came in, only for names that have any; their ``measure`` is one of

        - ``session.same_finger`` : two names, one finger; ``session.same_hand`` : a whole hand;
        - ``session.same_eye``, ``session.eyes_swapped`` : the eye is the other one (distance at least 0.32);
        - ``session.other_eye`` : not the eye that was taken under this name before (a warning);
        - ``session.other_person``, ``session.previous_person`` : the portrait shows somebody else than the portraits
          before, or the person who sat there before (warnings: look at the person).

        A sample in which nothing can be compared gives none: that is its own report's to say.
        """
        features = {name: self._feature(sample) for name, sample in _named(samples).items()}
        new = {name: feature for name, feature in features.items() if feature is not None}
        found = self._fingers({name: print_ for name, print_ in new.items() if name in FINGERS})
        found |= self._eyes({name: code for name, code in new.items() if name in _OTHER_EYE})
        if "face" in new:
            found["face"] = self._face(new["face"])
        came = {_part(name, sample): name for name, sample in _items(samples)}
        return MappingProxyType({came[name]: findings for name, findings in found.items() if findings})

    # Fingers

    def _fingers(self, new: Mapping[str, Prepared]) -> dict[str, tuple[Finding, ...]]:
        from ktpel_capture.fingerprint import compare
        from ktpel_capture.fingerprint.slots import same_finger_from

        known: dict[str, Prepared] = {name: self._kept[name] for name in self._kept if name in FINGERS} | dict(new)
        twins: dict[str, tuple[str, float, float]] = {}
        for name, print_ in new.items():
            scores = {other: compare(print_, known[other]) for other in known if other != name}
            likest = max(scores, key=scores.__getitem__, default="")
            if likest and scores[likest] >= (enough := max(self.SAME_FINGER, same_finger_from(print_, known[likest]))):
                twins[name] = likest, scores[likest], enough
        from_the_other_hand = [name for name, (twin, *_) in twins.items() if twin[:4] != name[:4]]  # left, righ(t)
        findings: dict[str, tuple[Finding, ...]] = {}
        for name, (twin, score, enough) in twins.items():
            if name in from_the_other_hand and len(from_the_other_hand) >= _HAND:
                told = advice("session.same_hand")
                findings[name] = (_finding("session.same_hand", score, None, enough, told),)
            else:
                told = _told("session.same_finger", one=name, other=twin)
                findings[name] = (_finding("session.same_finger", score, None, enough, told),)
        return findings

    # Eyes

    def _eyes(self, new: Mapping[str, IrisCode]) -> dict[str, tuple[Finding, ...]]:
        from ktpel_capture import iris

        def apart(one: IrisCode, other: IrisCode | None) -> float:
            return 1.0 if other is None else iris.distance(one, other)

        crossed = {name: apart(code, self._kept.get(_OTHER_EYE[name])) for name, code in new.items()}
        swapped = len(crossed) == 2 and max(crossed.values()) < self.SAME_EYE
        findings: dict[str, tuple[Finding, ...]] = {}
        for name, code in new.items():
            other = _OTHER_EYE[name]
            nearest = min(crossed[name], apart(code, new.get(other)))
            own = apart(code, self._kept[name]) if name in self._kept else 0.0
            if swapped:
                told = advice("session.eyes_swapped")
                findings[name] = (_finding("session.eyes_swapped", nearest, self.SAME_EYE, None, told),)
            elif nearest < self.SAME_EYE:
                told = _told("session.same_eye", one=name, other=other)
                findings[name] = (_finding("session.same_eye", nearest, self.SAME_EYE, None, told),)
            elif own > self.OTHER_EYE:
                told = _told("session.other_eye", one=name)
                findings[name] = (_finding("session.other_eye", own, None, self.OTHER_EYE, told, "warn"),)
        return findings

    # Faces

    def _face(self, descriptor: F64) -> tuple[Finding, ...]:
        from ktpel_capture.face.recurrence import MOST_DISTANT, compare

        findings = []
        if (before := self._kept.get("face")) is not None:
            likeness = compare(before, descriptor)
            if not likeness.same:
                told = advice("session.other_person")
                findings.append(_finding("session.other_person", likeness.distance, None, MOST_DISTANT, told, "warn"))
        if self._previous is not None:
            previous = self._feature(self._previous)
            if previous is not None:
                likeness = compare(previous, descriptor)
                if likeness.same:
                    told = advice("session.previous_person")
                    findings.append(
                        _finding("session.previous_person", likeness.distance, MOST_DISTANT, None, told, "warn")
                    )
        return tuple(findings)

    def _feature(self, sample: Sample) -> Any:
        """What a comparison needs of a sample, worked out once for each."""
        if sample.digest not in self._seen:
            self._seen[sample.digest] = _feature(sample)
        return self._seen[sample.digest]


def _feature(sample: Sample) -> Prepared | IrisCode | F64 | None:
    """What a comparison needs, None where the sample shows too little."""
    match sample:
        case FingerprintSample():
            from ktpel_capture import fingerprint

            prepared = fingerprint.prepare(sample)
            return prepared if prepared.x.size >= _FEWEST_MINUTIAE else None
        case IrisSample():
            from ktpel_capture import iris

            code = iris.encode(iris.analyse(sample))
            return None if isinstance(code, Missing) else code
        case FaceSample():
            from ktpel_capture.face.recurrence import descriptor

            found = descriptor(sample)
            return None if isinstance(found, Missing) else found
    raise TypeError(f"nothing is compared of a {type(sample).__name__}")


def _items(samples: Mapping[str, Sample] | Iterable[Sample]) -> Iterable[tuple[str, Sample]]:
    if isinstance(samples, Mapping):
        return samples.items()
    return [(_own_name(sample), sample) for sample in samples]


def _named(samples: Mapping[str, Sample] | Iterable[Sample]) -> dict[str, Sample]:
    """By part, without those that nothing is compared of: signatures, slaps, parts of unknown name."""
    named = {_part(name, sample): sample for name, sample in _items(samples)}
    return {name: sample for name, sample in named.items() if name in (*FINGERS, *_OTHER_EYE, "face")}


def _own_name(sample: Sample) -> str:
    match sample:
        case FingerprintSample():
            return sample.position
        case IrisSample():
            return sample.eye
        case FaceSample():
            return "face"
    return "signature"


def _part(name: str, sample: Sample) -> str:
    """Names of eyes are ``right`` and ``left``; here they stand beside fingers."""
    return f"{name.removesuffix('_eye')}_eye" if isinstance(sample, IrisSample) else name


def _finding(
    measure: str,
    measured: float,
    at_least: float | None,
    at_most: float | None,
    told: Advice,
    severity: Severity = "reject",
) -> Finding:
    return Finding(measure, measured, at_least, at_most, severity, told)


def _told(key: str, **parts: str) -> Advice:
    """A sentence that names parts of the body, each in its own language."""
    spoken = {slot: advice(f"position.{part}") for slot, part in parts.items()}
    indonesian = advice(key, **{slot: each.id for slot, each in spoken.items()}).id
    english = advice(key, **{slot: each.en for slot, each in spoken.items()}).en
    return Advice(key, indonesian, english)
