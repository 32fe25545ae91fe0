"""The report of one signature."""

from __future__ import annotations

from collections.abc import Mapping

from ktpel_capture.quality import Measurement, Missing, QualityReport, QualityScore, ReportFacts, measure_all
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature.analysis import SignatureAnalysis, analyse
from ktpel_capture.signature.measures import MEASURES

ALGORITHM = "ktpel-signature"
VERSION = "1"
SCORED = (
    "signature.extent",
    "signature.complexity",
    "signature.legibility",
    "signature.border_clipping",
    "signature.dropped_samples",
)


def assess(sample: SignatureSample | SignatureAnalysis) -> QualityReport:
    """Measure a signature; never raises, for there is a report on every sample that could be made."""
    analysis = sample if isinstance(sample, SignatureAnalysis) else analyse(sample)
    measurements = measure_all(analysis, MEASURES)
    capture = analysis.sample.capture
    return QualityReport(
        scores=(QualityScore(ALGORITHM, own_score(measurements), product="ktpel_capture", version=VERSION),),
        measurements=measurements,
        facts=ReportFacts("signature", analysis.sample.digest, edits=capture.edits if capture else ()),
    )


def own_score(measurements: Mapping[str, Measurement]) -> float | Missing:
    """How well the card will show what was signed, and how much there is to compare, 0..100: our own algorithm.

    The product of five shares: of the size the card's box can use, of three half turns, of the path that stands
    apart when printed, of the ink that the pad's border did not hold, of the points that were not lost. It does not
    say whose signature it is. A plain line, which some people sign with, has a low score and is accepted all the same.
    """
    share = 1.0
    for name in SCORED:
        measurement = measurements[name]
        if isinstance(measurement.native, Missing):
            return measurement.native
        if measurement.component is not None:
            share *= measurement.component / 100
    return round(100 * share, 1)
