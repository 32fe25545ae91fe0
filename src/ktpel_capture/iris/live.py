"""What a live view of one or both eyes says before anything is captured."""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_capture.arrays import GreyImage
from ktpel_capture.iris.boundaries import Boundary
from ktpel_capture.iris.segmentation import segment
from ktpel_capture.quality import Hint, Missing
from ktpel_capture.requests import Frame, IrisRequest
from ktpel_capture.samples import Eye

_GOOD = (Hint(good=True),)
_LEAST_RADIUS = 80.0
"""Iris radius in sample pixels below which a VGA sensor gives too little: ISO/IEC 29794-6:2015."""


class Watcher:
    """Looks at frame after frame of one presentation."""

    def __init__(self, request: IrisRequest) -> None:
        self._request = request
        self._before: dict[Eye, tuple[float, float]] = {}

    def see(self, frame: Frame) -> tuple[Hint, ...]:
        """What stands against capturing now, worst first; one good hint where nothing does."""
        image = frame.image if frame.image.ndim == 2 else cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)
        eyes = self._request.expected
        halves = split_binocular(np.asarray(image, dtype=np.uint8))
        if halves is None:
            hints = self._one(np.asarray(image, dtype=np.uint8), eyes[0], frame.scale)
            return _worst_first(hints)
        seen = {eye: self._one(half, eye, frame.scale) for eye, half in halves.items() if eye in eyes}
        absent = [eye for eye, found in seen.items() if any(hint.key == "iris.no_eye" for hint in found)]
        if absent and len(absent) < len(seen):
            return (Hint(f"iris.{absent[0]}_eye_not_seen"),)
        return _worst_first([hint for found in seen.values() for hint in found])

    def _one(self, image: GreyImage, eye: Eye, scale: float) -> list[Hint]:
        found = segment(image)
        if isinstance(found, Missing):
            self._before.pop(eye, None)
            return [Hint(found.reason)]
        limbus = found.limbus
        hints = _framing(image, limbus, scale)
        before = self._before.get(eye)
        self._before[eye] = limbus.x, limbus.y
        if before is not None and np.hypot(limbus.x - before[0], limbus.y - before[1]) > 0.08 * limbus.radius:
            hints.append(Hint("iris.hold_still", strength=0.6))
        return hints


def watch(request: IrisRequest) -> Watcher:
    """A watcher for the frames of one presentation."""
    return Watcher(request)


def split_binocular(image: GreyImage) -> dict[Eye, GreyImage] | None:
    """The two halves of a frame that shows both eyes, None for one that shows one.

    A binocular frame is at least twice as wide as high; the subject's right eye stands on the picture's left.
    """
    height, width = image.shape
    if width < 2 * height:
        return None
    return {"right": image[:, : width // 2], "left": image[:, width // 2 :]}


def _framing(image: GreyImage, limbus: Boundary, scale: float) -> list[Hint]:
    height, width = image.shape
    hints = []
    radius = limbus.radius / scale
    if radius < _LEAST_RADIUS * min(1.0, max(width, height) / scale / 640):
        hints.append(Hint("iris.move_closer", strength=0.9))
    if limbus.radius > 0.42 * height:
        hints.append(Hint("iris.move_back", strength=0.9))
    gap_x = min(limbus.x, width - 1 - limbus.x) - limbus.radius
    gap_y = min(limbus.y, height - 1 - limbus.y) - limbus.radius
    if gap_x < 0.3 * limbus.radius or gap_y < 0.1 * limbus.radius:
        hints.append(Hint("iris.centre_the_eye", strength=0.8))
    return hints


def _worst_first(hints: list[Hint]) -> tuple[Hint, ...]:
    return tuple(sorted(hints, key=lambda hint: -hint.strength)) or _GOOD
