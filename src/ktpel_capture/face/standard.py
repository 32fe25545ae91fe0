"""Components of ISO/IEC 29794-5:2025 that are formulas: native values and their mapping to 0..100.

The mappings are those of OFIQ 1.0.3, the standard's reference program; given the same landmarks and masks the
components are equal. Two of the standard's own traps: head size and the margins contradict each other, and under-
exposure still gives 99 with 65 % dark pixels. A profile judges native values against its own limits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F64, U8
from ktpel_capture.face.alignment import (
    INNER_LIPS,
    LEFT_EYE_CORNERS,
    LEFT_LIDS,
    RIGHT_EYE_CORNERS,
    RIGHT_LIDS,
    Aligned,
    eye_to_chin,
    rounded,
)
from ktpel_capture.face.detection import FaceBox
from ktpel_capture.face.pose import Pose
from ktpel_capture.imaging.colour import lab_d50, luminance
from ktpel_capture.quality import Missing

Component = Callable[[float], float]


def _whole(value: float) -> float:
    return math.copysign(math.floor(abs(value) + 0.5), value)


def _sigmoid(x: float, x0: float, w: float) -> float:
    z = (x0 - x) / w
    return 0.0 if z > 700 else 1.0 if z < -700 else 1 / (1 + math.exp(z))


def sigmoid_component(x0: float, w: float, *, h: float = 100, a: float = 0, s: float = 1) -> Component:
    """The standard's usual mapping: h (a + s sigmoid((x - x0) / w)), rounded half away from zero."""
    return lambda x: _whole(h * (a + s * _sigmoid(x, x0, w)))


# Background, light and colour, on the aligned face


def background_uniformity(aligned: Aligned, background: U8) -> float | Missing:
    """How quiet the background is: the mean brightness gradient behind the person, 0 for a flat wall.

    Parameters
    ----------
    aligned : the face in canonical position.
    background : (292, 354) uint8, 1 where the upper part of it shows neither person nor picture edge.

    Returns
    -------
    Scharr gradient of linear luminance, 0 upwards.

    Source: ISO/IEC 29794-5, background uniformity.
    """
    inner = cv2.erode(background, np.ones((4, 4), np.uint8), iterations=1)
    if not inner.any():
        return Missing("face.no_backdrop")
    part: Any = cv2.resize(aligned.image[0:406, 62:554], (354, 292), interpolation=cv2.INTER_LINEAR)
    levels = luminance(part).astype(np.float32)
    across: Any = cv2.Sobel(levels, cv2.CV_32F, 1, 0, ksize=-1)
    down: Any = cv2.Sobel(levels, cv2.CV_32F, 0, 1, ksize=-1)
    return float(np.sqrt(across * across + down * down)[inner != 0].mean())  # cv2.mean differs from thread to thread


def cheeks(points: F64) -> tuple[tuple[int, int, int, int], ...]:
    """Squares (x, y, width, height) on the cheeks at the left and at the right of the aligned picture."""
    middle = [rounded(points[list(corners)].mean(0)) for corners in (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS)]
    lips = rounded(points[[90, 94]].mean(0))
    between = rounded(np.mean(middle, 0))
    zone = int(float(np.hypot(*(middle[0] - middle[1]))) * 0.3)
    drop = int(float(np.hypot(*(between - lips))) / 2)
    left, right = middle[0].astype(int).tolist(), middle[1].astype(int).tolist()
    return (left[0], left[1] + drop, zone, zone), (right[0] - zone, right[1] + drop, zone, zone)


def _cut(image: U8, square: tuple[int, int, int, int]) -> U8:
    x, y, width, height = square
    return image[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]


def illumination_uniformity(aligned: Aligned) -> float | Missing:
    """Whether both cheeks get the same light: the overlap of their brightness histograms.

    Returns
    -------
    0 (nothing in common) .. 1.

    Source: ISO/IEC 29794-5, illumination uniformity.
    """
    histograms = []
    for square in cheeks(aligned.points):
        patch = _cut(aligned.luminance, square) * _cut(aligned.region, square)
        if not patch.size:
            return Missing("face.cheeks_out_of_picture")
        histograms.append(np.bincount(patch.ravel(), minlength=256) / patch.size)
    return float(np.minimum(*histograms).sum())


def luminance_mean(levels: F64) -> float:
    """Mean brightness of the face in linear light, 0..1; higher for lighter skin, so it is information only.

    Parameters
    ----------
    levels : (256,) share of each luminance level inside the face.

    Source: ISO/IEC 29794-5, luminance mean.
    """
    return float(levels @ np.arange(256) / 255)


def luminance_variance(levels: F64) -> float:
    """Variance of the brightness of the face in linear light, 0..0.25.

    Source: ISO/IEC 29794-5, luminance variance.
    """
    scale = np.arange(256) / 255
    return float(levels @ (scale - levels @ scale) ** 2)


def dynamic_range(levels: F64) -> float:
    """How many brightness levels the face uses: entropy of their histogram.

    Returns
    -------
    0..8 bit.

    Source: ISO/IEC 29794-5, dynamic range.
    """
    used = levels[levels > 0]
    return float(-(used * np.log2(used)).sum()) + 0.0


def under_exposure(levels: F64) -> float:
    """Share of the uncovered face that is almost black (luminance at most 25 of 255), 0..1.

    Source: ISO/IEC 29794-5, under-exposure prevention.
    """
    return float(levels[:26].sum())


def over_exposure(levels: F64) -> float:
    """Share of the uncovered face that is almost white (luminance at least 247 of 255), 0..1.

    Source: ISO/IEC 29794-5, over-exposure prevention.
    """
    return float(levels[247:].sum())


def natural_colour(aligned: Aligned) -> float:
    """How far the cheeks' colour lies from what skin can be: distance to a* 5..25, b* 5..35, 0 inside, 100 if green
    or blue.

    Source: ISO/IEC 29794-5, natural colour.
    """
    patches = [
        (_cut(aligned.image, square) * _cut(aligned.region, square)[..., None]).reshape(-1, 3)
        for square in cheeks(aligned.points)
    ]
    pixels = np.concatenate(patches)
    if not len(pixels):
        return 100.0
    _, a, b = lab_d50(pixels.mean(0) / 255)
    if a < 0 or b < 0:
        return 100.0
    return math.hypot(max(0.0, 5 - a, a - 25), max(0.0, 5 - b, b - 35))


# Faces, eyes, mouth, framing, on landmarks in the picture


def single_face(faces: Sequence[FaceBox]) -> float:
    """Area of the second largest face as a share of the largest, 0 where one person is alone.

    Source: ISO/IEC 29794-5, single face present.
    """
    return faces[1].area / faces[0].area if len(faces) > 1 else 0.0


def _widest(points: F64, pairs: Sequence[tuple[int, int]]) -> float:
    return max(float(np.hypot(*(points[first] - points[second]))) for first, second in pairs)


def eyes_open(aligned: Aligned) -> float:
    """Gap between the lids of the less open eye, as a share of the eye-to-chin distance.

    Source: ISO/IEC 29794-5, eyes open.
    """
    gap = min(_widest(aligned.points, RIGHT_LIDS), _widest(aligned.points, LEFT_LIDS))
    return gap / max(eye_to_chin(aligned.points), 1e-6)


def mouth_closed(points: F64) -> float | Missing:
    """Gap between the inner lips as a share of the eye-to-chin distance, 0 for a closed mouth.

    Source: ISO/IEC 29794-5, mouth closed.
    """
    reach = eye_to_chin(points)
    return _widest(points, INNER_LIPS) / reach if reach else Missing("face.no_face")


def _middles(points: F64) -> tuple[F64, F64]:
    """Eye middles as the standard's framing rounds them: half away from zero after the mean."""
    right, left = (rounded(points[list(corners)].mean(0)) for corners in (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS))
    return right, left


def inter_eye_distance(points: F64, pose: Pose) -> float | Missing:
    """Distance between the eye centres, px, undone of the turn of the head.

    Source: ISO/IEC 29794-5, inter-eye distance; ICAO Doc 9303 wants 90 or more.
    """
    right, left = _middles(points)
    cos = math.cos(pose.yaw)
    return float(np.hypot(*(right - left))) / cos if abs(cos) > 1e-6 else Missing("face.turned_away")


def head_size(points: F64, size: tuple[int, int]) -> float:
    """Eye-to-chin distance as a share of the picture's height.

    Source: ISO/IEC 29794-5, head size.
    """
    return eye_to_chin(points) / size[1]


def crops(points: F64, size: tuple[int, int]) -> Mapping[str, float]:
    """Room around the face: left and right of the eyes in eye distances, above and below them in eye-to-chin distances.

    Source: ISO/IEC 29794-5, leftward and rightward crop, margin above and below of the face image.
    """
    right, left = _middles(points)
    middle = rounded((right + left) / 2)
    apart = max(float(np.hypot(*(left - right))), 1e-6)
    reach = max(float(np.hypot(*(middle - points[16]))), 1e-6)
    width, height = size
    return {
        "leftward": float(left[0] / apart),
        "rightward": float((width - right[0]) / apart),
        "above": float(middle[1] / reach),
        "below": float((height - middle[1]) / reach),
    }


# Mapping of native values to components, as OFIQ 1.0.3 is configured

COMPONENTS: Mapping[str, Component] = {
    "background_uniformity": sigmoid_component(10, 100, h=190, a=1, s=-1),
    "illumination_uniformity": lambda overlap: _whole(100 * overlap**0.3),
    "luminance_mean": lambda mean: _whole(100 * _sigmoid(mean, 0.2, 0.05) * (1 - _sigmoid(mean, 0.8, 0.05))),
    "luminance_variance": lambda variance: _whole(100 * math.sin(60 * variance / (60 * variance + 1) * math.pi)),
    "under_exposure_prevention": sigmoid_component(0.92, 0.05, h=120, a=0.832, s=-1),
    "over_exposure_prevention": lambda share: _whole(1 / (share + 0.01)),
    "dynamic_range": lambda entropy: _whole(12.5 * entropy),
    "natural_colour": sigmoid_component(0, 10, h=200, a=1, s=-1),
    "single_face_present": lambda share: _whole(100 * (1 - share)),
    "eyes_open": sigmoid_component(0.02, 0.01),
    "mouth_closed": sigmoid_component(0.2, 0.06, a=1, s=-1),
    "inter_eye_distance": sigmoid_component(70, 20),
    "head_size": lambda share: sigmoid_component(0, 0.05, h=200, a=1, s=-1)(abs(share - 0.45)),
    "leftward_crop_of_the_face_image": sigmoid_component(0.9, 0.1),
    "rightward_crop_of_the_face_image": sigmoid_component(0.9, 0.1),
    "margin_above_of_the_face_image": sigmoid_component(1.4, 0.1),
    "margin_below_of_the_face_image": sigmoid_component(1.8, 0.1),
    "head_pose": lambda degrees: _whole(100 * max(0.0, math.cos(math.radians(degrees))) ** 2),
    "covered_share": lambda share: _whole(100 * (1 - share)),
}
