"""The light on a face, judged against clipping and surroundings so that it does not move with the tone of the skin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, U8, Bool, RgbImage
from ktpel_capture.face.backdrop import Backdrop
from ktpel_capture.face.landmarks import Landmarks
from ktpel_capture.face.scenery import FACE_OVAL
from ktpel_capture.imaging.colour import LINEAR, LUMINANCE_WEIGHTS, hue_deg, strongest, weakest
from ktpel_capture.imaging.ranks import median, percentile
from ktpel_capture.quality import Missing

_RIGHT_EYE_HOLE = (70, 63, 105, 66, 107, 55, 193, 245, 128, 121, 120, 119, 118, 117, 111, 35)
_LEFT_EYE_HOLE = (300, 293, 334, 296, 336, 285, 417, 465, 357, 350, 349, 348, 347, 346, 340, 265)
_MOUTH_HOLE = (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91)


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """The skin of a face on a reduced picture: inside the face oval, without eyes, brows and mouth.

    Attributes
    ----------
    rgb : (N, 3) uint8.
    linear : (N,) luminance in linear light, 0..1.
    strongest : (N,) uint8, the strongest colour channel; it differs less between tones of skin than brightness does.
    right_half : (N,) bool, True on the person's right half.
    picture : (M,) uint8, the strongest channel of every pixel of the reduced picture.
    """

    rgb: U8
    linear: F32
    strongest: U8
    right_half: Bool
    picture: U8


def find_skin(small: RgbImage, mesh: Landmarks, scale: float, hidden: F32 | None = None) -> Skin | Missing:
    """The skin of a face.

    Parameters
    ----------
    small : the reduced picture.
    mesh : landmarks in the full one.
    scale : px of the reduced picture per px of the full one.
    hidden : probability over the reduced picture that something lies before the face, such as a mask or a scarf; left
        out of the skin, unless hardly anything of the face is seen.
    """
    points = (mesh.points + 0.5) * scale - 0.5
    mask: Any = np.zeros(small.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(points[list(FACE_OVAL)]).astype(np.int32)], 1)
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8))
    for hole in (_RIGHT_EYE_HOLE, _LEFT_EYE_HOLE, _MOUTH_HOLE):
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(points[list(hole)]).astype(np.int32)), 0)
    place = np.flatnonzero(mask)
    if len(place) < 50:
        return Missing("face.too_small")
    y, x = np.divmod(place, small.shape[1])
    rgb = small.reshape(-1, 3).take(place, 0)
    top, bottom = points[10], points[152]
    side = (bottom[0] - top[0]) * (y - top[1]) - (bottom[1] - top[1]) * (x - top[0])
    return Skin(rgb, _luminance(rgb), strongest(rgb), side > 0, strongest(small).ravel())


def _luminance(rgb: U8) -> F32:
    table: F64 = np.stack([LINEAR * weight for weight in LUMINANCE_WEIGHTS]).astype(np.float32)
    result: F32 = table[0][rgb[:, 0]] + table[1][rgb[:, 1]] + table[2][rgb[:, 2]]
    return result


def stops_under_white(levels: U8, percent: float) -> float:
    """A percentile of sRGB levels as stops of linear light under white, 0 downwards."""
    level = percentile(levels, percent)
    return math.log2(max(float(np.interp(level, np.arange(256), LINEAR)), 1 / 4096))


def highlight_level(skin: Skin) -> float:
    """How bright the brightest parts of the face are, in stops under white.

    The 98th percentile of the skin's strongest channel in linear light; highlights of forehead and nose reach into
    the upper stops on dark skin too when the exposure is right.

    Returns
    -------
    stops, 0 (white) downwards.

    Source: own.
    """
    return stops_under_white(skin.strongest, 98)


def picture_highlight_level(skin: Skin) -> float:
    """How bright the brightest parts of the whole picture are, in stops under white (99.5th percentile).

    Source: own; a picture whose brightest part is dark was taken in the dark, whatever it shows.
    """
    return stops_under_white(skin.picture, 99.5)


def clipped_share(skin: Skin) -> float:
    """Share of the skin where a colour channel ran into white, 0..1: detail that is lost.

    Source: own; 254 and 255 count as clipped. ISO/IEC 19794-5 asks for tonal variation in all three channels.
    """
    return float((skin.strongest >= 254).mean())


def crushed_share(skin: Skin) -> float:
    """Share of the skin that is black in all channels (at most 8 of 255), 0..1: detail that is lost.

    Source: own.
    """
    return float((skin.strongest <= 8).mean())


def side_light(skin: Skin) -> float | Missing:
    """How much brighter one half of the face is than the other, in stops; positive when the person's right half is.

    Source: own; ICAO Doc 9303 asks for uniform light.
    """
    right, left = skin.linear[skin.right_half], skin.linear[~skin.right_half]
    if min(len(right), len(left)) < 20:
        return Missing("face.turned_away")
    return math.log2((median(right) + 1e-3) / (median(left) + 1e-3))


def side_light_strength(skin: Skin) -> float | Missing:
    """How uneven the light on the two halves of the face is, in stops, 0 for even light.

    Source: own; ICAO Doc 9303 asks for uniform light.
    """
    stops = side_light(skin)
    return stops if isinstance(stops, Missing) else abs(stops)


def backlight(skin: Skin, backdrop: Backdrop) -> float:
    """How much brighter the background is than the brightest parts of the face, in stops; negative when darker.

    Both in their strongest channel. Against a white wall in good light even very dark skin stays under 2 stops; before
    a window it is 3 and more.

    Source: own.
    """
    return stops_under_white(backdrop.strongest, 80) - stops_under_white(skin.strongest, 95)


def _median_colour(skin: Skin) -> F64:
    return np.array([median(skin.rgb[:, channel]) for channel in range(3)])


def skin_hue(skin: Skin) -> float | Missing:
    """Hue of the skin in degrees: 20 to 45 for all tones of skin in neutral light, less in red, more in green light.

    Source: own; the hue of skin hardly depends on its tone, so this shows a colour cast.
    """
    mean = _median_colour(skin)
    if np.ptp(mean) >= 6:
        return hue_deg(mean)
    coloured = skin.rgb[strongest(skin.rgb) - weakest(skin.rgb) >= 12]  # beside a white mask, say
    if len(coloured) < 0.1 * len(skin.rgb):
        return Missing("face.grey_picture")
    return hue_deg(np.array([median(coloured[:, channel]) for channel in range(3)]))


def skin_saturation(skin: Skin) -> float:
    """How colourful the skin is: spread of its median colour over its greatest channel, 0 grey .. 1.

    Source: own; near 0 is a black-and-white picture or a strong blue cast.
    """
    mean = _median_colour(skin)
    return float(np.ptp(mean) / max(mean.max(), 1.0))


def backlight_component(stops: float) -> float:
    """0..100: 50 where the background outshines the face by two stops."""
    return 100 / (1 + math.exp((stops - 2.0) / 0.35))


def picture_component(stops: float) -> float:
    """0..100: 50 where the brightest part of the picture lies 1.7 stops under white."""
    return 100 / (1 + math.exp((-1.7 - stops) / 0.25))
