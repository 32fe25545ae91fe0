"""Where the head ends: eyes, chin, ears, hair, and an estimate of the crown under the hair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ktpel_capture.arrays import F32, F64
from ktpel_capture.face.landmarks import Landmarks

CHIN, RIGHT_EAR, LEFT_EAR = 152, 234, 454
_CROWN_OVER_EYES = 1.02
"""Eyes to crown over eyes to chin in grown people: the eyes lie in the middle of the head (116 and 114 mm from the
mean head height of 230 mm and sellion-menton of 119 mm, NIOSH/ANSUR head forms; the eyes 5 mm below the sellion)."""
_EAR_TO_EAR = 1.08
"""Over the distance of the landmarks before the ears (bitragion 145 mm, lobes about 157 mm)."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Measures of one head, px.

    Attributes
    ----------
    eye_middle, chin : (2,) px.
    inter_eye_distance : between the eye centres.
    eye_to_chin : between the eyes' middle and the chin (ISO/IEC 29794-5's T).
    crown : (2,) px, the top of the skull without hair or scarf, estimated.
    hair_top : y of the topmost pixel of hair or scarf; may lie at the picture's edge.
    left, right : x of the sides of the face at the ears, as seen.
    """

    eye_middle: F64
    chin: F64
    inter_eye_distance: float
    eye_to_chin: float
    crown: F64
    hair_top: float
    left: float
    right: float

    @property
    def width(self) -> float:
        """Ear to ear, px: between the middles of the ears' lobes as ISO/IEC 19794-5 draws them, estimated."""
        return (self.right - self.left) * _EAR_TO_EAR

    @property
    def height(self) -> float:
        """Crown to chin, px."""
        return float(np.linalg.norm(self.chin - self.crown))


def head_geometry(mesh: Landmarks, person: F32, size: tuple[int, int]) -> Head:
    """The head of a face.

    Parameters
    ----------
    mesh : landmarks of the sitter.
    person : (256, 256) probability over the stretched picture.
    size : (width, height) of the picture.

    The segmentation shows where hair or scarf ends, not the skull; the crown is put at 1.02 times the eye-to-chin
    distance above the eyes, lower where the head visibly ends lower.
    """
    width, height = size
    points = mesh.points
    right, left = mesh.eye_centres
    middle, chin = (right + left) / 2, points[CHIN]
    to_chin = float(np.linalg.norm(chin - middle))
    up = (middle - chin) / max(to_chin, 1e-6)
    sides = np.sort(points[[RIGHT_EAR, LEFT_EAR], 0])
    columns = np.clip(np.round((sides * 0.7 + sides.mean() * 0.3) / width * 256), 0, 255).astype(int)
    covered = (person[:, columns[0] : columns[1] + 1] > 0.5).mean(1) > 0.25
    eye_row = int(np.clip(middle[1] / height * 256, 0, 255))
    gaps = np.flatnonzero(~covered[: eye_row + 1])
    top_row = int(gaps[-1]) + 1 if gaps.size else 0
    hair_top = min(top_row / 256 * height - 0.5, float(points[:, 1].min()))
    reach = _CROWN_OVER_EYES * to_chin
    if up[1] < -0.5 and top_row > 0:
        reach = min(reach, max((middle[1] - hair_top) / -float(up[1]), 0.5 * to_chin))
    return Head(
        eye_middle=middle,
        chin=chin,
        inter_eye_distance=float(np.linalg.norm(left - right)),
        eye_to_chin=to_chin,
        crown=middle + up * reach,
        hair_top=hair_top,
        left=float(sides[0]),
        right=float(sides[1]),
    )
