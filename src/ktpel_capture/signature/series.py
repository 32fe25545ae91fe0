"""The series of pen points as it can be worked with: time that only goes forward, strokes, an even rate."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from ktpel_capture.arrays import F64, I64, Bool
from ktpel_capture.quality import Missing
from ktpel_capture.samples import SignatureSample

USUAL_INTERVAL = 0.01
"""s between points where the stamps tell nothing: the native rate of most pads is 100 Hz."""
FARTHEST = 10_000.0
"""mm; no pad is ten metres wide, so coordinates beyond are no coordinates."""
FARTHEST_TIME = 1e10
"""s; over three centuries, so that stamps since any epoch are stamps."""
LONGEST = 3600.0
"""s; stamps that span more than an hour are no stamps of one signature."""
LAWLESS = 0.25
"""share of stamps that step back, from which on no stamp is believed."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Pen points from the first touch to the last lift, in the order they arrived.

    Attributes
    ----------
    t : (N,) s from the first touch, strictly increasing.
    x, y : (N,) mm, y down.
    force : (N,) 0..1, or None where the pad reports none.
    down : (N,) True where the pen touches.
    first, last : (S,) index of the first and the last point of each stroke.
    steps : s between neighbouring points of a stroke, stroke after stroke.
    interval : s, the median of them.
    repaired : how many stamps repeated or stepped back and were replaced.
    """

    t: F64
    x: F64
    y: F64
    force: F64 | None
    down: Bool
    first: I64
    last: I64
    steps: F64
    interval: float
    repaired: int

    @property
    def xy(self) -> F64:
        """(N, 2) mm."""
        return np.column_stack([self.x, self.y])


def series(sample: SignatureSample) -> Series | Missing:
    """The series of a sample, its stamps repaired, cut to first touch and last lift.

    A pad that never says whether the pen touches (``pen_down`` None) is believed to tell only touching points, but for
    those with no force where others have some; a gap of more than eight intervals and 0.1 s then parts two strokes.
    Missing where there is no ink, and where coordinates or stamps lie beyond anything a pad can mean.
    """
    stated = sample.pen_down
    if stated is None and sample.force is not None and sample.force.size and 0 in sample.force and sample.force.any():
        stated = sample.force > 0
    down = np.ones(sample.t.shape, np.bool_) if stated is None else stated
    touching = np.flatnonzero(down)
    if not touching.size:
        return Missing("signature.blank")
    kept = slice(int(touching[0]), int(touching[-1]) + 1)
    t, x, y, down = sample.t[kept], sample.x[kept], sample.y[kept], down[kept]
    if max(np.abs(x).max(), np.abs(y).max()) > FARTHEST or max(t.max(), -t.min()) > FARTHEST_TIME:
        return Missing("signature.out_of_range")
    t, repaired = repaired_stamps(t - t[0])
    if t[-1] > LONGEST:
        return Missing("signature.out_of_range")
    first, last = _strokes(down)
    between = np.diff(t)
    steps = between[down[1:] & down[:-1]]
    interval = _median(steps) if steps.size else USUAL_INTERVAL
    if stated is None:
        within = between <= max(8 * interval, 0.1)
        lifts, steps = np.flatnonzero(~within), between[within]
        first, last = np.concatenate([[0], lifts + 1]), np.concatenate([lifts, [len(t) - 1]])
    force = None if sample.force is None else sample.force[kept]
    return Series(t, x, y, force, down, first, last, steps, interval, repaired)


def _strokes(down: Bool) -> tuple[I64, I64]:
    edges = np.flatnonzero(down[1:] != down[:-1])
    starts, stops = edges[down[edges + 1]] + 1, edges[down[edges]]
    return np.concatenate([[0], starts]), np.concatenate([stops, [len(down) - 1]])


def _median(values: F64) -> float:
    """Of at least one value; several times faster than NumPy's on short rows."""
    middle = len(values) // 2
    return float(np.partition(values, middle)[middle])


# Stamps ---------------------------------------------------------------------------------------------------------


def repaired_stamps(t: F64) -> tuple[F64, int]:
    """Stamps that strictly increase, and how many had to be replaced.

    The order of arrival is believed, the stamps are not. A clock that was set back goes on from where it was; a few
    stamps that stray (they repeat, step back for a moment, or leap ahead and return) are laid evenly between their
    good neighbours. Where more than a quarter step back, or none steps forward, they tell nothing and are laid evenly.
    Stamps that already increase come back unchanged.
    """
    if len(t) < 2 or np.diff(t).min() > 0:
        return t, 0
    t = t.copy()
    steps = np.diff(t)
    if (steps < 0).mean() > LAWLESS or steps.max() <= 0:
        usual = _median(np.abs(steps))
        interval = usual if 0.001 <= usual <= 0.1 else USUAL_INTERVAL
        return np.arange(len(t), dtype=np.float64) * interval, len(t) - 1
    interval = _median(steps[steps > 0])
    moved = _set_back(t, interval)
    good = _longest_increasing(t)
    strayed = len(t) - len(good)
    if strayed:
        t = _laid_between(t, good, interval)
    return t, min(strayed + moved, len(t) - 1)


def _set_back(t: F64, interval: float, stray: int = 3) -> int:
    """Undo, in place, every step back after which the stamps stay behind; returns how many there were.

    A step back is a stray stamp, not a clock that was set, if at most ``stray`` stamps are behind, or if it returns
    to no earlier than what stood ``stray`` stamps before the leap.
    """
    at = np.flatnonzero(np.diff(t) < 0) + 1
    near = np.arange(stray + 1)
    after = t[np.minimum(at[:, None] + near, len(t) - 1)].max(1)
    before = t[np.maximum(at[:, None] - 1 - near, 0)].min(1)
    at = at[(after < t[at - 1]) & ((t[at] <= before) | (at <= stray))]
    shift = np.zeros(len(t))
    shift[at] = t[at - 1] + interval - t[at]
    t += np.cumsum(shift)
    return len(at)


def _longest_increasing(t: F64) -> I64:
    """Indices of a longest strictly increasing run of stamps, strays left out."""
    tails: list[float] = []
    at_tail: list[int] = []
    before = np.full(len(t), -1)
    for index, value in enumerate(t.tolist()):
        place = bisect_left(tails, value)
        if place == len(tails):
            tails.append(value)
            at_tail.append(index)
        else:
            tails[place] = value
            at_tail[place] = index
        before[index] = at_tail[place - 1] if place else -1
    chain = [at_tail[-1]]
    while before[chain[-1]] >= 0:
        chain.append(int(before[chain[-1]]))
    return np.array(chain[::-1])


def _laid_between(t: F64, good: I64, interval: float) -> F64:
    """All stamps, those that are not good laid evenly between good neighbours, or at the interval beyond the ends."""
    index = np.arange(len(t), dtype=np.float64)
    laid: F64 = np.interp(index, good, t[good])
    head, tail = good[0], good[-1]
    laid[:head] = t[head] - interval * (head - index[:head])
    laid[tail + 1 :] = t[tail] + interval * (index[tail + 1 :] - tail)
    laid -= laid[0]
    return laid


# An even rate ---------------------------------------------------------------------------------------------------


def thinned(series: Series, interval: float = USUAL_INTERVAL) -> tuple[I64, Bool]:
    """Indices of ink points about ``interval`` apart, both ends of each stroke kept, and which of them begin a stroke.

    A pad of 1000 Hz sees its own noise between points that hardly moved; what is measured along the path must not
    grow with the rate.
    """
    stride = max(1, round(min(interval / series.interval, 1000.0)))
    if stride == 1:
        points = np.flatnonzero(series.down)
    else:
        place = np.arange(len(series.t))
        start = np.repeat(series.first, np.diff(series.first, append=len(series.t)))
        keep = series.down & ((place - start) % stride == 0)
        keep[series.last] = True
        points = np.flatnonzero(keep)
    begins = np.zeros(len(series.t), np.bool_)
    begins[series.first] = True
    return points, begins[points]


def resampled(series: Series, rate: float) -> Series:
    """The same movement at an even rate (points a second), linear between points; the last touch is kept."""
    end = float(series.t[-1])
    t = np.arange(0.0, end + 0.5 / rate, 1 / rate)
    nearest = np.clip(np.searchsorted(series.t, t), 1, max(1, len(series.t) - 1))
    if len(series.t) > 1:
        nearest -= t - series.t[nearest - 1] < series.t[nearest] - t
        down = series.down[nearest].copy()
    else:
        t, down = series.t.copy(), np.ones(1, np.bool_)
    down[[0, -1]] = True
    first, last = _strokes(down)
    force = None if series.force is None else np.interp(t, series.t, series.force)
    x, y = np.interp(t, series.t, series.x), np.interp(t, series.t, series.y)
    return Series(t, x, y, force, down, first, last, np.diff(t)[down[1:] & down[:-1]], 1 / rate, 0)
