"""One eye assessed: every measure, and one score."""

from __future__ import annotations

import math
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from ktpel_capture.iris.analysis import IrisAnalysis, analyse
from ktpel_capture.iris.measures import MEASURES
from ktpel_capture.quality import Measurement, Missing, QualityReport, QualityScore, ReportFacts, measure_all
from ktpel_capture.samples import IrisSample

ALGORITHM = "ktpel-iris"
"""Name of our own quality assessment algorithm; the standard's unified quality has no public formula."""

_WEIGHTS = {
    "iris.usable_iris_area": 2.0,
    "iris.iris_sclera_contrast": 1.0,
    "iris.iris_pupil_contrast": 1.0,
    "iris.iris_radius": 1.0,
    "iris.pupil_iris_ratio": 1.0,
    "iris.iris_pupil_concentricity": 0.5,
    "iris.margin_adequacy": 0.5,
    "iris.sharpness": 1.5,
}


def assess(sample: IrisSample | IrisAnalysis) -> QualityReport:
    """Measure one eye; nothing is raised for a poor one, what cannot be computed is `Missing`."""
    analysis = analyse(sample) if isinstance(sample, IrisSample) else sample
    measurements = measure_all(analysis, MEASURES)
    one = analysis.sample
    facts = ReportFacts("iris", one.digest, eye=one.eye, edits=one.capture.edits if one.capture else ())
    score = QualityScore(ALGORITHM, unified_quality(measurements), product=ALGORITHM, version=_version())
    return QualityReport((score,), measurements, facts)


def unified_quality(measurements: dict[str, Measurement]) -> float | Missing:
    """One number 0..100: the weighted geometric mean of the components that limit recognition.

    One bad component spoils the whole, as it spoils a comparison; a missing one makes the score missing.
    """
    total = 0.0
    for identifier, weight in _WEIGHTS.items():
        measurement = measurements[identifier]
        if isinstance(measurement.native, Missing):
            return measurement.native
        total += weight * math.log(max(measurement.component or 0, 1) / 100)
    return 100 * math.exp(total / sum(_WEIGHTS.values()))


@cache
def _version() -> str:
    try:
        return version("ktpel-capture")
    except PackageNotFoundError:
        return ""
