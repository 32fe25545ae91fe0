"""Following one sitter from look to look: near the last landmarks while the face stays there, else by detection."""

from __future__ import annotations

import numpy as np

from ktpel_capture.arrays import F64, U8, RgbImage
from ktpel_capture.face.detection import FaceBox
from ktpel_capture.face.landmarks import Landmarks, find_landmarks, region_of_landmarks
from ktpel_capture.face.sitter import LEAST_PRESENCE, find_sitter
from ktpel_capture.imaging.resample import reduced
from ktpel_capture.quality import Missing

_WORKING_SIDE = 640
_JUMP = 0.5  # eye distances; one face does not move so far between two looks, another one sits there


def working_picture(image: U8, side: int = _WORKING_SIDE) -> RgbImage:
    """The RGB picture reduced by the whole number that brings its longer side to at most ``side`` px.

    Whole numbers are several times faster than a reduction to an exact size; up to a row or column is left out at
    the right and lower edges.
    """
    rgb: RgbImage = image if image.ndim == 3 else np.repeat(image[..., None], 3, 2)
    height, width = rgb.shape[:2]
    factor = -(-max(height, width) // side)
    if factor == 1 or min(height, width) < factor:
        return rgb
    inner = width // factor, height // factor
    return reduced(rgb[: inner[1] * factor, : inner[0] * factor], inner)


class Tracker:
    """The face of one sitter in a series of pictures of one size.

    Attributes
    ----------
    anew : the last look found the face by detection, not where it was before.
    others : faces the detector saw beside the sitter's, where the last look detected.
    """

    def __init__(self) -> None:
        self._points: F64 | None = None
        self.anew = False
        self.others: tuple[FaceBox, ...] = ()

    def look(self, picture: RgbImage) -> Landmarks | Missing:
        """The sitter's landmarks, or why there are none: no face, upside down, turned away.

        Parameters
        ----------
        picture : from `working_picture`.
        """
        self.anew = False
        if self._points is not None:
            mesh = find_landmarks(picture, region_of_landmarks(self._points))
            if mesh.presence >= LEAST_PRESENCE and not jumped(self._points, mesh.points):
                self._points = mesh.points
                return mesh
        self._points = None
        sitter = find_sitter(picture, picture)
        if isinstance(sitter, Missing):
            return sitter
        self._points, self.others, self.anew = sitter.mesh.points, sitter.faces[1:], True
        return sitter.mesh


def jumped(before: F64, now: F64) -> bool:
    """Whether landmarks lie where this face cannot have come since the last look."""
    return movement(before, now) > _JUMP


def movement(before: F64, now: F64) -> float:
    """How far the eyes moved, in eye distances."""
    corners = [33, 133, 362, 263]
    apart = max(float(np.linalg.norm(now[[362, 263]].mean(0) - now[[33, 133]].mean(0))), 1e-6)
    return float(np.linalg.norm(now[corners].mean(0) - before[corners].mean(0))) / apart
