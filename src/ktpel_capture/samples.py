"""What was captured: one value a presentation, kept as it came from the sensor.

Samples are frozen; their arrays are read-only copies made once, at construction. Making a sample may raise
(`ValueError`, `TypeError`: the caller erred); assessing one never does. ``sample.digest`` is its identity.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from ktpel_capture.arrays import F64, Bool, GreyImage, RgbImage, frozen_copy

Modality: TypeAlias = Literal["fingerprint", "iris", "face", "signature"]
Position: TypeAlias = Literal[
    "unknown",
    "right_thumb",
    "right_index",
    "right_middle",
    "right_ring",
    "right_little",
    "left_thumb",
    "left_index",
    "left_middle",
    "left_ring",
    "left_little",
    "right_four",
    "left_four",
    "both_thumbs",
]
"""Finger positions of ISO/IEC 19794-4: codes 0 to 10, 13, 14 and 15."""
Impression: TypeAlias = Literal[
    "unknown", "live_plain", "live_rolled", "nonlive_plain", "nonlive_rolled", "latent", "swipe", "contactless"
]
Eye: TypeAlias = Literal["unknown", "left", "right"]
"""The capture subject's own left or right, as ISO/IEC 19794-6 counts them."""

MODALITIES: tuple[Modality, ...] = get_args(Modality)
POSITIONS: tuple[Position, ...] = get_args(Position)
IMPRESSIONS: tuple[Impression, ...] = get_args(Impression)
EYES: tuple[Eye, ...] = get_args(Eye)

FINGERS: tuple[Position, ...] = POSITIONS[1:11]
"""The ten single fingers, right thumb first."""
FINGERS_OF: Mapping[Position, tuple[Position, ...]] = MappingProxyType(
    {
        "right_four": ("right_index", "right_middle", "right_ring", "right_little"),
        "left_four": ("left_index", "left_middle", "left_ring", "left_little"),
        "both_thumbs": ("right_thumb", "left_thumb"),
    }
)
"""The single fingers of each slap position (4-4-2)."""


@dataclass(frozen=True, slots=True)
class CaptureInfo:
    """How a sample came about.

    Attributes
    ----------
    device : address or name of the capture device, empty where unknown.
    at : calendar time of the capture, aware, UTC; None where unknown (a file).
    monotonic : seconds on the capture clock, None where unknown.
    sequence : number of the frame it was taken from, None where there was none.
    reported : what the device itself says of it (its quality, its liveness, its own finger boxes), word for word.
    attestation : signed statement of the device about this sample, as it came.
    edits : what was done to the sample since the sensor, in order, each a key of the message catalogue such as
        ``edit.sixteen_bit_scaled`` or ``edit.resolution_assumed``.
    """

    device: str = ""
    at: datetime | None = None
    monotonic: float | None = None
    sequence: int | None = None
    reported: Mapping[str, Any] = field(default_factory=dict)
    attestation: bytes = b""
    edits: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.at is not None:
            if self.at.tzinfo is None:
                raise ValueError(f"capture time must be aware (with a time zone), not {self.at!r}")
            object.__setattr__(self, "at", self.at.astimezone(UTC))
        object.__setattr__(self, "reported", MappingProxyType(dict(self.reported)))
        object.__setattr__(self, "edits", tuple(self.edits))

    def __reduce__(self) -> tuple[Any, ...]:  # a mapping proxy does not pickle
        return CaptureInfo, (
            self.device,
            self.at,
            self.monotonic,
            self.sequence,
            dict(self.reported),
            self.attestation,
            self.edits,
        )


def _choice(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} {value!r} is not known; one of {', '.join(known)}")


def _image(kind: str, image: Any, channels: int) -> Any:
    array = np.asarray(image)
    shape = "(height, width) grey" if channels == 1 else "(height, width, 3) RGB"
    if array.dtype != np.uint8:
        raise TypeError(f"the {kind} image is {shape} uint8, not {array.dtype}; scale it to 0..255 first")
    if array.ndim != (2 if channels == 1 else 3) or (channels == 3 and array.shape[2] != 3):
        raise ValueError(
            f"the {kind} image is {shape}, not of shape {array.shape}; `ktpel_capture.read` converts files"
        )
    if array.size == 0:
        raise ValueError(f"the {kind} image of shape {array.shape} holds no pixel")
    return frozen_copy(array)


def _digest(kind: str, facts: tuple[object, ...], *arrays: Any) -> str:
    digest = hashlib.sha256(f"{kind} {facts!r}".encode())
    for array in arrays:
        if array is None:
            digest.update(b"|none")
        else:
            digest.update(f"|{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data if array.size else b"")
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class FingerprintSample:
    """One fingerprint, or one slap of several fingers.

    Parameters
    ----------
    image : (height, width) uint8, ridges dark on a light ground.
    ppi : pixels per inch, the same both ways.
    position : which finger, or which slap.
    impression : how it was taken.
    capture : how it came about.
    """

    image: GreyImage
    ppi: float
    position: Position = "unknown"
    impression: Impression = "unknown"
    capture: CaptureInfo | None = None
    _cache: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", _image("fingerprint", self.image, 1))
        if not (math.isfinite(self.ppi) and 0 < self.ppi <= 20_000):
            raise ValueError(f"ppi must lie above 0 and at most at 20000 pixels per inch, not {self.ppi!r}")
        object.__setattr__(self, "ppi", float(self.ppi))
        _choice("position", self.position, POSITIONS)
        _choice("impression", self.impression, IMPRESSIONS)

    @property
    def digest(self) -> str:
        """SHA-256 over pixels and facts, hexadecimal: the sample's identity."""
        if "digest" not in self._cache:
            facts = (self.ppi, self.position, self.impression)
            self._cache["digest"] = _digest("fingerprint", facts, self.image)
        return self._cache["digest"]

    def __repr__(self) -> str:
        height, width = self.image.shape
        return f"FingerprintSample({self.position.replace('_', ' ')}, {width}x{height} px, {self.ppi:g} ppi)"


@dataclass(frozen=True, slots=True, eq=False)
class IrisSample:
    """One eye in near-infrared light.

    Parameters
    ----------
    image : (height, width) uint8.
    eye : the capture subject's left or right eye.
    capture : how it came about.
    """

    image: GreyImage
    eye: Eye = "unknown"
    capture: CaptureInfo | None = None
    _cache: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", _image("iris", self.image, 1))
        _choice("eye", self.eye, EYES)

    @property
    def digest(self) -> str:
        """SHA-256 over pixels and facts, hexadecimal: the sample's identity."""
        if "digest" not in self._cache:
            self._cache["digest"] = _digest("iris", (self.eye,), self.image)
        return self._cache["digest"]

    def __repr__(self) -> str:
        height, width = self.image.shape
        return f"IrisSample({self.eye} eye, {width}x{height} px)"


@dataclass(frozen=True, slots=True, eq=False)
class FaceSample:
    """One portrait.

    Parameters
    ----------
    image : (height, width, 3) uint8, RGB (red first; OpenCV gives blue first).
    capture : how it came about.
    """

    image: RgbImage
    capture: CaptureInfo | None = None
    _cache: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", _image("face", self.image, 3))

    @property
    def digest(self) -> str:
        """SHA-256 over pixels, hexadecimal: the sample's identity."""
        if "digest" not in self._cache:
            self._cache["digest"] = _digest("face", (), self.image)
        return self._cache["digest"]

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f"FaceSample({width}x{height} px)"


def _channel(name: str, values: Any, length: int) -> F64:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) != length:
        raise ValueError(f"{name} must be {length} numbers in a row like t, not of shape {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise ValueError(f"{name}[{bad[0]}] is {array[bad[0]]}; every value must be finite")
    frozen: F64 = frozen_copy(array)
    return frozen


@dataclass(frozen=True, slots=True, eq=False)
class SignatureSample:
    """One signature as a series of pen points.

    Parameters
    ----------
    t : (N,) seconds; stamps may repeat or step back, as real pads deliver them.
    x, y : (N,) millimetres, x right, y down.
    force : (N,) 0..1 of the pad's range, or None where the pad reports none.
    pen_down : (N,) bool, True where the pen touches; None means it always does.
    azimuth, altitude : (N,) radians, the pen's tilt as ISO/IEC 19794-7 counts it, or None.
    pad_size : (width, height) of the writing surface in mm with its corner at (0, 0), or None where unknown.
    capture : how it came about.
    """

    t: F64
    x: F64
    y: F64
    force: F64 | None = None
    pen_down: Bool | None = None
    azimuth: F64 | None = None
    altitude: F64 | None = None
    pad_size: tuple[float, float] | None = None
    capture: CaptureInfo | None = None
    _cache: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        stamps = np.asarray(self.t, dtype=np.float64)
        if stamps.ndim != 1:
            raise ValueError(f"t must be numbers in a row, not of shape {stamps.shape}")
        for name in ("t", "x", "y", "force", "azimuth", "altitude"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, _channel(name, values, len(stamps)))
        if self.force is not None and self.force.size and not (self.force.min() >= 0 and self.force.max() <= 1):
            at = int(np.flatnonzero((self.force < 0) | (self.force > 1))[0])
            raise ValueError(f"force[{at}] is {self.force[at]}; it is a share of the pad's range, 0..1")
        if self.pen_down is not None:
            touching = np.asarray(self.pen_down)
            if touching.shape != stamps.shape:
                raise ValueError(f"pen_down must be {len(stamps)} truth values like t, not of shape {touching.shape}")
            object.__setattr__(self, "pen_down", frozen_copy(touching.astype(np.bool_)))
        if self.pad_size is not None and not all(math.isfinite(side) and side > 0 for side in self.pad_size):
            raise ValueError(f"pad_size must be two positive lengths in mm, not {self.pad_size!r}")

    @property
    def digest(self) -> str:
        """SHA-256 over all channels, hexadecimal: the sample's identity."""
        if "digest" not in self._cache:
            channels = (self.t, self.x, self.y, self.force, self.pen_down, self.azimuth, self.altitude)
            self._cache["digest"] = _digest("signature", (self.pad_size,), *channels)
        return self._cache["digest"]

    def __repr__(self) -> str:
        span = f"{self.t.max() - self.t.min():.1f} s" if self.t.size else "empty"
        return f"SignatureSample({self.t.size} points, {span})"


Sample: TypeAlias = FingerprintSample | IrisSample | FaceSample | SignatureSample


def modality_of(sample: Sample) -> Modality:
    """Which of the four modalities a sample belongs to."""
    match sample:
        case FingerprintSample():
            return "fingerprint"
        case IrisSample():
            return "iris"
        case FaceSample():
            return "face"
        case SignatureSample():
            return "signature"
    raise TypeError(f"not a sample: {type(sample).__name__}")
