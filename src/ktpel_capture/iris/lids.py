"""Upper and lower lid, and what of the iris is left between them.

Each lid's margin is a parabola in the frame of the iris. Below the upper and above the lower margin pixels look like
this iris (or this pupil); beyond them they do not. The parabola that parts the two best, with an edge on it, wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, I64, Bool, GreyImage, frozen_copy
from ktpel_capture.imaging.ranks import median
from ktpel_capture.iris.boundaries import Boundary, Circle

_COLUMNS, _ROWS = 35, 113
_SUM = np.ones(_COLUMNS, np.float32)
_PITCH = 0.025
"""Rows of the lid frame per iris radius: it reaches 1.4 radii up and down, and 1.25 to either side."""
_SIDE = 1.25
_EDGE = 2.5
"""What an edge along the whole margin is worth, in rows of sure iris."""
_TILTED = 100.0
"""What a slope of 1 across the iris costs, squared, in the same: a margin that is hardly seen lies level."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Grey levels of this eye: medians, and the iris's spread (as a standard deviation)."""

    pupil: float
    iris: float
    spread: float


@dataclass(frozen=True, slots=True, eq=False)
class Lids:
    """The lids' margins where they cross the iris.

    Attributes
    ----------
    upper, lower : (N, 2) float64, points of each margin in pixels, from the picture's left to its right.
    levels : grey levels that parted iris from lids.
    """

    upper: F64
    lower: F64
    levels: Levels


@lru_cache(maxsize=2)
def _parabolas(bends: tuple[float, ...]) -> tuple[I64, I64, int, F32]:
    """For each tilt and bend the rows below the vertex at every column; the same as places in the padded frame for
    every vertex; how far they reach; and how unlikely each is."""
    u = np.linspace(-_SIDE, _SIDE, _COLUMNS)
    shapes = [(tilt, bend) for tilt in np.linspace(-0.45, 0.45, 7) for bend in bends]
    curves = [tilt * u + bend * u**2 for tilt, bend in shapes]
    doubt = np.array([_TILTED * tilt**2 for tilt, _ in shapes], np.float32)
    rows = np.rint(np.array(curves) / _PITCH).astype(np.int64)
    reach = int(abs(rows).max())
    index = (np.arange(_ROWS)[:, None, None] + reach + rows) * _COLUMNS + np.arange(_COLUMNS)
    return frozen_copy(rows), frozen_copy(index), reach, frozen_copy(doubt)


_UPPER_BENDS = (0.0, 0.12, 0.24, 0.36, 0.48, 0.62)
_LOWER_BENDS = (0.08, 0.0, -0.1, -0.2, -0.3, -0.42)


def find_lids(image: GreyImage, pupil: Circle | Boundary, limbus: Circle | Boundary) -> Lids:
    """Both lids' margins.

    Parameters
    ----------
    image : without its reflections.
    pupil, limbus : the boundaries; lids need not hide any of the iris, then their margins lie outside it.
    """
    u = np.linspace(-_SIDE, _SIDE, _COLUMNS, dtype=np.float32)
    v = ((np.arange(_ROWS, dtype=np.float32) - _ROWS // 2) * np.float32(_PITCH))[:, None]
    columns = np.float32(limbus.x) + limbus.radius * u + 0 * v
    rows = np.float32(limbus.y) + limbus.radius * v + 0 * u
    frame = cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    in_iris = u**2 + v**2 < 0.97**2
    offset = ((pupil.x - limbus.x) / limbus.radius, (pupil.y - limbus.y) / limbus.radius)
    from_pupil = np.hypot(u - offset[0], v - offset[1]) / (pupil.radius / limbus.radius)
    in_pupil = from_pupil < 0.92
    ring = in_iris & (from_pupil > 1.12)
    levels = _levels(frame, ring & (abs(v - offset[1] - 0.1) < 0.35), in_pupil)
    belongs = _belongs(frame, ring, in_pupil, levels)
    total = np.zeros((_ROWS + 1, _COLUMNS), np.float32)
    np.cumsum(belongs, axis=0, out=total[1:])
    edge = _edges(frame, levels) * (u**2 + v**2 < 0.88**2)  # or the limbus would be taken for a lid
    middle = offset[1] / _PITCH + _ROWS // 2  # a pupil that was found is seen: no lid hides much more than half of it
    lowest = int(middle + 0.35 * pupil.radius / limbus.radius / _PITCH)
    upper = _best_parabola(total[-1] - total[:-1], edge, _UPPER_BENDS, slice(0, max(1, lowest)))
    lower = _best_parabola(total[:-1], edge, _LOWER_BENDS, slice(min(_ROWS - 1, int(middle)), _ROWS))

    def in_picture(heights: F64) -> F64:
        points = np.column_stack([limbus.x + limbus.radius * u, limbus.y + limbus.radius * heights])
        return np.asarray(frozen_copy(points), dtype=np.float64)

    return Lids(in_picture(upper), in_picture(lower), levels)


def _levels(frame: F32, sure_iris: Bool, in_pupil: Bool) -> Levels:
    """Medians of the pupil and of the iris beside it, which lids hide last."""
    sure = frame[sure_iris] if sure_iris.any() else frame.ravel()
    iris = median(sure)
    spread = 1.4826 * median(np.abs(sure - iris))
    return Levels(median(frame[in_pupil]) if in_pupil.any() else 0.0, iris, max(spread, 5.0))


def _belongs(frame: F32, ring: Bool, in_pupil: Bool, levels: Levels) -> F32:
    """How much likelier each pixel is iris (or pupil) than anything else, as a logarithm held in -1..1.5."""
    score = np.zeros_like(frame)
    prior = np.float32(np.log(160 / (levels.spread * np.sqrt(2 * np.pi))))
    away = (frame - np.float32(levels.iris)) / np.float32(levels.spread)
    doubt = np.where(away < 0, np.float32(0), np.float32(-1))  # shade and the dark rim of an iris are no lid yet
    score[ring] = np.clip(prior - 0.5 * away * away, doubt, 1.5)[ring]
    halfway = 0.5 * (levels.pupil + levels.iris)
    score[in_pupil] = np.where(frame < halfway, 1.0, -1.5)[in_pupil]
    return score


def _edges(frame: F32, levels: Levels) -> F32:
    """Strength of the step across each row, 0..1."""
    smooth = cv2.blur(frame, (3, 1))
    kernel = np.array([-1, -1, -1, 0, 1, 1, 1], np.float32)[:, None] / 3
    steps = cv2.filter2D(smooth, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.minimum(np.abs(steps) / np.float32(3 * levels.spread), 1)


def _best_parabola(kept: F32, edge: F32, bends: tuple[float, ...], vertex: slice) -> F64:
    """Heights over the columns, in iris radii, of the margin that keeps most of the iris."""
    shapes, index, reach, doubt = _parabolas(bends)
    gain = kept + np.float32(_EDGE) * edge
    padded = cv2.copyMakeBorder(gain, reach, reach, 0, 0, cv2.BORDER_REPLICATE)
    scores = np.take(padded.ravel(), index[vertex]) @ _SUM - doubt
    row, shape = np.unravel_index(int(scores.argmax()), scores.shape)
    heights: F64 = (vertex.start + row + shapes[shape] - _ROWS // 2) * _PITCH
    return heights
