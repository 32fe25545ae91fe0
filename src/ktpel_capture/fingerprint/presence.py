"""Whether a picture holds a print at all, and if not, what stands in the way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import Bool, GreyImage
from ktpel_capture.fingerprint.spectrum import RidgeSpectrum, ridge_spectrum
from ktpel_capture.quality import Missing
from ktpel_capture.samples import FingerprintSample

_cv2: Any = cv2

LEAST_SIDE = 64
"""Pixels at 500 ppi (3.3 mm): less holds too few ridges to say anything."""
LEAST_WINDOWS = 6
"""Windows of ridges (1.6 mm squared each, 16 mm² in all) that make a print."""
SPACING_MM = (0.28, 0.78)
"""Ridge spacing of human fingers. Children of 5 to adults lie within 0.3 to 0.7 mm (M. D. Ashbaugh, Quantitative-
Qualitative Friction Ridge Analysis, 1999; Kralik and Novotny 2003); the bounds leave room for distortion."""
_MM_A_WINDOW = 32 * 25.4 / 500
_PALM = 57.0
"""A patch of ridges this wide in both directions (mm) is a palm: four fingers laid side by side are longer than that
across, but not along."""
_PALM_FILLED = 0.5
"""Share of the patch's rectangle that ridges fill; creases and the hollow of the hand leave the rest."""


@dataclass(frozen=True, slots=True)
class Presence:
    """That there is a print.

    Attributes
    ----------
    spacing : typical distance from ridge to ridge, mm at the declared resolution.
    share : of the windows that hold ridges, 0..1.
    """

    spacing: float
    share: float


def presence(image: GreyImage, spectrum: RidgeSpectrum) -> Presence | Missing:
    """Whether the picture (500 ppi) holds a print, or which of the usual other things it is.

    Reasons: ``too_small``, ``blank``, ``black``, ``resolution_too_low`` (ridges lie closer than on any finger: the
    true resolution is lower than declared), ``resolution_too_high``, ``no_ridges`` (noise, a photograph, a smear),
    ``palm``.
    """
    if min(image.shape) < LEAST_SIDE:
        return Missing("fingerprint.too_small")
    ridged = spectrum.ridged
    # a small picture has few windows
    least = min(LEAST_WINDOWS, math.ceil(0.6 * ridged.size))
    if int(ridged.sum()) < least:
        dark = float(np.percentile(image, 95))
        if dark < 60:
            return Missing("fingerprint.black")
        swing = float(np.percentile(image, 99) - np.percentile(image, 1))
        if swing < 30:
            return Missing("fingerprint.blank")
        return Missing("fingerprint.no_ridges")
    spacings = spectrum.period[ridged] / 500 * 25.4
    human = (spacings >= SPACING_MM[0]) & (spacings <= SPACING_MM[1])
    # the longest waves looked for are where pictures of other things have their power
    ridge_like = spacings < 1.1
    if int(human.sum()) >= max(least, 0.45 * int(ridged.sum())):
        if _is_palm(ridged & (spectrum.period * (25.4 / 500) <= SPACING_MM[1])):
            return Missing("fingerprint.palm")
        return Presence(float(np.median(spacings[human])), float(ridged.mean()))
    if int(ridge_like.sum()) < max(least, 0.75 * int(ridged.sum())):
        return Missing("fingerprint.no_ridges")
    close = float(np.median(spacings[ridge_like])) < SPACING_MM[0]
    return Missing("fingerprint.resolution_too_low" if close else "fingerprint.resolution_too_high")


def _is_palm(ridged: Bool) -> bool:
    """Whether the largest patch of ridges is wider than four fingers are long."""
    if min(ridged.shape) * _MM_A_WINDOW < _PALM:
        return False
    patches = _cv2.morphologyEx(np.pad(ridged, 3).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = _cv2.connectedComponentsWithStats(patches, connectivity=8)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    row, col = np.nonzero(labels == largest)
    # a window is as wide as from one middle to the next
    sides = [float(side) + 1 for side in _cv2.minAreaRect(np.stack((col, row), 1).astype(np.float32))[1]]
    wide: bool = min(sides) * _MM_A_WINDOW > _PALM
    return wide and len(row) > _PALM_FILLED * sides[0] * sides[1]


def presence_of(sample: FingerprintSample, image: GreyImage, spectrum: RidgeSpectrum) -> Presence | Missing:
    """`presence` of a sample whose picture at 500 ppi is ``image``.

    Where the declared resolution is so wrong that no ridges can be seen after resampling, they are sought on the
    picture as it came, and the resolution is named.
    """
    found = presence(image, spectrum)
    if found != Missing("fingerprint.no_ridges") or image is sample.image:
        return found
    as_it_came = presence(sample.image, ridge_spectrum(sample.image))
    if isinstance(as_it_came, Missing):
        return found
    spacing = as_it_came.spacing * 500 / sample.ppi
    if SPACING_MM[0] <= spacing <= SPACING_MM[1]:
        return found
    return Missing("fingerprint.resolution_too_low" if spacing < SPACING_MM[0] else "fingerprint.resolution_too_high")
