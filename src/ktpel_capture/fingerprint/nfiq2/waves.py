"""Ridges and valleys of one block as a wave: NFIQ 2's clarity, uniformity and frequency measures.

Each block is turned until its ridges stand (or lie), and a slanted 32 x 16 window is averaged along them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F64, I64, U8, Bool, GreyImage
from ktpel_capture.fingerprint.nfiq2.gradients import BLOCK, BlockGradients, block_gradients

_MARGIN = 2
"""A slanted window needs ceil(sqrt(32^2 + 16^2)) = 36 pixels, 2 more than a block on each side."""
_cv2: Any = cv2


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Blocks of 32 pixels, 2 in from the upper left corner, with their direction.

    Attributes
    ----------
    orientation : (rows, cols) float64, radians, of the line across the ridges.
    foreground : (rows, cols) bool.
    """

    orientation: F64
    foreground: Bool


def blocks_of(image: GreyImage) -> Blocks:
    """Direction and foreground of every block that has its margin inside the picture.

    Source: NIST NFIQ 2.3, `ridgesegment`, `covcoef`, `ridgeorient`.
    """
    height, width = image.shape
    rows, cols = max(0, (height - 2 * _MARGIN) // BLOCK), max(0, (width - 2 * _MARGIN) // BLOCK)
    if not rows or not cols:
        nothing = np.zeros((0, 0))
        return Blocks(nothing, nothing > 0)
    inner = image[_MARGIN : _MARGIN + rows * BLOCK, _MARGIN : _MARGIN + cols * BLOCK]
    orientation = _orientation(block_gradients(inner))
    varied = _varied(image)
    # a block reaches over four of the grid that foreground is judged on
    four = varied[:-1, :-1] & varied[1:, :-1] & varied[:-1, 1:] & varied[1:, 1:]
    return Blocks(orientation, four[:rows, :cols])


def _orientation(gradients: BlockGradients) -> F64:
    count = BLOCK * BLOCK
    across = (gradients.xx - gradients.yy) / count
    product = gradients.xy / count
    length = (product * product + across * across) + np.finfo(np.float64).eps
    sines, cosines = (product / length).ravel().tolist(), (across / length).ravel().tolist()
    # the C library's own arc tangent; NumPy's may differ in the last bit
    angles = np.array([math.atan2(sine, cosine) / 2 for sine, cosine in zip(sines, cosines)])
    return angles.reshape(across.shape)


def _varied(image: GreyImage) -> Bool:
    """Blocks from the upper left, cut ones too, whose deviation is above a tenth of the whole picture's."""
    height, width = image.shape
    tops, lefts = np.arange(0, height, BLOCK), np.arange(0, width, BLOCK)
    count = np.outer(np.minimum(BLOCK, height - tops), np.minimum(BLOCK, width - lefts)).astype(np.float64)
    first = np.add.reduceat(np.add.reduceat(image, lefts, 1, dtype=np.int64), tops, 0).astype(np.float64)
    squares = np.square(image, dtype=np.uint16)
    second = np.add.reduceat(np.add.reduceat(squares, lefts, 1, dtype=np.int64), tops, 0).astype(np.float64)
    total = float(image.size)
    # in whole numbers up to here, so that a flat block is flat
    whole = second.sum() * total - first.sum() ** 2
    varied: Bool = (second * count - first * first) / count**2 > 0.01 * whole / total**2
    return varied


def _turned(image: GreyImage, blocks: Blocks, angles: F64, *, padded: bool, rows: slice, cols: slice) -> U8:
    """The window (rows, cols) of every foreground block, turned by its angle: (N, rows, cols), nearest pixels.

    A padded block turns about (20, 20) of 40 x 40 pixels, an unpadded one about (18, 18) of 36 x 36; both give the
    upper left 36 x 36. What the turn brings in comes from the picture around a padded block; zero lies outside the
    picture and around an unpadded one. Nearest pixels are those of OpenCV 4, in 1024ths.
    """
    reach = _MARGIN + 2 if padded else _MARGIN
    side = BLOCK + 2 * reach
    centre = side / 2
    block_row, block_col = np.nonzero(blocks.foreground)
    degrees = angles[blocks.foreground] * (180 / math.pi)
    matrix = np.array([_inverse_rotation(centre, angle) for angle in degrees.tolist()]).reshape(-1, 6)
    across = np.arange(cols.start, cols.stop, dtype=np.float64)
    down = np.arange(rows.start, rows.stop, dtype=np.float64)
    coordinates = []
    for first in (0, 3):
        steps = np.rint(matrix[:, first, None] * across * 1024).astype(np.int32)
        starts = np.rint((matrix[:, first + 1, None] * down + matrix[:, first + 2, None]) * 1024).astype(np.int32) + 512
        coordinates.append((starts[:, :, None] + steps[:, None, :]) >> 10)
    x, y = coordinates
    inside = (x >= 0) & (x < side) & (y >= 0) & (y < side)
    room = np.pad(image, reach)
    # in the padded picture a block begins where it lies without margin
    x += (block_col * BLOCK + _MARGIN).astype(np.int32)[:, None, None]
    y += (block_row * BLOCK + _MARGIN).astype(np.int32)[:, None, None]
    x *= inside
    y *= inside
    pixels: U8 = room.ravel()[y * room.shape[1] + x] * inside
    return pixels


def _inverse_rotation(centre: float, degrees: float) -> tuple[float, ...]:
    """OpenCV's getRotationMatrix2D about (centre, centre), inverted as warpAffine does it."""
    radians = degrees * math.pi / 180
    alpha, beta = math.cos(radians), math.sin(radians)
    m0, m1, m2 = alpha, beta, (1 - alpha) * centre - beta * centre
    m3, m4, m5 = -beta, alpha, beta * centre + (1 - alpha) * centre
    determinant = m0 * m4 - m1 * m3
    determinant = 1 / determinant if determinant != 0 else 0.0
    a11, a22 = m4 * determinant, m0 * determinant
    m1, m3 = m1 * -determinant, m3 * -determinant
    return a11, m1, -a11 * m2 - m1 * m5, m3, a22, -m3 * m2 - a22 * m5


def frequency_domain(image: GreyImage, blocks: Blocks) -> F64:
    """How much of each block's wave lies at its strongest frequency: (N,) float64, foreground blocks in order.

    Source: NIST NFIQ 2.3, module FDA; ISO/IEC 29794-4, frequency domain analysis.
    """
    window = _turned(
        image, blocks, blocks.orientation + math.pi / 2, padded=True, rows=slice(2, 34), cols=slice(10, 26)
    )
    profiles = window.sum(2, dtype=np.int64) / 16
    if not len(profiles):
        return np.zeros(0)
    amplitude = _amplitudes(profiles, cv2.DFT_ROWS)
    half = amplitude[:, :16]
    top = half.max(1, keepdims=True)
    tied = np.flatnonzero((half >= top * (1 - 1e-9)).sum(1) > 1)
    for block in tied.tolist():
        amplitude[block] = _amplitudes(profiles[block : block + 1], 0)[0]
    return _shares(amplitude)


def _amplitudes(profiles: F64, flags: int) -> F64:
    """Magnitudes of the transform without its constant part: (N, 31)."""
    complex_rows = np.stack((profiles, np.zeros_like(profiles)), 2)
    spectrum = _cv2.dft(complex_rows, flags=flags | cv2.DFT_COMPLEX_OUTPUT)
    magnitude: F64 = _cv2.magnitude(np.ascontiguousarray(spectrum[..., 0]), np.ascontiguousarray(spectrum[..., 1]))
    return magnitude[:, 1:]


def _shares(amplitude: F64) -> F64:
    peak = amplitude.argmax(1)
    inner = (peak > 0) & (peak + 1 < amplitude.shape[1])
    index = np.arange(len(amplitude))
    at = np.where(inner, peak, 1)
    near = amplitude[index, at - 1] + amplitude[index, at + 1]
    below = _sum_in_fours(amplitude[:, : amplitude.shape[1] // 2])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (amplitude[index, at] + 0.3 * near) / below
    return np.where(inner, share, 1.0)


def _sum_in_fours(rows: F64) -> F64:
    """Sums along rows in the order of OpenCV: four added up, then to the sum; the rest one by one."""
    total = np.zeros(len(rows))
    whole = rows.shape[1] // 4 * 4
    for start in range(0, whole, 4):
        total = total + (((rows[:, start] + rows[:, start + 1]) + rows[:, start + 2]) + rows[:, start + 3])
    for column in range(whole, rows.shape[1]):
        total = total + rows[:, column]
    return total


def _ridges(window: U8) -> tuple[Bool, F64]:
    """Which of the 32 columns are ridges, and the level that parts them: a line fitted to the column means.

    Returns (N, 32) bool and (N, 32) float64.
    """
    means = window.sum(1, dtype=np.int64) / 16
    count = means.shape[1]
    x = np.arange(1, count + 1, dtype=np.float64)
    away = x - x.mean()
    slope = np.round((means @ away) / (away @ away), 10)
    level = np.round(means.mean(1) - (means @ away) / (away @ away) * x.mean(), 10)
    line = x * slope[:, None] + level[:, None]
    return means < line, line


def local_clarity(image: GreyImage, blocks: Blocks) -> F64:
    """How cleanly the grey levels of ridges and valleys part in each foreground block: (N,) float64, 1 is clean.

    Source: NIST NFIQ 2.3, module LCS; ISO/IEC 29794-4, local clarity score.
    """
    window = _turned(image, blocks, blocks.orientation, padded=False, rows=slice(10, 26), cols=slice(2, 34))
    if not len(window):
        return np.zeros(0)
    ridge, line = _ridges(window)
    light = window >= line[:, None, :]
    stray_ridge = (light.sum(1) * ridge).sum(1)
    stray_valley = ((~light).sum(1) * ~ridge).sum(1)
    ridges = ridge.sum(1) * 16
    valleys = 16 * 32 - ridges
    usable = _usable_widths(ridge)
    score = np.zeros(len(window))
    alpha = stray_valley[usable] / valleys[usable]
    beta = stray_ridge[usable] / ridges[usable]
    score[usable] = 1.0 - (alpha + beta) / 2.0
    return score


_LEAST = {True: 3, False: 2}
_MOST = 10


def _usable_widths(ridge: Bool) -> Bool:
    """Blocks whose ridges are 3 to 10 and whose valleys are 2 to 10 pixels wide on average."""
    usable = np.ones(len(ridge), np.bool_)
    block, place = np.nonzero(ridge[:, 1:] != ridge[:, :-1])
    first = np.ones(len(block), np.bool_)
    first[1:] = block[1:] != block[:-1]
    widths = np.where(first, place, np.diff(place, prepend=0))
    of_ridge = ridge[block, place]
    ties: set[int] = set()
    for wanted in (True, False):
        here = of_ridge == wanted
        count = np.bincount(block[here], minlength=len(ridge))
        total = np.bincount(block[here], widths[here], len(ridge))
        usable &= (count > 0) & (total >= _LEAST[wanted] * count) & (total <= _MOST * count)
        ties.update(np.flatnonzero((total == _LEAST[wanted] * count) | (total == _MOST * count)).tolist())
    for number in ties:
        mine = block == number
        usable[number] = _usable_exactly(widths[mine], of_ridge[mine])
    return usable


def _usable_exactly(widths: I64, of_ridge: Bool) -> bool:
    """`_usable_widths` of one block in NIST's own arithmetic: widths are twentieths, and a mean on a bound may round
    to either side of it."""
    for wanted in (True, False):
        parts = widths[of_ridge == wanted] / 20.0
        if not len(parts):
            return False
        mean = float(_sum_in_fours(parts[None, :])[0]) * (1.0 / len(parts))
        if not _LEAST[wanted] / 20.0 <= mean <= _MOST / 20.0:
            return False
    return True


def ridge_valley_ratios(image: GreyImage, blocks: Blocks) -> F64:
    """Widths of neighbouring ridges and valleys, ridge over valley, in all foreground blocks: (N,) float64.

    Source: NIST NFIQ 2.3, module RVUPHistogram; ISO/IEC 29794-4, ridge valley uniformity.
    """
    window = _turned(image, blocks, blocks.orientation, padded=True, rows=slice(10, 26), cols=slice(2, 34))
    if not len(window):
        return np.zeros(0)
    ridge, _ = _ridges(window)
    # the last column's change is not looked at
    block, place = np.nonzero(ridge[:, 1:-1] != ridge[:, :-2])
    start = np.searchsorted(block, block)
    stop = np.searchsorted(block, block, side="right")
    index = np.arange(len(block))
    # a width for every change from a block's third on: the first whole one is passed over too
    third = np.flatnonzero(index - start >= 3)
    later = (place[third] - place[third - 1]).astype(np.float64)
    earlier = (place[third - 1] - place[third - 2]).astype(np.float64)
    ratios = later / earlier
    from_end = stop[third] - 1 - third
    begins_with_ridge = ridge[block[third], place[start[third]] + 1]
    turned = from_end % 2 == begins_with_ridge
    ratios[turned] = 1 / ratios[turned]
    return ratios
