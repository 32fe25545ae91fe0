"""What a signature is like, number by number.

No part of ISO/IEC 29794 is about signatures, so the definitions are ours; where a paper has the formula it is named.
"""

from __future__ import annotations

import math

import numpy as np

from ktpel_capture.arrays import F64, Bool
from ktpel_capture.quality import Missing, Native, QualityMeasure
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature.movement import Line, Movement, Walk, along
from ktpel_capture.signature.series import Series

CARD_BOX = (20.0, 8.0)
"""mm, (width, height) of the place for the signature on the card, beneath the portrait (off pictures; unverified)."""
CARD_LINE = 0.15
"""mm, width of the line the card shows a signature with."""
GAP = 1.8
"""intervals; a longer step within a stroke means that at least one point was lost."""

OURS = "ktpel_capture; no standard measures signatures"


# Size and form --------------------------------------------------------------------------------------------------


def width(line: Line) -> float:
    """How wide the ink is, mm."""
    return float(line.size[0])


def height(line: Line) -> float:
    """How high the ink is, mm."""
    return float(line.size[1])


def extent(line: Line) -> float:
    """How large the ink is: the diagonal of the box around it, mm. A dot stays below the width of a few pen lines."""
    return line.extent


def path_length(line: Line) -> float:
    """How long the inked path is, mm.

    Summed over points at least about 10 ms apart, so that a fast pad's noise does not lengthen it.
    """
    return line.length


def straightness(walk: Walk) -> Native:
    """How near the ink comes to one straight line drawn once.

    The extent along the ink's main axis over the length of its path: 1 for a plain line, below a half for most
    writing. The path is walked in fiftieths of the extent, so that a trembling line stays a line.
    """
    points, strokes = walk.points, walk.strokes
    steps = np.diff(points, axis=0)[strokes[1:] == strokes[:-1]]
    length = float(np.hypot(steps[:, 0], steps[:, 1]).sum())
    if length <= 0:
        return Missing("signature.only_a_dot")
    centred = points - points.mean(0)
    xx, yy, xy = (float(centred[:, a] @ centred[:, b]) for a, b in ((0, 0), (1, 1), (0, 1)))
    axis = 0.5 * math.atan2(2 * xy, xx - yy)
    reach = centred @ (math.cos(axis), math.sin(axis))
    return min(1.0, float(reach.max() - reach.min()) / length)


def complexity(walk: Walk) -> float:
    """How much there is to imitate: half turns the pen makes.

    The absolute changes of direction, in steps of a fiftieth of the extent, over pi. A plain line has about none, a
    loop two.
    """
    strokes, steps = walk.strokes, np.diff(walk.points, axis=0)
    cross = steps[:-1, 0] * steps[1:, 1] - steps[:-1, 1] * steps[1:, 0]
    dot = (steps[:-1] * steps[1:]).sum(1)
    same = strokes[2:] == strokes[:-2]
    return float(np.abs(np.arctan2(cross, dot)[same]).sum()) / math.pi


def legibility(line: Line) -> float:
    """What share of the path still stands apart when the signature is printed on the card.

    The ink is fitted into the card's box, never magnified, over a grid twice as wide as the printed line: grid cells
    that are inked, over cells the path enters. Every crossing costs one cell; a scribble that goes over itself comes
    out as a blot and near 0.
    """
    box = max(line.size[0] / CARD_BOX[0], line.size[1] / CARD_BOX[1], 1.0)
    cell = 2 * CARD_LINE * box
    path = along(line, cell / 3)
    strokes = path.strokes
    column, row = ((path.points - line.lower) / cell + 0.25).astype(np.int64).T
    cells = row * 4096 + column
    entered = (cells[1:] != cells[:-1]) | (strokes[1:] != strokes[:-1])
    inked = np.sort(cells)
    return (1 + int((inked[1:] != inked[:-1]).sum())) / (1 + int(entered.sum()))


def border_clipping(sample: SignatureSample, line: Line, series: Series) -> float:
    """What share of the ink was held at the border of the pad, so that the signature is cut.

    With the pad's size known: points within 0.02 mm of its border and beyond it. Without: points that share the
    outermost coordinate exactly while the pen moves along it for more than 3 mm, unless all ink does.
    """
    x, y = series.x[series.down], series.y[series.down]
    if sample.pad_size is not None:
        wide, high = sample.pad_size
        held = (x <= 0.02) | (x >= wide - 0.02) | (y <= 0.02) | (y >= high - 0.02)
        return float(held.mean())
    held = _held(x, y) | _held(y, x)
    return float(held.mean())


def _held(across: F64, along_it: F64) -> Bool:
    """Points at the least or the greatest coordinate across, of runs that move more than 3 mm along it."""
    held = np.zeros(len(across), np.bool_)
    least, greatest = across.min(), across.max()
    if greatest - least < 1e-9:
        return held
    for edge in (least, greatest):
        at = across == edge
        if at.sum() < 5:
            continue
        both = at[1:] & at[:-1]
        if np.abs(np.diff(along_it))[both].sum() > 3.0:
            held |= at
    return held


# Time -----------------------------------------------------------------------------------------------------------


def duration(series: Series) -> float:
    """How long signing took, from the first touch to the last lift, s."""
    return float(series.t[-1])


def strokes(series: Series) -> float:
    """How often the pen came down."""
    return float(len(series.first))


def pen_up_ratio(series: Series) -> Native:
    """What share of the time the pen was in the air."""
    if series.t[-1] <= 0:
        return Missing("signature.only_a_dot")
    inked = float((series.t[series.last] - series.t[series.first]).sum())
    return max(0.0, 1 - inked / float(series.t[-1]))


def speed_mean(line: Line, movement: Movement) -> float:
    """How fast the pen draws on average while it touches, mm/s."""
    return line.length / movement.inked if movement.inked > 0 else 0.0


def speed_peak(movement: Movement) -> float:
    """How fast the pen draws at its fastest: the speed that 5 % of the ink's time lies above, mm/s."""
    at = max(0, math.ceil(0.95 * len(movement.speed)) - 1)
    return float(np.partition(movement.speed, at)[at])


def speed_variation(movement: Movement) -> Native:
    """How lively the speed is: its standard deviation over its mean. Who copies slowly draws evenly."""
    mean = float(movement.speed.mean())
    if mean <= 0:
        return Missing("signature.pen_did_not_move")
    return float(movement.speed.std()) / mean


def jerk(movement: Movement) -> Native:
    """How jerky the movement is, as a number without unit; higher is smoother.

    Minus the natural logarithm of the dimensionless jerk: the mean square of the jerk, times the inked time to the
    fourth, over the square of the peak speed. The same shape drawn larger, or slower throughout, has the same value.
    """
    greatest = float(movement.speed.max())
    if greatest <= 0:
        return Missing("signature.pen_did_not_move")
    mean_square = float(np.square(movement.jerk).mean())
    if mean_square <= 0:
        return Missing("signature.pen_did_not_move")
    return -math.log(mean_square * movement.inked**4 / greatest**2)


# What the pad delivers ------------------------------------------------------------------------------------------


def rate(series: Series) -> Native:
    """How many points a second the pad delivers while the pen touches: one over the median interval, Hz."""
    if not len(series.steps):
        return Missing("signature.too_few_points")
    return 1 / series.interval


def jitter(series: Series) -> Native:
    """How uneven the stamps are: root mean square deviation from the median interval, over it, lost points apart."""
    steps = series.steps[series.steps <= GAP * series.interval]
    if not len(steps):
        return Missing("signature.too_few_points")
    return math.sqrt(float(np.square(steps / series.interval - 1).mean()))


def dropped_samples(series: Series) -> Native:
    """What share of the points the pad should have delivered while the pen touched was lost."""
    steps = series.steps
    if not len(steps):
        return Missing("signature.too_few_points")
    longer = steps[steps > GAP * series.interval]
    lost = float((np.round(longer / series.interval) - 1).sum())
    return lost / (lost + len(steps) + len(series.first))


def repaired_stamps(series: Series) -> float:
    """What share of the time stamps repeated or stepped back and was replaced."""
    return series.repaired / len(series.t)


def force_saturation(series: Series) -> Native:
    """What share of the ink was drawn with the greatest force that occurs in it.

    A pad that is pressed beyond its range stays at its maximum. Real pads show from 2 % to 69 % by make (99th
    percentile of signatures), so this only warns. A pad that only tells touching from not has no maximum to reach.
    """
    if series.force is None:
        return Missing("signature.no_force")
    force = series.force[series.down]
    if force.max() - force.min() < 1 / 4096:
        return Missing("signature.force_is_flat")
    return float((force >= force.max() - 1 / 4096).mean())


def force_spread(series: Series) -> Native:
    """How much the force varies: between what 5 % and 95 % of the ink stay below, as a share of the pad's range.

    0 is a flat line: the pad tells touching from not touching, and nothing more.
    """
    if series.force is None:
        return Missing("signature.no_force")
    force = np.sort(series.force[series.down])
    return float(force[int(0.95 * (len(force) - 1))] - force[int(0.05 * (len(force) - 1))])


def _share(value: float) -> float:
    return 100 * value


def _lost(value: float) -> float:
    return 100 * (1 - value)


def _turns(value: float) -> float:
    """Full from three half turns on: none of 1,800 genuine signatures of SUSIG has fewer than 3.7."""
    return 100 * value / 3


def _printable_size(value: float) -> float:
    """Full from the width of the card's box on: then printing does not have to make up detail."""
    return 100 * value / CARD_BOX[0]


INF = math.inf
MEASURES: tuple[QualityMeasure, ...] = (
    QualityMeasure("signature.width", width, ("line",), "mm", (0, 20_000), OURS),
    QualityMeasure("signature.height", height, ("line",), "mm", (0, 20_000), OURS),
    QualityMeasure("signature.extent", extent, ("line",), "mm", (0, 30_000), OURS, _printable_size),
    QualityMeasure("signature.duration", duration, ("series",), "s", (0, 3600), OURS),
    QualityMeasure("signature.strokes", strokes, ("series",), "", (1, INF), OURS),
    QualityMeasure("signature.path_length", path_length, ("line",), "mm", (0, INF), OURS),
    QualityMeasure("signature.pen_up_ratio", pen_up_ratio, ("series",), "", (0, 1), OURS),
    QualityMeasure("signature.straightness", straightness, ("walk",), "", (0, 1), OURS),
    QualityMeasure("signature.complexity", complexity, ("walk",), "", (0, INF), OURS, _turns),
    QualityMeasure("signature.legibility", legibility, ("line",), "", (0, 1), OURS, _share),
    QualityMeasure("signature.border_clipping", border_clipping, ("sample", "line", "series"), "", (0, 1), OURS, _lost),
    QualityMeasure("signature.speed_mean", speed_mean, ("line", "movement"), "mm/s", (0, INF), OURS),
    QualityMeasure("signature.speed_peak", speed_peak, ("movement",), "mm/s", (0, INF), OURS),
    QualityMeasure("signature.speed_variation", speed_variation, ("movement",), "", (0, INF), OURS),
    QualityMeasure(
        "signature.jerk",
        jerk,
        ("movement",),
        "",
        (-INF, INF),
        "log dimensionless jerk, after Hogan and Sternad 2009; taken over the inked time only",
    ),
    QualityMeasure("signature.rate", rate, ("series",), "Hz", (0, INF), OURS),
    QualityMeasure("signature.jitter", jitter, ("series",), "", (0, 1), OURS),
    QualityMeasure("signature.dropped_samples", dropped_samples, ("series",), "", (0, 1), OURS, _lost),
    QualityMeasure("signature.repaired_stamps", repaired_stamps, ("series",), "", (0, 1), OURS),
    QualityMeasure("signature.force_saturation", force_saturation, ("series",), "", (0, 1), OURS),
    QualityMeasure("signature.force_spread", force_spread, ("series",), "", (0, 1), OURS),
)
