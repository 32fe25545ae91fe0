"""All stages of one signature, computed once."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_capture.quality import Missing
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature.movement import Line, Movement, Walk, line, movement, walk
from ktpel_capture.signature.series import Series, series


@dataclass(frozen=True, slots=True, eq=False)
class SignatureAnalysis:
    """The stages of a signature.

    Attributes
    ----------
    sample : what was captured.
    series : pen points with repaired stamps, from first touch to last lift.
    line : the drawing.
    walk : the drawing in even steps.
    movement : speed and jerk; missing where the pen only tapped.
    """

    sample: SignatureSample
    series: Series | Missing
    line: Line | Missing
    walk: Walk | Missing
    movement: Movement | Missing


def analyse(sample: SignatureSample) -> SignatureAnalysis:
    """Run all stages; one that finds nothing is `Missing`."""
    points = series(sample)
    if isinstance(points, Missing):
        return SignatureAnalysis(sample, points, points, points, points)
    drawing = line(points)
    return SignatureAnalysis(sample, points, drawing, walk(drawing), movement(points))
