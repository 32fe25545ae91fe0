"""Whether a pair of dark circles is an eye."""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, GreyImage, frozen_copy
from ktpel_capture.imaging.polar import directions, unwrap
from ktpel_capture.imaging.ranks import median
from ktpel_capture.iris.boundaries import Circle
from ktpel_capture.iris.pairs import Pair

SIGNS = ("disc", "limbus", "uneven", "lightness", "lopsided", "step", "size")
WEIGHTS: F64 = frozen_copy(np.array([7.41, 10.75, -1.14, -10.06, -1.91, 1.59, 2.38]))
BIAS = -3.59
"""Of a logistic regression over public and grown near-infrared eyes against faces and fingerprints, as they are, at
half size, cropped and blurred; every set counts the same. ``benchmarks/fit_iris_evidence.py`` makes them anew."""
_RAYS = 64
_ACROSS = directions(_RAYS)[:, 0]
_SIDES = (_ACROSS < -0.75, _ACROSS > 0.75)
"""Rays to the left and to the right, which lids hide last."""
_WHITE = 250
"""Grey level from which on a sensor is taken for saturated."""


def evidence(raw: GreyImage, image: GreyImage, found: Pair) -> float:
    """How sure it is that this is an eye: the logarithm of the odds; below 0 it is rather none.

    Parameters
    ----------
    raw : the picture in which the pair was found, with its reflections.
    image : the same without.
    """
    grain = 1.05 * median(np.asarray(cv2.absdiff(raw[::4, 1:], raw[::4, :-1]), dtype=np.uint8))
    if found.contrast < 3 * grain:
        return -np.inf  # noise as strong as the pupil is dark: there are discs in any noise
    if _beside(image, found.pupil)[1] >= _WHITE:
        return -np.inf  # an iris drowned in light shows nothing, least of all that it is uneven
    return float(signs(raw, image, found) @ WEIGHTS) + BIAS


def signs(raw: GreyImage, image: GreyImage, found: Pair) -> F64:
    """What speaks for an eye and against it, (7,) float64, in the order of `SIGNS`.

    How well the pupil is seen as an even dark disc, and the limbus; how uneven the iris is beside the pupil, in shares
    of the step at its edge (logarithm); how light it is in shares of what is bright in the picture, skin or paper; how
    much its left and right side differ beside the limbus, and the step at the pupil's edge on the side where it is
    less, both in shares of the step; the limbus's radius in shares of the picture's longer side (logarithm).
    """
    pupil, limbus = found.pupil, found.limbus
    step = max(found.contrast, 1.0)
    beside, level = _beside(image, pupil)
    spread = 1.4826 * median(np.abs(beside[:, np.abs(_ACROSS) > 0.8] - level))
    rim = unwrap(image, pupil.x, pupil.y, np.linspace(0.75, 0.93, 4) * limbus.radius, _RAYS)
    within = median(unwrap(image, pupil.x, pupil.y, np.linspace(0.1, 0.85, 10) * pupil.radius, _RAYS))
    left, right = (median(rim[:, side]) for side in _SIDES)
    least = min(median(beside[:, side]) for side in _SIDES) - within
    return np.array(
        [
            found.pupil.score * found.evenness,
            found.limbus.score,
            np.log(np.clip(spread / step, 0.02, 3)),
            np.clip(level / max(_brightness(raw), 1.0), 0.1, 1),
            min(abs(left - right) / step, 2),
            np.clip(least / step, -0.5, 1.5),
            np.log(limbus.radius / max(raw.shape)),
        ]
    )


def _beside(image: GreyImage, pupil: Circle) -> tuple[F32, float]:
    """The iris close to the pupil, (5, 64), and its level to the sides."""
    ring = unwrap(image, pupil.x, pupil.y, np.linspace(1.2, 1.45, 5) * pupil.radius, _RAYS).astype(np.float32)
    return ring, median(ring[:, np.abs(_ACROSS) > 0.8])


def _brightness(raw: GreyImage) -> float:
    """Grey level of what is bright in a picture: in one of an eye skin and sclera."""
    sample = np.sort(raw[::4, ::4], axis=None)
    return float(sample[int(0.95 * (sample.size - 1))])
