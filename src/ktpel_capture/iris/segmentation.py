"""From a picture to pupil, limbus and lids.

Everything is searched in a picture of at most 320 pixels a side; only the boundaries are then placed in the picture
itself, on the rays that the lids leave free.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_capture.arrays import F64, Bool, GreyImage, frozen_copy
from ktpel_capture.imaging.polar import directions
from ktpel_capture.iris.absence import why_unseen
from ktpel_capture.iris.boundaries import LIMBUS, PUPIL, Boundary, place
from ktpel_capture.iris.circles import shrunk, without_reflections
from ktpel_capture.iris.evidence import evidence
from ktpel_capture.iris.lids import Lids, find_lids
from ktpel_capture.iris.limbus import limbus_around
from ktpel_capture.iris.pairs import find_pair
from ktpel_capture.quality import Missing

_WORKING = 320
"""Longer side of the picture in which the eye is searched."""


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Pupil, limbus and lids, in pixels of the picture, and its reflections, (H, W) bool."""

    pupil: Boundary
    limbus: Boundary
    lids: Lids
    reflections: Bool


def segment(image: GreyImage) -> Segmentation | Missing:
    """The most likely eye in the picture, or why there is none."""
    height, width = image.shape
    small, scale = shrunk(image, _WORKING)
    filled, spots = without_reflections(small)
    pair = find_pair(filled)
    if pair is None or evidence(small, filled, pair) < 0:
        return Missing(why_unseen(small))
    pupil = place(filled, pair.pupil, PUPIL, fine=False)
    limbus = limbus_around(filled, pupil, pair.limbus)
    limbus = place(filled, limbus, LIMBUS, _USUALLY_FREE, pupil, fine=False)
    even = limbus.contrast < 0.08 * pair.contrast  # what is inside looks like what is outside: skin among lashes
    if even or not pupil.radius < limbus.radius:
        return Missing(why_unseen(small))
    lids = find_lids(filled, pupil, limbus)
    free = [_between_lids(boundary, lids, 0.04 * limbus.radius) for boundary in (pupil, limbus)]
    if scale < 1:
        pupil, limbus = _rescaled(pupil, 1 / scale), _rescaled(limbus, 1 / scale)
    sharp = image if scale < 1 else filled
    pupil = place(sharp, pupil, PUPIL, free[0])
    limbus = place(sharp, limbus, LIMBUS, _USUALLY_FREE if free[1] is None else _USUALLY_FREE * free[1], pupil)
    lids = find_lids(filled, _rescaled(pupil, scale), _rescaled(limbus, scale))
    if scale < 1:
        spots = cv2.resize(spots.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST).view(np.bool_)
        lids = Lids(_moved(lids.upper, 1 / scale), _moved(lids.lower, 1 / scale), lids.levels)
    spots.flags.writeable = False
    return Segmentation(pupil, limbus, lids, spots)


_STEEP = np.degrees(np.arcsin(directions(128)[:, 1]))
_USUALLY_FREE: F64 = np.interp(_STEEP, [-75, -60, -45, 45, 60], [0.02, 0.3, 1, 1, 0.5]).astype(np.float64)
"""How far to believe each ray of a limbus: lids mostly hide it above, often below."""


def _moved(points: F64, factor: float) -> F64:
    return np.asarray(frozen_copy((points + 0.5) * factor - 0.5), dtype=np.float64)


def _rescaled(boundary: Boundary, factor: float) -> Boundary:
    x, y = (boundary.x + 0.5) * factor - 0.5, (boundary.y + 0.5) * factor - 0.5
    contour = _moved(boundary.contour, factor)
    return Boundary(x, y, boundary.radius * factor, contour, boundary.support, boundary.contrast)


def _between_lids(boundary: Boundary, lids: Lids, margin: float) -> Bool | None:
    """On which rays the boundary lies clear of both lids, None where that would leave too little of it."""
    x, y = boundary.contour[::2].T
    upper = np.interp(x, lids.upper[:, 0], lids.upper[:, 1])
    lower = np.interp(x, lids.lower[:, 0], lids.lower[:, 1])
    free: Bool = (y > upper + margin) & (y < lower - margin)
    return free if free.mean() > 0.25 else None
