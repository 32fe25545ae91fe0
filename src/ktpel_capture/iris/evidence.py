"""Whether a pair of dark circles is an eye."""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, GreyImage, frozen_copy
from ktpel_capture.imaging.polar import directions, unwrap
from ktpel_capture.imaging.ranks import median, percentile
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
    beside = _beside(image, found.pupil)
    if _level(beside) >= _WHITE:
        return -np.inf  # an iris drowned in light shows nothing, least of all that it is uneven
    return float(_signs(raw, image, found, beside) @ WEIGHTS) + BIAS


def signs(raw: GreyImage, image: GreyImage, found: Pair) -> F64:
    """What speaks for an eye and against it, (7,) float64, in the order of `SIGNS`.

    How well the pupil is seen as an even dark disc, and the limbus; how uneven the iris is beside the pupil, in shares
    of the step at its edge (logarithm); how light it is in shares of what is bright in the picture, skin or paper; how
    much its left and right side differ beside the limbus, and the step at the pupil's edge on the side where it is
    less, both in shares of the step; the limbus's radius in shares of the picture's longer side (logarithm).
    """
    return _signs(raw, image, found, _beside(image, found.pupil))


def _signs(raw: GreyImage, image: GreyImage, found: Pair, beside: F32) -> F64:
    pupil, limbus = found.pupil, found.limbus
    step, level = max(found.contrast, 1.0), _level(beside)
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
            np.clip(level / max(percentile(raw[::4, ::4], 95), 1.0), 0.1, 1),
            min(abs(left - right) / step, 2),
            np.clip(least / step, -0.5, 1.5),
            np.log(limbus.radius / max(raw.shape)),
        ]
    )


def _beside(image: GreyImage, pupil: Circle) -> F32:
    """The iris close to the pupil, (5, 64)."""
    radii = np.linspace(1.2, 1.45, 5) * pupil.radius
    return unwrap(image, pupil.x, pupil.y, radii, _RAYS).astype(np.float32)


def _level(beside: F32) -> float:
    """Of the iris close to the pupil, at the sides."""
    return median(beside[:, np.abs(_ACROSS) > 0.8])
