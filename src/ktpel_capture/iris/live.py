"""What a live view of one or both eyes says before anything is captured."""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_capture.arrays import GreyImage
from ktpel_capture.iris.circles import without_reflections
from ktpel_capture.iris.edges import edge_width
from ktpel_capture.iris.segmentation import Segmentation, segment
from ktpel_capture.quality import Hint, Missing
from ktpel_capture.requests import Frame, IrisRequest
from ktpel_capture.samples import Eye

_GOOD = (Hint(good=True),)
_LEAST_RADIUS = 80.0
"""Iris radius in sample pixels below which a VGA sensor gives too little: ISO/IEC 29794-6:2015."""
_SIDE = 320
"""Longer side at which frames are looked at."""


class Watcher:
    """Looks at frame after frame of one presentation."""

    def __init__(self, request: IrisRequest) -> None:
        self._request = request
        self._before: dict[Eye, tuple[float, float]] = {}

    def see(self, frame: Frame) -> tuple[Hint, ...]:
        """What stands against capturing now, worst first; one good hint where nothing does.

        A frame that shows both eyes is looked at eye by eye; of two expected eyes one that is not seen is named.
        """
        grey = frame.image if frame.image.ndim == 2 else cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)
        image = np.asarray(grey, dtype=np.uint8)
        eyes = self._request.expected
        halves = split_binocular(image)
        if halves is None:
            return _worst_first(self._one(image, eyes[0], frame.scale))
        seen = {eye: self._one(half, eye, frame.scale) for eye, half in halves.items() if eye in eyes}
        absent = [eye for eye, hints in seen.items() if any(hint.key in _ABSENT for hint in hints)]
        if absent and len(absent) < len(seen):
            return (Hint(f"iris.{absent[0]}_eye_not_seen"),)
        return _worst_first([hint for hints in seen.values() for hint in hints])

    def _one(self, image: GreyImage, eye: Eye, scale: float) -> list[Hint]:
        shrink = min(1.0, _SIDE / max(image.shape))
        if shrink < 1:
            size = (max(1, round(image.shape[1] * shrink)), max(1, round(image.shape[0] * shrink)))
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        found = segment(image)
        if isinstance(found, Missing):
            self._before.pop(eye, None)
            return [Hint("iris.eye_closed" if looks_closed(image) else found.reason)]
        hints = _framing(image, found, scale * shrink) + _state(image, found)
        place = found.limbus.x / shrink, found.limbus.y / shrink
        before = self._before.get(eye)
        self._before[eye] = place
        if before is not None:
            moved = np.hypot(place[0] - before[0], place[1] - before[1]) * shrink
            if moved > 0.08 * found.limbus.radius:
                hints.append(Hint("iris.hold_still", strength=0.6))
        return hints


_ABSENT = ("iris.no_eye", "iris.eye_closed")


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


def looks_closed(image: GreyImage) -> bool:
    """Whether there is one lying line of lashes and little else: lids that are closed. A guess; it may be wrong.

    Lashes leave a dark, ragged stripe across the picture. Half of all that is darker than its surroundings lies in a
    third of the height, over more than a third of the width.
    """
    filled, _ = without_reflections(image)
    side = 2 * (max(image.shape) // 24) + 1
    dark = cv2.morphologyEx(filled, cv2.MORPH_BLACKHAT, np.ones((side, side), np.uint8))
    least = max(24.0, 0.5 * float(np.quantile(dark[::2, ::2], 0.995)))
    lines = dark > least
    if not 0.004 < lines.mean() < 0.12:
        return False
    rows, columns = lines.sum(1), lines.sum(0)
    band = len(rows) // 3
    fullest = float(np.convolve(rows, np.ones(band), "valid").max())
    return fullest > 0.7 * rows.sum() and float((columns > 0).mean()) > 0.35


def _framing(image: GreyImage, found: Segmentation, scale: float) -> list[Hint]:
    height, width = image.shape
    limbus = found.limbus
    hints = []
    if limbus.radius / scale < _LEAST_RADIUS * min(1.0, max(width, height) / scale / 640):
        hints.append(Hint("iris.move_closer", strength=0.9))
    if limbus.radius > 0.42 * height:
        hints.append(Hint("iris.move_back", strength=0.9))
    gap_x = min(limbus.x, width - 1 - limbus.x) - limbus.radius
    gap_y = min(limbus.y, height - 1 - limbus.y) - limbus.radius
    if gap_x < 0.3 * limbus.radius or gap_y < 0.1 * limbus.radius:
        hints.append(Hint("iris.centre_the_eye", strength=0.8))
    return hints


def _state(image: GreyImage, found: Segmentation) -> list[Hint]:
    """Lids, gaze, blur and glare of an eye that was found."""
    limbus, pupil, lids = found.limbus, found.pupil, found.lids
    hints = []
    middle = slice(len(lids.upper) // 4, -(len(lids.upper) // 4))
    opening = np.minimum(lids.lower[middle, 1], limbus.y + limbus.radius)
    opening = opening - np.maximum(lids.upper[middle, 1], limbus.y - limbus.radius)
    if float(np.mean(opening)) < 1.0 * limbus.radius:
        hints.append(Hint("iris.open_wide", strength=0.75))
    off = float(np.hypot(pupil.x - limbus.x, pupil.y - limbus.y)) / limbus.radius
    spread = np.linalg.eigvalsh(np.cov(limbus.contour.T))
    if off > 0.16 or spread[0] / spread[1] < 0.86:
        hints.append(Hint("iris.look_at_lens", strength=0.7))
    edge = edge_width(image, pupil, ~found.reflections)
    if not isinstance(edge, Missing):
        if edge.narrow > 0.10 * limbus.radius:
            hints.append(Hint("iris.out_of_focus", strength=0.65))
        elif edge.wide > 0.12 * limbus.radius and edge.wide > 2 * edge.narrow:
            hints.append(Hint("iris.hold_still", strength=0.65))
    y, x = np.ogrid[: image.shape[0], : image.shape[1]]
    near = np.hypot(x - limbus.x, y - limbus.y) < limbus.radius
    if float(found.reflections[near].mean()) > 0.08:
        hints.append(Hint("iris.take_off_spectacles", strength=0.7))
    return hints


def _worst_first(hints: list[Hint]) -> tuple[Hint, ...]:
    named = {hint.key: hint for hint in sorted(hints, key=lambda hint: hint.strength)}
    return tuple(sorted(named.values(), key=lambda hint: -hint.strength)) or _GOOD
