"""How much detail a portrait holds: blur, blocks of JPEG, pixels drawn larger than they were taken, flat fills."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, U8, RgbImage
from ktpel_capture.face.alignment import Aligned
from ktpel_capture.face.landmarks import Landmarks
from ktpel_capture.imaging.resample import reduced, softened, warped
from ktpel_capture.quality import Missing

_EYE_DISTANCE = 160.0
_FINE, _COARSE = 1.0, 4.0
_FACE = (144, 496, 160, 456)  # rows and columns of the canonical face that hold the face


def eye_strip(image: RgbImage, mesh: Landmarks) -> U8:
    """(192, 320) grey: brows, eyes and upper nose, upright, the eyes 160 px apart or as many as there are."""
    right, left = mesh.eye_centres
    apart = max(float(np.linalg.norm(left - right)), 1e-3)
    scale = max(apart / _EYE_DISTANCE, 1e-3)
    along = (left - right) / apart
    turn = np.array([[along[0], -along[1]], [along[1], along[0]]]) * scale
    corner = (right + left) / 2 - turn @ np.array([159.5, 85.0])
    corners = np.array([[0, 0, 1], [319, 0, 1], [0, 191, 1], [319, 191, 1]]) @ np.column_stack((turn, corner)).T
    x0, y0 = np.maximum(np.floor(corners.min(0)) - 2, 0).astype(int).tolist()
    x1, y1 = np.maximum(np.ceil(corners.max(0)) + 3, 0).astype(int).tolist()
    part = image[y0:y1, x0:x1]
    if part.size:
        corner = corner - [x0, y0]
    grey: Any = cv2.cvtColor(part if part.size else image, cv2.COLOR_RGB2GRAY)
    if scale > 1.5 and part.size:  # reduce by area first, or fine detail folds over
        size = max(1, round(part.shape[1] / scale)), max(1, round(part.shape[0] / scale))
        factor = np.array([size[0] / part.shape[1], size[1] / part.shape[0]])
        grey, turn = reduced(grey, size), turn * factor[:, None]
        corner = (corner + 0.5) * factor - 0.5
    strip: U8 = warped(grey, np.column_stack((turn, corner)), (320, 192))
    return strip


def _steepest(strip: F32, deviation: float) -> float:
    """The slope that a hundredth of the pixels exceed."""
    smooth = softened(strip, deviation)
    across, down = smooth[1:-1, 2:] - smooth[1:-1, :-2], smooth[2:, 1:-1] - smooth[:-2, 1:-1]
    squared = (across * across + down * down).ravel()
    place = int(0.99 * squared.size)
    return math.sqrt(float(np.partition(squared, place)[place]))


def sharpness(strip: U8) -> float:
    """How fine the detail of the eyes is: eye distance divided by the blur of the sharpest edges.

    The steepest edges of the eye region are compared at two scales; a step blurred by s falls in slope by
    sqrt((4^2 + s^2) / (1 + s^2)) between them, which gives s. Capped at what 160 px between the eyes can show.

    Returns
    -------
    0 (no edge) .. 320 blur widths between the eyes; about 35 is soft to the eye on a 2x3 cm print, 80 is crisp.

    Source: own (two-scale edge model); ISO/IEC 29794-5's sharpness is a trained forest that is not to be had.
    """
    picture: F32 = strip.astype(np.float32)
    fine, coarse = _steepest(picture, _FINE), _steepest(picture, _COARSE)
    if coarse <= 0.2:
        return 0.0
    ratio = max(fine / coarse, 1.0 + 1e-3) ** 2
    blur_squared = (_COARSE**2 - ratio * _FINE**2) / (ratio - 1)
    return _EYE_DISTANCE / max(math.sqrt(max(blur_squared, 0.0)), 0.5)


def sharpness_component(widths: float) -> float:
    """0..100: 50 at 45 blur widths between the eyes."""
    return 100 / (1 + math.exp((45 - widths) / 12))


def blocking(image: RgbImage) -> float:
    """How much the 8-pixel blocks of JPEG show: by how many grey levels steps at block borders exceed those elsewhere.

    The excess hardly depends on the picture: JPEG at quality 90 gives about 0.4, 75 0.9, 50 1.5, 25 2.5, 15 3.5, 8 5.
    (Its ratio to the steps elsewhere does: on smooth skin it grows with nothing to be seen.)

    Parameters
    ----------
    image : the picture as it was stored, cut along its 8 px grid, not resized since; else the blocks lie elsewhere and
        nothing is seen.

    Returns
    -------
    grey levels, 0 for none; from about 3 blocks show on skin.

    Source: after Wang, Sheikh and Bovik, "No-reference perceptual quality assessment of JPEG compressed images"
    (ICIP 2002), its blockiness alone.
    """
    if min(image.shape[:2]) < 32:
        return 0.0
    grey: Any = cv2.cvtColor(image[: 8 * (image.shape[0] // 8), : 8 * (image.shape[1] // 8)], cv2.COLOR_RGB2GRAY)
    excess = 0.0
    for axis, difference in ((0, cv2.absdiff(grey[:, 1:], grey[:, :-1])), (1, cv2.absdiff(grey[1:], grey[:-1]))):
        steps = _means(difference, axis)
        phase = np.array([steps[offset::8].mean() for offset in range(8)])
        excess += float(phase[7] - np.delete(phase, 7).mean()) / 2
    return max(0.0, excess)


def _means(picture: Any, axis: int) -> F64:
    """Of each column (axis 0) or row (axis 1)."""
    sums: Any = cv2.reduce(picture, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    means: F64 = sums.ravel() / picture.shape[axis]
    return means


def compression_component(blocks: float) -> float:
    """0..100: 50 where borders step 2.5 grey levels higher than the rest."""
    return 100 / (1 + math.exp((blocks - 2.5) / 0.5))


def pixelation(image: RgbImage) -> float:
    """How many picture pixels make one pixel that was taken: 1 for a camera's own, 4 where one was blown up in blocks.

    Enlarging by repetition leaves most neighbours equal and steps only at block borders; the share of columns (rows)
    that differ from the one before tells the block's width.

    Returns
    -------
    1 .. 64 px.

    Source: own; finds repeated pixels, not smooth enlargement (that is a matter of sharpness).
    """
    grey: Any = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    blocks = []
    for picture in (grey, grey.T):
        if picture.shape[1] < 16:
            return 1.0
        changed = (picture[::7, 1:] != picture[::7, :-1]).mean(0)
        blocks.append(1 / max(float((changed > 0.1 * changed.max()).mean()), 1 / 64) if changed.any() else 1.0)
    return min(blocks)


def flat_share(aligned: Aligned) -> float | Missing:
    """Share of the face that has one level of colour and no shading, 0..1: a drawing with flat fills, not a photograph.

    Blocks of 8x8 px of the canonical face whose green channel spans two levels at most; black and white ones do not
    count. Skin is curved, so even denoised, blurred or hard compressed photographs shade nearly every block. A painted
    or rendered head is shaded too and passes.

    Source: own; 0.09 at most on 390 photographs, 0.24 on 758 pictures without flat fills (one, very dark).
    """
    top, bottom, left, right = _FACE
    green, inside = (picture[top:bottom, left:right] for picture in (aligned.image[..., 1], aligned.region))
    rows, columns = (bottom - top) // 8, (right - left) // 8
    high, low, whole = (
        over(over(picture.reshape(rows, 8, -1), axis=1).reshape(rows, columns, 8), axis=2)
        for over, picture in ((np.max, green), (np.min, green), (np.min, inside))
    )
    seen = (whole > 0) & (low >= 45) & (high <= 250)
    if seen.sum() < 50:
        return Missing("face.too_dark")
    return float((high[seen] - low[seen] <= 2).mean())
