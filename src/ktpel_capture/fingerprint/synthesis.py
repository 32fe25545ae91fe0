"""Fingers that belong to nobody, and what a sensor sees when one is pressed on it.

`grow` gives a finger, `Finger.capture` an impression of it, `slap` several at once. The same seed is the same finger;
another capture of it differs in pressure, rotation, placement, moisture, dirt and skin distortion alone. All come with
the truth, so that a measure or an extractor can be held against what really was there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, Bool, GreyImage, frozen_copy
from ktpel_capture.fingerprint.boxes import Box
from ktpel_capture.fingerprint.flow import BLOCK
from ktpel_capture.fingerprint.growing import PATTERNS, Skin, grow_skin
from ktpel_capture.fingerprint.pressing import Conditions, Impression, press
from ktpel_capture.fingerprint.singular import Pattern
from ktpel_capture.samples import FINGERS, FINGERS_OF, FingerprintSample, Position
from ktpel_capture.templates import Minutiae

__all__ = ["PATTERNS", "CaptureTruth", "Finger", "Pattern", "SlapTruth", "develop", "grow", "grow_hand", "slap"]


@dataclass(frozen=True, slots=True, eq=False)
class CaptureTruth:
    """What really lies under one impression, in pixels of its picture.

    Attributes
    ----------
    contact : (height, width) bool, where the skin touched the glass.
    box : the touched area as a rotated rectangle.
    minutiae : every ridge ending and bifurcation of the skin that touched.
    angle : (rows, cols) float32, ridge direction on blocks of 8 pixels, radians in [0, pi); where the skin touched.
    period : (rows, cols) float32, from ridge to ridge, pixels.
    cores, deltas : (K, 2) points (x, y), those that touched.
    """

    contact: Bool
    box: Box
    minutiae: Minutiae
    angle: F32
    period: F32
    cores: F64
    deltas: F64


@dataclass(frozen=True, slots=True, eq=False)
class SlapTruth:
    """What really lies under a slap: the box of each finger that touched, in the picture's own order left to right."""

    boxes: Mapping[Position, Box]


@dataclass(frozen=True, slots=True, eq=False)
class Finger:
    """One finger of a person who does not exist.

    Attributes
    ----------
    skin : its ridges and everything that is true of them.
    width, length : of the pad in mm.
    wear : 0 soft skin .. 1 the hands of a mason: how patchily the ridges print.
    breadth : of the ridges against the valleys, 0 alike, positive broader.
    dryness : of the skin itself, 0 supple .. 1 leather: taken off the moisture of every press.
    surface : (height, width) float32 at 500 ppi, the ridges with the creases of this skin: what touches the glass.
    """

    skin: Skin
    width: float
    length: float
    wear: float = 0.3
    breadth: float = 0.0
    dryness: float = 0.0
    surface: F32 | None = None

    @property
    def ridges(self) -> F32:
        """(height, width) float32 at 500 ppi, -1 the floor of a valley .. 1 the top of a ridge; without creases."""
        return self.skin.ridges

    @property
    def pattern(self) -> Pattern:
        return self.skin.pattern

    def press(self, conditions: Conditions, *, seed: int, ppi: float, size: tuple[int, int]) -> Impression:
        """Lay the finger on glass of ``size`` pixels once."""
        surface = self.skin.ridges if self.surface is None else self.surface
        return press(
            surface,
            (self.width, self.length),
            replace(conditions, moisture=conditions.moisture - 0.4 * self.dryness),
            seed=seed,
            ppi=ppi,
            size=size,
            wear=self.wear,
            breadth=self.breadth,
        )

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
        impression = self.press(conditions, seed=seed, ppi=ppi, size=size)
        darkness = np.zeros(size[::-1], np.float32)
        contact = np.zeros(size[::-1], np.bool_)
        darkness[impression.window] = impression.darkness
        contact[impression.window] = impression.contact
        image = develop(darkness, seed=seed, dirt=dirt, ppi=ppi)
        sample = FingerprintSample(image, ppi, position, "live_plain")
        return sample, _truth(self.skin, impression, contact, ppi, position)


def _truth(skin: Skin, impression: Impression, contact: Bool, ppi: float, position: Position) -> CaptureTruth:
    height, width = contact.shape
    middle = ((skin.ridges.shape[1] - 1) / 2, (skin.ridges.shape[0] - 1) / 2)
    turn = impression.box.angle

    def touched(points: F64) -> tuple[F64, Bool]:
        there = impression.place(points, middle)
        there = np.where(np.isfinite(there), there, -1.0)
        x, y = np.rint(there).astype(np.int64).T
        inside: Bool = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        inside[inside] = contact[y[inside], x[inside]]
        return there, inside

    points, kept = touched(np.stack((skin.x, skin.y), 1).astype(np.float64))
    found = Minutiae(
        x=points[kept, 0].astype(np.float32),
        y=points[kept, 1].astype(np.float32),
        angle=np.mod(skin.direction[kept] + turn, 2 * math.pi).astype(np.float32),
        kind=skin.kind[kept].astype(np.uint8),
        quality=np.ones(int(kept.sum()), np.float32),
        ppi=ppi,
        size=(width, height),
        position=position,
    )
    angle, period = _maps(skin, impression, (height, width), middle)
    singular = []
    for group in (skin.cores, skin.deltas):
        there, inside = touched(group)
        singular.append(frozen_copy(there[inside]))
    return CaptureTruth(
        frozen_copy(contact), impression.box, found, frozen_copy(angle), frozen_copy(period), singular[0], singular[1]
    )


def _maps(skin: Skin, impression: Impression, shape: tuple[int, int], middle: tuple[float, float]) -> tuple[F32, F32]:
    """Ridge direction and spacing of the skin on the blocks of the picture."""
    rows, cols = shape[0] // BLOCK, shape[1] // BLOCK
    x, y = np.meshgrid(np.arange(cols) * BLOCK + (BLOCK - 1) / 2, np.arange(rows) * BLOCK + (BLOCK - 1) / 2)
    cos, sin = math.cos(impression.box.angle), math.sin(impression.box.angle)
    x, y = x - impression.box.centre[0], y - impression.box.centre[1]
    skin_x = (x * cos - y * sin) / impression.scale + middle[0]
    skin_y = (x * sin + y * cos) / impression.scale + middle[1]
    last_row, last_col = skin.angle.shape[0] - 1, skin.angle.shape[1] - 1
    row = np.clip(skin_y // BLOCK, 0, last_row).astype(np.int64)
    col = np.clip(skin_x // BLOCK, 0, last_col).astype(np.int64)
    angle = np.mod(skin.angle[row, col] + impression.box.angle, math.pi).astype(np.float32)
    return angle, (skin.period[row, col] * impression.scale).astype(np.float32)


def develop(darkness: F32, *, seed: int, dirt: float = 0.0, ppi: float = 500) -> GreyImage:
    """The sensor's picture of how dark the skin makes the glass: light ground, smears, optical blur and noise."""
    height, width = darkness.shape
    random = np.random.default_rng((seed, 1))
    if dirt > 0:
        cell = 24 * ppi / 500  # so that a sensor of any resolution sees the same smears
        coarse = random.standard_normal((int(height / cell) + 3, int(width / cell / 2) + 3), dtype=np.float32)
        smears = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        darkness = np.maximum(darkness, dirt * 0.7 * np.clip(smears - 0.2, 0, 1))
    blurred = np.asarray(cv2.GaussianBlur(darkness, (0, 0), 0.6), np.float32)
    grey: F32 = 246 - 200 * blurred
    grey += random.standard_normal((height, width), dtype=np.float32) * 3
    image: GreyImage = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return image


def grow(seed: int, pattern: Pattern | None = None) -> Finger:
    """A finger; the same seed is the same finger.

    Parameters
    ----------
    seed : any whole number from 0.
    pattern : the pattern class it shall have; left to chance by the seed where None.
    """
    random = np.random.default_rng((seed, 3))
    return _finger(grow_skin(seed, pattern), _Person.drawn(random), random, 16.5)


@dataclass(frozen=True, slots=True)
class _Person:
    """What the ten fingers of one person share.

    Attributes
    ----------
    build : size of the hand, 1 on average.
    wear, dryness, breadth : as of `Finger`.
    creases : how many on a fingertip on average; the skin of the old is full of them.
    """

    build: float
    wear: float
    dryness: float
    breadth: float
    creases: float

    @classmethod
    def drawn(cls, random: np.random.Generator) -> _Person:
        """Somebody from 17 to 85 years, whose hands have worked or not."""
        old = max(0.0, (random.uniform(17, 85) - 50) / 35)
        wear = float(random.beta(1.1, 1.9))
        return cls(
            build=float(np.clip(random.normal(1, 0.07), 0.83, 1.2)),
            wear=min(1.0, wear + 0.2 * old),
            dryness=min(1.0, float(random.beta(1.2, 3.0)) + 0.3 * old),
            breadth=float(np.clip(random.normal(0, 0.18), -0.35, 0.35)),
            creases=0.5 + 6 * old + 1.5 * wear,
        )


def _finger(skin: Skin, person: _Person, random: np.random.Generator, width: float) -> Finger:
    width = width * person.build * random.uniform(0.97, 1.03)
    return Finger(
        skin=skin,
        width=width,
        length=width * random.uniform(1.3, 1.45),
        wear=float(np.clip(person.wear + random.normal(0, 0.08), 0, 1)),
        breadth=float(person.breadth + random.normal(0, 0.05)),
        dryness=person.dryness,
        surface=frozen_copy(_creased(skin.ridges, int(random.poisson(person.creases)), random)),
    )


def _creased(ridges: F32, count: int, random: np.random.Generator) -> F32:
    """Ridges cut by ``count`` creases: furrows 0.05 to 0.3 mm wide and 3 to 12 mm long that run anywhere."""
    if not count:
        return ridges
    height, width = ridges.shape
    furrows = np.zeros((height, width), np.uint8)
    along = np.linspace(-0.5, 0.5, 13)
    for _ in range(count):
        x, y = random.uniform(0.15, 0.85) * width, random.uniform(0.15, 0.8) * height
        turn, bend = random.uniform(0, math.pi), random.normal(0, 0.25)
        length, thickness = random.uniform(60, 240), random.uniform(1, 6)
        direction = turn + bend * along
        line = np.stack((x + length * along * np.cos(direction), y - length * along * np.sin(direction)), 1)
        points = np.rint(line * 16).astype(np.int32)
        for piece, place in zip(pairwise(points), (along[1:] + along[:-1]) / 2):
            taper = max(1, round(thickness * math.sqrt(max(0.0, 1 - 4 * place**2))))
            cv2.polylines(furrows, [np.stack(piece)], False, 255, taper, cv2.LINE_AA, 4)
    depth = np.asarray(cv2.GaussianBlur(furrows, (0, 0), 1.0), np.float32)
    creased: F32 = ridges - depth * np.float32(2.2 / 255)
    return creased


_WIDTHS = {"thumb": 19.0, "index": 16.0, "middle": 16.5, "ring": 15.5, "little": 13.5}
"""Pads of an average hand, mm across."""


def grow_hand(seed: int) -> Mapping[Position, Finger]:
    """The ten fingers of one person, right thumb first; grown when they are first asked for."""
    return _Hand(seed)


class _Hand(Mapping[Position, Finger]):
    """Ten fingers that grow on demand: most captures need a few of them."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __getitem__(self, position: Position) -> Finger:
        number = FINGERS.index(position) if position in FINGERS else -1
        if number < 0:
            raise KeyError(position)
        person = _Person.drawn(np.random.default_rng((self._seed, 12)))
        random = np.random.default_rng((self._seed, 10, number))
        # larger hands have wider ridges, by less than in proportion
        spacing = float(np.clip(9.1 * person.build**0.7 * random.normal(1, 0.06), 7.2, 11.2))
        skin = grow_skin(int(random.integers(2**62)), None, spacing)
        return _finger(skin, person, random, _WIDTHS[position.split("_")[1]])

    def __iter__(self) -> Iterator[Position]:
        return iter(FINGERS)

    def __len__(self) -> int:
        return len(FINGERS)


_PLACES: Mapping[Position, tuple[float, float, float]] = MappingProxyType(
    {
        "right_index": (-29.0, 1.0, 0.08),
        "right_middle": (-9.8, -7.0, 0.03),
        "right_ring": (9.6, -3.0, -0.03),
        "right_little": (28.0, 12.0, -0.11),
        "left_index": (29.0, 1.0, -0.08),
        "left_middle": (9.8, -7.0, -0.03),
        "left_ring": (-9.6, -3.0, 0.03),
        "left_little": (-28.0, 12.0, 0.11),
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
        impression = grown.press(conditions, seed=int(random.integers(2**31)), ppi=ppi, size=size)
        patch = darkness[impression.window]
        np.maximum(patch, impression.darkness, out=patch)
        if impression.contact.any():
            boxes[finger] = impression.box
    image = develop(darkness, seed=seed, dirt=dirt, ppi=ppi)
    sample = FingerprintSample(image, ppi, position, "live_plain")
    return sample, SlapTruth(MappingProxyType(boxes))
