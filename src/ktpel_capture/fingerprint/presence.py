"""Whether a picture holds a print at all, and if not, what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ktpel_capture.arrays import GreyImage
from ktpel_capture.fingerprint.spectrum import RidgeSpectrum
from ktpel_capture.quality import Missing

LEAST_SIDE = 64
"""Pixels at 500 ppi (3.3 mm): less holds too few ridges to say anything."""
LEAST_WINDOWS = 6
"""Windows of ridges (1.6 mm squared each, 16 mm² in all) that make a print."""
SPACING_MM = (0.28, 0.78)
"""Ridge spacing of human fingers. Children of 5 to adults lie within 0.3 to 0.7 mm (M. D. Ashbaugh, Quantitative-
Qualitative Friction Ridge Analysis, 1999; Kralik and Novotny 2003); the bounds leave room for distortion."""


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
    true resolution is lower than declared), ``resolution_too_high``, ``no_ridges`` (noise, a photograph, a smear).
    """
    if min(image.shape) < LEAST_SIDE:
        return Missing("fingerprint.too_small")
    ridged = spectrum.ridged
    if int(ridged.sum()) < LEAST_WINDOWS:
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
    if int(human.sum()) >= max(LEAST_WINDOWS, 0.45 * int(ridged.sum())):
        return Presence(float(np.median(spacings[human])), float(ridged.mean()))
    if int(ridge_like.sum()) < max(LEAST_WINDOWS, 0.75 * int(ridged.sum())):
        return Missing("fingerprint.no_ridges")
    close = float(np.median(spacings[ridge_like])) < SPACING_MM[0]
    return Missing("fingerprint.resolution_too_low" if close else "fingerprint.resolution_too_high")
