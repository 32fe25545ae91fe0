"""How a composed portrait's head turns and its lids and mouth move: displacement fields over the cut-out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ktpel_capture.arrays import F32, F64, U8
from ktpel_capture.imaging.resample import remapped, softened, warped

# Upper and lower lid of both eyes from corner to corner, and the inner lips (MediaPipe's numbering).
UPPER_LIDS = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (362, 398, 384, 385, 386, 387, 388, 466, 263))
LOWER_LIDS = ((33, 7, 163, 144, 145, 153, 154, 155, 133), (362, 382, 381, 380, 374, 373, 390, 249, 263))
UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
_STEP = 4  # px of the cut-out between nodes of a pose field
_RELIEF = 1.4
"""Depth is exaggerated: before a still neck and by parallel projection, pose estimators read less than was turned."""
_SMOOTH = 0.09
"""Of the face's width: how far depth is smoothed."""
_OPEN_MOUTH = 0.45  # of its width, at mouth_open 1


@dataclass(frozen=True, eq=False)
class Neutral:
    """The cut-out's landmarks at rest: (478, 2) px and (478,) px depth, smaller nearer."""

    points: F64
    depth: F64

    @cached_property
    def eye_middle(self) -> F64:
        middle: F64 = self.points[[33, 133, 362, 263]].mean(0)
        return middle

    @cached_property
    def pivot(self) -> tuple[float, float, float]:
        """Where the head turns: between the ears, (x, y, depth)."""
        x, y = self.points[[234, 454]].mean(0)
        return float(x), float(y), float(self.depth[[234, 454]].mean())

    def hold(self, y: F64) -> F64:
        """1 on the head, falling to 0 where the collar begins: how far the body follows the head."""
        chin = self.points[152, 1]
        reach = 0.7 * (chin - self.eye_middle[1])
        t = np.clip((y - chin) / reach, 0, 1)
        followed: F64 = 1 - t * t * (3 - 2 * t)
        return followed

    def depth_grid(self, size: tuple[int, int]) -> F64:
        """Depth at every node: by inverse distance from the landmarks, then smooth, or the turned skin would fold."""
        x, y = np.meshgrid(np.arange(0, size[0] + _STEP, _STEP), np.arange(0, size[1] + _STEP, _STEP))
        chosen = slice(0, 468, 3)
        distance = (x[..., None] - self.points[chosen, 0]) ** 2 + (y[..., None] - self.points[chosen, 1]) ** 2
        weight = 1 / (distance + 9.0) ** 2
        depth: F64 = (weight * self.depth[chosen]).sum(2) / weight.sum(2)
        return softened(depth, _SMOOTH * float(np.ptp(self.points[[234, 454], 0])) / _STEP)


def _turn(neutral: Neutral, x: F64, y: F64, depth: F64, yaw: float, pitch: float) -> tuple[F64, F64]:
    """Where points go when the head turns (parallel projection)."""
    x0, y0, z0 = neutral.pivot
    across, down, away = x - x0, y - y0, _RELIEF * (depth - z0)
    turned, behind = np.cos(yaw) * across - np.sin(yaw) * away, np.sin(yaw) * across + np.cos(yaw) * away
    nodded = np.cos(pitch) * down - np.sin(pitch) * behind
    hold = neutral.hold(y)
    return x + hold * (x0 + turned - x), y + hold * (y0 + nodded - y)


_grids: dict[int, tuple[Neutral, F64]] = {}


def _depth_of(neutral: Neutral, size: tuple[int, int]) -> F64:
    known = _grids.get(id(neutral))
    if known is None or known[0] is not neutral:
        if len(_grids) > 16:
            _grids.clear()
        known = _grids[id(neutral)] = neutral, neutral.depth_grid(size)
    return known[1]


def pose_map(neutral: Neutral, size: tuple[int, int], yaw: float, pitch: float) -> F32:
    """(height, width, 2): from where in the cut-out each pixel of the turned cut-out comes."""
    width, height = size
    identity = np.stack(np.meshgrid(np.arange(width), np.arange(height)), 2).astype(np.float32)
    if not (yaw or pitch):
        return identity
    x, y = np.meshgrid(np.arange(0.0, width + _STEP, _STEP), np.arange(0.0, height + _STEP, _STEP))
    turned = np.stack(_turn(neutral, x, y, _depth_of(neutral, size), yaw, pitch), 2)
    goes: F32 = (turned - np.stack((x, y), 2)).astype(np.float32)
    nodes: F32 = (np.stack((x, y), 2) / _STEP).astype(np.float32)
    came = nodes
    for _ in range(6):  # a fixed point inverts the displacement
        came = (nodes - remapped(goes, came) / _STEP).astype(np.float32)
    shrink = np.array([[1 / _STEP, 0, 0], [0, 1 / _STEP, 0]])
    fine = warped((came - nodes) * np.float32(_STEP), shrink, (width, height))
    mapped: F32 = identity + fine
    return mapped


def _curve(points: F64, indices: tuple[int, ...], x: F64) -> F64:
    chosen = points[list(indices)]
    order = np.argsort(chosen[:, 0])
    heights: F64 = np.interp(x, chosen[order, 0], chosen[order, 1])
    return heights


def lower_lids(colours: U8, neutral: Neutral, closed: float) -> U8:
    """The cut-out with the upper lids come down: skin from above and below the eye, and the lashes on its edge."""
    painted = colours.copy()
    for upper, lower in zip(UPPER_LIDS, LOWER_LIDS, strict=True):
        corners = neutral.points[[upper[0], upper[-1]]]
        width = float(np.linalg.norm(corners[1] - corners[0]))
        left, right = sorted(corners[:, 0])
        x = np.arange(float(int(left - 0.12 * width)), right + 0.12 * width)
        high, low = _curve(neutral.points, upper, x), _curve(neutral.points, lower, x)
        edge = high + closed * (low + 0.02 * width - high)
        top, bottom = int(high.min() - 0.3 * width), int(low.max() + 0.3 * width)
        y = np.arange(float(top), bottom)[:, None]
        place = np.s_[top:bottom, int(x[0]) : int(x[0]) + len(x), :3]
        under = painted[place].astype(np.float64)
        columns = np.arange(len(x))
        above = under[np.clip((high - 0.17 * width - top).astype(int), 0, len(under) - 1), columns]
        below = under[np.clip((low + 0.17 * width - top).astype(int), 0, len(under) - 1), columns]
        rows = [softened(row[None], 0.0, across=0.1 * width)[0] for row in (above, below)]
        down = np.clip((y - high + 0.17 * width) / (low - high + 0.34 * width), 0, 1)[..., None]
        skin = rows[0] * (1 - down) + rows[1] * down
        skin = skin * (1 - 0.12 * np.exp(-(((y - edge) / (0.12 * width)) ** 2)))[..., None]
        ends = np.clip(np.minimum(x - x[0], x[-1] - x) / (0.14 * width), 0, 1)
        hidden = np.clip((y - high + 0.14 * width) / (0.06 * width), 0, 1) * np.clip(edge - y + 0.5, 0, 1) * ends
        if closed > 0.9:
            hidden = np.maximum(hidden, np.clip((low + 0.06 * width - y) / (0.05 * width), 0, 1) * (y > edge) * ends)
        lash = np.exp(-(((y - edge) / (0.022 * width)) ** 2)) * np.clip(ends * 1.5, 0, 1) * 0.8
        lid = (under * (1 - hidden[..., None]) + skin * hidden[..., None]) * (1 - lash[..., None])
        painted[place] = np.clip(lid, 0, 255).astype(np.uint8)
    return painted


def _gap(neutral: Neutral, x: F64, opened: float) -> tuple[F64, F64, float]:
    """Seam of the lips at x, height of the opening there, and how far the jaw drops."""
    corners = neutral.points[[78, 308]]
    half = max(1.0, float(np.linalg.norm(corners[1] - corners[0]) / 2))
    across = (x - corners[:, 0].mean()) / half
    drop = opened * _OPEN_MOUTH * 2 * half
    seam = (_curve(neutral.points, UPPER_LIP, x) + _curve(neutral.points, LOWER_LIP, x)) / 2
    return seam, drop * np.sqrt(np.clip(1 - across**2, 0, 1)), drop


def mouth_shift(neutral: Neutral, size: tuple[int, int], opened: float) -> tuple[F32, F32]:
    """(height, width) each: where colours come from when the jaw drops, and what is now the open mouth (0..1)."""
    shift, inside = np.zeros((size[1], size[0]), np.float32), np.zeros((size[1], size[0]), np.float32)
    if not opened:
        return shift, inside
    x, y = np.arange(size[0], dtype=np.float64), np.arange(size[1], dtype=np.float64)[:, None]
    seam, gap, drop = _gap(neutral, x, opened)
    chin = neutral.points[152, 1]
    below = np.clip((y - seam) / max(1.0, chin + drop - seam.mean()), 0, None)
    follow = np.clip(1.35 - 0.35 * below, 0, 1) * np.clip((1.8 - below) / 0.8, 0, 1)
    jaw = np.exp(-(((x - neutral.points[[78, 308], 0].mean()) / max(1.0, 2.2 * drop / max(opened, 1e-6))) ** 2))
    fall = np.maximum(gap, drop * 0.55 * jaw)
    shift[:] = np.where(y > seam + gap, -fall * follow, np.where(y > seam, seam - y, 0))
    inside[:] = (y > seam + 0.5) & (y < seam + gap - 0.5) & (gap > 0)
    return softened(shift, 1.0), softened(inside, 0.8)


def turned_points(neutral: Neutral, yaw: float, pitch: float, closed: float = 0.0, opened: float = 0.0) -> F64:
    """(478, 2) px of the cut-out: where the landmarks are when head, lids and mouth have moved."""
    points = neutral.points.copy()
    for upper, lower in zip(UPPER_LIDS, LOWER_LIDS, strict=True):
        inner = list(upper[1:-1])
        points[inner, 1] += closed * (points[list(lower[1:-1]), 1] - points[inner, 1])
    if opened:
        seam, gap, drop = _gap(neutral, neutral.points[:, 0], opened)
        chin = neutral.points[152, 1]
        below = np.clip((neutral.points[:, 1] - seam) / max(1.0, chin - seam.mean()), 0, None)
        lower = (neutral.points[:, 1] > seam) & (below > 0.02)
        points[lower, 1] += np.maximum(gap, 0.55 * drop)[lower] * np.clip(1.35 - 0.35 * below[lower], 0, 1)
    x, y = _turn(neutral, points[:, 0], points[:, 1], neutral.depth, yaw, pitch)
    return np.stack((x, y), 1)


def turned_depth(neutral: Neutral, yaw: float, pitch: float) -> F64:
    """(478,) px: depth of the landmarks when the head has turned."""
    x0, y0, z0 = neutral.pivot
    across, down = neutral.points[:, 0] - x0, neutral.points[:, 1] - y0
    away = neutral.depth - z0
    behind = np.sin(yaw) * across + np.cos(yaw) * away
    depth: F64 = z0 + np.sin(pitch) * down + np.cos(pitch) * behind
    return depth
