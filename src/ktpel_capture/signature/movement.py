"""How the pen moved and what line it left: the two stages the measures look at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from ktpel_capture.arrays import F64, I64, Bool
from ktpel_capture.quality import Missing
from ktpel_capture.signature.series import Series, thinned

EVEN_RATE = 100.0
"""points a second at which speed and jerk are computed: the native rate of most pads."""
WINDOW = 7
"""points of the smoothing differentiators, 60 ms: a hand's own movements stay below 10 Hz (tremor 8..12 Hz)."""
MOST_STEPS = 20_000
"""points along a path; ten minutes of noise end here."""


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """The ink in time.

    Attributes
    ----------
    speed : (M,) mm/s at an even rate of 100 points a second, where the pen touches.
    jerk : (M,) mm/s³, length of the third derivative of the position there.
    duration : s, first touch to last lift.
    inked : s of it with the pen touching.
    """

    speed: F64
    jerk: F64
    duration: float
    inked: float


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The ink as a drawing, without time.

    Attributes
    ----------
    points : (M, 2) mm, y down, along the path.
    begins : (M,) True where a stroke begins.
    length : mm of the path.
    lower, upper : (2,) mm, corners of the box around it.
    """

    points: F64
    begins: Bool
    length: float
    lower: F64
    upper: F64

    @property
    def size(self) -> F64:
        """(width, height) mm."""
        span: F64 = self.upper - self.lower
        return span

    @property
    def extent(self) -> float:
        """mm, diagonal of the box around the ink."""
        return float(math.hypot(*self.size))


def line(series: Series) -> Line:
    """The drawing of a series."""
    at, begins = thinned(series)
    points = series.xy[at]
    steps = np.diff(points, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    length = float(lengths[~begins[1:]].sum())
    return Line(points, begins, length, points.min(0), points.max(0))


def movement(series: Series) -> Movement | Missing:
    """The movement of a series; missing where it is too short to have a speed."""
    duration = float(series.t[-1])
    if duration * EVEN_RATE < WINDOW:
        return Missing("signature.too_short_to_have_speed")
    t = np.arange(0.0, duration + 0.5 / EVEN_RATE, 1 / EVEN_RATE)
    starts, stops = series.t[series.first], series.t[series.last]
    touching = t <= stops[np.searchsorted(starts, t, side="right") - 1]
    inside = np.convolve(touching, np.ones(WINDOW, np.intp), "valid") == WINDOW
    if not inside.any():
        return Missing("signature.too_short_to_have_speed")
    once, thrice = _differentiators()
    x, y = np.interp(t, series.t, series.x), np.interp(t, series.t, series.y)
    speed = np.hypot(np.convolve(x, once, "valid"), np.convolve(y, once, "valid"))[inside]
    jerk = np.hypot(np.convolve(x, thrice, "valid"), np.convolve(y, thrice, "valid"))[inside]
    return Movement(speed, jerk, duration, float((stops - starts).sum()))


@cache
def _differentiators() -> tuple[F64, F64]:
    """Kernels for `numpy.convolve`: first and third derivative of the parabola of third order through the window.

    Savitzky and Golay 1964.
    """
    at = np.arange(WINDOW) - WINDOW // 2
    fit = np.linalg.pinv(np.vander(at, 4, increasing=True).astype(np.float64))
    return fit[1, ::-1] * EVEN_RATE, 6 * fit[3, ::-1] * EVEN_RATE**3


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """The path in even steps.

    Attributes
    ----------
    points : (K, 2) mm, y down.
    strokes : (K,) number of the stroke each point belongs to.
    """

    points: F64
    strokes: I64


def walk(line: Line) -> Walk:
    """The path in steps of a fiftieth of its extent: the same for every size, and coarse enough for a tremble."""
    return along(line, line.extent / 50)


def along(line: Line, step: float) -> Walk:
    """The path in steps of ``step`` mm; what is drawn between two strokes is left out."""
    steps = np.diff(line.points, axis=0, append=line.points[-1:])
    jumps = np.append(line.begins[1:], True)
    lengths = np.where(jumps, 0.0, np.hypot(steps[:, 0], steps[:, 1]))
    reached = np.concatenate([[0.0], np.cumsum(lengths[:-1])])
    count = min(round(reached[-1] / step), MOST_STEPS) if step > 0 else 0
    at = np.linspace(0.0, reached[-1], count + 1)
    index = np.searchsorted(reached, at, side="right") - 1
    share = np.divide(at - reached[index], lengths[index], out=np.zeros(len(at)), where=lengths[index] > 0)
    points = line.points[index] + share[:, None] * steps[index]
    return Walk(points, np.cumsum(line.begins)[index] - 1)
