"""How alike signings are: whether, within one session, another person signed.

What it can tell and what not: ``docs/signature.md`` has the error rates on SUSIG. One session's signings are too few to
call something a forgery, and `Comparison.limits` says so wherever a result is shown.

Every signing becomes a row of points at an even rate, the pauses in the air closed; two rows are laid over each other
by dynamic time warping, and their distance is set against the distances of the references among each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import cast

import numpy as np

from ktpel_capture.arrays import F32, F64, I64
from ktpel_capture.messages import Advice, advice
from ktpel_capture.quality import Missing
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature.series import Series, series

RATE = 50.0
"""points a second that are compared; a hand's movements stay below 10 Hz."""
FEWEST, MOST = 8, 200
"""points of a row."""
WEIGHTS = {"place": 0.5, "velocity": 1.0, "acceleration": 1.0, "direction": 0.5, "speed": 0.5, "force": 0.7}
USUAL = {True: 0.85, False: 0.7}
"""Median distance between two signings of one person, with and without force (SUSIG)."""
TEMPO = 0.5
"""How much a different duration counts: forgers draw slowly."""
ANOTHER = 0.6
"""Below this likeness another person has most likely signed (SUSIG: 1 % of genuine signings, 99 % of others)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether the same person signed.

    Attributes
    ----------
    likeness : see `compare`.
    another_person : whether most likely another person signed.
    limits : what such a comparison cannot tell; show it wherever the result is shown.
    """

    likeness: float
    another_person: bool
    limits: Advice


def compare(references: Sequence[SignatureSample], sample: SignatureSample) -> float:
    """How alike a signing is to a person's others; higher is more alike.

    About 1 where it differs from them as much as they differ from each other, below 0.6 where most likely another
    person signed. Size, place and, mostly, tempo do not count; a pad without force is compared without it.

    Parameters
    ----------
    references : signings of one person, two or three; with a single one the usual variation of people is assumed.
    sample : the signing in question.

    Returns
    -------
    A positive number; 0 where one of the signings holds no ink.

    Raises
    ------
    ValueError : no reference.
    """
    if not references:
        raise ValueError("there is no reference to compare with; give at least one signing of the person")
    rows, with_force = _rows([*references, sample])
    if rows is None:
        return 0.0
    last = len(references)
    pairs = [(index, last) for index in range(last)] + list(combinations(range(last), 2))
    distances = _distances([row.points for row in rows], pairs)
    to_sample, among = distances[:last], distances[last:]
    usual = USUAL[with_force]
    expected = usual if not len(among) else 0.5 * float(among.mean()) + 0.5 * usual
    tempo = abs(rows[-1].log_time - float(np.mean([row.log_time for row in rows[:-1]])))
    return expected / max(float(to_sample.mean()), 1e-3) * math.exp(-TEMPO * min(tempo, 1.0))


def same_person(references: Sequence[SignatureSample], sample: SignatureSample) -> Comparison:
    """`compare`, with what follows from it and what does not."""
    likeness = compare(references, sample)
    return Comparison(likeness, likeness < ANOTHER, advice("signature.comparison_limits"))


def consistency(signings: Sequence[SignatureSample]) -> float | Missing:
    """How consistently a person signs: 1 is usual, higher is steadier.

    The usual distance between two signings of one person over the mean distance among these. Missing with fewer than
    two signings, or where one holds no ink.
    """
    if len(signings) < 2:
        return Missing("signature.one_signing_only")
    rows, with_force = _rows(signings)
    if rows is None:
        return Missing("signature.blank")
    distances = _distances([row.points for row in rows], list(combinations(range(len(rows)), 2)))
    return USUAL[with_force] / max(float(distances.mean()), 1e-3)


# Rows of points -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    points: F32
    log_time: float


def _rows(samples: Sequence[SignatureSample]) -> tuple[list[_Row] | None, bool]:
    """A row for each sample, None where one holds no ink, and whether all pads gave a force that varies."""
    found = [series(sample) for sample in samples]
    inked = [points for points in found if not isinstance(points, Missing)]
    if len(inked) < len(found):
        return None, False
    with_force = all(points.force is not None and np.ptp(points.force[points.down]) > 0.02 for points in inked)
    return [_row(points, with_force) for points in inked], with_force


def _row(points: Series, with_force: bool) -> _Row:
    """Place, velocity, acceleration, direction, speed (logarithm) and force, each standardised and weighted.

    The pen in the air is left out: between two strokes lies one interval.
    """
    t, begins = points.t[points.down], np.zeros(len(points.t), np.bool_)
    begins[points.first[1:]] = True
    steps = np.diff(t, prepend=t[0])
    steps[begins[points.down]] = points.interval
    t = np.cumsum(steps)
    count = int(min(max(round(t[-1] * RATE) + 1, FEWEST), MOST))
    even = np.linspace(0.0, t[-1], count)
    x, y = np.interp(even, t, points.x[points.down]), np.interp(even, t, points.y[points.down])
    vx, vy = _slope(x), _slope(y)
    speed = np.hypot(vx, vy)
    moving = np.maximum(speed, 1e-9)
    channels = [
        (WEIGHTS["place"], _standard(x)),
        (WEIGHTS["place"], _standard(y)),
        (WEIGHTS["velocity"], _standard(vx)),
        (WEIGHTS["velocity"], _standard(vy)),
        (WEIGHTS["acceleration"], _standard(_slope(vx))),
        (WEIGHTS["acceleration"], _standard(_slope(vy))),
        (WEIGHTS["direction"] * math.sqrt(2), vx / moving),
        (WEIGHTS["direction"] * math.sqrt(2), vy / moving),
        (WEIGHTS["speed"], _standard(np.log(speed + 0.1 * float(speed.mean()) + 1e-9))),
    ]
    if with_force and points.force is not None:
        channels.append((WEIGHTS["force"], _standard(np.interp(even, t, points.force[points.down]))))
    inked = float((points.t[points.last] - points.t[points.first]).sum())
    return _Row(
        np.column_stack([weight * channel for weight, channel in channels]).astype(np.float32),
        math.log(max(inked, 0.05)),
    )


def _slope(values: F64) -> F64:
    """Differences along the row, smoothed over three points."""
    slope = np.gradient(values)
    smooth: F64 = np.convolve(np.pad(slope, 1, mode="edge"), np.full(3, 1 / 3), "valid")
    return smooth


def _standard(values: F64) -> F64:
    deviation = float(values.std())
    return (values - values.mean()) / deviation if deviation > 1e-9 else np.zeros_like(values)


# Dynamic time warping -------------------------------------------------------------------------------------------


def _distances(rows: Sequence[F32], pairs: Sequence[tuple[int, int]]) -> F32:
    """The warped distance of each pair of rows: the mean cost along the way, a diagonal step counting twice.

    Symmetric form of Sakoe and Chiba 1978, without slope constraint.
    """
    first = _padded([rows[a] for a, _ in pairs])
    second = _padded([rows[b] for _, b in pairs])
    square = (
        np.square(first).sum(2)[:, :, None]
        + np.square(second).sum(2)[:, None, :]
        - 2 * first @ second.transpose(0, 2, 1)
    )
    cost: F32 = np.sqrt(np.maximum(square, 0))
    lengths = np.array([(len(rows[a]), len(rows[b])) for a, b in pairs])
    return _warped(cost, lengths)


def _padded(rows: Sequence[F32]) -> F32:
    longest = max(map(len, rows))
    padded = np.zeros((len(rows), longest, rows[0].shape[1]), np.float32)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = row
    return padded


def _warped(cost: F32, lengths: I64) -> F32:
    """The recurrence ``D[i, j] = min(D[i-1, j] + c, D[i, j-1] + c, D[i-1, j-1] + 2 c)`` for all pairs at once.

    One anti-diagonal at a time: none of its cells needs another of them. The pairs come last, so that all that an
    operation touches lies in a row.
    """
    pairs, high, wide = cost.shape
    diagonals = high + wide - 1
    skewed = np.full((high, high + wide, pairs), np.inf, np.float32)
    skewed[:, :wide] = cost.transpose(1, 2, 0)
    skewed = skewed.reshape(-1, pairs)[: high * diagonals].reshape(high, diagonals, pairs)
    steps = np.ascontiguousarray(skewed.transpose(1, 0, 2))  # steps[d, i] is the cost at (i, d - i)
    before, last, now = (np.full((high + 1, pairs), np.inf, np.float32) for _ in range(3))  # row 0 lies outside
    last[1] = 2 * steps[0, 0]
    corner = np.empty((high, pairs), np.float32)
    ends = lengths.sum(1) - 2
    total = np.where(ends == 0, last[1], np.float32(0))
    for at in range(1, diagonals):
        step, cells = steps[at], now[1:]
        np.minimum(last[1:], last[:-1], out=cells)
        np.add(before[:-1], step, out=corner)
        np.minimum(cells, corner, out=cells)
        np.add(cells, step, out=cells)
        before, last, now = last, now, before
        for pair in np.flatnonzero(ends == at) if at >= ends.min() else ():
            total[pair] = last[lengths[pair, 0], pair]
    return cast(F32, total / lengths.sum(1))
