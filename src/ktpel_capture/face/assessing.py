"""Quality of a portrait."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ktpel_capture.face.analysis import FaceAnalysis, analyse
from ktpel_capture.face.measures import MEASURES
from ktpel_capture.quality import Measurement, Missing, QualityReport, QualityScore, ReportFacts, measure_all
from ktpel_capture.samples import FaceSample

ALGORITHM = "ktpel_face"
VERSION = "1"
_SCORED = (
    "eyes_open", "mouth_closed", "head_pose_yaw", "head_pose_pitch", "head_pose_roll", "inter_eye_distance",
    "sharpness", "compression_artifacts", "over_exposure_prevention", "illumination_uniformity", "dynamic_range",
    "single_face_present", "natural_colour",
)  # fmt: skip


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
    measurements = measure_all(analysis, MEASURES)
    capture = analysis.sample.capture
    facts = ReportFacts("face", analysis.sample.digest, edits=() if capture is None else capture.edits)
    score = QualityScore(ALGORITHM, own_score(measurements), product="ktpel_capture.face", version=VERSION)
    return QualityReport((score,), measurements, facts)


def own_score(measurements: Mapping[str, Measurement]) -> float | Missing:
    """0..100 over the components that decide whether a face can be recognised: their geometric mean.

    It is no prediction of recognition scores (ISO/IEC 29794-5's unified quality score is a trained model that is not
    to be had), only one number for sorting captures of one person.
    """
    product = 1.0
    for name in _SCORED:
        measurement = measurements[f"face.{name}"]
        if isinstance(measurement.native, Missing):
            return measurement.native
        product *= max(measurement.component or 0, 1) / 100
    return round(100 * math.pow(product, 1 / len(_SCORED)), 2)
