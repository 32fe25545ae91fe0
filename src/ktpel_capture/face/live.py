"""What to tell the operator while the pupil still sits there."""

from __future__ import annotations

import math

import numpy as np

from ktpel_capture.arrays import F64, RgbImage
from ktpel_capture.face.alignment import align, standard_landmarks
from ktpel_capture.face.analysis import LEAST_PRESENCE, SURE, join_faces
from ktpel_capture.face.appearance import find_appearance, spectacles, sunglasses
from ktpel_capture.face.detection import detect_faces
from ktpel_capture.face.landmarks import (
    Landmarks,
    blendshapes,
    find_landmarks,
    region_of_box,
    region_of_landmarks,
)
from ktpel_capture.face.light import Skin, find_skin, highlight_level, picture_highlight_level, side_light
from ktpel_capture.face.pose import head_pose
from ktpel_capture.imaging.colour import strongest
from ktpel_capture.imaging.resample import within
from ktpel_capture.quality import Hint, Missing
from ktpel_capture.requests import FaceRequest, Frame

_WORKING_SIDE = 480
_LOOK_ROUND = 12  # frames
# Framing in the 3:4 window that the portrait will be: eye-to-chin over the window's height, eyes from its left and top.
_REACH = (0.25, 0.43)
_ACROSS = (0.44, 0.56)
_EYES = (0.36, 0.56)
_TURN, _NOD, _LEAN = math.radians(8), math.radians(10), math.radians(8)
_STILL = 0.035  # of the eye distance between two frames


class Watcher:
    """Follows one sitter through the frames of a live view; make one with `watch`."""

    def __init__(self) -> None:
        self._points: F64 | None = None
        self._until_look = 0
        self._someone_else = False
        self._worn = ""

    def see(self, frame: Frame) -> tuple[Hint, ...]:
        """What stands against capturing now, worst first; one good hint when nothing does.

        Parameters
        ----------
        frame : of a face camera; a landscape picture is judged in its middle 3:4 window.
        """
        image = frame.image if frame.image.ndim == 3 else np.repeat(frame.image[..., None], 3, 2)
        small = within(image, _WORKING_SIDE)
        before = self._points
        hints: list[Hint] = []
        mesh = self._follow(small, hints)
        if mesh is None:
            self._points = None
            return tuple(hints) or (_darkness(small) or Hint("face.no_face"),)
        self._points = mesh.points
        hints += _light(small, mesh)
        hints += _distance(mesh, (small.shape[1], small.shape[0]))
        hints += _pose(mesh)
        hints += _place(mesh, (small.shape[1], small.shape[0]))
        if self._worn:
            hints.append(Hint(self._worn, strength=0.6))
        hints += _face(mesh)
        if not hints and before is not None and _moved(before, mesh.points) > _STILL:
            hints.append(Hint("face.hold_still", strength=0.4))
        return tuple(hints) or (Hint(good=True),)

    def _follow(self, small: RgbImage, hints: list[Hint]) -> Landmarks | None:
        """The sitter's landmarks: near those of the last frame, else wherever the detector sees a face.

        While a sitter is followed, the frame after the first and every twelfth look round for others with the
        full-range detector, and for spectacles; what was seen stays until the next look.
        """
        if self._points is not None:
            mesh = find_landmarks(small, region_of_landmarks(self._points))
            if mesh.presence >= LEAST_PRESENCE:
                if self._until_look == 0:
                    self._someone_else = len(join_faces(detect_faces(small), detect_faces(small, "full"))) > 1
                    self._worn = _worn(small, mesh)
                self._until_look = (self._until_look - 1) % _LOOK_ROUND
                if self._someone_else:
                    hints.append(Hint("face.someone_else"))
                return mesh
        self._until_look, self._worn = 0, ""
        faces = detect_faces(small)
        if not faces or faces[0].score < SURE:
            turned = detect_faces(np.ascontiguousarray(small[::-1, ::-1]))
            if turned and (not faces or turned[0].score > faces[0].score + 0.1):
                hints.append(Hint("face.upside_down"))
                return None
        if not faces:
            return None
        self._someone_else = len(faces) > 1
        if self._someone_else:
            hints.append(Hint("face.someone_else"))
        mesh = find_landmarks(small, region_of_box(faces[0]))
        if mesh.presence < LEAST_PRESENCE:
            hints.append(Hint("face.turned_away"))
            return None
        return mesh


def watch(request: FaceRequest) -> Watcher:
    """Start following a sitter.

    Examples
    --------
    >>> from ktpel_capture.face import synthesis
    >>> sample, truth = synthesis.grow(2).capture(seed=1, distance=1.8, size=(1280, 720))
    >>> watch(FaceRequest()).see(Frame(sample.image, 0, 0.0))[0].key
    'face.move_closer'
    """
    del request  # a portrait has no variants
    return Watcher()


def _darkness(small: RgbImage) -> Hint | None:
    """A dark picture in which no face is found is dark before it is empty."""
    return Hint("face.too_dark") if float(np.percentile(strongest(small), 99)) < 70 else None


def _light(small: RgbImage, mesh: Landmarks) -> list[Hint]:
    skin = find_skin(small, mesh, 1.0)
    if not isinstance(skin, Skin):
        return []
    hints = []
    picture = picture_highlight_level(skin)
    if picture < -1.7:
        hints.append(Hint("face.too_dark"))
    elif highlight_level(skin) < -2.6 and picture > -0.7:
        hints.append(Hint("face.backlit"))
    elif highlight_level(skin) < -3.3:
        hints.append(Hint("face.face_in_shadow"))
    if float((skin.strongest >= 254).mean()) > 0.2:
        hints.append(Hint("face.too_bright"))
    stops = side_light(skin)
    if not isinstance(stops, Missing) and abs(stops) > 2.2:
        hints.append(Hint("face.light_from_right" if stops < 0 else "face.light_from_left"))
    return hints


def _distance(mesh: Landmarks, size: tuple[int, int]) -> list[Hint]:
    reach = float(np.linalg.norm(mesh.points[152] - mesh.eye_centres.mean(0))) / min(size[1], size[0] / 0.75)
    if _REACH[0] <= reach <= _REACH[1]:
        return []
    return [Hint("face.move_closer" if reach < _REACH[0] else "face.move_back", strength=0.8)]


def _place(mesh: Landmarks, size: tuple[int, int]) -> list[Hint]:
    width, height = size
    window = min(height, width / 0.75)
    eyes = mesh.eye_centres.mean(0)
    across = (eyes[0] - (width - 0.75 * window) / 2) / (0.75 * window)
    down = (eyes[1] - (height - window) / 2) / window
    hints = []
    if not _ACROSS[0] <= across <= _ACROSS[1]:
        hints.append(Hint("face.move_left" if across < _ACROSS[0] else "face.move_right", strength=0.7))
    if not _EYES[0] <= down <= _EYES[1]:
        hints.append(Hint("face.camera_up" if down < _EYES[0] else "face.camera_down", strength=0.7))
    return hints


def _pose(mesh: Landmarks) -> list[Hint]:
    pose = head_pose(mesh)
    hints = []
    if abs(pose.yaw) > _TURN:
        hints.append(Hint("face.turn_right" if pose.yaw > 0 else "face.turn_left", strength=0.6))
    if abs(pose.pitch) > _NOD:
        hints.append(Hint("face.chin_up" if pose.pitch > 0 else "face.chin_down", strength=0.6))
    if abs(pose.roll) > _LEAN:
        hints.append(Hint("face.straighten_left" if pose.roll > 0 else "face.straighten_right", strength=0.6))
    return hints


def _face(mesh: Landmarks) -> list[Hint]:
    points = mesh.points
    reach = max(float(np.linalg.norm(points[152] - mesh.eye_centres.mean(0))), 1e-6)

    def gap(first: int, second: int) -> float:
        return float(np.linalg.norm(points[first] - points[second])) / reach

    hints = []
    if min(gap(159, 145), gap(386, 374)) < 0.045:
        hints.append(Hint("face.open_eyes", strength=0.5))
    if gap(13, 14) > 0.06:
        hints.append(Hint("face.close_mouth", strength=0.5))
    movements = blendshapes(mesh)
    if (movements["mouthSmileLeft"] + movements["mouthSmileRight"]) / 2 > 0.7:
        hints.append(Hint("face.neutral_face", strength=0.4))
    return hints


def _worn(small: RgbImage, mesh: Landmarks) -> str:
    """Advice on what hides the eyes, empty where nothing does."""
    appearance = find_appearance(align(small, standard_landmarks(mesh.points)))
    if sunglasses(appearance) > 0.7:
        return "face.take_off_sunglasses"
    return "face.take_off_glasses" if spectacles(appearance) > 0.65 else ""


def _moved(before: F64, now: F64) -> float:
    """How far the eyes moved, in eye distances."""
    corners = [33, 133, 362, 263]
    apart = max(float(np.linalg.norm(now[[362, 263]].mean(0) - now[[33, 133]].mean(0))), 1e-6)
    return float(np.linalg.norm(now[corners].mean(0) - before[corners].mean(0))) / apart
