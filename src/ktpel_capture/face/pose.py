"""Head pose from the landmarks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import numpy as np

from ktpel_capture.arrays import F64, I64
from ktpel_capture.face.landmarks import Landmarks
from ktpel_capture.face.networks import model_bytes

_PITCH_ZERO = math.radians(6.0)
"""What the fit reads where a head is held level: the median over 26 passport-like photographs is 5.8 degrees, over 95
frontal faces of SFHQ 5.6. The canonical face of MediaPipe looks up by as much; so does that of AFLW2000-3D, by 5.5."""
_NOSE_BASE = 2
"""Landmarks below it move with jaw and lips, not with the head alone."""


@dataclass(frozen=True, slots=True)
class Pose:
    """How the head is turned, rad.

    Attributes
    ----------
    yaw : positive to the person's left, the right of the picture.
    pitch : positive downwards.
    roll : positive counter-clockwise as seen on the picture, towards the person's right shoulder.
    """

    yaw: float
    pitch: float
    roll: float


@cache
def _upper_face() -> tuple[I64, F64]:
    """(N,) landmarks above the base of the nose, and their (N, 3) places on a level face about their mean.

    MediaPipe's canonical face, cm, turned to our zero; x right, y down, z away.
    """
    with np.load(BytesIO(model_bytes("canonical_face.npz"))) as stored:
        vertices: F64 = stored["vertices"].astype(np.float64) * [1, -1, -1]
    above = np.flatnonzero(vertices[:, 1] < vertices[_NOSE_BASE, 1])
    cos, sin = math.cos(_PITCH_ZERO), math.sin(_PITCH_ZERO)
    level = np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
    return above, (vertices[above] - vertices[above].mean(0)) @ level.T


def head_pose(mesh: Landmarks) -> Pose:
    """Turn of the canonical face that lays its upper part best on the landmarks (least squares, Kabsch's method).

    Source: the angles of ISO/IEC 19794-5:2011, 5.5.8: from the frontal view the head first leans (roll), then nods
    (pitch), then turns (yaw). Parallel projection. On 56 photographs of AFLW2000-3D within 30 degrees the mean error is
    1.6, 3.3 and 0.9 degrees (yaw, pitch, roll), the zero of pitch taken from the other half of them; on renders of ten
    faces within 20 degrees 0.8, 1.2 and 0.4 against the same face at rest.
    """
    above, model = _upper_face()
    points = np.column_stack((mesh.points[above], mesh.depth[above]))
    left, _, right = np.linalg.svd(model.T @ (points - points.mean(0)))
    handed = np.sign(np.linalg.det(left @ right))
    turn = (left @ np.diag([1.0, 1.0, handed]) @ right).T
    yaw = math.atan2(-turn[0, 2], turn[2, 2])
    pitch = math.atan2(-turn[1, 2], math.hypot(turn[0, 2], turn[2, 2]))
    return Pose(yaw, pitch, math.atan2(-turn[1, 0], turn[1, 1]))
