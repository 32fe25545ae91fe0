"""From a picture to pupil, limbus and lids.

Everything is searched in a picture of at most 320 pixels a side; only the boundaries are then placed in the picture
itself, on the rays that the lids leave free. The picture of a rolled head is turned upright first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ktpel_capture.arrays import F64, Bool, GreyImage, frozen_copy
from ktpel_capture.imaging.polar import directions
from ktpel_capture.iris.absence import why_unseen
from ktpel_capture.iris.boundaries import CONTOUR, LIMBUS, PUPIL, Boundary, Circle, place
from ktpel_capture.iris.circles import shrunk, without_reflections
from ktpel_capture.iris.evidence import evidence
from ktpel_capture.iris.lids import Lids, find_lids, turned
from ktpel_capture.iris.limbus import limbus_around
from ktpel_capture.iris.pairs import Pair, find_pair
from ktpel_capture.iris.roll import head_roll
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
    roll = head_roll(filled, pair.limbus)
    found = _in_upright_picture(image, pair.limbus, scale, roll) if roll else None
    if found is None:
        found = _boundaries(image, filled, scale, pair)
    if found is None:
        return Missing(why_unseen(small))
    if scale < 1:
        spots = cv2.resize(spots.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST).view(np.bool_)
    spots.flags.writeable = False
    return Segmentation(*found, spots)


def _boundaries(
    image: GreyImage, filled: GreyImage, scale: float, pair: Pair
) -> tuple[Boundary, Boundary, Lids] | None:
    """Pupil, limbus and lids of an eye that stands upright."""
    pupil = place(filled, pair.pupil, PUPIL, fine=False)
    limbus = limbus_around(filled, pupil, pair.limbus)
    limbus = place(filled, limbus, LIMBUS, _USUALLY_FREE, pupil, fine=False)
    even = limbus.contrast < 0.08 * pair.contrast  # what is inside looks like what is outside: skin among lashes
    if even or not pupil.radius < limbus.radius:
        return None
    lids = find_lids(filled, pupil, limbus)
    free = [_between_lids(boundary, lids, 0.04 * limbus.radius) for boundary in (pupil, limbus)]
    if scale < 1:
        pupil, limbus = _rescaled(pupil, 1 / scale), _rescaled(limbus, 1 / scale)
    sharp = image if scale < 1 else filled
    pupil = place(sharp, pupil, PUPIL, free[0])
    limbus = place(sharp, limbus, LIMBUS, _USUALLY_FREE if free[1] is None else _USUALLY_FREE * free[1], pupil)
    lids = find_lids(filled, _rescaled(pupil, scale), _rescaled(limbus, scale))
    if scale < 1:
        lids = Lids(_moved(lids.upper, 1 / scale), _moved(lids.lower, 1 / scale), lids.levels)
    return pupil, limbus, lids


def _in_upright_picture(
    image: GreyImage, limbus: Circle, scale: float, roll: float
) -> tuple[Boundary, Boundary, Lids] | None:
    """The same of an eye that is rolled: found where the picture is turned about it, and turned back."""
    side = max(image.shape)
    x, y = (limbus.x + 0.5) / scale - 0.5, (limbus.y + 0.5) / scale - 0.5
    turn = cv2.getRotationMatrix2D((x, y), -np.degrees(roll), 1.0)
    turn[:, 2] += (side / 2 - x, side / 2 - y)
    upright = cv2.warpAffine(image, turn, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    small, smaller = shrunk(np.asarray(upright, dtype=np.uint8), _WORKING)
    filled, _ = without_reflections(small)
    pair = find_pair(filled)
    found = None if pair is None else _boundaries(np.asarray(upright, dtype=np.uint8), filled, smaller, pair)
    if found is None or np.hypot(found[1].x - side / 2, found[1].y - side / 2) > limbus.radius / scale:
        return None

    def back(points: F64) -> F64:
        there = turned(points - side / 2, roll)
        return np.asarray(frozen_copy(there + np.array([x, y])), dtype=np.float64)

    def turned_back(boundary: Boundary) -> Boundary:
        middle = back(np.array([[boundary.x, boundary.y]]))[0]
        contour = frozen_copy(np.roll(back(boundary.contour), round(roll / (2 * np.pi) * CONTOUR), axis=0))
        return replace(boundary, x=float(middle[0]), y=float(middle[1]), contour=contour)

    pupil, limbus_there, lids = found
    return turned_back(pupil), turned_back(limbus_there), Lids(back(lids.upper), back(lids.lower), lids.levels, roll)


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
    free = lids.between(x, y, margin)
    return free if free.mean() > 0.25 else None
