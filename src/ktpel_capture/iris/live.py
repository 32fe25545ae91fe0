"""What a live view of one or both eyes says before anything is captured."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ktpel_capture.arrays import I32, U16, GreyImage
from ktpel_capture.iris.absence import why_unseen
from ktpel_capture.iris.boundaries import PUPIL, Circle, place
from ktpel_capture.iris.edges import edge_width
from ktpel_capture.iris.gaze import reflection_from_pupil
from ktpel_capture.iris.lids import find_lids
from ktpel_capture.iris.tracking import Sight, Tracker
from ktpel_capture.quality import Hint, Missing
from ktpel_capture.requests import Frame, IrisRequest
from ktpel_capture.samples import Eye

_GOOD = (Hint(good=True),)
_LEAST_RADIUS = 80.0
"""Iris radius in sample pixels below which a VGA sensor gives too little: ISO/IEC 29794-6:2015."""
_SIDEWAYS, _UPRIGHT = 0.48, 0.16
"""Gaps to the frame's edge in iris radii, below which margins are not adequate (80 % of 0.6 and 0.2): 29794-6."""
_OPEN = 1.15
"""Height between the lids, in iris radii, below which much of the iris is hidden."""
_SOFT, _SMEARED = 0.055, 0.065
"""Width of the pupil's edge in iris radii from which texture is lost: all around, or in one direction."""
_SHARP = 1.75
"""Pixels that a sharp edge is wide."""
_FASTEST = 1.0
"""Iris radii a second: in an exposure of 10 ms an eye this fast smears its texture over a pixel of a VGA picture."""
_SWAY, _SETTLED = 0.03, 0.25
"""Iris radii from frame to frame that are no movement; seconds of rest after one until the eye counts as still."""
_LOOK_EVERY = 0.05
"""Seconds for which lids, blur, glare and gaze of an eye that is followed are taken to be as they were."""
_ALIKE = 0.1
"""Least peak of a phase correlation that tells anything."""
_TURNED = 0.28
"""Iris radii from the pupil's middle to the lamp's reflection, lengthened by how oval the pupil is along it, from which
an eye looks aside: about 18 degrees. A lamp that does not stand beside the lens shifts it by up to 0.2."""
_OVAL = 2.0
"""Iris radii for an oval as flat as a line: pupils are of themselves as oval as one that looks 15 degrees aside, and
some sensors' pixels are not square, so an oval alone tells nothing; along the reflection it confirms."""


class Watcher:
    """Looks at frame after frame of one presentation."""

    def __init__(self, request: IrisRequest) -> None:
        self._request = request
        self._eyes: dict[Eye, _OneEye] = {}

    def see(self, frame: Frame) -> tuple[Hint, ...]:
        """What stands against capturing now, worst first; one good hint where nothing does.

        A frame that shows both eyes is looked at eye by eye; of two expected eyes one that is not seen is named.
        """
        grey = frame.image if frame.image.ndim == 2 else cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)
        image = np.asarray(grey, dtype=np.uint8)
        eyes = self._request.expected
        halves = split_binocular(image) or {eyes[0]: image}
        watched = {eye: self._eyes.setdefault(eye, _OneEye()) for eye in halves if eye in eyes}
        seen = {eye: one.see(halves[eye], frame) for eye, one in watched.items()}
        absent = [eye for eye, hints in seen.items() if any(hint.key in _ABSENT for hint in hints)]
        if absent and len(absent) < len(seen):
            return (Hint(f"iris.{absent[0]}_eye_not_seen"),)
        hints = [hint for hints in seen.values() for hint in hints]
        turns = [one.turn for one in watched.values() if one.turn is not None]
        if turns and math.hypot(*np.mean(turns, axis=0)) > _TURNED:  # both eyes look the same way
            hints.append(Hint("iris.look_at_lens", strength=0.7))
        return _worst_first(hints)


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


class _OneEye:
    """One eye of a presentation."""

    def __init__(self) -> None:
        self._tracker = Tracker()
        self._before: tuple[Sight, float] | None = None
        self._moved_at = -math.inf
        self._absent: list[Hint] = [Hint("iris.no_eye")]
        self._state: list[Hint] = []
        self._looked_at = -math.inf
        self.turn: tuple[float, float] | None = None
        """How far the eye is turned from the lens, in iris radii, where a lamp's reflection was seen; see `_turn`."""

    def see(self, image: GreyImage, frame: Frame) -> list[Hint]:
        now = frame.monotonic
        sight = self._tracker.look(image, now)
        if not isinstance(sight, Sight):
            self._before = self.turn = None
            self._looked_at = -math.inf
            if sight is not None:
                self._absent = [Hint(why_unseen(sight))]
            return self._absent
        if not 0 <= now - self._looked_at < _LOOK_EVERY:
            self._looked_at, self._state = now, _state(sight)
            glare = any(hint.key == "iris.take_off_spectacles" for hint in self._state)
            self.turn = None if glare else _turn(sight)  # which reflection is the cornea's is not told
        hints = _framing(sight, frame.scale) + self._state
        if self._before is not None and 0 < now - self._before[1] < 0.5:
            before, then = self._before
            if _moved(before, sight) > max(_FASTEST * (now - then), _SWAY):
                self._moved_at = now
        self._before = sight, now
        if 0 <= now - self._moved_at < _SETTLED:
            hints.append(Hint("iris.hold_still", strength=0.6))
        return hints


def _moved(before: Sight, now: Sight) -> float:
    """How far the eye has moved between two frames, in iris radii.

    By phase correlation of the same window in both, which sees tenths of a pixel; a long way by where the limbus is.
    """
    limbus = before.limbus
    far = float(np.hypot(now.limbus.x - limbus.x, now.limbus.y - limbus.y)) / limbus.radius
    if far > 0.4 or before.raw.shape != now.raw.shape:
        return far
    height, width = now.raw.shape
    top, left = max(0, int(limbus.y - limbus.radius)), max(0, int(limbus.x - limbus.radius))
    window = np.s_[top : min(height, int(limbus.y + limbus.radius)), left : min(width, int(limbus.x + limbus.radius))]
    one, other = (sight.image[window].astype(np.float32) for sight in (before, now))
    if min(one.shape) < 8:
        return far
    (right, down), sure = cv2.phaseCorrelate(one, other, cv2.createHanningWindow(one.shape[::-1], cv2.CV_32F))
    return float(np.hypot(right, down)) / limbus.radius if sure > _ALIKE else far


def _framing(sight: Sight, scale: float) -> list[Hint]:
    height, width = sight.raw.shape
    limbus = sight.limbus
    hints = []
    in_sample = scale * sight.scale
    if limbus.radius / in_sample < _LEAST_RADIUS * min(1.0, max(width, height) / in_sample / 640):
        hints.append(Hint("iris.move_closer", strength=0.9))
    if limbus.radius > 0.42 * height:
        hints.append(Hint("iris.move_back", strength=0.9))
    gap_x = min(limbus.x, width - 1 - limbus.x) - limbus.radius
    gap_y = min(limbus.y, height - 1 - limbus.y) - limbus.radius
    if gap_x < _SIDEWAYS * limbus.radius or gap_y < _UPRIGHT * limbus.radius:
        hints.append(Hint("iris.centre_the_eye", strength=0.8))
    return hints


def _state(sight: Sight) -> list[Hint]:
    """Lids, gaze, blur and glare of an eye that was found."""
    pupil, limbus = sight.pupil, sight.limbus
    hints = []
    lids = find_lids(sight.image, pupil, limbus)
    middle = slice(len(lids.upper) // 4, -(len(lids.upper) // 4))
    opening = np.minimum(lids.lower[middle, 1], limbus.y + limbus.radius)
    opening = opening - np.maximum(lids.upper[middle, 1], limbus.y - limbus.radius)
    if float(np.mean(opening)) < _OPEN * limbus.radius:
        hints.append(Hint("iris.open_wide", strength=0.75))
    if np.hypot(pupil.x - limbus.x, pupil.y - limbus.y) > 0.2 * limbus.radius:
        hints.append(Hint("iris.look_at_lens", strength=0.7))
    blur = _blur(sight)
    if blur is not None:
        narrow, wide = blur
        if narrow > _SOFT:
            hints.append(Hint("iris.out_of_focus", strength=0.65))
        elif wide > _SMEARED and wide > 1.5 * narrow:
            hints.append(Hint("iris.hold_still", strength=0.65))
    if _glare(sight):
        hints.append(Hint("iris.take_off_spectacles", strength=0.7))
    return hints


def _blur(sight: Sight) -> tuple[float, float] | None:
    """How much wider than a sharp one the pupil's edge is, in the narrowest and the widest direction, in iris radii."""
    height, width = sight.frame.shape
    clear = cv2.resize((~sight.reflections).view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    edge = edge_width(sight.frame, _pupil_in_frame(sight), clear.view(np.bool_))
    if isinstance(edge, Missing):
        return None
    unit = sight.limbus.radius / sight.scale
    own = [max(0.0, each**2 - _SHARP**2) ** 0.5 / unit for each in (edge.narrow, edge.wide)]
    return own[0], own[1]


def _pupil_in_frame(sight: Sight) -> Circle:
    pupil, in_frame = sight.pupil, 1 / sight.scale
    x, y = (pupil.x + 0.5) * in_frame - 0.5, (pupil.y + 0.5) * in_frame - 0.5
    return Circle(x, y, pupil.radius * in_frame, pupil.score)


def _turn(sight: Sight) -> tuple[float, float] | None:
    """How far and whereto the reflection of the lamps lags behind the pupil, more where the pupil is flat that way.

    The pupil of an eye that looks aside is an oval, flat in the direction in which it looks: from 0.7 of what
    tells an eye that looks aside its outline is placed in the frame to see that.
    """
    glint = reflection_from_pupil(sight.reflections, sight.pupil, sight.limbus)
    if glint is None or (far := math.hypot(*glint)) < 0.7 * _TURNED:
        return glint
    points = place(sight.frame, _pupil_in_frame(sight), PUPIL).contour
    away = points - points.mean(0)
    (xx, xy), (_, yy) = away.T @ away
    across, along = glint[0] / far, glint[1] / far
    flat = ((yy - xx) * (across**2 - along**2) - 4 * xy * across * along) / (xx + yy)
    longer = 1 + _OVAL * float(flat) / far
    return glint[0] * longer, glint[1] * longer


def _glare(sight: Sight) -> bool:
    """Whether lamps are mirrored by glasses: a white spot larger than the cornea's, on something darker.

    A cornea mirrors a lamp at a few hundredths of an iris radius; the nearly flat glass before it many times larger.
    """
    radius = sight.limbus.radius
    white = cv2.threshold(sight.raw, 244, 255, cv2.THRESH_BINARY)[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(white, ltype=cv2.CV_16U)
    if count < 2:
        return False
    x, y, wide, high, area = stats.T
    height, width = white.shape
    one = (area > 0.03 * radius**2) & (area < 0.5 * radius**2) & (area > 0.5 * wide * high)
    one &= (x > 0) & (y > 0) & (x + wide < width) & (y + high < height)
    parts = np.asarray(labels, dtype=np.uint16)
    return any(_stands_out(sight.raw, parts, int(index), stats[index]) for index in np.flatnonzero(one))


def _stands_out(image: GreyImage, labels: U16, index: int, stats: I32) -> bool:
    """Whether most of what lies around one spot is darker."""
    x, y, wide, high = (int(each) for each in stats[:4])
    window = np.s_[max(0, y - 3) : y + high + 3, max(0, x - 3) : x + wide + 3]
    own = (labels[window] == index).view(np.uint8)
    rim = cv2.dilate(own, np.ones((7, 7), np.uint8)) > cv2.dilate(own, np.ones((3, 3), np.uint8))
    return bool(rim.any()) and float((image[window][rim] < 215).mean()) > 0.8


def _worst_first(hints: list[Hint]) -> tuple[Hint, ...]:
    named = {hint.key: hint for hint in sorted(hints, key=lambda hint: hint.strength)}
    return tuple(sorted(named.values(), key=lambda hint: -hint.strength)) or _GOOD
