"""What a presentation holds, by the name of each finger or eye, and what to say of one that is not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ktpel_capture.messages import Advice, advice
from ktpel_capture.profiles import Finding, Profile, Verdict
from ktpel_capture.quality import Missing
from ktpel_capture.requests import FaceRequest, FingerRequest, IrisRequest, Request, SignatureRequest
from ktpel_capture.samples import FINGERS_OF, FingerprintSample, IrisSample, Modality, Sample

_ABSENT: Mapping[Modality, str] = MappingProxyType(
    {
        "fingerprint": "acquisition.finger_missing",
        "iris": "acquisition.eye_missing",
        "face": "acquisition.nothing_captured",
        "signature": "acquisition.nothing_captured",
    }
)
_PLAINLY = 8.0
"""Twice the log likelihood by which four fingertips must lie better as the other hand's: fifty times as likely."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The single fingers or eyes of one presentation.

    Attributes
    ----------
    samples : each by its name (``right_index``, ``left``, ``face``, ``signature``), asked for or not.
    in_doubt : fingers of a slap that has others missing were there of which it cannot be told which they are.
    wrong_hand : the slap is plainly the other hand's; then it holds no finger that was asked for.
    """

    samples: Mapping[str, Sample] = field(default_factory=lambda: MappingProxyType({}))
    in_doubt: bool = False
    wrong_hand: bool = False

    def why_absent(self, request: Request) -> str:
        """What to say of a part that was asked for and is not among them, a message key."""
        if self.wrong_hand:
            return "acquisition.wrong_hand"
        return "acquisition.finger_in_doubt" if self.in_doubt else _ABSENT[modality_asked_for(request)]


def modality_asked_for(request: Request) -> Modality:
    match request:
        case FingerRequest():
            return "fingerprint"
        case IrisRequest():
            return "iris"
        case FaceRequest():
            return "face"
        case SignatureRequest():
            return "signature"
    raise TypeError(f"not a request: {type(request).__name__}")


def expected_parts(request: Request) -> tuple[str, ...]:
    """What must be there, by name: fingers, eyes, ``face`` or ``signature``."""
    match request:
        case FingerRequest() | IrisRequest():
            return request.expected
        case FaceRequest():
            return ("face",)
    return ("signature",)


def parts_of(samples: Iterable[Sample], request: Request) -> Parts:
    """The single fingers or eyes that a presentation holds; a slap is taken apart.

    A device that does not say which finger or eye it is gets the one that was asked for, where only one was.
    """
    wanted = expected_parts(request)
    parts: dict[str, Sample] = {}
    in_doubt = wrong_hand = False
    for sample in samples:
        if isinstance(request, FingerRequest) and isinstance(sample, FingerprintSample):
            if request.position in FINGERS_OF and sample.position in (request.position, "unknown"):
                fingers = _fingers(sample, request)
                parts.update(fingers.samples)
                in_doubt, wrong_hand = in_doubt or fingers.in_doubt, wrong_hand or fingers.wrong_hand
            else:
                parts[request.position if sample.position == "unknown" else sample.position] = sample
        elif isinstance(sample, IrisSample):
            parts[wanted[0] if sample.eye == "unknown" and len(wanted) == 1 else sample.eye] = sample
        else:
            parts[wanted[0]] = sample
    return Parts(MappingProxyType(parts), in_doubt, wrong_hand)


def _fingers(slap: FingerprintSample, request: FingerRequest) -> Parts:
    from ktpel_capture import fingerprint

    if slap.position == "unknown":
        slap = replace(slap, position=request.position)
    present = request.expected
    absent = tuple(finger for finger in FINGERS_OF[slap.position] if finger not in present)
    fingers = fingerprint.segment(slap, absent=absent)
    if slap.position != "both_thumbs" and len(fingers) == 4:
        hand = fingerprint.hand_of([finger.box for finger in fingers], sure=_PLAINLY)
        if hand not in ("unknown", slap.position):
            return Parts(wrong_hand=True)
    named: dict[str, Sample] = {finger.position: finger.sample for finger in fingers if finger.position != "unknown"}
    return Parts(named, in_doubt=len(named) < len(fingers))


def refusal(profile: Profile, key: str, name: str) -> Verdict:
    """The verdict on a part that cannot be judged by its picture, with the sentence ``key`` about it."""
    spoken = advice(f"position.{name}")
    told = Advice(key, advice(key, part=spoken.id).id, advice(key, part=spoken.en).en)
    return Verdict(profile.name, False, (Finding(name, Missing(key), None, None, "reject", told),))
