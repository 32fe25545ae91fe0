"""The quality report of a print."""

from __future__ import annotations

from ktpel_capture.fingerprint.analysis import FingerprintAnalysis, analyse
from ktpel_capture.fingerprint.measures import MEASURES
from ktpel_capture.quality import Missing, QualityReport, QualityScore, ReportFacts, measure_all
from ktpel_capture.samples import FingerprintSample

ALGORITHM = "NFIQ 2"
"""Name of the first score: NIST's algorithm, ISO/IEC 29794-4."""


def assess(sample: FingerprintSample | FingerprintAnalysis) -> QualityReport:
    """Measure a print: every row of `MEASURES`, and its scores. Never raises for a poor sample."""
    analysis = sample if isinstance(sample, FingerprintAnalysis) else analyse(sample)
    print_ = analysis.sample
    edits = print_.capture.edits if print_.capture else ()
    if print_.image.shape != analysis.image.shape:
        edits = (*edits, "edit.resolution_resampled")
    facts = ReportFacts("fingerprint", print_.digest, position=print_.position, edits=edits)
    score = QualityScore(ALGORITHM, Missing("quality.no_score"), product="ktpel_capture.fingerprint")
    return QualityReport((score,), measure_all(analysis, MEASURES), facts)
