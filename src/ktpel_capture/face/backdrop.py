"""What is behind the person: the cloth's colour, whether it is plain, shadows on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, U8, RgbImage
from ktpel_capture.face.alignment import Aligned
from ktpel_capture.face.head import Head
from ktpel_capture.imaging.colour import hue_deg, lab, mean_colour, strongest
from ktpel_capture.imaging.ranks import median, percentile
from ktpel_capture.imaging.resample import enlarged
from ktpel_capture.quality import Missing

LEAST_SHARE = 0.02
"""Of the picture that must be background for its colour to mean anything."""
LEAST_CHROMA = 12.0
"""CIE C*ab under which a cloth is grey, black or white and has no hue."""


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """The part of a reduced picture that is neither the person nor near its outline.

    Attributes
    ----------
    away : (N,) colour differences (CIE76) of its pixels from their median, squared.
    strongest : (N,) uint8, the strongest colour channel of its pixels.
    colour : (3,) mean sRGB, 0..1, averaged in linear light.
    median : (3,) median L*, a*, b*.
    share : of the picture.
    shade : darker by how many L* the cloth beside the head is than the cloth further out, worse side.
    """

    away: F32
    strongest: U8
    colour: F64
    median: F64
    share: float
    shade: float


def find_backdrop(small: RgbImage, person: F32, head: Head, scale: float) -> Backdrop | Missing:
    """The backdrop of a picture.

    Parameters
    ----------
    small : the picture reduced to some hundred px.
    person : (256, 256) probability over the stretched picture.
    head : in px of the full picture.
    scale : px of ``small`` per px of the full picture.
    """
    height, width = small.shape[:2]
    outline = enlarged(person, (width, height))
    near = max(2, round(0.06 * head.inter_eye_distance * scale))
    eroded: Any = cv2.erode((outline < 0.15).astype(np.uint8), np.ones((2 * near + 1, 2 * near + 1), np.uint8))
    free: U8 = eroded
    if free.mean() < LEAST_SHARE:
        return Missing("face.no_backdrop")
    values = lab(small)
    shade = _shade(values, free, outline, head, scale)
    place = np.flatnonzero(free)
    chosen, pixels = values.reshape(-1, 3).take(place, 0), small.reshape(-1, 3).take(place, 0)
    middle = np.array([median(chosen[:, channel]) for channel in range(3)])
    across: F32 = chosen - middle.astype(np.float32)
    away: F32 = np.einsum("ij,ij->i", across, across)
    return Backdrop(away, strongest(pixels), mean_colour(pixels), middle, float(free.mean()), shade)


def _shade(values: F32, free: U8, outline: F32, head: Head, scale: float) -> float:
    """L* that the cloth loses close to the outline of head and hair against further out, on the worse side.

    Close is within 0.25 head widths of the outline, further out beyond 0.35, both above the chin.
    """
    width = values.shape[1]
    rows = max(1, int((head.chin[1] + 0.3 * head.eye_to_chin) * scale))
    place = np.flatnonzero(free[:rows])
    light: F32 = values.reshape(-1, 3)[:, 0].take(place)
    outside: Any = cv2.distanceTransform((outline < 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    widths = outside.ravel().take(place) / max(head.width * scale, 1.0)
    close = (widths < 0.25) & (place >= max(0, int(head.crown[1] * scale)) * width)
    beyond = widths > 0.35
    right = place % width > (head.left + head.right) / 2 * scale
    drops = [0.0]
    for side in (right, ~right):
        near, far = light[close & side], light[beyond & side]
        if far.size <= 40:
            far = light[beyond]
        if near.size > 40 and far.size > 40:
            drops.append(median(far) - percentile(near, 25))
    return max(drops)


def background_on_aligned(aligned: Aligned, person: F32, size: tuple[int, int]) -> U8:
    """(292, 354) uint8: 1 where the aligned picture's upper part shows the picture and no person.

    The standard takes this from a face parsing network; ours comes from the person mask.
    """
    width, height = size
    grid = np.array([[width / 256, 0, width / 512 - 0.5], [0, height / 256, height / 512 - 0.5], [0, 0, 1]])
    crop = np.array([[354 / 492, 0, -62 * 354 / 492], [0, 292 / 406, 0], [0, 0, 1.0]])
    to_part = (crop @ np.vstack((aligned.to_aligned, [0, 0, 1])) @ grid)[:2]
    part: Any = cv2.warpAffine(
        (person < 0.3).astype(np.uint8), to_part, (354, 292), flags=cv2.INTER_NEAREST, borderValue=0
    )
    shown: U8 = part
    return shown


def backdrop_hue(backdrop: Backdrop) -> float | Missing:
    """Hue of the cloth behind the person: red about 0, orange about 30, blue about -140.

    Returns
    -------
    degrees in (-180, 180]; a grey, white or black wall has none.

    Source: KTP-el practice: red for an odd year of birth, blue for an even one, orange for foreigners (press and
    office pages); bounds stand in the profile.
    """
    return hue_deg(backdrop.colour) if backdrop_chroma(backdrop) >= LEAST_CHROMA else Missing("face.backdrop_grey")


def backdrop_chroma(backdrop: Backdrop) -> float:
    """How colourful the cloth is: CIE C*ab of its mean colour, 0 for grey."""
    return float(math.hypot(*backdrop.median[1:].tolist()))


def backdrop_lightness(backdrop: Backdrop) -> float:
    """How bright the cloth is: median CIE L*, 0 black .. 100 white."""
    return float(backdrop.median[0])


def backdrop_spread(backdrop: Backdrop) -> float:
    """How far from plain the background is: the colour difference from its median that 90 % of it keep.

    Returns
    -------
    CIE76 colour difference; a cloth with folds stays under 12, a classroom lies above 25.

    Source: own; ICAO Doc 9303 asks for a plain background without giving a number.
    """
    return colour_difference(backdrop, 90)


def colour_difference(backdrop: Backdrop, percent: float) -> float:
    """The CIE76 colour difference from its median that so many percent of a backdrop keep."""
    return math.sqrt(percentile(backdrop.away, percent))


def backdrop_shadow(backdrop: Backdrop) -> float:
    """How dark a shadow falls on the cloth beside the head: L* lost against the cloth further out.

    Source: own; ICAO Doc 9303: no shadows in the background.
    """
    return max(0.0, backdrop.shade)
