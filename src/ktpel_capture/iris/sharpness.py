"""Sharpness of near-infrared pictures of eyes by the kernel of ISO/IEC 29794-6."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, reduce

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, I32, U16, GreyImage, frozen_copy

_QUARTER = (
    (0, 1, 1, 2, 2),
    (1, 2, 4, 5, 5),
    (1, 4, 5, 3, 0),
    (2, 5, 3, -12, -24),
    (2, 5, 0, -24, -40),
)
STRIDE = 4
"""The kernel is laid on every fourth row and column."""
HALF_POWER = 1.8e6
"""Mean squared response at which the sharpness is 50."""


_STRIP = 24_000
"""Responses computed at a time, those of a VGA picture: what they are made of stays in the cache."""


@lru_cache(maxsize=1)
def kernel() -> I32:
    """The 9x9 kernel, (9, 9) int32; its sum is 0. Source: ISO/IEC 29794-6:2015, sharpness (values as BIQT-Iris)."""
    left = np.array([row + row[-2::-1] for row in _QUARTER], np.int32)
    whole: I32 = frozen_copy(np.vstack([left, left[-2::-1]]))
    return whole


@lru_cache(maxsize=1)
def _weights() -> tuple[tuple[int, tuple[tuple[int, int], ...]], ...]:
    """Each weight of the kernel, and at which (horizontal, vertical) distances from its middle it stands."""
    quarter = kernel()[4:, 4:]
    values = (int(weight) for weight in np.unique(quarter) if weight)
    return tuple((weight, tuple((int(y), int(x)) for y, x in np.argwhere(quarter == weight))) for weight in values)


def responses(image: GreyImage) -> F32:
    """The kernel's responses at rows and columns 4, 8, 12 ... wherever all of it lies inside the picture.

    Returns
    -------
    (rows, columns) float32, whole numbers without rounding; empty for a picture smaller than 9x9.
    """
    height, width = image.shape
    rows, columns = max(0, (height - 9) // STRIDE + 1), max(0, (width - 9) // STRIDE + 1)
    found = np.zeros((rows, columns), np.float32)
    strip = max(8, _STRIP // max(1, columns))
    for top in range(0, rows if columns else 0, strip):
        found[top : top + strip] = _strip_responses(image[STRIDE * top : STRIDE * (top + strip + 2)])
    return found


def _strip_responses(image: GreyImage) -> F32:
    """The kernel's responses in a picture of at least 9x9.

    The kernel is its own mirror image in both directions: what lies equally far from its middle is added up before
    it is weighed, in whole numbers of 16 bits.
    """
    height, width = image.shape
    rows, columns = (height - 9) // STRIDE + 3, (width - 9) // STRIDE + 3  # blocks of 4x4, with one around all others
    missing = max(0, rows * STRIDE - height), max(0, columns * STRIDE - width)
    padded = np.pad(image, ((0, missing[0]), (0, missing[1]))) if any(missing) else image
    parts = cv2.split(padded[: rows * STRIDE, : columns * STRIDE].reshape(rows * STRIDE, columns, STRIDE))
    phases = [part.reshape(rows, STRIDE, columns).swapaxes(0, 1).astype(np.uint16, order="C") for part in parts]
    across = _mirror_sums([phase.reshape(STRIDE, -1) for phase in phases], 1)
    sums = [_mirror_sums(list(lines), columns) for lines in across]
    # what is weighed up and what is weighed down stay within 16 bits (at most 184 x 255), their difference does not
    up, down = (np.zeros((rows - 2) * columns, np.uint16) for _ in range(2))
    for weight, places in _weights():
        total = reduce(np.add, (sums[x][y] for x, y in places))
        side = (up if weight > 0 else down)[:-2]
        side += total * np.uint16(abs(weight))
    lighter, darker = (side.reshape(rows - 2, columns)[:, :-2] for side in (up, down))
    return np.asarray(cv2.subtract(lighter, darker, dtype=cv2.CV_32F), dtype=np.float32)


def _mirror_sums(phases: list[U16], step: int) -> list[U16]:
    """Sums of what lies 0 to 4 pixels on both sides of every fourth one, which is phase 0 of its block.

    Blocks follow one another at ``step``; the first and the last ``step`` of them have no neighbours and fall away.
    """
    zero, one, two, three = phases
    here, before, behind = np.s_[..., step:-step], np.s_[..., : -2 * step], np.s_[..., 2 * step :]
    return [
        zero[here],
        one[here] + three[before],
        two[here] + two[before],
        three[here] + one[before],
        zero[behind] + zero[before],
    ]


def power(image: GreyImage) -> float:
    """Mean squared response of the kernel, exact; 0 for a picture smaller than 9x9."""
    found = responses(image).astype(np.float64).ravel()
    return float(found @ found) / found.size if found.size else 0.0


def sharpness_of(image: GreyImage) -> float:
    """Sharpness 0..100 of one picture: 100 P^2 / (P^2 + C^2) of the mean squared response P, C = 1.8e6.

    Source: ISO/IEC 29794-6:2015 as a tool of the CASIA laboratory computes it; the text itself was not to be had.
    """
    squared = power(image) ** 2
    return 100 * squared / (squared + HALF_POWER**2)


def focus(frames: Iterable[GreyImage]) -> F64:
    """How sharp each frame is, to find the best one of a live view.

    Parameters
    ----------
    frames : (N, H, W) uint8, or N pictures of any sizes.

    Returns
    -------
    (N,) float64, 0..100: what the measure ``iris.sharpness`` is for that picture. It tells frames of one scene apart;
    across scenes it also depends on light and on what is in the picture.
    """
    return np.array([sharpness_of(frame) for frame in frames], dtype=np.float64)
