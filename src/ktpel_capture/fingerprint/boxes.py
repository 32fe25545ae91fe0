"""Where a finger lies in a picture: a rotated rectangle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ktpel_capture.arrays import F64


@dataclass(frozen=True, slots=True)
class Box:
    """A rotated rectangle around one finger.

    Attributes
    ----------
    centre : (x, y) pixels.
    size : (across the finger, along the finger) pixels.
    angle : radians, counter-clockwise as seen on the picture; 0 is a finger that points straight up.
    """

    centre: tuple[float, float]
    size: tuple[float, float]
    angle: float = 0.0

    @property
    def corners(self) -> F64:
        """(4, 2) points: tip left, tip right, base right, base left as the finger itself sees them."""
        half = np.array(self.size) / 2
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        across, along = np.array((cos, -sin)), np.array((sin, cos))
        signs = np.array(((-1, -1), (1, -1), (1, 1), (-1, 1)))
        points: F64 = np.array(self.centre) + signs[:, :1] * half[0] * across + signs[:, 1:] * half[1] * along
        return points

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the upright rectangle around it."""
        low, high = self.corners.min(0), self.corners.max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])
