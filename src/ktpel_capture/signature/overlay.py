"""A signature as the operator sees it: the ink by its force, the card's picture, what stands against it."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from ktpel_capture.arrays import F64, RgbImage
from ktpel_capture.imaging import draw as pen
from ktpel_capture.messages import Advice, Language
from ktpel_capture.profiles import Finding
from ktpel_capture.quality import Missing
from ktpel_capture.signature.analysis import SignatureAnalysis
from ktpel_capture.signature.rendering import render
from ktpel_capture.signature.series import Series

SIZE = (960, 600)
"""px, (width, height) of the picture."""
PAPER: pen.Colour = (255, 255, 255)
GRID: pen.Colour = (228, 232, 236)
TEXT: pen.Colour = (60, 66, 72)


def draw(analysis: SignatureAnalysis, findings: Iterable[Finding] = (), *, language: Language = "id") -> RgbImage:
    """The signature on its pad, coloured by the pen's force (by its speed where the pad gives none).

    Beside it stand the pad's border, the order of the strokes, where the pen was held at the border, the picture the
    card will carry, and the findings.

    Returns
    -------
    (600, 960, 3) uint8, RGB.
    """
    picture = np.full((SIZE[1], SIZE[0], 3), PAPER, np.uint8)
    points = analysis.series
    if isinstance(points, Missing):
        _frame(picture, (24.0, 24.0), (SIZE[0] - 25.0, 440.0))
    else:
        _ink(picture, analysis, points)
        _card(picture, points)
    _sentences(picture, findings, language)
    return picture


def _frame(picture: RgbImage, lower: tuple[float, float], upper: tuple[float, float]) -> None:
    pen.box(picture, lower, upper, pen.QUIET, width=2)


def _ink(picture: RgbImage, analysis: SignatureAnalysis, points: Series) -> None:
    left, top, right, bottom = 24.0, 24.0, SIZE[0] - 25.0, 440.0
    ink = points.xy[points.down]
    size = analysis.sample.pad_size
    if size is None:
        lower, upper = ink.min(0) - 4, ink.max(0) + 4
    else:
        lower, upper = np.minimum(ink.min(0), 0), np.maximum(ink.max(0), size)
    scale = min((right - left) / (upper[0] - lower[0]), (bottom - top) / (upper[1] - lower[1]))
    offset = np.array([(left + right) / 2, (top + bottom) / 2]) - (lower + upper) / 2 * scale
    corner = lower * scale + offset, upper * scale + offset
    _ten_millimetres(picture, corner, lower, upper, scale, offset)
    _frame(picture, tuple(corner[0]), tuple(corner[1]))
    place = points.xy * scale + offset
    colours = _colours(points)
    drawn = float(np.hypot(*np.diff(place, axis=0).T).sum())
    stride = 1 + int(max(len(place) / 4000, drawn / 100_000))  # minutes of noise need not be drawn whole
    for number, (first, last) in enumerate(zip(points.first.tolist(), points.last.tolist()), 1):
        if last - first < 2:
            pen.circle(picture, place[first], 3.0, colours[first], width=-1)
        for at in range(first, last, stride):
            pen.polyline(picture, place[[at, min(at + stride, last)]], colours[at], width=4)
        if number <= 9:
            pen.words(picture, str(number), place[first] - (16, 20), TEXT, size=14, ground=PAPER)
    if size is not None:
        held = (ink <= 0.02).any(1) | (ink >= np.array(size) - 0.02).any(1)
        for at in (place[points.down])[held][::3]:
            pen.circle(picture, at, 6.0, pen.BAD, width=2)


def _ten_millimetres(
    picture: RgbImage, corner: tuple[F64, F64], lower: F64, upper: F64, scale: float, offset: F64
) -> None:
    if scale * 10 < 6:
        return
    for axis in (0, 1):
        for mark in np.arange(np.ceil(lower[axis] / 10) * 10, upper[axis], 10):
            ends = np.array([corner[0], corner[1]], np.float64)
            ends[:, axis] = mark * scale + offset[axis]
            pen.polyline(picture, ends, GRID)


def _colours(points: Series) -> list[pen.Colour]:
    """One a point: from yellow to dark violet as the force grows."""
    if points.force is not None and np.ptp(points.force[points.down]) > 0.02:
        level = points.force
    else:
        step = np.maximum(np.diff(points.t, prepend=points.t[0] - points.interval), 1e-6)
        moved = np.hypot(np.diff(points.x, prepend=points.x[0]), np.diff(points.y, prepend=points.y[0]))
        level = 1 / (1 + moved / step / 50)
    shade = np.round(225 - 200 * np.clip(level, 0, 1)).astype(np.uint8)
    table = cv2.applyColorMap(shade[:, None], cv2.COLORMAP_INFERNO)[:, 0, ::-1]
    return [(int(red), int(green), int(blue)) for red, green, blue in table]


def _card(picture: RgbImage, points: Series) -> None:
    width, height = 300, 120
    left, top = SIZE[0] - 25 - width, SIZE[1] - 25 - height
    card = render(points, width, height)
    patch = picture[top : top + height, left : left + width]
    pen.lay(patch, card[..., 3], pen.BLACK)
    pen.box(picture, (left, top), (left + width - 1, top + height - 1), TEXT)


def _sentences(picture: RgbImage, findings: Iterable[Finding], language: Language) -> None:
    top = 462
    once = {finding.advice.key or finding.advice.en: finding for finding in reversed(list(findings))}
    for finding in list(reversed(once.values()))[:4]:
        colour = pen.BAD if finding.severity == "reject" else pen.WARN
        pen.circle(picture, (34, top + 10), 6.0, colour, width=-1)
        for line in _wrapped(finding.advice, language):
            pen.words(picture, line, (50, top), TEXT, size=18)
            top += 24
        top += 6


def _wrapped(told: Advice, language: Language, room: int = 560) -> list[str]:
    lines = [""]
    for word in told.text(language).split():
        longer = f"{lines[-1]} {word}".strip()
        if pen.words_size(longer, size=18)[0] > room and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
