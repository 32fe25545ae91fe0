"""Upper and lower lid, and what of the iris is left between them.

Each lid's margin is a parabola in the frame of the iris. Between the margins pixels look like this iris; beyond them
they are lighter, darker or rougher; and along a margin runs an edge or a line: of lashes, of tears, of shade. The
parabola for which most of this speaks wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, I64, Bool, GreyImage, frozen_copy
from ktpel_capture.imaging.ranks import median
from ktpel_capture.iris.boundaries import Boundary, Circle

_COLUMNS, _ROWS = 25, 113
_SUM = np.ones(_COLUMNS, np.float32)
_PITCH = 0.025
"""Rows of the lid frame per half axis of the limbus: it reaches 1.4 of them up and down, and 1.25 to either side."""
_SIDE = 1.25
_U: F32 = np.linspace(-_SIDE, _SIDE, _COLUMNS, dtype=np.float32)
_V: F32 = ((np.arange(_ROWS, dtype=np.float32) - _ROWS // 2) * np.float32(_PITCH))[:, None]
_PIXEL = _PITCH * 2 * _SIDE / _COLUMNS
"""Area of a pixel of the frame."""


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
    upper, lower : (N, 2) float64, points of each margin in pixels, from the eye's left in the picture to its right.
    levels : grey levels that parted iris from lids.
    roll : how far the eye is turned counter-clockwise, in radians; margins run along it.
    """

    upper: F64
    lower: F64
    levels: Levels
    roll: float = 0.0

    @property
    def outline(self) -> F64:
        """(2 N, 2) float64, the opening between the margins, as far to the sides as these are known."""
        upper, lower = turned(self.upper, -self.roll), turned(self.lower, -self.roll)
        closed = np.column_stack([lower[:, 0], np.maximum(lower[:, 1], upper[:, 1])])
        return turned(np.vstack([upper, closed[::-1]]), self.roll)

    def between(self, x: F64, y: F64, margin: float = 0.0) -> Bool:
        """Whether points lie between the lids, at least ``margin`` pixels from either, in the shape of ``x + y``."""
        cos, sin = np.cos(self.roll), np.sin(self.roll)
        along, down = cos * x - sin * y, sin * x + cos * y
        upper, lower = (np.interp(along, *turned(lid, -self.roll).T) for lid in (self.upper, self.lower))
        inside: Bool = (down > upper + margin) & (down < lower - margin)
        return inside


def turned(points: F64, angle: float) -> F64:
    """Points (N, 2) turned counter-clockwise about the origin, as seen on the picture."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(points @ np.array([[cos, -sin], [sin, cos]]), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Looks:
    """What speaks for a lid's margin, in logarithms of odds.

    A conditional logit: of all parabolas the one laid by hand, or one near it, is the most likely. Fitted to lids of
    200 eyes of CASIA Interval drawn at Halmstad (IRISSEG-CC) and of 24 eyes drawn by us (NIST, MMU2, CASIA); on 208
    other eyes the margins err half as much as those that were searched by grey level alone.

    Attributes
    ----------
    iris, pupil : for each square half axis of iris or pupil kept.
    darker, lighter : for the same and each deviation, of up to three, that it differs.
    much_darker, much_lighter : for each further one.
    rougher : for the same where grey levels vary twice as much from column to column as beside the pupil.
    edge : for what lies below being lighter than what lies above, by a deviation all along the margin.
    dark_line, light_line : for a line along it.
    tilt, bend, bend_squared : of the parabola, tilt squared.
    """

    iris: float
    pupil: float
    darker: float
    much_darker: float
    lighter: float
    much_lighter: float
    rougher: float
    edge: float
    dark_line: float
    light_line: float
    tilt: float
    bend: float
    bend_squared: float


_UPPER = _Looks(20.4, 10.7, -4.0, -1.5, -12.0, 0.0, -5.7, 0.8, 1.9, 1.1, -3.6, 0.0, -1.6)
_LOWER = _Looks(19.0, 8.7, -11.4, 0.0, -3.1, -3.6, 0.0, 2.1, 0.0, 0.0, -0.53, 0.15, 0.0)
_UPPER_BENDS = (0.0, 0.12, 0.24, 0.36, 0.48, 0.62)
_LOWER_BENDS = (0.08, 0.0, -0.1, -0.2, -0.3, -0.42)


@lru_cache(maxsize=2)
def _parabolas(bends: tuple[float, ...], looks: _Looks) -> tuple[I64, I64, int, F32]:
    """For each tilt and bend the rows below the vertex at every column; the same as places in the padded frame for
    every second row as vertex; how far they reach; and how likely each is."""
    shapes = [(tilt, bend) for tilt in np.linspace(-0.45, 0.45, 7) for bend in bends]
    curves = [tilt * _U + bend * _U**2 for tilt, bend in shapes]
    likely = [looks.tilt * tilt**2 + looks.bend * bend + looks.bend_squared * bend**2 for tilt, bend in shapes]
    rows = np.rint(np.array(curves) / _PITCH).astype(np.int64)
    reach = int(abs(rows).max())
    index = (np.arange(0, _ROWS, 2)[:, None, None] + reach + rows) * _COLUMNS + np.arange(_COLUMNS)
    return frozen_copy(rows), frozen_copy(index), reach, frozen_copy(np.array(likely, np.float32))


def find_lids(image: GreyImage, pupil: Circle | Boundary, limbus: Circle | Boundary) -> Lids:
    """Both lids' margins.

    Parameters
    ----------
    image : without its reflections.
    pupil, limbus : the boundaries; lids need not hide any of the iris, then their margins lie outside it.
    """
    x, y, along, across = _half_axes(limbus)
    pupil_x, pupil_y, pupil_along, pupil_across = _half_axes(pupil)
    columns, rows = np.float32(x) + np.float32(along) * _U + 0 * _V, np.float32(y) + np.float32(across) * _V + 0 * _U

    def framed(picture: GreyImage) -> F32:
        taken = cv2.remap(picture, columns - left, rows - top, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(taken, dtype=np.float32)

    left, right = (int(np.clip(edge, 0, image.shape[1] - 1)) for edge in (columns[0, 0] - 8, columns[0, -1] + 9))
    top, bottom = (int(np.clip(edge, 0, image.shape[0] - 1)) for edge in (rows[0, 0] - 8, rows[-1, 0] + 9))
    image = image[top : bottom + 1, left : right + 1]

    wide = max(1, round(0.05 * along))
    frame = framed(np.asarray(cv2.blur(image, (wide, 1)), dtype=np.uint8))
    rough = framed(_roughness(image, (2 * max(1, round(0.08 * along)) + 1, 3)))
    out = np.hypot(_U, _V)
    from_pupil = np.hypot((_U * along + (x - pupil_x)) / pupil_along, (_V * across + (y - pupil_y)) / pupil_across)
    ring, in_pupil = (out < 0.97) & (from_pupil > 1.12), from_pupil < 0.92
    middle = (pupil_y - y) / across
    sure = ring & (np.abs(_V - middle - 0.05) < 0.35)
    if not sure.any():
        sure = ring if ring.any() else out < 2
    usual = _usual_levels(frame, sure, from_pupil, out)
    away = frame - usual
    spread = max(1.4826 * median(np.abs(away[sure])), 5.0)
    away *= np.float32(1 / spread)
    rough *= np.float32(1 / max(median(rough[sure]), 2.0))
    smooth = cv2.blur(frame, (3, 1)) * np.float32(1 / spread)
    # neither the limbus nor the pupil's rim is a lid
    clear = ((out < 0.9) & (np.abs(from_pupil - 1) * pupil_along > 0.1 * along)).astype(np.float32)
    edge, line = (
        clear * np.clip(cv2.filter2D(smooth, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE), -1.5, 1.5)
        for kernel in (_EDGE, _LINE)
    )

    def kept(looks: _Looks) -> F32:
        """Evidence for each pixel to lie between the lids, summed down the columns, (rows + 1, columns)."""
        gain = looks.darker * np.clip(-away, 0, 3) + looks.lighter * np.clip(away, 0, 3) + np.float32(looks.iris)
        if looks.much_darker:
            gain += looks.much_darker * np.clip(-3 - away, 0, 5)
        if looks.much_lighter:
            gain += looks.much_lighter * np.clip(away - 3, 0, 8)
        if looks.rougher:
            gain += looks.rougher * np.clip(rough - 1, 0, 2)
        gain = gain * ring + np.float32(looks.pupil) * in_pupil
        total = np.zeros((_ROWS + 1, _COLUMNS), np.float32)
        np.cumsum(gain * np.float32(_PIXEL), axis=0, out=total[1:])
        return total

    centre = int(middle / _PITCH + _ROWS // 2)
    # a pupil that was found is seen: no lid hides much more than half of it
    lowest = int(middle / _PITCH + _ROWS // 2 + 0.35 * pupil_across / across / _PITCH)
    above, below = kept(_UPPER), kept(_LOWER)
    upper = _best_parabola(above[-1] - above[:-1], edge, line, _UPPER, _UPPER_BENDS, slice(0, max(1, lowest)))
    lower = _best_parabola(below[:-1], edge, line, _LOWER, _LOWER_BENDS, slice(min(_ROWS - 1, max(0, centre)), _ROWS))

    def in_picture(heights: F64) -> F64:
        points = np.column_stack([x + along * _U, y + across * heights])
        return np.asarray(frozen_copy(points), dtype=np.float64)

    iris = median(frame[sure])
    plain = 1.4826 * median(np.abs(frame[sure] - iris))
    dark = median(frame[in_pupil]) if in_pupil.any() else 0.0
    return Lids(in_picture(upper), in_picture(lower), Levels(dark, iris, max(plain, 5.0)))


_EDGE: F32 = np.array([-1, -1, -1, 0, 1, 1, 1], np.float32)[:, None] / np.float32(9)
_LINE: F32 = np.array([1, 1, -1, -2, -1, 1, 1], np.float32)[:, None] / np.float32(12)


def _half_axes(boundary: Circle | Boundary) -> tuple[float, float, float, float]:
    """Middle and half axes of the box around a boundary."""
    if isinstance(boundary, Circle):
        return boundary.x, boundary.y, boundary.radius, boundary.radius
    (left, top), (right, bottom) = boundary.contour.min(0), boundary.contour.max(0)
    along, across = max(float(right - left) / 2, 1.0), max(float(bottom - top) / 2, 1.0)
    return float(left + right) / 2, float(top + bottom) / 2, along, across


def _roughness(image: GreyImage, box: tuple[int, int]) -> GreyImage:
    """How much grey levels vary from column to column, averaged over a box: lashes are rough."""
    steps = np.zeros_like(image)
    cv2.absdiff(image[:, 2:], image[:, :-2], dst=steps[:, 1:-1])
    return np.asarray(cv2.blur(steps, box), dtype=np.uint8)


def _usual_levels(frame: F32, sure: Bool, from_pupil: F32, out: F32) -> F32:
    """What grey level this iris has as far out, by what is seen beside the pupil; the collarette is no lid."""
    share = np.clip((from_pupil - 1) / np.maximum(from_pupil / np.maximum(out, 0.05) - 1, 0.01), 0, 1)
    values, shares = frame[sure], share[sure]
    places, levels = [], []
    for low in (0.0, 0.25, 0.5, 0.75):
        near = values[(shares >= low - 0.1) & (shares <= low + 0.35)]
        if near.size > 12:
            places.append(low + 0.125)
            levels.append(median(near))
    if not places:
        return np.full_like(frame, median(values))
    return np.interp(share, places, levels).astype(np.float32)


def _best_parabola(kept: F32, edge: F32, line: F32, looks: _Looks, bends: tuple[float, ...], vertex: slice) -> F64:
    """Heights over the columns, in half axes, of the most likely margin."""
    shapes, index, reach, likely = _parabolas(bends, looks)
    first, last = vertex.start // 2, (vertex.stop + 1) // 2

    def along(values: F32) -> F32:
        padded = cv2.copyMakeBorder(values, reach, reach, 0, 0, cv2.BORDER_REPLICATE)
        return np.asarray(padded.ravel().take(index[first:last], mode="clip") @ _SUM, dtype=np.float32)

    scores = along(kept) + likely
    scores += np.float32(2 * looks.edge / _COLUMNS) * np.maximum(along(edge), 0)
    if looks.dark_line or looks.light_line:
        lines = np.float32(2 / _COLUMNS) * along(line)
        scores += looks.dark_line * np.maximum(lines, 0) + looks.light_line * np.maximum(-lines, 0)
    row, shape = np.unravel_index(int(scores.argmax()), scores.shape)
    heights: F64 = (2 * (first + row) + shapes[shape] - _ROWS // 2) * _PITCH
    return heights
