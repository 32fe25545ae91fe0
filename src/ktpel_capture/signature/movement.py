"""How the pen moved and what line it left: the two stages the measures look at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from ktpel_capture.arrays import F64, I64
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
    stroke : (M,) number of the stroke each point belongs to.
    reached : (M,) mm of inked path up to each point.
    lower, upper : (2,) mm, corners of the box around it.
    """

    points: F64
    stroke: I64
    reached: F64
    lower: F64
    upper: F64

    @property
    def length(self) -> float:
        """mm of the inked path."""
        return float(self.reached[-1])

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
    x, y = series.x[at], series.y[at]
    lengths = np.hypot(np.diff(x), np.diff(y))
    lengths[begins[1:]] = 0.0
    reached = np.zeros(len(x))
    np.cumsum(lengths, out=reached[1:])
    lower, upper = np.array([x.min(), y.min()]), np.array([x.max(), y.max()])
    return Line(np.column_stack([x, y]), np.cumsum(begins) - 1, reached, lower, upper)


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
    length = line.length
    count = min(round(length / step), MOST_STEPS) if step > 0 else 0
    at = np.linspace(0.0, length, count + 1)
    index = np.searchsorted(line.reached, at, side="right") - 1
    after = np.minimum(index + 1, len(line.reached) - 1)
    span = line.reached[after] - line.reached[index]
    share = np.divide(at - line.reached[index], span, out=np.zeros(len(at)), where=span > 0)
    start = line.points[index]
    points = start + share[:, None] * (line.points[after] - start)
    return Walk(points, line.stroke[index])
