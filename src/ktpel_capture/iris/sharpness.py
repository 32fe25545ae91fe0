"""Sharpness of near-infrared pictures of eyes by the kernel of ISO/IEC 29794-6."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_capture.arrays import F32, F64, I32, GreyImage, frozen_copy

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


@lru_cache(maxsize=1)
def kernel() -> I32:
    """The 9x9 kernel, (9, 9) int32; its sum is 0. Source: ISO/IEC 29794-6:2015, sharpness (values as BIQT-Iris)."""
    left = np.array([row + row[-2::-1] for row in _QUARTER], np.int32)
    whole: I32 = frozen_copy(np.vstack([left, left[-2::-1]]))
    return whole


@lru_cache(maxsize=1)
def _phases() -> tuple[F32, ...]:
    """The kernel's entries by their row and column modulo 4, row by row: one 3x3, the others 3x2, 2x3 and 2x2."""
    whole = kernel().astype(np.float32)
    return tuple(frozen_copy(whole[row::STRIDE, column::STRIDE]) for row in range(STRIDE) for column in range(STRIDE))


def responses(image: GreyImage) -> F32:
    """The kernel's responses at rows and columns 4, 8, 12 ... wherever all of it lies inside the picture.

    Returns
    -------
    (rows, columns) float32, whole numbers without rounding; empty for a picture smaller than 9x9.
    """
    height, width = image.shape
    rows, columns = (height - 9) // STRIDE + 1, (width - 9) // STRIDE + 1
    if rows < 1 or columns < 1:
        return np.zeros((0, 0), np.float32)
    padded = image
    if height < (rows + 2) * STRIDE or width < (columns + 2) * STRIDE:
        missing = ((rows + 2) * STRIDE - height, (columns + 2) * STRIDE - width)
        padded = np.pad(image, ((0, max(0, missing[0])), (0, max(0, missing[1]))))
    block = padded[: (rows + 2) * STRIDE, : (columns + 2) * STRIDE]
    # every other line stays within 16 bits (at most 98 x 255), all of them together do not
    halves = [_summed(block, lines) for lines in ((0, 2), (1, 3))]
    total = cv2.add(halves[0], halves[1], dtype=cv2.CV_32F)
    return np.asarray(total[1:-1, 1:-1], dtype=np.float32)


def _summed(block: GreyImage, lines: tuple[int, ...]) -> NDArray[np.int16]:
    """Responses of the kernel's rows of these phases."""
    rows, columns = block.shape[0] // STRIDE, block.shape[1] // STRIDE
    total = None
    for line in lines:
        parts = cv2.split(block[line::STRIDE].reshape(rows, columns, STRIDE))
        for part, phase in zip(parts, _phases()[STRIDE * line :], strict=False):
            one = cv2.filter2D(part, cv2.CV_16S, phase, anchor=(1, 1), borderType=cv2.BORDER_CONSTANT)
            total = one if total is None else cv2.add(total, one, dst=total)
    return np.asarray(total, dtype=np.int16)


def power(image: GreyImage) -> float:
    """Mean squared response of the kernel, exact; 0 for a picture smaller than 9x9."""
    found = responses(image).astype(np.float64).ravel()
    return float(np.square(found).sum()) / found.size if found.size else 0.0


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
