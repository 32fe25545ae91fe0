"""All stages of one print, each worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ktpel_capture.arrays import F32, GreyImage
from ktpel_capture.fingerprint.boxes import Box
from ktpel_capture.fingerprint.enhancement import enhance
from ktpel_capture.fingerprint.extraction import Found, as_template, extract, ridge_quality
from ktpel_capture.fingerprint.flow import BLOCK, RidgeFlow, even_out, flow_of
from ktpel_capture.fingerprint.nfiq2.features import Nfiq2Features, nfiq2_features
from ktpel_capture.fingerprint.nfiq2.minutiae import minutiae_measures
from ktpel_capture.fingerprint.presence import Presence, presence_of
from ktpel_capture.fingerprint.resolution import at_500_ppi
from ktpel_capture.fingerprint.segmentation import finger_boxes
from ktpel_capture.fingerprint.singular import Pattern, SingularPoints, pattern_of, singular_points_of
from ktpel_capture.fingerprint.spectrum import ridge_spectrum
from ktpel_capture.quality import Missing
from ktpel_capture.samples import FingerprintSample
from ktpel_capture.templates import Minutiae


@dataclass(frozen=True, slots=True, eq=False)
class FingerprintAnalysis:
    """What was found on one print, stage by stage; a stage that finds nothing says why.

    Attributes
    ----------
    sample : as it was captured.
    image : the picture at 500 ppi, on which everything is measured.
    presence : that there is a print, and its ridge spacing.
    contrast : (height, width) float32, local deviation of the ridges in grey levels.
    flow : direction of the ridges and where they are.
    mended : (height, width) float32, the ridges with noise and pores smoothed along them; below zero on ridges.
    fingers : one box a fingertip, in pixels at 500 ppi.
    found : every end and branching of the ridges, trusted or not, at 500 ppi.
    minutiae : the trusted ones, in the pixels of the sample.
    ridge_quality : (rows, cols) float32 on blocks of 8 pixels, 0 no ridges to be read .. 1 clean.
    singular : cores and deltas, in pixels at 500 ppi.
    pattern : arch, tented arch, left or right loop, whorl.
    nfiq2 : the native measures of NFIQ 2 that need no minutiae.
    nfiq2_minutiae : those that do.
    """

    sample: FingerprintSample
    image: GreyImage
    presence: Presence | Missing
    contrast: F32 | Missing
    flow: RidgeFlow | Missing
    mended: F32 | Missing
    fingers: tuple[Box, ...] | Missing
    found: Found | Missing
    minutiae: Minutiae | Missing
    ridge_quality: F32 | Missing
    singular: SingularPoints | Missing
    pattern: Pattern | Missing
    nfiq2: Nfiq2Features | Missing
    nfiq2_minutiae: Mapping[str, float] | Missing


def analyse(sample: FingerprintSample) -> FingerprintAnalysis:
    """Run all stages on a print. Nothing is raised for a poor one."""
    image = at_500_ppi(sample)
    features = nfiq2_features(image)
    spectrum = ridge_spectrum(image)
    there = presence_of(sample, image, spectrum)
    if isinstance(there, Missing):
        return _nothing(sample, image, there, features)
    even, contrast = even_out(image)
    flow = flow_of(even, contrast)
    if not flow.foreground.any():
        return _nothing(sample, image, Missing("fingerprint.no_ridges"), features)
    mended = enhance(even, flow)
    quality = ridge_quality(mended, flow)
    found = extract(mended, flow, quality)
    fingers = finger_boxes(spectrum) or (_around(flow),)
    several = Missing("fingerprint.not_one_finger") if len(fingers) > 1 else None
    singular = singular_points_of(flow)
    return FingerprintAnalysis(
        sample=sample,
        image=image,
        presence=there,
        contrast=contrast,
        flow=flow,
        mended=mended,
        fingers=fingers,
        found=found,
        minutiae=as_template(found, sample),
        ridge_quality=quality,
        singular=several or singular,
        pattern=several or pattern_of(singular, flow, fingers[0].angle),
        nfiq2=features,
        nfiq2_minutiae=features if isinstance(features, Missing) else minutiae_measures(features, found),
    )


def _around(flow: RidgeFlow) -> Box:
    """An upright box around all ridges, where no fingertip stands out among them."""
    rows, cols = np.nonzero(flow.foreground)
    top, left = float(rows.min()) * BLOCK, float(cols.min()) * BLOCK
    bottom, right = float(rows.max() + 1) * BLOCK, float(cols.max() + 1) * BLOCK
    return Box(((left + right - 1) / 2, (top + bottom - 1) / 2), (right - left, bottom - top))


def _nothing(
    sample: FingerprintSample, image: GreyImage, why: Missing, features: Nfiq2Features | Missing
) -> FingerprintAnalysis:
    return FingerprintAnalysis(
        sample,
        image,
        presence=why,
        contrast=why,
        flow=why,
        mended=why,
        fingers=why,
        found=why,
        minutiae=why,
        ridge_quality=why,
        singular=why,
        pattern=why,
        nfiq2=features,
        nfiq2_minutiae=why,
    )
