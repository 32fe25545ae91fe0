"""The likeliest limbus of a pupil that was placed, before lids are known."""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_capture.arrays import F32, GreyImage, frozen_copy
from ktpel_capture.imaging.polar import directions
from ktpel_capture.iris.boundaries import CONTOUR, Boundary, Circle, oval, steps_along
from ktpel_capture.iris.pairs import RAYS, search_between

_SEARCH = search_between(0.72, 1.32, 61, 0.10, 0.18, 11)
_STEEPNESS = np.degrees(np.arcsin(np.abs(directions(RAYS)[:, 1])))
_AT_SIDES = _STEEPNESS < 30
_COUNTS: F32 = frozen_copy(
    np.select(
        [_STEEPNESS < 24, _STEEPNESS < 45, directions(RAYS)[:, 1] > 0, _STEEPNESS < 66], [14.6, 13.1, 8.1, 4.4]
    ).astype(np.float32)
    / RAYS
)
"""What a full step counts: at the sides, aslant, below and above, where lids mostly hide the limbus."""
_DOUBT: F32 = frozen_copy(
    ((_SEARCH.offsets**2 @ [60.0, 101.0])[:, None] + 50 * np.log(_SEARCH.radii) ** 2).astype(np.float32)
)
"""What tells against a limbus beside the middle of its pupil (a seventh of a radius is seldom seen), or of another
radius than was seen first: fitted it would be 182, but where a first look errs it errs by more than on those eyes."""


def limbus_around(image: GreyImage, pupil: Boundary, about: Circle) -> Boundary:
    """An ellipse of the pupil's shape, not far from its middle, that is seen above all at the sides.

    A conditional logit over middles and radii: how much the steps of each sector count, and what tells against a middle
    and a radius, is fitted to 224 eyes with limbi drawn by hand (200 of CASIA Interval by Halmstad University,
    IRISSEG-CC; 24 of NIST, MMU2 and CASIA by us).

    Parameters
    ----------
    image : without its reflections.
    pupil : as placed; pixels that are not square and a gaze aside press it and its limbus alike.
    about : the limbus as it was first seen.
    """
    across, slant = oval(pupil)
    press = np.array([[1 + across, -slant], [-slant, 1 - across]])
    radius = about.radius / (1 + across / 2)
    ways = (directions(RAYS) @ press).astype(np.float32)
    radii = (_SEARCH.radii * radius).astype(np.float32)[:, None]
    columns, rows = radii * ways[:, 0] + np.float32(pupil.x), radii * ways[:, 1] + np.float32(pupil.y)
    band = cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    steps = steps_along(np.asarray(band, dtype=np.uint8), _SEARCH.reach)
    sides = np.sort(steps[_SEARCH.reach : -_SEARCH.reach, _AT_SIDES], axis=None)
    gain = np.clip(steps / np.clip(sides[int(0.92 * sides.size)], 8, 60), -0.5, 1)
    gain[: _SEARCH.reach], gain[-_SEARCH.reach :] = -0.5, -0.5
    likely = _SEARCH.along(gain, _COUNTS, cv2.BORDER_REPLICATE) - _DOUBT
    offset, row = np.unravel_index(int(likely.argmax()), likely.shape)
    size = float(_SEARCH.radii[row]) * radius
    x, y = press @ _SEARCH.offsets[offset] * size + (pupil.x, pupil.y)
    contour = frozen_copy((directions(CONTOUR) @ press) * size + (x, y))
    return Boundary(float(x), float(y), size, contour, 0.0, 0.0)
