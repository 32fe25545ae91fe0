"""How a pad of skin comes to lie on glass: placement, contact, distortion, moisture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, Bool
from ktpel_capture.fingerprint.boxes import Box


@dataclass(frozen=True, slots=True)
class Conditions:
    """How the finger is presented; units as in `Finger.capture`."""

    rotation: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    pressure: float = 0.5
    moisture: float = 0.5
    distortion: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Impression:
    """What the glass sees, before the sensor.

    Attributes
    ----------
    darkness : (height, width) float32, 0 glass .. 1 skin, in the window.
    contact : (height, width) bool, where skin could touch, in the window.
    window : (rows, columns) of the picture that hold it all.
    box : the contact as a rotated rectangle of the picture.
    pull : (height, width, 2) float32, how far skin was pulled right and down along the finger, pixels, in the window.
    scale : pixels of the picture a pixel at 500 ppi.
    """

    darkness: F32
    contact: Bool
    window: tuple[slice, slice]
    box: Box
    pull: F32
    scale: float

    def place(self, points: F64, middle: tuple[float, float]) -> F64:
        """Where points of the skin, (N, 2) pixels at 500 ppi, came to lie on the picture: (N, 2)."""
        if not len(points) or not self.darkness.size:
            return np.full((len(points), 2), np.nan)
        cos, sin = math.cos(self.box.angle), math.sin(self.box.angle)
        turn = np.array(((cos, -sin), (sin, cos)))
        corner = np.array((self.window[1].start, self.window[0].start))
        rest = (points - middle) * self.scale
        there = rest @ turn + self.box.centre
        last = np.array(self.darkness.shape[::-1]) - 1
        for _ in range(4):  # the pull is smooth and small: a few rounds settle it
            x, y = np.clip(np.rint(there - corner), 0, last).astype(np.int64).T
            there = (rest - self.pull[y, x]) @ turn + np.array(self.box.centre)
        placed: F64 = there
        return placed


def _smooth_noise(random: np.random.Generator, shape: tuple[int, int], cell: float) -> F32:
    """Noise of unit deviation that changes over ``cell`` pixels."""
    coarse = random.standard_normal((int(shape[0] / cell) + 3, int(shape[1] / cell) + 3), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def press(
    ridges: F32,
    pad: tuple[float, float],
    conditions: Conditions,
    *,
    seed: int,
    ppi: float = 500,
    size: tuple[int, int] = (416, 560),
    wear: float = 0.3,
    breadth: float = 0.0,
) -> Impression:
    """Lay a pad of ridges on the glass once.

    Harder pressure widens the contact and the ridges; dry skin breaks ridges into grains; wet skin fills valleys.

    Parameters
    ----------
    ridges : field at 500 ppi, as in `Finger`.
    pad : (width, length) of the skin that can touch, in mm.
    conditions : of this presentation.
    seed : of everything left to chance.
    ppi, size : of the sensor.
    wear : 0 soft skin .. 1 hard and cracked skin, whose ridges print patchily.
    breadth : of the ridges against the valleys, 0 alike, positive broader.
    """
    random = np.random.default_rng((seed, 0))
    scale = ppi / 500
    pressure, moisture = np.clip((conditions.pressure, conditions.moisture), 0, 1)
    reach = 0.62 + 0.38 * pressure**0.6
    across, along = pad[0] * reach * ppi / 25.4, pad[1] * reach * ppi / 25.4
    centre = (
        (size[0] - 1) / 2 + conditions.shift[0] * ppi / 25.4,
        (size[1] - 1) / 2 + conditions.shift[1] * ppi / 25.4,
    )
    radius = math.hypot(across, along) / 2 + 6
    left, top = max(0, int(centre[0] - radius)), max(0, int(centre[1] - radius))
    right, bottom = min(size[0], int(centre[0] + radius) + 1), min(size[1], int(centre[1] + radius) + 1)
    box = Box((float(centre[0]), float(centre[1])), (float(across), float(along)), conditions.rotation)
    if right <= left or bottom <= top:
        nothing = np.zeros((0, 0), np.float32)
        return Impression(nothing, nothing > 0, (slice(0, 0), slice(0, 0)), box, nothing, scale)
    shape = (bottom - top, right - left)
    x = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(centre[0])
    y = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(centre[1])
    cos, sin = np.float32(math.cos(conditions.rotation)), np.float32(math.sin(conditions.rotation))
    u, v = x * cos - y * sin, x * sin + y * cos
    # an upright superellipse, blunter at the tip than an ellipse is
    edge = np.abs(u / (across / 2)) ** 2.6 + np.abs(v / (along / 2)) ** 2.6
    edge += 0.05 * _smooth_noise(random, shape, 60 * scale)
    contact = edge < 1

    stretch = np.float32(conditions.distortion * 5 * scale)
    pull = np.stack([stretch * _smooth_noise(random, shape, 130 * scale) for _ in range(2)], 2)
    u, v = u + pull[..., 0], v + pull[..., 1]
    middle = (np.array(ridges.shape[::-1], np.float32) - 1) / 2
    height = cv2.remap(
        ridges,
        (u / np.float32(scale) + middle[0]).astype(np.float32),
        (v / np.float32(scale) + middle[1]).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    dryness, wetness = max(0.0, 0.45 - moisture) / 0.45, max(0.0, moisture - 0.55) / 0.45
    firm = np.clip(1 - edge, 0, 1) ** 0.5
    offset = breadth + (0.9 * (pressure - 0.5) + 0.75 * wetness - 0.35 * dryness) + 0.5 * (firm - 0.75)
    grain = random.standard_normal(shape, dtype=np.float32)
    if scale > 0.6:
        grain = cv2.GaussianBlur(grain, (0, 0), 0.8 * scale) * (2.4 * scale)
    patches = _smooth_noise(random, shape, 26 * scale)
    rough = 0.1 + 0.6 * wear**2 + 0.75 * dryness
    # hard and dry skin misses the glass in patches, wet skin floods it in patches
    missed = np.minimum(patches, np.float32(0.25))
    height = (1 - 0.2 * wear) * height + offset + rough * grain
    height += (0.05 + 0.3 * wetness) * patches + (0.6 * wear + 0.25 * dryness) * missed
    ink = 1 / (1 + np.exp(-4.5 * height))
    depth = 0.62 + 0.3 * pressure + 0.15 * wetness - 0.25 * dryness
    darkness: F32 = (np.minimum(depth, 1) * ink * np.clip(8 * (1 - edge), 0, 1)).astype(np.float32)
    return Impression(darkness, contact, (slice(top, bottom), slice(left, right)), box, pull, scale)
