"""The table of fingerprint measures."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, GreyImage
from ktpel_capture.fingerprint.boxes import Box
from ktpel_capture.fingerprint.flow import BLOCK, RidgeFlow, to_pixels
from ktpel_capture.fingerprint.nfiq2.measures import NFIQ2_MEASURES
from ktpel_capture.fingerprint.presence import Presence
from ktpel_capture.imaging.gradients import block_mean, gradient_covariance, orientation_certainty as certainty_of
from ktpel_capture.quality import Missing, QualityMeasure
from ktpel_capture.templates import Minutiae

_cv2: Any = cv2
_MM = 25.4 / 500


def foreground_area(flow: RidgeFlow) -> float:
    """How much skin left ridges on the picture."""
    return float(flow.foreground.sum()) * (BLOCK * _MM) ** 2


def contrast(deviation: F32, flow: RidgeFlow) -> float:
    """How far ridges and valleys stand apart in grey: the median local deviation where there are ridges."""
    inside = block_mean(deviation, BLOCK)[flow.foreground]
    return float(np.median(inside)) if len(inside) else 0.0


def mean_grey(image: GreyImage, flow: RidgeFlow) -> float:
    """How dark the print is as a whole: the mean grey level where there are ridges."""
    return float(_block_greys(image, flow)[flow.foreground].mean()) if flow.foreground.any() else 255.0


def _block_greys(image: GreyImage, flow: RidgeFlow) -> GreyImage:
    """The mean grey level of every block, rounded."""
    rows, cols = flow.foreground.shape
    greys: GreyImage = _cv2.resize(image[: rows * BLOCK, : cols * BLOCK], (cols, rows), interpolation=cv2.INTER_AREA)
    return greys


def ground_contrast(image: GreyImage, flow: RidgeFlow) -> float | Missing:
    """How much lighter the ground around the print is than the print: below zero the picture is a negative."""
    outside = ~flow.foreground
    if outside.mean() < 0.05:
        return Missing("fingerprint.no_ground")
    grey = _block_greys(image, flow)
    return float(np.median(grey[outside]) - grey[flow.foreground].mean())


def orientation_certainty(image: GreyImage, flow: RidgeFlow) -> float | Missing:
    """How far ridges run one way in each small block, averaged over the print: 1 clean, 0 smudged."""
    rows, cols = flow.foreground.shape[0] // 2, flow.foreground.shape[1] // 2
    if not rows or not cols:
        return Missing("fingerprint.too_small")
    inside = flow.foreground[: 2 * rows, : 2 * cols].reshape(rows, 2, cols, 2).all((1, 3))
    if not inside.any():
        return Missing("fingerprint.no_ridges")
    certainty = certainty_of(gradient_covariance(image, 2 * BLOCK))[:rows, :cols]
    return float(certainty[inside].mean())


def minutiae_count(minutiae: Minutiae) -> float:
    """How many ridge endings and branchings were found, what a comparison lives on."""
    return float(len(minutiae))


def finger_count(fingers: tuple[Box, ...]) -> float:
    """How many fingertips lie on the picture."""
    return float(len(fingers))


def ridge_spacing(presence: Presence) -> float:
    """Typical distance from one ridge to the next; far from 0.45 mm the declared resolution is in doubt."""
    return presence.spacing


def ridge_marks(image: GreyImage, mended: F32, flow: RidgeFlow) -> tuple[float, float] | Missing:
    """Share of the ridges that left no mark (dry skin, a light touch), and of the valleys that are filled (wet skin,
    a heavy press, a dirty glass).

    Ridge and valley middles are held against the level halfway between the darkest and the lightest thing within half
    a millimetre to each side.
    """
    # at half size: a ridge is still four pixels wide
    inside = to_pixels(flow.foreground.astype(np.float32), image.shape)[::2, ::2] > 0.5
    half = mended[::2, ::2]
    ridges, valleys = (half < -0.4) & inside, (half > 0.4) & inside
    if not ridges.any() or not valleys.any():
        return Missing("fingerprint.no_ridges")
    soft = np.ascontiguousarray(_cv2.blur(image, (3, 3))[::2, ::2])
    element = np.ones((11, 11), np.uint8)
    halfway = _cv2.addWeighted(
        _cv2.blur(_cv2.erode(soft, element), (21, 21)), 0.5, _cv2.blur(_cv2.dilate(soft, element), (21, 21)), 0.5, 0
    )
    light = soft > halfway
    broken = float((light & ridges).sum()) / float(ridges.sum())
    return broken, float((~light & valleys).sum()) / float(valleys.sum())


def rotation(fingers: tuple[Box, ...]) -> float | Missing:
    """How far the finger is turned from upright, counter-clockwise as seen."""
    return math.degrees(fingers[0].angle) if len(fingers) == 1 else Missing("fingerprint.not_one_finger")


def _centre(flow: RidgeFlow, image: GreyImage) -> tuple[float, float]:
    rows, cols = np.nonzero(flow.foreground)
    height, width = image.shape
    return (
        ((float(cols.mean()) + 0.5) * BLOCK - width / 2) * _MM,
        ((float(rows.mean()) + 0.5) * BLOCK - height / 2) * _MM,
    )


def offset_right(flow: RidgeFlow, image: GreyImage) -> float:
    """How far right of the picture's middle the print lies; negative is left."""
    return _centre(flow, image)[0]


def offset_down(flow: RidgeFlow, image: GreyImage) -> float:
    """How far below the picture's middle the print lies; negative is above."""
    return _centre(flow, image)[1]


def cut_at_edge(flow: RidgeFlow) -> float:
    """Share of the print's outline that is the picture's edge: there the finger was cut off."""
    mask = np.pad(flow.foreground, 1)
    outline = edge = 0
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        boundary = mask & ~np.roll(mask, step, axis)
        outline += int(boundary.sum())
        first = 1 if step == 1 else -2
        edge += int((boundary[first] if axis == 0 else boundary[:, first]).sum())
    return edge / outline if outline else 0.0


_OURS = "ktpel_capture; no standard defines it"
_29794 = "ISO/IEC 29794-4, orientation certainty level, over blocks of 0.8 mm"

MEASURES: tuple[QualityMeasure, ...] = (
    QualityMeasure("fingerprint.foreground_area", foreground_area, ("flow",), "mm²", (0, 1e5), _OURS),
    QualityMeasure("fingerprint.contrast", contrast, ("contrast", "flow"), "", (0, 128), _OURS),
    QualityMeasure("fingerprint.mean_grey", mean_grey, ("image", "flow"), "", (0, 255), _OURS),
    QualityMeasure("fingerprint.ground_contrast", ground_contrast, ("image", "flow"), "", (-255, 255), _OURS),
    QualityMeasure(
        "fingerprint.orientation_certainty",
        orientation_certainty,
        ("image", "flow"),
        "",
        (0, 1),
        _29794,
        lambda native: 100 * native,
    ),
    QualityMeasure("fingerprint.minutiae_count", minutiae_count, ("minutiae",), "", (0, 10_000), "ISO/IEC 19794-2"),
    QualityMeasure("fingerprint.finger_count", finger_count, ("fingers",), "", (0, 20), _OURS),
    QualityMeasure("fingerprint.ridge_spacing", ridge_spacing, ("presence",), "mm", (0.1, 2), _OURS),
    QualityMeasure(
        ("fingerprint.broken_ridges", "fingerprint.filled_valleys"),
        ridge_marks,
        ("image", "mended", "flow"),
        "",
        (0, 1),
        _OURS,
    ),
    QualityMeasure("fingerprint.rotation", rotation, ("fingers",), "deg", (-90, 90), _OURS),
    QualityMeasure("fingerprint.offset_right", offset_right, ("flow", "image"), "mm", (-100, 100), _OURS),
    QualityMeasure("fingerprint.offset_down", offset_down, ("flow", "image"), "mm", (-100, 100), _OURS),
    QualityMeasure("fingerprint.cut_at_edge", cut_at_edge, ("flow",), "", (0, 1), _OURS),
    *NFIQ2_MEASURES,
)
