"""Drawing for people: anti-aliased lines of any width, marks and words on a picture.

Points are (x, y) in pixels, x right, y down, pixel centres at integers, and need not be whole numbers. Pictures are
RGB and are drawn on in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np

from ktpel_capture.arrays import F64, I64, Bool, GreyImage, RgbImage

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

Colour: TypeAlias = tuple[int, int, int]
"""Red, green, blue, 0..255."""

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)
GOOD: Colour = (0, 158, 115)
WARN: Colour = (230, 159, 0)
BAD: Colour = (213, 94, 0)
QUIET: Colour = (86, 180, 233)
"""Green, amber, red and blue that people with any kind of colour vision tell apart (Okabe and Ito 2008)."""

SHIFT = 4
"""Binary places of a coordinate that OpenCV is given."""
FINER = 4
"""Steps a pixel is divided into both ways where coverage is counted."""


def _fixed(points: Any, scale: float = 1.0) -> I64:
    """Coordinates as OpenCV wants them: integers of a sixteenth of a (finer) pixel."""
    finer = (np.asarray(points, np.float64) + 0.5) * scale - 0.5
    return np.round(np.clip(finer, -30_000, 30_000) * (1 << SHIFT)).astype(np.int32)


def polyline(image: RgbImage, points: Any, colour: Colour, *, width: int = 1, closed: bool = False) -> None:
    """A line through (N, 2) points."""
    if len(points):
        cv2.polylines(image, [_fixed(points)], closed, colour, max(1, width), cv2.LINE_AA, SHIFT)


def circle(image: RgbImage, centre: Sequence[float], radius: float, colour: Colour, *, width: int = 1) -> None:
    """A circle; ``width`` -1 fills it."""
    x, y = (int(value) for value in _fixed(centre))
    cv2.circle(image, (x, y), round(max(0.0, radius) * (1 << SHIFT)), colour, width, cv2.LINE_AA, SHIFT)


def box(image: RgbImage, lower: Sequence[float], upper: Sequence[float], colour: Colour, *, width: int = 1) -> None:
    """A rectangle by its upper left and lower right corner."""
    (left, top), (right, bottom) = lower, upper
    polyline(image, [(left, top), (right, top), (right, bottom), (left, bottom)], colour, width=width, closed=True)


def coverage(points: F64, widths: F64, begins: Bool, shape: tuple[int, int]) -> GreyImage:
    """How far a pen line covers each pixel, in steps of a sixteenth.

    Parameters
    ----------
    points : (N, 2) along the line.
    widths : (N,) px, of the line at each point; caps are round.
    begins : (N,) True where the pen comes down anew.
    shape : (height, width) of the picture.

    Returns
    -------
    (height, width) uint8, 0 none .. 255 all. Where lines cross nothing adds up.
    """
    height, width = shape
    covered = np.zeros(shape, np.uint8)
    if not len(points):
        return covered
    reach = float(widths.max()) / 2 + 1
    lower = np.clip(np.floor(points.min(0) - reach), 0, (width - 1, height - 1)).astype(int)
    upper = np.clip(np.ceil(points.max(0) + reach) + 1, lower + 1, (width, height)).astype(int)
    columns, rows = (int(span) for span in upper - lower)
    fine = np.zeros((rows * FINER, columns * FINER), np.uint8)
    thick = np.maximum(1, np.round(widths * FINER)).astype(int)
    places = _fixed(points - lower, FINER)
    changes = begins.copy()
    changes[1:] |= thick[1:] != thick[:-1]
    changes[0] = True
    starts = np.flatnonzero(changes)
    stops = np.append(starts[1:], len(points))
    for start, stop in zip(starts.tolist(), stops.tolist()):
        if start and not begins[start]:
            start -= 1  # from where the line was when its width changed
        if stop - start == 1:
            radius = round(float(widths[start]) * FINER / 2 * (1 << SHIFT))
            cv2.circle(fine, places[start].tolist(), radius, 255, -1, cv2.LINE_8, SHIFT)
        else:
            cv2.polylines(fine, [places[start:stop]], False, 255, int(thick[stop - 1]), cv2.LINE_8, SHIFT)
    half = cv2.resize(fine, (columns * 2, rows * 2), interpolation=cv2.INTER_AREA)  # by halves it is ten times faster
    covered[lower[1] : upper[1], lower[0] : upper[0]] = cv2.resize(half, (columns, rows), interpolation=cv2.INTER_AREA)
    return covered


def lay(image: RgbImage, covered: GreyImage, colour: Colour) -> None:
    """Lay a colour on a picture where it is covered."""
    at = covered > 0
    share = (covered[at] / np.float32(255))[:, None]
    image[at] = np.round(image[at] * (1 - share) + np.array(colour, np.float32) * share).astype(np.uint8)


@cache
def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def words_size(words: str, *, size: int = 16) -> tuple[int, int]:
    """(width, height) px that words take."""
    left, top, right, bottom = _font(size).getbbox(words)
    return int(np.ceil(right - min(left, 0))), int(np.ceil(bottom - min(top, 0)))


def words(
    image: RgbImage, words: str, at: Sequence[float], colour: Colour, *, size: int = 16, ground: Colour | None = None
) -> None:
    """Words with their upper left corner at a point, on a plate of colour ``ground`` if given; cut at the border."""
    from PIL import Image, ImageDraw

    width, height = words_size(words, size=size)
    margin = 0 if ground is None else size // 4
    left, top = (int(value) for value in np.round(at))
    lower = max(left - margin, 0), max(top - margin, 0)
    upper = min(left + width + margin, image.shape[1]), min(top + height + margin, image.shape[0])
    if lower[0] >= upper[0] or lower[1] >= upper[1]:
        return
    patch = image[lower[1] : upper[1], lower[0] : upper[0]]
    if ground is not None:
        patch[:] = ground
    drawn = Image.fromarray(patch)
    ImageDraw.Draw(drawn).text((left - lower[0], top - lower[1]), words, fill=colour, font=_font(size))
    patch[:] = np.asarray(drawn)
