"""The quality report of a print."""

from __future__ import annotations

import cv2

from ktpel_capture.fingerprint.analysis import FingerprintAnalysis, analyse
from ktpel_capture.fingerprint.measures import MEASURES
from ktpel_capture.fingerprint.nfiq2.measures import UNIFIED
from ktpel_capture.fingerprint.verdict import verdict
from ktpel_capture.quality import QualityReport, QualityScore, ReportFacts, measure_all
from ktpel_capture.samples import FingerprintSample

ALGORITHM = "NFIQ 2"
"""Name of the first score: NIST's algorithm, ISO/IEC 29794-4, with our own minutiae."""
VERSION = "2.3"


def assess(sample: FingerprintSample | FingerprintAnalysis) -> QualityReport:
    """Measure a print: every row of `MEASURES`, and its scores.

    NFIQ 2 is defined at 500 ppi; a print at another resolution is resampled first and the report's facts say so. The
    score names the OpenCV it was computed with. Never raises for a poor sample.
    """
    analysis = sample if isinstance(sample, FingerprintAnalysis) else analyse(sample)
    print_ = analysis.sample
    edits = print_.capture.edits if print_.capture else ()
    if analysis.image is not print_.image:
        edits = (*edits, "edit.resolution_resampled")
    measurements = measure_all(analysis, MEASURES)
    score = QualityScore(
        ALGORITHM,
        measurements[UNIFIED].native,
        product="ktpel_capture.fingerprint",
        version=f"{VERSION} (OpenCV {cv2.__version__})",
    )
    facts = ReportFacts("fingerprint", print_.digest, position=print_.position, edits=edits)
    return QualityReport((score, verdict(analysis, measurements)), measurements, facts)
