"""ICAO Doc 9303 and ISO/IEC 19794-5/39794-5: where the head stands in the picture, and where it looks."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ktpel_capture.face.head import Head
from ktpel_capture.face.landmarks import Landmarks
from ktpel_capture.face.pose import Pose

Size = tuple[int, int]


def face_centre_across(head: Head, size: Size) -> float:
    """Where the face stands from left to right, as a share of the width; ICAO wants 0.45 to 0.55.

    Source: ISO/IEC 19794-5:2011, 8.3 (horizontally centred face), Mh/A.
    """
    return float(head.eye_middle[0] + 0.5) / size[0]


def eye_line(head: Head, size: Size) -> float:
    """Height of the eyes from the top, as a share of the height; ICAO wants 0.30 to 0.50.

    Source: ISO/IEC 19794-5:2011, 8.3 (vertical position), Mv/B.
    """
    return float(head.eye_middle[1] + 0.5) / size[1]


def head_width_share(head: Head, size: Size) -> float:
    """Width of the head from ear to ear as a share of the width; ICAO wants 0.50 to 0.75.

    Source: ISO/IEC 19794-5:2011, 8.3 (width of head), CC/A.
    """
    return head.width / size[0]


def head_height_share(head: Head, size: Size) -> float:
    """Chin to crown as a share of the height; ICAO wants 0.60 to 0.90. The crown under hair is an estimate.

    Source: ISO/IEC 19794-5:2011, 8.3 (length of head), DD/B.
    """
    return head.height / size[1]


def hair_gap(head: Head, size: Size) -> float:
    """Room above hair or scarf as a share of the height; 0 where it is cut off by the picture.

    Source: own; a cut crown cannot be mended by cropping.
    """
    return max(0.0, head.hair_top) / size[1]


def yaw_deg(pose: Pose) -> float:
    """Head turned to the person's left (positive) or right, degrees.

    Source: ISO/IEC 29794-5, head pose yaw; ICAO allows 5 degrees. Fitted to landmarks; 1.6 on average on photographs.
    """
    return math.degrees(pose.yaw)


def pitch_deg(pose: Pose) -> float:
    """Head tilted down (positive) or up, degrees.

    Source: ISO/IEC 29794-5, head pose pitch; ICAO allows 5 degrees. Good to about 3: the zero is a convention.
    """
    return math.degrees(pose.pitch)


def roll_deg(pose: Pose) -> float:
    """Head leaning to the person's right shoulder (positive) or left, degrees.

    Source: ISO/IEC 29794-5, head pose roll; ICAO allows 8 degrees.
    """
    return math.degrees(pose.roll)


def gaze_offset(mesh: Landmarks) -> float:
    """How far the irises stand from the middle of their eyes, in eye widths, along the lids; 0 looks at the camera.

    Source: own, from the landmarks of irises and eye corners; weak (head turn moves it too).
    """
    points = mesh.points
    offsets = []
    for iris, (first, second) in ((468, (33, 133)), (473, (362, 263))):
        along = points[second] - points[first]
        width = max(float(np.linalg.norm(along)), 1e-6)
        offsets.append(float((points[iris] - (points[first] + points[second]) / 2) @ along) / width**2)
    return abs(float(np.mean(offsets)))


def eye_closure(blendshapes: Mapping[str, float]) -> float:
    """How far the more closed eye is closed, 0..1, as the blendshape network reads it.

    Source: MediaPipe blendshapes, eyeBlinkLeft and eyeBlinkRight.
    """
    return max(blendshapes["eyeBlinkLeft"], blendshapes["eyeBlinkRight"])


def smile(blendshapes: Mapping[str, float]) -> float:
    """How far the mouth smiles, 0..1.

    Source: MediaPipe blendshapes, mouthSmileLeft and mouthSmileRight.
    """
    return (blendshapes["mouthSmileLeft"] + blendshapes["mouthSmileRight"]) / 2


def expression(blendshapes: Mapping[str, float]) -> float:
    """How far the face is from a neutral expression, 0..1: the strongest of smile, open jaw, raised or drawn brows,
    pursed or pressed lips.

    Source: own, over MediaPipe's blendshapes; ISO/IEC 29794-5's expression neutrality is a trained model not to be had.
    """
    pairs = (
        ("mouthSmileLeft", "mouthSmileRight", 1.0),
        ("jawOpen", "jawOpen", 1.5),
        ("browInnerUp", "browInnerUp", 0.7),
        ("browDownLeft", "browDownRight", 0.6),
        ("mouthPucker", "mouthFunnel", 0.5),
        ("eyeWideLeft", "eyeWideRight", 1.0),
        ("noseSneerLeft", "noseSneerRight", 1.0),
        ("mouthUpperUpLeft", "mouthUpperUpRight", 0.8),
    )
    return min(1.0, max(weight * (blendshapes[a] + blendshapes[b]) / 2 for a, b, weight in pairs))
