"""How wide the pupil's edge is in each direction: a lens out of focus widens all of it, a movement two sides of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from ktpel_capture.arrays import F64, Bool, GreyImage, frozen_copy
from ktpel_capture.imaging.polar import directions, unwrap
from ktpel_capture.iris.boundaries import Boundary, Circle
from ktpel_capture.quality import Missing

_RAYS = 96
_PITCH = 0.5
_LEAST_RAYS = 32


@dataclass(frozen=True, slots=True)
class EdgeWidth:
    """Width of the pupil's edge: the step in grey levels over its steepest slope.

    Attributes
    ----------
    narrow, wide : in the directions in which it is narrowest and widest, at right angles to each other, px.
    direction : of the widest, radians in [0, pi), counter-clockwise from the picture's right.
    """

    narrow: float
    wide: float
    direction: float


@lru_cache(maxsize=1)
def _double_angles() -> F64:
    """1, the cosine and the sine of twice the angle of each ray, (96, 3)."""
    x, y = directions(_RAYS).astype(np.float64).T
    columns: F64 = frozen_copy(np.column_stack([np.ones(_RAYS), x * x - y * y, -2 * x * y]))
    return columns


def edge_width(image: GreyImage, pupil: Circle | Boundary, seen: Bool) -> EdgeWidth | Missing:
    """Width of the pupil's edge where it is seen.

    Parameters
    ----------
    image : the picture as it is.
    pupil : its boundary.
    seen : (H, W) bool, between the lids and not in a reflection.
    """
    reach = max(6.0, 0.35 * pupil.radius)
    radii = np.arange(max(1.0, pupil.radius - reach), pupil.radius + reach, _PITCH)
    band = unwrap(image, pupil.x, pupil.y, radii, _RAYS)
    clear = unwrap(seen.view(np.uint8), pupil.x, pupil.y, radii, _RAYS).min(0) > 0
    smooth = cv2.GaussianBlur(band, (1, 5), 0, sigmaY=1.0).astype(np.float32)
    quarter = max(2, len(radii) // 4)
    step = smooth[-quarter:].mean(0) - smooth[:quarter].mean(0)
    slope = np.diff(smooth, axis=0)[1:-1].max(0) / np.float32(_PITCH)
    clear &= (step > 8) & (slope > 0.2)
    if clear.sum() < _LEAST_RAYS:
        return Missing("iris.too_little_seen")
    squared = (step[clear] / slope[clear]).astype(np.float64) ** 2
    double = _double_angles()[clear]
    spread: F64 = np.linalg.eigvalsh(double.T @ double)
    if spread[0] * 16 < spread[2]:  # the rays that are seen lie all in about one direction
        return Missing("iris.too_little_seen")
    weighted, middle = double, len(squared) // 2
    for _ in range(4):
        level, along, across = np.linalg.solve(weighted.T @ double, weighted.T @ squared)
        error = np.abs(squared - double @ (level, along, across))
        usual = max(float(np.partition(error, middle)[middle]), 0.2)
        weighted = double / (1 + (error / usual) ** 2)[:, None]
    swing = float(np.hypot(along, across))
    narrow, wide = max(float(level) - swing, 0.0), max(float(level) + swing, 0.0)
    return EdgeWidth(float(np.sqrt(narrow)), float(np.sqrt(wide)), float(np.arctan2(across, along)) / 2 % float(np.pi))
