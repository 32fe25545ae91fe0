"""One eye followed from frame to frame of a live view.

Searching a whole picture costs many times what following costs: an eye that was found is looked for again where it
was, and searched anew only now and then, or when it is lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ktpel_capture.arrays import Bool, GreyImage
from ktpel_capture.iris.boundaries import Circle
from ktpel_capture.iris.circles import Candidate, shrunk, without_reflections
from ktpel_capture.iris.evidence import evidence
from ktpel_capture.iris.pairs import Pair, find_pair, follow_pair

_SIDE = 240
"""Longer side at which frames are looked at."""
_SEEK_EVERY = 0.08
"""Seconds between searches while no eye is seen."""
_AGAIN_EVERY = 1.0
"""Seconds after which an eye that is followed is searched anew, in case it is followed wrongly."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """An eye in one frame.

    Attributes
    ----------
    frame : as it came.
    raw, image : the frame at the working size, and the same without its reflections.
    reflections : (H, W) bool.
    pupil, limbus : in pixels of the working size.
    scale : these per pixel of the frame.
    """

    frame: GreyImage
    raw: GreyImage
    image: GreyImage
    reflections: Bool
    pupil: Circle
    limbus: Circle
    scale: float


class Tracker:
    """Follows one eye."""

    def __init__(self) -> None:
        self._pair: Pair | None = None
        self._searched = -math.inf

    def look(self, frame: GreyImage, now: float) -> Sight | GreyImage | None:
        """Where the eye is now.

        Parameters
        ----------
        frame : the picture of this eye.
        now : seconds on the capture clock.

        Returns
        -------
        What is seen of it; the small picture where a search found nothing; None where it was not searched again yet.
        """
        since = now - self._searched
        lost = self._pair is None
        if lost and 0 <= since < _SEEK_EVERY:
            return None
        raw, scale = shrunk(frame, _SIDE)
        image, spots = without_reflections(raw)
        if lost or not 0 <= since < _AGAIN_EVERY or not self._follow(raw, image):
            self._searched = now
            self._search(raw, image)
        if self._pair is None:
            return raw
        return Sight(frame, raw, image, spots, self._pair.pupil, self._pair.limbus, scale)

    def _follow(self, raw: GreyImage, image: GreyImage) -> bool:
        before = self._pair
        if before is None:
            return False
        pupil = before.pupil
        self._pair = follow_pair(image, Candidate(pupil.x, pupil.y, pupil.radius, 0.0))
        near = 0.8 < self._pair.limbus.radius / before.limbus.radius < 1.25
        return near and self._is_eye(raw, image)

    def _search(self, raw: GreyImage, image: GreyImage) -> None:
        self._pair = find_pair(image)
        if not self._is_eye(raw, image):
            self._pair = None

    def _is_eye(self, raw: GreyImage, image: GreyImage) -> bool:
        return self._pair is not None and evidence(raw, image, self._pair) >= 0
