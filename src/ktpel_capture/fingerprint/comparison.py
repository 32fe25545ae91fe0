"""Whether two prints are of one finger."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np

from ktpel_capture.arrays import F32, F64, I64
from ktpel_capture.fingerprint.extraction import minutiae
from ktpel_capture.samples import FingerprintSample
from ktpel_capture.templates import Minutiae

_REACH = 75.0
"""Neighbourhood that describes a minutia, pixels at 500 ppi (3.8 mm)."""
_CELL = 16.0
_SPREAD = 9.0
_PAIRS = 80
"""How many pairs of alike neighbourhoods are weighed against each other."""
_REACH_OF_MATCH = 18.0
"""Minutiae further apart than this after alignment (0.9 mm) are not the same, pixels at 500 ppi."""

_TOLERANCE = 1.0
"""How much two minutiae may move and turn against each other, against what `_agreement` says."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Minutiae with the description of each one's neighbourhood: what a comparison needs, worked out once.

    Attributes
    ----------
    x, y : (N,) float32, pixels at 500 ppi.
    angle : (N,) float32, radians.
    descriptor : (N, D) float32 of unit length.
    """

    x: F32
    y: F32
    angle: F32
    descriptor: F32


Comparable: TypeAlias = FingerprintSample | Minutiae | Prepared


@cache
def _cells() -> F32:
    """Centres of the cells around a minutia, in its own frame: (C, 2)."""
    steps = np.arange(-_REACH, _REACH + 1, _CELL, dtype=np.float32)
    steps = steps - (steps[0] + steps[-1]) / 2
    x, y = np.meshgrid(steps, steps)
    inside = np.hypot(x, y) <= _REACH
    return np.stack((x[inside], y[inside]), 1)


def prepare(print_: Comparable) -> Prepared:
    """Work out once what every comparison of this print needs."""
    if isinstance(print_, Prepared):
        return print_
    template = minutiae(print_) if isinstance(print_, FingerprintSample) else print_
    scale = np.float32(500 / template.ppi)
    x, y, angle = template.x * scale, template.y * scale, template.angle
    count = len(x)
    cells = _cells()
    if count == 0:
        return Prepared(x, y, angle, np.zeros((0, 2 * len(cells)), np.float32))
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    dx, dy = x - x[:, None], y - y[:, None]
    # neighbours in each minutia's frame: u along its direction, v to its left
    u, v = dx * cos - dy * sin, dx * -sin - dy * cos
    weight = np.where(np.hypot(dx, dy) < _REACH + 2 * _SPREAD, 1, 0).astype(np.float32)
    np.fill_diagonal(weight, 0)
    steps = np.unique(cells[:, 0])
    near_u = np.exp(-0.5 * ((u[:, :, None] - steps) / np.float32(_SPREAD)) ** 2)
    near_v = np.exp(-0.5 * ((v[:, :, None] - steps) / np.float32(_SPREAD)) ** 2)
    turn = angle - angle[:, None]
    fields = [
        np.matmul((near_v * (weight * part)[:, :, None]).transpose(0, 2, 1), near_u)
        for part in (np.cos(turn), np.sin(turn))
    ]
    grid_u, grid_v = np.meshgrid(steps, steps)
    inside = np.hypot(grid_u, grid_v) <= _REACH
    descriptor = np.concatenate([field[:, inside] for field in fields], 1)
    length = np.linalg.norm(descriptor, axis=1, keepdims=True)
    return Prepared(x, y, angle, (descriptor / np.maximum(length, 0.3)).astype(np.float32))


def compare(a: Comparable, b: Comparable) -> float:
    """How alike two prints are: higher is more alike, 0 nothing in common.

    Takes samples, `Minutiae` or what `prepare` made of them. The score says nothing on an absolute scale; a threshold
    is policy.
    """
    return _score(prepare(a), prepare(b))


def compare_many(probe: Comparable, gallery: Iterable[Comparable]) -> F64:
    """The score of one print against each of a gallery: (N,) float64."""
    ready = prepare(probe)
    return np.array([_score(ready, prepare(other)) for other in gallery], np.float64)


def _difference(a: F32, b: F32) -> F32:
    """The turn from b to a, within -pi .. pi."""
    turn: F32 = np.mod(a - b + math.pi, 2 * math.pi) - math.pi
    return turn.astype(np.float32)


def _score(a: Prepared, b: Prepared) -> float:
    if min(len(a.x), len(b.x)) < 3:
        return 0.0
    likeness = a.descriptor @ b.descriptor.T
    distinct = likeness - (likeness.max(1, keepdims=True) + likeness.max(0, keepdims=True)) * np.float32(0.25)
    count = min(_PAIRS, likeness.size)
    best = np.argpartition(distinct.ravel(), -count)[-count:]
    i, j = np.divmod(best, likeness.shape[1])
    start = np.maximum(likeness.ravel()[best], 0)
    agree = _agreement(a, b, i, j)
    weight = start
    for _ in range(4):
        support = agree @ weight
        weight = 0.5 * weight + 0.5 * start * np.minimum(support / 4, 1)
    leader = int(np.argmax(agree @ weight + weight))
    # every pair that agrees with the leader, then their common movement
    friends = agree[leader] > 0.2
    friends[leader] = True
    return _aligned(a, b, i[friends], j[friends], weight[friends])


def _agreement(a: Prepared, b: Prepared, i: I64, j: I64) -> F32:
    """How far each two of the pairs (i, j) tell one story: (K, K) float32, 1 where they do.

    Both prints must show the same distance between them (within 4 pixels and 3 percent), the same bearing from either
    (within 0.25 radians) and the same turn of one against the other (0.3): skin stretches.
    """
    ax, ay, bx, by = a.x[i], a.y[i], b.x[j], b.y[j]
    adx, ady, bdx, bdy = ax - ax[:, None], ay - ay[:, None], bx - bx[:, None], by - by[:, None]
    far_a, far_b = np.sqrt(adx * adx + ady * ady), np.sqrt(bdx * bdx + bdy * bdy)
    turn = a.angle[i] - b.angle[j]
    cos, sin = np.cos(turn), np.sin(turn)
    # cosines instead of angles: 1 - cos is half the square of a small angle
    bearing = (adx * bdx + ady * bdy) * cos[:, None] + (adx * bdy - ady * bdx) * sin[:, None]
    bearing /= far_a * far_b + np.float32(1e-6)
    stretch = (far_a - far_b) / (4 + np.float32(0.03) * (far_a + far_b))
    twist = cos * cos[:, None] + sin * sin[:, None]
    unlike = stretch * stretch * np.float32(0.5) - bearing * np.float32(16) - twist * np.float32(1 / 0.09)
    agree = np.exp((np.float32(-16 - 1 / 0.09) - unlike) * np.float32(1 / _TOLERANCE**2))
    agree[(i[:, None] == i) | (j[:, None] == j)] = 0
    both: F32 = np.minimum(agree, agree.T)
    return both


def _aligned(a: Prepared, b: Prepared, i: I64, j: I64, weight: F32) -> float:
    """Lay b over a by the pairs given and weigh what falls together against what could have."""
    weight = weight + 1e-3
    weight = weight / weight.sum()
    a_mid = np.array((weight @ a.x[i], weight @ a.y[i]))
    b_mid = np.array((weight @ b.x[j], weight @ b.y[j]))
    pa = np.stack((a.x[i] - a_mid[0], a.y[i] - a_mid[1]))
    pb = np.stack((b.x[j] - b_mid[0], b.y[j] - b_mid[1]))
    turn = _difference(a.angle[i], b.angle[j])
    cos = weight @ (pb * pa).sum(0) + 900 * (weight @ np.cos(turn))
    sin = weight @ (pb[0] * pa[1] - pb[1] * pa[0]) - 900 * (weight @ np.sin(turn))
    rotation = math.atan2(sin, cos)
    c, s = math.cos(rotation), math.sin(rotation)
    x = ((b.x - b_mid[0]) * c - (b.y - b_mid[1]) * s + a_mid[0]).astype(np.float32)
    y = ((b.x - b_mid[0]) * s + (b.y - b_mid[1]) * c + a_mid[1]).astype(np.float32)
    dx, dy = a.x[:, None] - x, a.y[:, None] - y
    square = dx * dx + dy * dy
    row, col = np.nonzero(square < _REACH_OF_MATCH**2)
    swing = np.abs(_difference(a.angle[row], b.angle[col] - np.float32(rotation)))
    closeness = np.zeros_like(square)
    closeness[row, col] = (1 - np.sqrt(square[row, col]) / _REACH_OF_MATCH) * np.clip(1 - swing / 0.6, 0, 1)
    # only pairs that are each other's best
    best = (closeness == closeness.max(1, keepdims=True)) & (closeness == closeness.max(0))
    matched = float(closeness[best].sum())
    common = math.sqrt(_within(a.x, a.y, x, y) * _within(x, y, a.x, a.y))
    return 10 * matched**2 / max(6.0, common)


def _within(x: F32, y: F32, other_x: F32, other_y: F32) -> int:
    """How many points lie within the bounds of the other print."""
    left, right, top, bottom = other_x.min(), other_x.max(), other_y.min(), other_y.max()
    return int(((x > left - 10) & (x < right + 10) & (y > top - 10) & (y < bottom + 10)).sum())
