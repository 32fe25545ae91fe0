"""Close looks on the aligned face: red pupils, lenses that reflect, whites of the eyes, a shadow on the forehead."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_capture.arrays import F64, U8
from ktpel_capture.face.alignment import Aligned
from ktpel_capture.face.landmarks import Landmarks
from ktpel_capture.face.light import Skin
from ktpel_capture.face.warps import LOWER_LIDS, UPPER_LIDS
from ktpel_capture.imaging.colour import LINEAR, luminance, strongest, weakest
from ktpel_capture.quality import Missing

_LIDS = tuple(zip(UPPER_LIDS, LOWER_LIDS, strict=True))
_SKIN_BLUE = -0.7
"""Stops by which blue lies under green in skin, in the middle of all tones (a light one -0.5, a brown one -0.9)."""
_IRISES = ((468, (469, 470, 471, 472)), (473, (474, 475, 476, 477)))


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Pixels of the 616x616 canonical face.

    Attributes
    ----------
    pupils : one (N, 3) RGB an eye.
    lenses : (N, 3) RGB around both eyes, where lenses would be, without the irises.
    forehead, cheeks : (N,) linear luminance 0..255.
    whites : (N, 3) RGB of the brighter half of both eyes beside the irises.
    """

    pupils: tuple[U8, U8]
    lenses: U8
    forehead: U8
    cheeks: U8
    whites: U8


def find_surface(aligned: Aligned, mesh: Landmarks) -> Surface | Missing:
    """The close-up regions of a face."""
    points = mesh.points @ aligned.to_aligned[:, :2].T + aligned.to_aligned[:, 2]
    radii = [float(np.linalg.norm(points[list(rim)] - points[centre], axis=1).mean()) for centre, rim in _IRISES]
    pupils = []
    lenses = np.zeros(aligned.region.shape, np.uint8)
    for (centre, _), radius in zip(_IRISES, radii, strict=True):
        pupils.append(_inside(aligned, points[centre], 0.5 * radius))
        cv2.ellipse(lenses, _at(points[centre]), (round(3.6 * radius), round(2.6 * radius)), 0, 0, 360, 1, -1)
    for (centre, _), radius in zip(_IRISES, radii, strict=True):
        cv2.circle(lenses, _at(points[centre]), round(1.1 * radius), 0, -1)
    brow, top = points[[107, 336]].mean(0), points[10]
    forehead = _band(aligned, brow + 0.3 * (top - brow), 46, 16)
    cheeks = np.concatenate([_band(aligned, points[index], 18, 18) for index in (50, 280)])
    if not (forehead.size and cheeks.size and all(len(pupil) for pupil in pupils)):
        return Missing("face.cheeks_out_of_picture")
    whites = _whites(aligned, points, radii)
    return Surface((pupils[0], pupils[1]), _under(lenses, aligned), forehead, cheeks, whites)


def _whites(aligned: Aligned, points: F64, radii: list[float]) -> U8:
    shape = np.zeros(aligned.region.shape, np.uint8)
    for (upper, lower), (centre, _), radius in zip(_LIDS, _IRISES, radii, strict=True):
        lids = points[[*upper, *lower[-2:0:-1]]]
        middle = lids.mean(0)
        inner = middle + (lids - middle) * [0.85, 0.8]  # off lashes and corners
        cv2.fillPoly(shape, [np.round(inner * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
        cv2.circle(shape, _at(points[centre]), round(1.15 * radius), 0, -1)
    beside = _under(shape, aligned)
    if len(beside) < 30:
        return beside[:0]
    light = strongest(beside)
    return beside[light >= np.percentile(light, 55)]


def _under(mask: U8, aligned: Aligned) -> U8:
    """(N, 3) the pixels of the aligned face under a mask; looking only where it lies takes a tenth of the time."""
    x, y, width, height = cv2.boundingRect(mask)
    part = np.s_[y : y + height, x : x + width]
    pixels: U8 = aligned.image[part][mask[part] > 0]
    return pixels


def _at(point: F64) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _inside(aligned: Aligned, centre: F64, radius: float) -> U8:
    x, y = _at(centre)
    reach = max(1, round(radius))
    part = aligned.image[max(0, y - reach) : max(0, y + reach + 1), max(0, x - reach) : max(0, x + reach + 1)]
    rows, columns = np.indices(part.shape[:2])
    away = (rows - min(y, reach)) ** 2 + (columns - min(x, reach)) ** 2
    pixels: U8 = part[away <= reach**2]
    return pixels


def _band(aligned: Aligned, centre: F64, half_width: int, half_height: int) -> U8:
    x, y = _at(centre)
    part = aligned.image[max(0, y - half_height) : y + half_height, max(0, x - half_width) : x + half_width]
    return luminance(part).ravel() if part.size else np.zeros(0, np.uint8)


def red_eye(surface: Surface) -> float:
    """How red the pupils are: red over the greater of green and blue, redder eye; above 2 the flash shone back.

    Source: own; dark pupils give about 1.
    """
    ratios = []
    for pupil in surface.pupils:
        mean: F64 = pupil.mean(0) + 8
        ratios.append(float(mean[0] / mean[1:].max()))
    return max(ratios)


def lens_glare(surface: Surface) -> float:
    """Share of the eye region that reflects white, 0..1: glare on lenses.

    Source: own; bright (all channels at least 225) and colourless. ISO/IEC 19794-5: no reflections on spectacles.
    """
    pixels = surface.lenses
    bright, span = weakest(pixels) >= 225, strongest(pixels) - weakest(pixels)
    return float((bright & (span <= 40)).mean()) if len(pixels) else 0.0


def forehead_shadow(surface: Surface) -> float:
    """How much darker the forehead over the brows is than the cheeks, in stops, 0 for none: a fringe or a hat's shadow.

    Source: own; KTP-el practice wants the fringe off the brows.
    """
    return max(0.0, math.log2((float(np.median(surface.cheeks)) + 1) / (float(np.median(surface.forehead)) + 1)))


def yellow_cast(surface: Surface, skin: Skin) -> float | Missing:
    """How much blue the light lacks, in stops, 0 for none: the lesser of what the whites of the eyes and the skin say.

    Skin is yellowish itself and the eyes of some old or tired people are; a cast shows in both. Limits lie over what
    either alone can be.

    Source: own; the white of the eye as a reference is Males, Hedi and Grgic, "Colour balancing using sclera colour"
    (IET Image Processing, 2018). On 424 faces of all tones the highest values are pictures lit by a sunset or a lamp.
    """
    if not len(surface.whites):
        return Missing("face.open_eyes")
    lacking = -_blue_over_green(surface.whites), _SKIN_BLUE - _blue_over_green(skin.rgb)
    return max(0.0, min(lacking))


def _blue_over_green(pixels: U8) -> float:
    green, blue = (float(np.median(LINEAR[pixels[:, channel]])) for channel in (1, 2))
    return math.log2(max(blue, 1e-4) / max(green, 1e-4))
