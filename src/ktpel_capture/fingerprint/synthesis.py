"""Fingers that belong to nobody, and what a sensor sees when one is pressed on it.

`grow` gives a finger, `Finger.capture` an impression of it, `slap` several at once. The same seed is the same finger;
another capture of it differs in pressure, rotation, placement, moisture, dirt and skin distortion alone. All come with
the truth, so that a measure or an extractor can be held against what really was there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, TypeAlias

import cv2
import numpy as np

from ktpel_capture.arrays import F32, Bool, GreyImage, frozen_copy
from ktpel_capture.fingerprint.boxes import Box
from ktpel_capture.fingerprint.pressing import Conditions, press
from ktpel_capture.samples import FINGERS, FINGERS_OF, FingerprintSample, Position

Pattern: TypeAlias = Literal["arch", "tented_arch", "left_loop", "right_loop", "whorl"]

_PRINTS = tuple(f"SFinGe_Test0{number}.pgm" for number in range(1, 6))


@dataclass(frozen=True, slots=True, eq=False)
class CaptureTruth:
    """What really lies under one impression.

    Attributes
    ----------
    contact : (height, width) bool, where the skin touched the glass.
    box : the touched area as a rotated rectangle.
    """

    contact: Bool
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class SlapTruth:
    """What really lies under a slap: the box of each finger that touched, in the picture's own order left to right."""

    boxes: Mapping[Position, Box]


@dataclass(frozen=True, slots=True, eq=False)
class Finger:
    """One finger of a person who does not exist.

    Attributes
    ----------
    ridges : (height, width) float32 at 500 ppi, -1 the floor of a valley .. 1 the top of a ridge; the finger points up
        and the middle of its pad is the middle of the field.
    width : of the pad in mm.
    length : of the pad in mm.
    """

    ridges: F32
    width: float
    length: float

    def capture(
        self,
        *,
        seed: int,
        rotation: float = 0.0,
        shift: tuple[float, float] = (0.0, 0.0),
        pressure: float = 0.5,
        moisture: float = 0.5,
        dirt: float = 0.0,
        distortion: float = 0.3,
        ppi: float = 500,
        size: tuple[int, int] = (416, 560),
        position: Position = "unknown",
    ) -> tuple[FingerprintSample, CaptureTruth]:
        """Press the finger on a sensor once.

        Parameters
        ----------
        seed : of this presentation: the same seed gives the same pixels.
        rotation : radians, counter-clockwise on the picture.
        shift : (right, down) in mm from the middle of the sensor.
        pressure : 0 hardly touching .. 1 as hard as one can.
        moisture : 0 dry .. 1 wet.
        dirt : 0 clean glass .. 1 covered with smears of earlier fingers.
        distortion : 0 none .. 1 a finger that was pushed and twisted while it lay.
        ppi : resolution of the sensor.
        size : (width, height) of the picture in pixels.
        position : what the sample is said to be.
        """
        conditions = Conditions(rotation, shift, pressure, moisture, distortion)
        impression = press(self.ridges, (self.width, self.length), conditions, seed=seed, ppi=ppi, size=size)
        darkness = np.zeros(size[::-1], np.float32)
        contact = np.zeros(size[::-1], np.bool_)
        darkness[impression.window] = impression.darkness
        contact[impression.window] = impression.contact
        image = develop(darkness, seed=seed, dirt=dirt)
        sample = FingerprintSample(image, ppi, position, "live_plain")
        return sample, CaptureTruth(frozen_copy(contact), impression.box)


def develop(darkness: F32, *, seed: int, dirt: float = 0.0) -> GreyImage:
    """The sensor's picture of how dark the skin makes the glass: light ground, smears, optical blur and noise."""
    height, width = darkness.shape
    random = np.random.default_rng((seed, 1))
    if dirt > 0:
        coarse = random.standard_normal((height // 24 + 3, width // 48 + 3), dtype=np.float32)
        smears = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        darkness = np.maximum(darkness, dirt * 0.7 * np.clip(smears - 0.2, 0, 1))
    blurred = np.asarray(cv2.GaussianBlur(darkness, (0, 0), 0.6), np.float32)
    grey: F32 = 246 - 200 * blurred
    grey += random.standard_normal((height, width), dtype=np.float32) * 3
    image: GreyImage = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return image


@cache
def _print(number: int) -> F32:
    """The ridges of a packaged SFinGe print, -1..1, evened out over the whole field."""
    data = np.frombuffer(files(__package__).joinpath("prints", _PRINTS[number]).read_bytes(), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise RuntimeError(f"{_PRINTS[number]} of the package cannot be decoded; install it again")
    smooth = cv2.GaussianBlur(image.astype(np.float32), (0, 0), 1.2)
    level = cv2.GaussianBlur(smooth, (0, 0), 9)
    swing = np.sqrt(cv2.GaussianBlur((smooth - level) ** 2, (0, 0), 12))
    ridges: F32 = np.clip((level - smooth) / np.maximum(swing * 1.4, 12), -1, 1).astype(np.float32)
    return ridges


def grow(seed: int, pattern: Pattern | None = None) -> Finger:
    """A finger; the same seed is the same finger.

    Parameters
    ----------
    seed : any whole number from 0.
    pattern : the pattern class it shall have; left to chance by the seed where None.
    """
    random = np.random.default_rng((seed, 0))
    numbers: Mapping[str, tuple[tuple[int, bool], ...]] = {
        "whorl": ((0, False), (0, True), (1, False), (1, True), (3, False), (3, True)),
        "tented_arch": ((2, False), (2, True)),
        "right_loop": ((2, False),),
        "left_loop": ((2, True),),
        "arch": ((4, False), (4, True)),
    }
    choices = numbers[pattern] if pattern else tuple((number, mirrored) for number in range(5) for mirrored in (0, 1))
    number, mirrored = choices[int(random.integers(len(choices)))]
    return _finger(number, bool(mirrored), random)


def _finger(number: int, mirrored: bool, random: np.random.Generator) -> Finger:
    ridges = _print(number)
    if mirrored:
        ridges = np.ascontiguousarray(ridges[:, ::-1])
    scale = random.uniform(0.92, 1.12)
    turned = cv2.getRotationMatrix2D((207.5, 279.5), math.degrees(random.normal(0, 0.05)), scale)
    warped = cv2.warpAffine(ridges, turned, (416, 560), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return Finger(
        frozen_copy(np.clip(np.asarray(warped, np.float32), -1, 1)), random.uniform(16, 19), random.uniform(22, 26)
    )


def grow_hand(seed: int) -> Mapping[Position, Finger]:
    """The ten fingers of one person, right thumb first."""
    random = np.random.default_rng((seed, 10))
    order = random.permutation(5)
    fingers: dict[Position, Finger] = {}
    for index, position in enumerate(FINGERS):
        fingers[position] = _finger(int(order[index % 5]), index >= 5, random)
    return MappingProxyType(fingers)


_PLACES: Mapping[Position, tuple[float, float, float]] = MappingProxyType(
    {
        "right_index": (-29.0, 2.0, 0.10),
        "right_middle": (-9.5, -6.0, 0.03),
        "right_ring": (10.0, -2.5, -0.04),
        "right_little": (28.5, 11.0, -0.13),
        "left_index": (29.0, 2.0, -0.10),
        "left_middle": (9.5, -6.0, -0.03),
        "left_ring": (-10.0, -2.5, 0.04),
        "left_little": (-28.5, 11.0, 0.13),
        "right_thumb": (17.0, 0.0, 0.12),
        "left_thumb": (-17.0, 0.0, -0.12),
    }
)
"""Middle of each pad in a slap, mm right and down of the hand's middle, and its tilt in radians: fingers side by side
as a relaxed hand lays them down, thumbs side by side."""


def slap(
    hand: Mapping[Position, Finger],
    position: Position,
    *,
    seed: int,
    absent: Collection[Position] = (),
    size: tuple[int, int] = (1600, 1500),
    ppi: float = 500,
    rotation: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
    pressure: float | Mapping[Position, float] = 0.5,
    moisture: float | Mapping[Position, float] = 0.5,
    dirt: float = 0.0,
) -> tuple[FingerprintSample, SlapTruth]:
    """Lay several fingers of a hand on a sensor at once.

    Parameters
    ----------
    hand : of `grow_hand`.
    position : ``right_four``, ``left_four`` or ``both_thumbs``.
    seed : of this presentation.
    absent : fingers that do not touch.
    size : (width, height) of the picture in pixels.
    ppi : resolution of the sensor.
    rotation : of the whole hand, radians, counter-clockwise on the picture.
    shift : of the whole hand, (right, down) in mm.
    pressure, moisture : one value for all, or one a finger (0.5 where a finger is not named).
    dirt : 0 clean glass .. 1 covered with smears.
    """
    if position not in FINGERS_OF:
        raise ValueError(f"a slap is one of {', '.join(FINGERS_OF)}, not {position!r}")
    random = np.random.default_rng((seed, 2))
    width, height = size
    darkness = np.zeros((height, width), np.float32)
    boxes: dict[Position, Box] = {}
    for finger in sorted(FINGERS_OF[position], key=lambda name: _PLACES[name][0]):
        right, down, tilt = np.array(_PLACES[finger]) + random.normal(0, (0.7, 0.9, 0.025))
        if finger in absent:
            continue
        cos, sin = math.cos(rotation), math.sin(rotation)
        place = (right * cos + down * sin + shift[0], -right * sin + down * cos + shift[1])
        conditions = Conditions(
            rotation=tilt + rotation,
            shift=place,
            pressure=pressure.get(finger, 0.5) if isinstance(pressure, Mapping) else pressure,
            moisture=moisture.get(finger, 0.5) if isinstance(moisture, Mapping) else moisture,
        )
        grown = hand[finger]
        impression = press(
            grown.ridges, (grown.width, grown.length), conditions, seed=int(random.integers(2**31)), ppi=ppi, size=size
        )
        patch = darkness[impression.window]
        np.maximum(patch, impression.darkness, out=patch)
        if impression.contact.any():
            boxes[finger] = impression.box
    image = develop(darkness, seed=seed, dirt=dirt)
    sample = FingerprintSample(image, ppi, position, "live_plain")
    return sample, SlapTruth(MappingProxyType(boxes))
