"""All stages of one print, each worked out once."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_capture.arrays import F32, GreyImage
from ktpel_capture.fingerprint.boxes import Box
from ktpel_capture.fingerprint.enhancement import enhance
from ktpel_capture.fingerprint.extraction import as_template, extract
from ktpel_capture.fingerprint.flow import RidgeFlow, even_out, flow_of
from ktpel_capture.fingerprint.presence import Presence, presence
from ktpel_capture.fingerprint.resolution import at_500_ppi
from ktpel_capture.fingerprint.segmentation import finger_boxes
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
    minutiae : in the pixels of the sample.
    """

    sample: FingerprintSample
    image: GreyImage
    presence: Presence | Missing
    contrast: F32 | Missing
    flow: RidgeFlow | Missing
    mended: F32 | Missing
    fingers: tuple[Box, ...] | Missing
    minutiae: Minutiae | Missing


def analyse(sample: FingerprintSample) -> FingerprintAnalysis:
    """Run all stages on a print. Nothing is raised for a poor one."""
    image = at_500_ppi(sample)
    found = presence(image, ridge_spectrum(image))
    if isinstance(found, Missing):
        return FingerprintAnalysis(sample, image, found, found, found, found, found, found)
    even, contrast = even_out(image)
    flow = flow_of(even, contrast)
    if not flow.foreground.any():
        nothing = Missing("fingerprint.no_ridges")
        return FingerprintAnalysis(sample, image, nothing, nothing, nothing, nothing, nothing, nothing)
    mended = enhance(even, flow)
    return FingerprintAnalysis(
        sample=sample,
        image=image,
        presence=found,
        contrast=contrast,
        flow=flow,
        mended=mended,
        fingers=finger_boxes(image),
        minutiae=as_template(extract(mended, flow), sample),
    )
