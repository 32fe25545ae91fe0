"""The face brought to ISO/IEC 29794-5's 616x616 canonical position, and what is measured on it.

The standard's reference program uses 98 landmarks (the WFLW scheme); ours come from the 478. Everything here takes the
98, whole px, so that its results can be held against that program's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F64, I32, U8, RgbImage
from ktpel_capture.imaging.colour import luminance

SIDE = 616
CONTOUR_CHIN, NOSE_TIP, MOUTH_RIGHT, MOUTH_LEFT = 16, 54, 76, 82
RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS = (60, 64), (68, 72)
"""Of the person's right and left eye (left and right on the picture)."""
RIGHT_LIDS, LEFT_LIDS = ((61, 67), (62, 66), (63, 65)), ((69, 75), (70, 74), (71, 73))
INNER_LIPS = ((89, 95), (90, 94), (91, 93))

# The 478 landmarks nearest to the 98 of the scheme; the contour is walked from ear to ear.
_CONTOUR = (
    127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356,
)  # fmt: skip
_BROWS_NOSE = (
    70, 63, 105, 66, 107, 55, 65, 52, 53, 336, 296, 334, 293, 300, 283, 282, 295, 285,
    168, 197, 5, 4, 98, 97, 2, 326, 327,
)  # fmt: skip
_EYES = (33, 160, 159, 158, 133, 153, 145, 144, 362, 385, 386, 387, 263, 373, 374, 380)
_MOUTH = (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91, 78, 81, 13, 311, 308, 402, 14, 178)
_PUPILS = (468, 473)
_TARGETS = np.array([[251, 272], [364, 272], [308, 336], [262, 402], [355, 402]], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """A face in canonical position.

    Attributes
    ----------
    image : (616, 616, 3) RGB; black where the picture does not reach.
    luminance : (616, 616) uint8, linear; 0 outside the rectangle round the landmarks.
    points : (98, 2) landmarks there, whole px.
    to_aligned : (2, 3) affine map from the picture.
    region : (616, 616) uint8, 1 inside the hull of the landmarks.
    """

    image: RgbImage
    luminance: U8
    points: F64
    to_aligned: F64
    region: U8


def rounded(values: Any) -> F64:
    """Rounded half away from zero, as the standard's program does."""
    array = np.asarray(values, np.float64)
    result: F64 = np.copysign(np.floor(np.abs(array) + 0.5), array)
    return result


def standard_landmarks(points: F64) -> F64:
    """(98, 2) landmarks of the WFLW scheme in whole px, from MediaPipe's (478, 2)."""
    walk = points[list(_CONTOUR)]
    lengths = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(walk, axis=0), axis=1))))
    chin = _CONTOUR.index(152)
    stations = np.concatenate(
        (np.linspace(0, lengths[chin], 17), lengths[chin] + np.linspace(0, lengths[-1] - lengths[chin], 17)[1:])
    )
    contour = np.column_stack([np.interp(stations, lengths, walk[:, axis]) for axis in (0, 1)])
    # Brows hold 18 points from the 478, the nose 9.
    others = points[[*_BROWS_NOSE, *_EYES, *_MOUTH, *_PUPILS]]
    return rounded(np.vstack((contour, others)))


def eye_centres(points: F64) -> F64:
    """(2, 2): centres of the person's right and left eye, whole px."""
    corners = points[[list(RIGHT_EYE_CORNERS), list(LEFT_EYE_CORNERS)]]
    return rounded(corners[:, 0] + 0.5 * (corners[:, 1] - corners[:, 0]))


def eye_to_chin(points: F64) -> float:
    """T of ISO/IEC 29794-5: from the middle between the eyes to the chin, px."""
    return float(np.hypot(*(points[CONTOUR_CHIN] - eye_centres(points).mean(0))))


def align(image: RgbImage, points: F64) -> Aligned:
    """Bring a face to its canonical position.

    Parameters
    ----------
    image : the picture.
    points : (98, 2) landmarks in the picture.

    Source: ISO/IEC 29794-5 and its reference program OFIQ: a least-median similarity of five points onto fixed places.
    """
    centres = eye_centres(points)
    source = np.vstack((centres, points[[NOSE_TIP, MOUTH_RIGHT, MOUTH_LEFT]])).astype(np.float32)
    found: Any = cv2.estimateAffinePartial2D(source, _TARGETS, method=cv2.LMEDS)[0]
    if found is None:  # all five fall together
        found = np.array([[1.0, 0, 0], [0, 1, 0]])
    matrix: F64 = np.asarray(found, np.float64)
    aligned = _warped(image, matrix)
    moved: Any = cv2.transform(points.reshape(-1, 1, 2).astype(np.float32), matrix)
    there = rounded(moved.reshape(-1, 2))
    region = hull_region(there, (SIDE, SIDE))
    return Aligned(aligned, _luminance_of(aligned, region), there, matrix, region)


def _luminance_of(aligned: RgbImage, region: U8) -> U8:
    """Luminance in the rectangle round a region."""
    light = np.zeros(region.shape, np.uint8)
    x, y, width, height = cv2.boundingRect(region)
    if width and height:
        part = np.s_[y : y + height, x : x + width]
        light[part] = luminance(aligned[part])
    return light


def _warped(image: RgbImage, matrix: F64) -> RgbImage:
    """The picture under an affine map, interpolated in steps of 1/32 px, black outside.

    That is how OpenCV 4 warps, and so the standard's program; OpenCV 5 interpolates exactly, which moves components by
    one. There the steps are taken explicitly, so values do not depend on the version.
    """
    return _by_library(image, matrix, SIDE) if _library_takes_steps() else _in_steps(image, matrix, SIDE)


@cache
def _library_takes_steps() -> bool:
    """Whether this OpenCV warps in steps of 1/32 px, tried on noise."""
    noise = np.random.default_rng(1).integers(0, 256, (150, 210, 3), dtype=np.uint8)
    turn = np.array([[0.83, -0.21, 17.3], [0.19, 0.87, -11.9]])
    return np.array_equal(_by_library(noise, turn, 128), _in_steps(noise, turn, 128))


def _by_library(image: RgbImage, matrix: F64, side: int) -> RgbImage:
    warped: Any = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    result: RgbImage = warped
    return result


def _in_steps(image: RgbImage, matrix: F64, side: int) -> RgbImage:
    inverse: Any = cv2.invertAffineTransform(matrix)
    steps = np.arange(side)
    whole, parts = [], []
    for row in np.asarray(inverse):
        along = np.rint(row[0] * steps * 1024).astype(np.int32)
        down = np.rint((row[1] * steps + row[2]) * 1024).astype(np.int32) + 16
        place = down[:, None] + along[None, :]
        place >>= 5
        parts.append(place.astype(np.uint16) & 31)
        place >>= 5
        whole.append(place.astype(np.int16))
    part = parts[0] | (parts[1] << 5)
    warped: Any = cv2.remap(image, cv2.merge(whole), part, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    result: RgbImage = warped
    return result


def hull_region(points: F64, size: tuple[int, int]) -> U8:
    """(height, width) uint8: 1 inside the convex hull of the landmarks, drawn on a 224 grid and enlarged.

    Source: OFIQ's face mask at alpha 0; the coarse grid is part of the definition.
    """
    width, height = size
    whole: I32 = points.astype(np.int32)
    hull: Any = cv2.convexHull(whole)
    x, y, w, h = cv2.boundingRect(hull)
    top, bottom = int(y - h * 0.05), int(y + h * 1.05)
    side = bottom - top
    left, right = int(x + w / 2 - side / 2), int(x + w / 2 + side / 2)
    region = np.zeros((height, width), np.uint8)
    if side <= 0 or right <= left or max(left, 0) >= min(right, width) or max(top, 0) >= min(bottom, height):
        return region
    grid = np.zeros((224, 224), np.uint8)
    scaled: I32 = ((hull.reshape(-1, 2).astype(np.float64) - (left, top)) / side * 224).astype(np.int32)
    cv2.fillConvexPoly(grid, scaled, 1)
    full = cv2.resize(grid, (right - left, side), interpolation=cv2.INTER_NEAREST)
    inside = np.s_[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    region[inside] = full[
        max(-top, 0) : side - max(bottom - height, 0), max(-left, 0) : right - left - max(right - width, 0)
    ]
    return region
