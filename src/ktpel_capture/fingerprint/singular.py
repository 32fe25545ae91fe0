"""Cores and deltas, where ridges turn about one point, and the pattern class that they make."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, Bool, frozen_copy
from ktpel_capture.fingerprint.flow import BLOCK, RidgeFlow
from ktpel_capture.quality import Missing

Pattern: TypeAlias = Literal["arch", "tented_arch", "left_loop", "right_loop", "whorl"]
"""Pattern classes of ANSI/NIST-ITL; left and right as seen on the print."""

_cv2: Any = cv2
C64: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.complex64]]
_SMOOTH = 2.0
"""Deviation of the smoothing, blocks of 8 pixels: 0.8 mm, under two ridges."""
_RING = 3.0
"""Radius at which a point must be seen to turn, blocks (1.2 mm)."""
_AROUND = np.arange(16) * (2 * math.pi / 16)
_CLOSE = 4.5
"""A core and a delta nearer than this, in blocks (1.8 mm), are one disturbance and no pattern."""
_LEAST_SIGHT = (11.0, 13.0)
"""Width and height in mm of ridges in which a loop or a whorl would show its core; with less in sight an arch cannot be
told from a tip."""


@dataclass(frozen=True, slots=True, eq=False)
class SingularPoints:
    """Where the ridge flow has no direction, in pixels of the picture at 500 ppi.

    Attributes
    ----------
    cores : (K, 2) float64 points (x, y), the innermost turn of a loop or a whorl; the surest first, two at most.
    core_directions : (K,) float64, radians: where the loop opens, counter-clockwise as seen.
    deltas : (M, 2) float64 points, where ridges of three sides meet; the surest first, two at most.
    delta_directions : (M,) float64, radians: one of the three ridges that lead away, the one nearest to downwards.
    """

    cores: F64
    core_directions: F64
    deltas: F64
    delta_directions: F64

    def scaled(self, scale: float) -> SingularPoints:
        """The same points on a picture ``scale`` times as large."""
        cores, deltas = ((points + 0.5) * scale - 0.5 for points in (self.cores, self.deltas))
        return SingularPoints(cores, self.core_directions, deltas, self.delta_directions)


def singular_points_of(flow: RidgeFlow) -> SingularPoints:
    """Cores and deltas of a ridge flow: where doubled directions turn once around a point.

    Found where the smoothed flow turns within one block's width, kept where a ring of 1.2 mm sees the same turn and all
    of it lies on ridges; a core and a delta side by side cancel, as at a scar.

    Source: Poincare index, M. Kawagoe and A. Tojo, Fingerprint pattern classification, Pattern Recognition 17 (1984);
    directions of the points, A. M. Bazen and S. H. Gerez, IEEE PAMI 24 (2002).
    """
    rows, cols = flow.foreground.shape
    nothing = np.zeros((0, 2)), np.zeros(0)
    if min(rows, cols) < 2 * _RING + 1:
        return SingularPoints(*nothing, *nothing)
    doubled, steadiness = _smoothed(flow, _SMOOTH)
    found: list[tuple[float, float, float, float, int]] = []
    inside = _cv2.erode(flow.foreground.view(np.uint8), np.ones((3, 3), np.uint8), borderValue=0).view(np.bool_)
    turns = _turns(doubled)
    for row, col in zip(*np.nonzero(turns), strict=True):
        sign = int(turns[row, col])
        ring = _ring(float(row) + 0.5, float(col) + 0.5, rows, cols)
        if ring is None or not inside[ring].all() or _winding(doubled[ring]) != sign:
            continue
        # how well the whole ring agrees with an ideal core or delta
        pointing = (doubled[ring] * np.exp(-1j * sign * _AROUND)).mean()
        sure = float(abs(pointing)) * float(steadiness[ring].mean())
        found.append((sure, float(row) + 0.5, float(col) + 0.5, float(np.angle(pointing)), sign))
    found = _without_pairs(sorted(found, reverse=True))
    points = []
    for sign in (1, -1):
        these = [entry for entry in found if entry[4] == sign][:2]
        places = np.array([((col + 0.5) * BLOCK - 0.5, (row + 0.5) * BLOCK - 0.5) for _, row, col, _, _ in these])
        angles = np.array([angle if sign > 0 else _downmost(angle / 3) for *_, angle, _ in these])
        points += [frozen_copy(places.reshape(-1, 2)), frozen_copy(angles.reshape(-1))]
    return SingularPoints(*points)


def _smoothed(flow: RidgeFlow, spread: float) -> tuple[C64, F32]:
    """The flow as unit vectors of doubled angle, smoothed over ridges alone, and how steady it is (0..1)."""
    weight = flow.coherence * flow.foreground
    parts = [
        np.asarray(_cv2.GaussianBlur((weight * turn(2 * flow.angle)).astype(np.float32), (0, 0), spread), np.float32)
        for turn in (np.cos, np.sin)
    ]
    room = np.asarray(_cv2.GaussianBlur(weight.astype(np.float32), (0, 0), spread), np.float32)
    length = np.hypot(*parts)
    doubled: C64 = ((parts[0] + 1j * parts[1]) / np.maximum(length, 1e-9)).astype(np.complex64)
    return doubled, (length / np.maximum(room, 1e-9)).astype(np.float32)


def _turns(doubled: C64) -> F32:
    """Half turns of the flow around each inner corner of four blocks: (rows - 1, cols - 1), 1 core, -1 delta."""
    corners = doubled[:-1, :-1], doubled[1:, :-1], doubled[1:, 1:], doubled[:-1, 1:]
    total = sum(np.angle(after * before.conj()) for before, after in zip(corners, (*corners[1:], corners[0])))
    turns: F32 = np.rint(np.asarray(total) / (2 * math.pi)).astype(np.float32)
    return turns


def _ring(row: float, col: float, rows: int, cols: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The blocks around a point, counter-clockwise as seen; None where they do not all lie on the grid."""
    down = np.rint(row - _RING * np.sin(_AROUND)).astype(np.int64)
    right = np.rint(col + _RING * np.cos(_AROUND)).astype(np.int64)
    if down.min() < 0 or right.min() < 0 or down.max() >= rows or right.max() >= cols:
        return None
    return down, right


def _winding(around: C64) -> int:
    """How many times doubled directions turn along a ring, counter-clockwise positive."""
    return round(float(np.angle(np.roll(around, -1) * around.conj()).sum()) / (2 * math.pi))


def _without_pairs(
    found: list[tuple[float, float, float, float, int]],
) -> list[tuple[float, float, float, float, int]]:
    """Strike out a core and a delta that lie side by side."""
    struck: set[int] = set()
    pairs = [
        (math.hypot(one[1] - other[1], one[2] - other[2]), i, j)
        for i, one in enumerate(found)
        for j, other in enumerate(found[:i])
        if one[4] != other[4]
    ]
    for distance, i, j in sorted(pairs):
        if distance < _CLOSE and not struck & {i, j}:
            struck |= {i, j}
    return [entry for number, entry in enumerate(found) if number not in struck]


def _downmost(angle: float) -> float:
    """Of three directions 120 degrees apart the one nearest to downwards."""
    three = [angle + turn * 2 * math.pi / 3 for turn in range(3)]
    return min(three, key=math.sin) % (2 * math.pi)


def pattern_of(points: SingularPoints, flow: RidgeFlow, upright: float = 0.0) -> Pattern | Missing:
    """The pattern class that cores and deltas make.

    Two cores are a whorl (double loops among them). One core is a loop, named for the side on which it opens, or a
    tented arch where its delta stands right below it. Without any, ridges that cross a wide enough view are an arch.

    Parameters
    ----------
    points, flow : of the print.
    upright : how far the finger is turned, radians, counter-clockwise as seen.

    Missing: ``pattern_unseen`` where too little is in sight, or the one core opens straight down and its delta is not
    in sight.

    Source: classes of E. R. Henry as ANSI/NIST-ITL codes them; told by singular points as in K. Karu and A. K. Jain,
    Fingerprint classification, Pattern Recognition 29 (1996).
    """
    if len(points.cores) >= 2:
        return "whorl"
    if len(points.cores) == 0:
        return _arch_or_nothing(points, flow)
    if len(points.deltas) == 2:
        return "whorl"  # a small one, whose two cores lie within each other's ring
    below = -math.pi / 2 + upright
    # positive: opens to the left of straight down
    opening = math.remainder(below - float(points.core_directions[0]), 2 * math.pi)
    if len(points.deltas) == 1:
        right, down = points.deltas[0] - points.cores[0]
        towards = math.remainder(math.atan2(-down, right) - below, 2 * math.pi)
        if abs(towards) < 0.2:
            return "tented_arch"
        return "left_loop" if towards > 0 else "right_loop"
    if abs(opening) < 0.25:
        return Missing("fingerprint.pattern_unseen")
    return "left_loop" if opening > 0 else "right_loop"


def _arch_or_nothing(points: SingularPoints, flow: RidgeFlow) -> Pattern | Missing:
    seen: Bool = flow.foreground
    height, width = (float((seen.sum(axis) > 0).sum()) * BLOCK * 25.4 / 500 for axis in (1, 0))
    if len(points.deltas) or width < _LEAST_SIGHT[0] or height < _LEAST_SIGHT[1]:
        return Missing("fingerprint.pattern_unseen")
    return "arch"
