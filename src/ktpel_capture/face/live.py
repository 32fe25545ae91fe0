"""What to tell the operator while the pupil still sits there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from ktpel_capture.arrays import F64, RgbImage
from ktpel_capture.face.alignment import align, standard_landmarks
from ktpel_capture.face.appearance import find_eyewear, spectacles, sunglasses
from ktpel_capture.face.detail import eye_strip, sharpness
from ktpel_capture.face.detection import detect_faces
from ktpel_capture.face.landmarks import Landmarks, blendshapes
from ktpel_capture.face.light import Skin, find_skin, highlight_level, picture_highlight_level, side_light
from ktpel_capture.face.pose import head_pose
from ktpel_capture.face.sitter import SURE_FULL, beside
from ktpel_capture.face.tracking import Tracker, movement, working_picture
from ktpel_capture.imaging.colour import strongest
from ktpel_capture.quality import Hint, Missing
from ktpel_capture.requests import FaceRequest, Frame

_LOOK_EVERY = 0.06  # seconds; a sentence needs no more looks, and the frames between them cost nothing
_SEEK_EVERY = 0.15  # seconds, while nobody is seen
_ROUND = 12  # looks
_TONES_SIDE = 200  # px of the picture that light is measured on
# Framing in the 3:4 window that the portrait will be: eye-to-chin over the window's height, eyes from its left and top.
_REACH = (0.25, 0.43)
_ACROSS = (0.5, 0.06)
_EYES = (0.46, 0.10)
_TURN, _NOD, _LEAN = math.radians(8), math.radians(10), math.radians(8)
_STILL = 0.5  # eye distances a second
_CLEAR = 30.0  # blur widths between the eyes; half the picture's size shows as many
_ONCE_SAID = 0.9
"""A sentence once said stays until its measure is this far within its limit, so that it does not flicker."""

Check: TypeAlias = tuple[str, float, float]
"""Advice, its measure as a multiple of the limit (above 1 it stands against capturing), and how strong the hint is."""


class Watcher:
    """Follows one sitter through the frames of a live view; make one with `watch`."""

    def __init__(self) -> None:
        self._tracker = Tracker()
        self._looked = -math.inf
        self._looks = 0
        self._before: F64 | None = None
        self._others = 0
        self._worn: Check | None = None
        self._smiling = self._soft = 0.0
        self._hints: tuple[Hint, ...] = ()

    def see(self, frame: Frame) -> tuple[Hint, ...]:
        """What stands against capturing now, worst first; one good hint when nothing does.

        The sentence said last stays first while its reason lasts. Frames that come within 60 ms of the last look (150
        while nobody is seen) get the hints of that look.

        Parameters
        ----------
        frame : of a face camera; a landscape picture is judged in its middle 3:4 window.
        """
        since = frame.monotonic - self._looked
        if self._hints and 0 <= since < (_SEEK_EVERY if self._before is None else _LOOK_EVERY):
            return self._hints
        self._looked = frame.monotonic
        said = {hint.key for hint in self._hints}
        hints = [
            Hint(key, strength=strength)
            for key, excess, strength in self._checks(working_picture(frame.image), since)
            if excess > (_ONCE_SAID if key in said else 1.0)
        ]
        if not hints and self._looks < 3:  # nobody has looked round yet, nor for spectacles
            hints = [Hint("face.hold_still", strength=0.3)]
        first = self._hints[0].key if self._hints else ""
        hints.sort(key=lambda hint: hint.key != first or hint.good)
        self._hints = tuple(hints) or (Hint(good=True),)
        return self._hints

    def _checks(self, picture: RgbImage, since: float) -> Iterator[Check]:
        mesh = self._tracker.look(picture)
        tones = working_picture(picture, _TONES_SIDE)
        if isinstance(mesh, Missing):
            self._before = None
            dark = mesh.reason == "face.no_face" and float(np.percentile(strongest(tones), 99)) < 70
            yield "face.too_dark" if dark else mesh.reason, math.inf, 1.0
            return
        if self._tracker.anew:
            self._looks, self._others, self._worn, self._smiling = 0, len(self._tracker.others), None, 0.0
            self._soft = 0.0
            self._before = None
        self._look_round(picture, mesh)
        size = picture.shape[1], picture.shape[0]
        yield "face.someone_else", 2.0 * self._others, 1.0
        yield from _light(tones, mesh, tones.shape[1] / picture.shape[1])
        yield from _distance(mesh, size)
        yield from _pose(mesh)
        yield from _place(mesh, size)
        if self._worn:
            yield self._worn
        yield from _face(mesh)
        yield "face.neutral_face", self._smiling / 0.7, 0.4
        yield "face.blurred", self._soft, 0.5
        if self._before is not None:
            yield "face.hold_still", movement(self._before, mesh.points) / min(max(since, 0.06), 0.3) / _STILL, 0.4
        self._before = mesh.points

    def _look_round(self, picture: RgbImage, mesh: Landmarks) -> None:
        """What need not be looked at every time: others, spectacles, a smile and the focus."""
        match self._looks % _ROUND:
            case 1:
                self._others = len(beside(picture, picture, mesh, detect_faces(picture, "full"), sure=SURE_FULL))
            case 2:
                self._worn = _worn(picture, mesh)
            case number if number % 4 == 0:
                movements = blendshapes(mesh)
                self._smiling = (movements["mouthSmileLeft"] + movements["mouthSmileRight"]) / 2
                if number == 0:
                    self._soft = _CLEAR / max(sharpness(eye_strip(picture, mesh)), 1e-6)
        self._looks += 1


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


def _light(tones: RgbImage, mesh: Landmarks, scale: float) -> Iterator[Check]:
    skin = find_skin(tones, mesh, scale)
    if not isinstance(skin, Skin):
        return
    picture, face = picture_highlight_level(skin), highlight_level(skin)
    yield "face.too_dark", picture / -1.7, 1.0
    if picture >= -1.7:
        backlit = picture > -0.7 and face < -2.6
        yield "face.backlit", face / -2.6 if picture > -0.7 else 0.0, 1.0
        yield "face.face_in_shadow", 0.0 if backlit else face / -3.3, 1.0
    yield "face.too_bright", float((skin.strongest >= 254).mean()) / 0.2, 1.0
    stops = side_light(skin)
    if not isinstance(stops, Missing):
        yield "face.light_from_right" if stops < 0 else "face.light_from_left", abs(stops) / 2.2, 1.0


def _distance(mesh: Landmarks, size: tuple[int, int]) -> Iterator[Check]:
    reach = float(np.linalg.norm(mesh.points[152] - mesh.eye_centres.mean(0))) / min(size[1], size[0] / 0.75)
    yield "face.move_closer", _REACH[0] / max(reach, 1e-6), 0.8
    yield "face.move_back", reach / _REACH[1], 0.8


def _place(mesh: Landmarks, size: tuple[int, int]) -> Iterator[Check]:
    width, height = size
    window = min(height, width / 0.75)
    eyes = mesh.eye_centres.mean(0)
    across = (eyes[0] - (width - 0.75 * window) / 2) / (0.75 * window) - _ACROSS[0]
    down = (eyes[1] - (height - window) / 2) / window - _EYES[0]
    yield "face.move_left" if across < 0 else "face.move_right", abs(across) / _ACROSS[1], 0.7
    yield "face.camera_up" if down < 0 else "face.camera_down", abs(down) / _EYES[1], 0.7


def _pose(mesh: Landmarks) -> Iterator[Check]:
    pose = head_pose(mesh)
    yield "face.turn_right" if pose.yaw > 0 else "face.turn_left", abs(pose.yaw) / _TURN, 0.6
    yield "face.chin_up" if pose.pitch > 0 else "face.chin_down", abs(pose.pitch) / _NOD, 0.6
    yield "face.straighten_left" if pose.roll > 0 else "face.straighten_right", abs(pose.roll) / _LEAN, 0.6


def _face(mesh: Landmarks) -> Iterator[Check]:
    points = mesh.points
    reach = max(float(np.linalg.norm(points[152] - mesh.eye_centres.mean(0))), 1e-6)

    def gap(first: int, second: int) -> float:
        return float(np.linalg.norm(points[first] - points[second])) / reach

    yield "face.open_eyes", 0.045 / max(min(gap(159, 145), gap(386, 374)), 1e-6), 0.5
    yield "face.close_mouth", gap(13, 14) / 0.06, 0.5


def _worn(picture: RgbImage, mesh: Landmarks) -> Check | None:
    """Advice on what hides the eyes."""
    appearance = find_eyewear(align(picture, standard_landmarks(mesh.points)))
    if sunglasses(appearance) > 0.7:
        return "face.take_off_sunglasses", 2.0, 0.6
    return "face.take_off_glasses", spectacles(appearance) / 0.65, 0.6
