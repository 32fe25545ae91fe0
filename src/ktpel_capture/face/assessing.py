"""Quality of a portrait."""

from __future__ import annotations

from ktpel_capture.face.analysis import FaceAnalysis, analyse
from ktpel_capture.face.measures import MEASURES, unify
from ktpel_capture.quality import Measurement, Missing, QualityReport, QualityScore, ReportFacts, measure_all
from ktpel_capture.samples import FaceSample

ALGORITHM = "ktpel-face"
VERSION = "1"
UNIFIED_ID = "face.unified_quality_score"


def assess(subject: FaceSample | FaceAnalysis) -> QualityReport:
    """Measure a portrait; never raises.

    Parameters
    ----------
    subject : a portrait, or its analysis where that is already there.

    Examples
    --------
    >>> from ktpel_capture.face import synthesis
    >>> sample, truth = synthesis.grow(3).capture(seed=1)
    >>> round(assess(sample).measurements["face.inter_eye_distance"].native) > 200
    True
    """
    analysis = analyse(subject) if isinstance(subject, FaceSample) else subject
    measured = measure_all(analysis, [row for row in MEASURES if row.id != UNIFIED_ID])
    unified = unify(measured)  # over the others, so that nothing is measured twice
    measured[UNIFIED_ID] = Measurement(unified, None if isinstance(unified, Missing) else round(unified))
    measurements = {identifier: measured[identifier] for row in MEASURES for identifier in row.ids}
    capture = analysis.sample.capture
    facts = ReportFacts("face", analysis.sample.digest, edits=() if capture is None else capture.edits)
    score = QualityScore(ALGORITHM, unified, product="ktpel_capture.face", version=VERSION)
    return QualityReport((score,), measurements, facts)
