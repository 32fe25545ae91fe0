"""The signature as the card shows it: an even black line on nothing."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_capture.arrays import F64, U8, Bool, GreyImage
from ktpel_capture.imaging.draw import Colour, coverage
from ktpel_capture.quality import Missing
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature.measures import CARD_BOX, CARD_LINE
from ktpel_capture.signature.series import Series, series

MARGIN = 0.02
"""share of the picture that stays free at each side."""
MOST = 20_000
"""points along a line that is drawn; minutes of noise need not be drawn finer."""
DOT = 1.5
"""line widths, diameter of a dot: a point as wide as the line would be overlooked."""


@dataclass(frozen=True, slots=True, eq=False)
class PenLine:
    """A line ready to be drawn.

    Attributes
    ----------
    points : (N, 2) px, x right, y down.
    widths : (N,) px.
    begins : (N,) True where the pen comes down.
    """

    points: F64
    widths: F64
    begins: Bool


def render(
    sample: SignatureSample | Series, width: int, height: int, *, ink: Colour = (0, 0, 0), line: float | None = None
) -> U8:
    """The signature in a box of the card, as it is printed.

    The ink is fitted into the picture, never larger than the pen drew it if the picture were the card's box. The line
    has the same weight whatever the signature's size; within, it swells with the pen's force, or where the pad gives
    none, with its slowness.

    Parameters
    ----------
    width, height : px of the picture.
    ink : colour of the line.
    line : px, mean width of the line; by default 0.15 mm on the card.

    Returns
    -------
    (height, width, 4) uint8, RGBA, transparent where there is no ink; all of it, where the sample holds none.
    """
    if width < 1 or height < 1:
        raise ValueError(f"a picture has at least one pixel, not {width} x {height}")
    points = sample if isinstance(sample, Series) else series(sample)
    if isinstance(points, Missing):
        covered = np.zeros((height, width), np.uint8)
    else:
        drawn = pen_line(points, width, height, line)
        covered = coverage(drawn.points, drawn.widths, drawn.begins, (height, width))
    return in_ink(covered, ink)


def in_ink(covered: GreyImage, ink: Colour) -> U8:
    """RGBA of one colour, as opaque as the ink covers."""
    pixel = np.array([*ink, 0], np.uint8).view(np.uint32)
    picture = np.full(covered.shape, pixel[0]).view(np.uint8).reshape(*covered.shape, 4)
    cv2.insertChannel(covered, picture, 3)
    return picture


def render_for_card(sample: SignatureSample, *, dpi: float = 600.0) -> U8:
    """The signature at the size of its place on the card (20 x 8 mm), RGBA."""
    width, height = (max(1, round(side / 25.4 * dpi)) for side in CARD_BOX)
    return render(sample, width, height)


def monochrome(picture: U8) -> GreyImage:
    """A rendered signature for a printer that knows black and white only: 0 ink, 255 paper."""
    return np.where(picture[..., 3] >= 128, np.uint8(0), np.uint8(255))


def pen_line(series: Series, width: int, height: int, line: float | None = None) -> PenLine:
    """The series as a smooth line of even weight that fills a picture of this size."""
    weight = max(1.5, width * CARD_LINE / CARD_BOX[0]) if line is None else line
    lower, upper = series.xy[series.down].min(0), series.xy[series.down].max(0)
    span = np.maximum(upper - lower, 1e-9)
    room = np.maximum(np.array([width, height]) * (1 - 2 * MARGIN) - 2 * weight, 1.0)
    scale = min(float((room / span).min()), width / CARD_BOX[0])
    points, widths, begins = _smooth(series, step=max(weight / 3, 1.0) / scale)
    middle = (np.array([width, height]) - 1) / 2
    return PenLine((points - (lower + upper) / 2) * scale + middle, widths * weight, begins)


def _smooth(series: Series, step: float) -> tuple[F64, F64, Bool]:
    """Points (mm) about ``step`` apart on a curve through the series, the line's relative width there, and begins.

    Between two points runs the cubic with the slopes of its neighbours (Catmull and Rom 1974) over time.
    """
    lines, widths = [], []
    swell = _swell(series)
    step = max(step, float(np.hypot(np.diff(series.x), np.diff(series.y)).sum()) / MOST)
    for first, last in zip(series.first.tolist(), series.last.tolist()):
        at = np.arange(first, last + 1)[series.down[first : last + 1]]
        p, w = series.xy[at], swell[at]
        reached = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(p, axis=0).T))])
        if reached[-1] < step:
            lines.append(p.mean(0, keepdims=True))
            widths.append(np.full(1, DOT))
            continue
        keep = np.diff(np.floor(reached / (step / 2)), prepend=-1) > 0
        keep[-1] = True
        p, w, reached = p[keep], w[keep], reached[keep]
        slope = np.gradient(p, axis=0)
        pieces = np.maximum(1, np.ceil(np.diff(reached) / step)).astype(int)
        piece = np.repeat(np.arange(len(pieces)), pieces)
        within = np.arange(len(piece)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        u = (within / pieces[piece])[:, None]
        a, b = p[piece], p[piece + 1]
        curve = a + u * (
            slope[piece]
            + u
            * (3 * (b - a) - 2 * slope[piece] - slope[piece + 1] + u * (2 * (a - b) + slope[piece] + slope[piece + 1]))
        )
        lines.append(np.concatenate([curve, p[-1:]]))
        widths.append(np.interp(np.append(piece + u[:, 0], len(pieces)), np.arange(len(w)), w))
    begins = np.zeros(sum(map(len, lines)), np.bool_)
    begins[np.cumsum([0, *map(len, lines[:-1])])] = True
    return np.concatenate(lines), np.concatenate(widths), begins


def _swell(series: Series) -> F64:
    """(N,) relative width of the line, about 1 on average, from the force or else from the speed."""
    level = series.force
    if level is None or np.ptp(level[series.down]) < 0.02:
        step = np.diff(series.t, prepend=series.t[0] - series.interval)
        moved = np.hypot(np.diff(series.x, prepend=series.x[0]), np.diff(series.y, prepend=series.y[0]))
        speed = moved / np.maximum(step, 1e-6)
        level = 1 / (1 + speed / max(float(speed[series.down].mean()), 1e-9))
    span = min(9, len(level))
    level = np.convolve(level, np.ones(span) / span)[span // 2 : span // 2 + len(level)]
    mean = float(level[series.down].mean())
    return np.clip(0.4 + 0.6 * level / mean, 0.55, 1.6) if mean > 0 else np.ones(len(level))
