"""478 landmarks with irises, and the 52 blendshapes computed from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ktpel_capture.arrays import F32, F64, RgbImage
from ktpel_capture.face.detection import FaceBox
from ktpel_capture.face.networks import network
from ktpel_capture.imaging.resample import warped

RIGHT_EYE, LEFT_EYE = (33, 133), (362, 263)
"""Outer and inner corner of the person's right eye; inner and outer corner of the left."""
_UNDER_RIGHT, _UNDER_LEFT = (25, 112), (341, 255)
_LOWER = 0.25
"""MediaPipe's corners lie on the upper lid: by 2 % (outer) and 0.8 % (inner) of the eye distance above where a person
sees the lids meet (60 eyes marked twice). The corner is a quarter of the way down to the landmark on the skin below."""
_SIDE = 256
_ENLARGED = 1.5  # MediaPipe's margin around a face

# fmt: off
BLENDSHAPES = (
    "neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)
"""Names of the blendshapes in the network's order."""
_BLENDSHAPE_POINTS = (
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80,
    81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153,
    154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251,
    263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318,
    321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386,
    387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
)
# fmt: on


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """The 478 landmarks of one face.

    Attributes
    ----------
    points : (478, 2) px in the picture, MediaPipe's numbering; 468 and 473 are the iris centres.
    depth : (478,) px, smaller is nearer to the camera, 0 near the middle of the head.
    presence : 0..1, how sure the network is that this is a face.
    """

    points: F64
    depth: F64
    presence: float

    @property
    def eye_centres(self) -> F64:
        """(2, 2) px: midpoints of the corners of the person's right and left eye.

        Source: feature points 12.1 and 12.2 of ISO/IEC 19794-5 and 39794-5; against marks by hand 1.1 % of the eye
        distance in the median, of which the marks carry half.
        """
        corners = self.points[[RIGHT_EYE, LEFT_EYE]]
        centres: F64 = (corners + _LOWER * (self.points[[_UNDER_RIGHT, _UNDER_LEFT]] - corners)).mean(1)
        return centres


@dataclass(frozen=True, slots=True)
class Region:
    """A turned square around a face: what the landmark network looks at; centre and side in px, turn in radians."""

    centre: tuple[float, float]
    side: float
    turn: float


def region_of_box(face: FaceBox) -> Region:
    """The square around a detection, upright along its eyes."""
    right, left = face.keypoints[0], face.keypoints[1]
    turn = math.atan2(left[1] - right[1], left[0] - right[0])
    centre = face.left + face.width / 2, face.top + face.height / 2
    return Region(centre, _ENLARGED * max(face.width, face.height), turn)


def region_of_landmarks(points: F64) -> Region:
    """The square around known landmarks (of the last frame), upright along its eyes."""
    right, left = points[RIGHT_EYE[0]], points[LEFT_EYE[1]]
    turn = math.atan2(left[1] - right[1], left[0] - right[0])
    cos, sin = math.cos(turn), math.sin(turn)
    turned = points @ np.array([[cos, -sin], [sin, cos]])
    least, greatest = turned.min(0), turned.max(0)
    middle = np.array([[cos, -sin], [sin, cos]]) @ ((least + greatest) / 2)
    return Region((float(middle[0]), float(middle[1])), _ENLARGED * float((greatest - least).max()), turn)


def find_landmarks(image: RgbImage, region: Region) -> Landmarks:
    """The landmarks of the face in a region.

    Source: MediaPipe face landmarker (attention mesh v2); within 0.8 % of the inter-eye distance of the official
    program in the median.
    """
    cos, sin = math.cos(region.turn), math.sin(region.turn)
    scale = region.side / _SIDE
    turn = scale * np.array([[cos, -sin], [sin, cos]])
    corner = np.array(region.centre) - turn @ np.array([(_SIDE - 1) / 2] * 2)
    square = warped(image, np.column_stack((turn, corner)), (_SIDE, _SIDE))
    batch: F32 = square[None] * np.float32(1 / 255)
    flat, presence = network("face_landmarks_detector")(batch)
    mesh: F64 = flat.reshape(478, 3).astype(np.float64)
    points = (mesh[:, :2] - 0.5) @ turn.T + corner
    return Landmarks(points, mesh[:, 2] * scale, float(1 / (1 + np.exp(-presence[0]))))


def blendshapes(landmarks: Landmarks) -> Mapping[str, float]:
    """How far each of 52 facial movements has gone, 0..1, by its ARKit name."""
    points: F32 = landmarks.points[list(_BLENDSHAPE_POINTS)].astype(np.float32)
    (values,) = network("face_blendshapes")(points[None])
    return MappingProxyType(dict(zip(BLENDSHAPES, (float(value) for value in values), strict=True)))
