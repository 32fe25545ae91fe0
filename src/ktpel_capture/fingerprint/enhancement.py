"""A print with its ridges mended: noise and pores smoothed along the ridges, never across them."""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np

from ktpel_capture.arrays import F32, U8
from ktpel_capture.fingerprint.flow import RidgeFlow, to_pixels

DIRECTIONS = 16
_REACH = 5


@cache
def _along(direction: int, spread: float) -> F32:
    """A short smoothing line in one of `DIRECTIONS` directions."""
    angle = math.pi * direction / DIRECTIONS
    y, x = np.mgrid[-_REACH : _REACH + 1, -_REACH : _REACH + 1].astype(np.float64)
    along = x * math.cos(angle) - y * math.sin(angle)
    across = x * math.sin(angle) + y * math.cos(angle)
    kernel = np.exp(-0.5 * (along / spread) ** 2) * np.maximum(0, 1 - np.abs(across))
    kernel[np.hypot(x, y) > _REACH + 0.5] = 0
    return np.asarray(kernel / kernel.sum(), np.float32)


def smooth_along(values: F32, direction: U8, spread: float = 3.0) -> F32:
    """Average every pixel along its own ridge direction.

    ``direction`` holds the number 0..15 of the direction at every pixel. Lines are short; two rounds follow a bend
    that one long line would cut.
    """
    result = np.zeros_like(values)
    for number in range(DIRECTIONS):
        mask = (direction == number).view(np.uint8)
        cv2.copyTo(cv2.filter2D(values, -1, _along(number, spread)), mask, result)
    return result


def enhance(even: F32, flow: RidgeFlow) -> F32:
    """Ridges of an evened-out print, mended: (height, width) float32, below zero on ridges.

    Two rounds of smoothing run along the ridges; what stands out after the first counts alike in the second.
    """
    doubled = 2 * flow.angle
    cos2, sin2 = to_pixels(np.cos(doubled), even.shape), to_pixels(np.sin(doubled), even.shape)
    angle = cv2.phase(cos2, sin2)
    direction = (np.rint(np.asarray(angle, np.float32) * (DIRECTIONS / (2 * math.pi))).astype(np.uint8)) % DIRECTIONS
    once = smooth_along(even, direction)
    return smooth_along(np.tanh(1.5 * once), direction)
