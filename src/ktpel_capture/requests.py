"""What a device is asked for, and what it shows meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from ktpel_capture.arrays import F64, U8, Bool
from ktpel_capture.samples import EYES, FINGERS, FINGERS_OF, POSITIONS, Eye, Position, _choice

UnavailableReason: TypeAlias = Literal["missing", "bandaged", "injured", "cannot_present", "other"]
UNAVAILABLE_REASONS: tuple[UnavailableReason, ...] = ("missing", "bandaged", "injured", "cannot_present", "other")


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A finger or an eye that cannot be captured, declared before the capture starts.

    Parameters
    ----------
    position : a single finger (`Position`), or ``left_eye`` or ``right_eye``.
    reason : why, as the registry records it.
    """

    position: str
    reason: UnavailableReason = "missing"

    def __post_init__(self) -> None:
        _choice("position", self.position, (*FINGERS, "left_eye", "right_eye"))
        _choice("reason", self.reason, UNAVAILABLE_REASONS)


@dataclass(frozen=True, slots=True)
class FingerRequest:
    """Ask for one finger or one slap.

    Parameters
    ----------
    position : a single finger, ``right_four``, ``left_four`` or ``both_thumbs``.
    unavailable : fingers of this position that the device must not wait for.
    """

    position: Position
    unavailable: tuple[Unavailable, ...] = ()

    def __post_init__(self) -> None:
        _choice("position", self.position, POSITIONS[1:])
        object.__setattr__(self, "unavailable", tuple(self.unavailable))
        if not self.expected:
            raise ValueError(f"every finger of {self.position} is declared unavailable; there is nothing to capture")

    @property
    def expected(self) -> tuple[Position, ...]:
        """The single fingers that should be there."""
        absent = {item.position for item in self.unavailable}
        fingers = FINGERS_OF.get(self.position, (self.position,))
        return tuple(finger for finger in fingers if finger not in absent)


@dataclass(frozen=True, slots=True)
class IrisRequest:
    """Ask for the irises; both eyes unless one is declared unavailable.

    Parameters
    ----------
    eyes : the eyes wanted.
    unavailable : eyes that cannot be captured (``left_eye``, ``right_eye``).
    """

    eyes: tuple[Eye, ...] = ("right", "left")
    unavailable: tuple[Unavailable, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "eyes", tuple(self.eyes))
        object.__setattr__(self, "unavailable", tuple(self.unavailable))
        for eye in self.eyes:
            _choice("eye", eye, EYES[1:])
        if not self.expected:
            raise ValueError("every eye asked for is declared unavailable; there is nothing to capture")

    @property
    def expected(self) -> tuple[Eye, ...]:
        """The eyes that should be there."""
        absent = {item.position for item in self.unavailable}
        return tuple(eye for eye in self.eyes if f"{eye}_eye" not in absent)


@dataclass(frozen=True, slots=True)
class FaceRequest:
    """Ask for a portrait."""


@dataclass(frozen=True, slots=True)
class SignatureRequest:
    """Ask for a signature.

    Parameters
    ----------
    purpose : ``card`` for the signature on the card, ``approval`` for the one that approves the biodata; the two
        are kept apart.
    """

    purpose: Literal["card", "approval"] = "card"


Request: TypeAlias = FingerRequest | IrisRequest | FaceRequest | SignatureRequest


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a live view.

    Attributes
    ----------
    image : (height, width) grey or (height, width, 3) RGB uint8, read-only; often at half size.
    sequence : counts every frame the sensor made; a gap tells that frames were skipped.
    monotonic : seconds on the capture clock.
    scale : pixels of this frame per pixel of the sample that would be taken.
    reported : what the device says meanwhile (``{"hint": "too_dry"}``).
    """

    image: U8
    sequence: int
    monotonic: float
    scale: float = 1.0
    reported: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f"Frame(no. {self.sequence}, {width}x{height} px)"


@dataclass(frozen=True, slots=True, eq=False)
class PenPoints:
    """The pen's points since the last frame of a signature pad; channels as in `SignatureSample`."""

    t: F64
    x: F64
    y: F64
    force: F64 | None
    pen_down: Bool
    sequence: int
    monotonic: float
    reported: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return f"PenPoints(no. {self.sequence}, {self.t.size} points)"
