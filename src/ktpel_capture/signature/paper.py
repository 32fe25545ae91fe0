"""A signature in ink on paper, photographed: the same picture for the card as from a pad.

The photograph gives a drawing without time or force, so nothing can be measured but what is seen, and there is no
`SignatureSample`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, I64, U8, Bool, GreyImage, RgbImage
from ktpel_capture.imaging.draw import Colour
from ktpel_capture.quality import Missing
from ktpel_capture.signature.measures import CARD_BOX, CARD_LINE
from ktpel_capture.signature.rendering import MARGIN, in_ink

FAINTEST = 0.1
"""Share of the paper's light that ink must take away to be ink: below lie shadows and the grain of paper."""
LARGEST = 2000
"""px; a larger photograph is made smaller first."""
MOST = 0.4
"""Share of the picture; what darkens more of it is no signature on paper."""
SMALLEST = 24
"""px; in a smaller picture there is no signature."""
STEEPEST = 0.2
"""rad; ruled lines of a paper held roughly straight."""


@dataclass(frozen=True, slots=True, eq=False)
class PaperInk:
    """The ink found on a photograph.

    Attributes
    ----------
    coverage : (height, width) uint8, 0 paper .. 255 ink, at the photograph's size, at most 2000 px.
    line_width : px, typical width of the pen's line.
    """

    coverage: GreyImage
    line_width: float


def ink_on_paper(photograph: RgbImage) -> PaperInk | Missing:
    """Find the ink of a signature on a photograph of paper.

    Uneven light and soft shadows are divided out; ruled lines, horizontal ones and margins, are taken off where they
    run and leave the ink that crosses them; specks, and what reaches in from the border, go.

    Parameters
    ----------
    photograph : (height, width, 3) uint8 RGB, paper filling the picture, the signature the darkest thing on it.
    """
    longest = max(photograph.shape[:2])
    if longest > LARGEST:
        size = (max(1, round(side * LARGEST / longest)) for side in photograph.shape[1::-1])
        photograph = cast(RgbImage, cv2.resize(photograph, tuple(size), interpolation=cv2.INTER_AREA))
    if min(photograph.shape[:2]) < SMALLEST:
        return Missing("signature.no_ink_on_paper")
    darkness = _darkness(photograph)
    grain = 1.4826 * float(np.median(np.abs(darkness - np.median(darkness))))
    for turned in (darkness, darkness.T):
        _take_off_ruled_lines(turned)
    dark = darkness[darkness > max(FAINTEST, 6 * grain)]
    if not 20 <= dark.size <= MOST * darkness.size:
        return Missing("signature.no_ink_on_paper")
    ink = float(np.percentile(dark, 90))
    core = darkness > 0.5 * ink
    kept = _without_specks(core)
    if not kept.any():
        return Missing("signature.no_ink_on_paper")
    near: Bool = cv2.dilate(kept.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    soft = np.where(near, np.clip((darkness / ink - 0.35) / 0.3, 0, 1), 0)
    return PaperInk(np.round(255 * soft).astype(np.uint8), _line_width(kept))


def render_paper(photograph: RgbImage, width: int, height: int, *, ink: Colour = (0, 0, 0)) -> U8 | Missing:
    """The card's picture of a signature photographed on paper, as `ktpel_capture.signature.render` gives it of a pad's.

    Fitted into the box with the same margin and about the same weight of line.

    Returns
    -------
    (height, width, 4) uint8, RGBA, transparent where there is no ink.
    """
    if width < 1 or height < 1:
        raise ValueError(f"a picture has at least one pixel, not {width} x {height}")
    found = ink_on_paper(photograph)
    if isinstance(found, Missing):
        return found
    rows, columns = (np.flatnonzero((found.coverage > 127).any(axis)) for axis in (1, 0))
    lower, upper = np.array([columns[0], rows[0]]), np.array([columns[-1], rows[-1]])
    weight = max(1.5, width * CARD_LINE / CARD_BOX[0])
    room = np.maximum(np.array([width, height]) * (1 - 2 * MARGIN) - 2 * weight, 1.0)
    scale = float((room / np.maximum(upper - lower, 1)).min())
    offset = (np.array([width, height]) - 1) / 2 - (lower + upper) / 2 * scale
    covered = _redrawn(found, scale, offset, (width, height), weight)
    return in_ink(covered, ink)


def _redrawn(found: PaperInk, scale: float, offset: F64, size: tuple[int, int], weight: float) -> GreyImage:
    """The ink scaled into a picture, its line widened or narrowed to about ``weight`` px."""
    finer = 2
    place = np.column_stack([np.eye(2) * scale * finer, (offset + 0.5) * finer - 0.5])
    shrink = scale * finer
    blurred = cv2.GaussianBlur(found.coverage, (0, 0), 0.4 / shrink) if shrink < 1 else found.coverage
    level = cv2.warpAffine(blurred, place, (size[0] * finer, size[1] * finer), flags=cv2.INTER_LINEAR)
    inked = (level > 110).astype(np.uint8)
    inside = cv2.distanceTransform(inked, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - inked, cv2.DIST_L2, 5)
    grow = finer * (weight - found.line_width * scale) / 2
    grow = max(grow, -0.3 * found.line_width * shrink)
    # both distances count from the centres of the pixels at the edge, half a pixel on either side of it
    covered = np.clip(inside - outside + grow + 0.5, 0, 1) * 255
    return cast(GreyImage, cv2.resize(covered.astype(np.uint8), size, interpolation=cv2.INTER_AREA))


def _darkness(photograph: RgbImage) -> F32:
    """(height, width) share of the paper's light that is missing: about 0 on paper whatever the light.

    Coloured ink is seen in the channel it darkens most. The paper's light is what closes over anything narrower than
    a thirtieth of the picture.
    """
    grey = np.asarray(cv2.GaussianBlur(photograph.min(axis=2), (3, 3), 0), np.uint8)
    height, width = grey.shape
    small = cv2.resize(grey, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    small = cv2.medianBlur(cv2.dilate(small, np.ones((3, 3), np.uint8)), 5)
    reach = max(3, min(small.shape) // 12) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    paper = cv2.blur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, disc), (reach, reach))
    light = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return cast(F32, 1 - grey / np.maximum(light, np.float32(8)))


# Ruled lines ----------------------------------------------------------------------------------------------------

STRIPS = 64
"""The picture is looked at in so many strips, each as most of its columns are: ink is in few of them."""
ACROSS = 6
"""px, reach of a ruled line on either side of its middle."""
WHOLE = 0.75
"""Share of the strips a ruled line must run through, and of the first and the last eighth; a signature does not."""


def _take_off_ruled_lines(darkness: F32) -> None:
    """Subtract every near-horizontal line that runs through the whole picture, in place."""
    if min(darkness.shape) < 4 * STRIPS:
        return
    strips = _ridges(darkness)
    for middle, slope in _ruled_lines(strips):
        _take_off(darkness, strips, middle, slope)


def _ridges(darkness: F32) -> F32:
    """(strips, rows) how much darker each row of a strip is, in most of its columns, than the rows around it."""
    parts = np.array_split(darkness, STRIPS, axis=1)
    usual = np.stack([np.percentile(part, 40, axis=1) for part in parts]).astype(np.float32)
    return cast(F32, usual - cv2.blur(usual, (25, 1)))


def _ruled_lines(strips: F32) -> list[tuple[float, float]]:
    """Lines as (row in the middle of the picture, rows a strip); within 8 px of a better one lies no other."""
    count, height = strips.shape
    usual = float(np.median(np.abs(strips)))
    ridge = cv2.dilate(strips, np.ones((1, 5), np.uint8)) > max(0.012, 4 * usual)
    slopes = np.linspace(-STEEPEST, STEEPEST, 81)
    strip = np.arange(count)
    shift = np.round(slopes[:, None] * (strip - (count - 1) / 2) * height / count).astype(np.int64)
    rows = np.arange(height) + shift[:, :, None]
    there = ridge[strip[:, None], np.clip(rows, 0, height - 1)]
    end = count // 8
    share = np.minimum(there.mean(1), np.minimum(there[:, :end].mean(1), there[:, -end:].mean(1)))
    best = share.argmax(0)
    share = share[best, np.arange(height)]
    lines: list[tuple[float, float]] = []
    for row in np.argsort(-share):
        if share[row] < WHOLE or len(lines) == 100:
            break
        if all(abs(row - other) > 8 for other, _ in lines):
            lines.append((float(row), float(slopes[best[row]] * height / count)))
    return lines


def _take_off(darkness: F32, strips: F32, middle: float, slope: float) -> None:
    """Subtract a ruled line, in place: its darkness across, as most columns have it, wherever it runs."""
    height, width = darkness.shape
    columns = np.arange(width)
    rows: I64 = (
        np.round(_course(strips, middle, slope, width)).astype(np.int64) + np.arange(-ACROSS, ACROSS + 1)[:, None]
    )
    inside = (rows >= 0) & (rows < height)
    across = darkness[np.clip(rows, 0, height - 1), columns[None, :]]
    whole = np.percentile(across, 40, axis=1)
    parts = np.array_split(columns, 8)
    local = np.array([np.percentile(across[:, part], 40, axis=1) for part in parts])
    profile = np.repeat(np.minimum(local, whole + 0.1), [len(part) for part in parts], axis=0).T
    profile = np.clip(profile - np.minimum(profile[0], profile[-1]), 0, None)
    at, column = np.nonzero(inside)
    darkness[rows[at, column], column] -= profile[at, column].astype(np.float32)


def _course(strips: F32, middle: float, slope: float, width: int) -> F64:
    """(width,) the row of a line at each column; it may bow: sought in each strip, a parabola laid through."""
    count, height = strips.shape
    strip = np.arange(count)
    straight = middle + slope * (strip - (count - 1) / 2)
    near = np.round(straight).astype(np.int64)[:, None] + np.arange(-ACROSS, ACROSS + 1)
    found = np.where((near >= 0) & (near < height), strips[strip[:, None], np.clip(near, 0, height - 1)], -1.0)
    course = near[strip, found.argmax(1)].astype(np.float64)
    for _ in range(3):
        fit = np.polyval(np.polyfit(strip, course, 2), strip)
        away = np.abs(course - fit)
        course = np.where(away > max(1.0, 2 * float(np.median(away))), fit, course)
    place = (np.arange(width) + 0.5) * count / width - 0.5
    row: F64 = np.polyval(np.polyfit(strip, course, 2), place)
    return row


# Specks ---------------------------------------------------------------------------------------------------------


def _line_width(ink: Bool) -> float:
    """px: twice the usual distance from the middle of a line to its edge."""
    inside = cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 5)
    ridge = (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8)) - 1e-3) & ink
    return max(1.0, 2 * float(np.median(inside[ridge])) - 0.5)


def _without_specks(ink: Bool) -> Bool:
    """The parts of the ink that belong to a signature: no specks smaller than a dot of the pen, nothing that reaches in
    from the border of the picture unless it is the greater part, nothing that hugs the border."""
    width = _line_width(ink)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    areas[0] = 0
    keep = areas >= max(6.0, 0.6 * width**2)
    height, wide = ink.shape
    borders = (left <= 1) | (top <= 1) | (right >= wide - 1) | (bottom >= height - 1)
    keep &= ~borders | (areas > 0.5 * areas[1:].sum() if count > 1 else False)
    band = 0.05 * height, 0.05 * wide
    keep &= (bottom > band[0]) & (top < height - band[0]) & (right > band[1]) & (left < wide - band[1])
    keep[0] = False
    kept: Bool = keep[labels]
    return kept
