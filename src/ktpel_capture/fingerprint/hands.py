"""Which fingers of which hand the tips of a slap are of."""

from __future__ import annotations

import cmath
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ktpel_capture.arrays import F64
from ktpel_capture.fingerprint.boxes import Box
from ktpel_capture.samples import FINGERS_OF, Position

_TIPS: dict[Position, NDArray[np.complex128]] = {
    "right_four": np.array((-26.5 - 1.5j, -8.7 + 11j, 8.7 + 6j, 26.5 - 15.5j)),
    "left_four": np.array((-26.5 - 15.5j, -8.7 + 6j, 8.7 + 11j, 26.5 - 1.5j)),
}
"""Fingertips of an average hand laid flat, from left to right on the picture: mm right, and up as the imaginary part.
Rounded means of hands that differ by 5 mm and more; what decides is that the little finger lies far below the others
and the middle finger above the ring finger."""
_WIDTHS = MappingProxyType({"index": 1.0, "middle": 1.03, "ring": 0.98, "little": 0.87})
"""Fingertips of a hand against each other, across."""
_APART = 4.5
"""Deviation of a fingertip from its place, mm, each way."""
_TURN = 0.15
"""Deviation of the hand's turn (radians) from the lean of its fingers, and of its size from the average."""
_WIDER = 0.12
"""Deviation of the logarithm of a fingertip's width."""
SURE = 4.0
"""How much better (twice the log likelihood) the best reading must be than the next: seven times as likely."""


def arrangement(tips: F64) -> float:
    """How little tips, (N, 2) mm right and down, from left to right, lie as those of a hand that points up."""
    points = tips[:, 0] - 1j * tips[:, 1]
    if len(points) < 3:
        return 30.0 - 3 * len(points)
    size = min(4, len(points))
    fits = [
        _misfit(points[list(some)], model[list(chosen)], 0.0)
        for model in _TIPS.values()
        for chosen in combinations(range(4), size)
        for some in combinations(range(len(points)), size)
    ]
    return min(fits) + 4 * abs(len(points) - 4)


def _misfit(points: NDArray[np.complex128], model: NDArray[np.complex128], lean: float) -> float:
    """Twice the negative log likelihood of tips being those of a model hand that leans so far (radians)."""
    p, m = points - points.mean(), model - model.mean()
    upright, stiffness = cmath.exp(1j * lean), (_APART / _TURN) ** 2
    turn = (np.vdot(m, p) + stiffness * upright) / (np.vdot(m, m) + stiffness)
    off = float((np.abs(p - turn * m) ** 2).sum()) / _APART**2
    return off + float(abs(turn - upright)) ** 2 / _TURN**2


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to name the fingers of a slap, from left to right, and how ill it fits."""

    names: tuple[Position, ...]
    misfit: float


def readings(boxes: Sequence[Box], position: Position, absent: Collection[Position] = ()) -> list[Reading]:
    """Every way to name fingers as some of a hand's, the likeliest first; empty where there are too many."""
    order = FINGERS_OF[position] if position == "right_four" else FINGERS_OF[position][::-1]
    here = [index for index, name in enumerate(order) if name not in absent]
    if not boxes or len(boxes) > len(here):
        return []
    tips = np.array([(box.corners[0] + box.corners[1]) / 2 for box in boxes]) * 25.4 / 500
    points = tips[:, 0] - 1j * tips[:, 1]
    lean = float(np.mean([box.angle for box in boxes]))
    widths = np.log([box.size[0] for box in boxes])
    found = []
    for chosen in combinations(here, len(boxes)):
        names = tuple(order[index] for index in chosen)
        usual = np.log([_WIDTHS[name.split("_")[1]] for name in names])
        off = (widths - widths.mean()) - (usual - usual.mean())
        misfit = _misfit(points, _TIPS[position][list(chosen)], lean) + float((off**2).sum()) / _WIDER**2
        found.append(Reading(names, misfit))
    return sorted(found, key=lambda reading: reading.misfit)


def likeliest(boxes: Sequence[Box], position: Position, absent: Collection[Position] = ()) -> Sequence[Box]:
    """As many boxes as a presentation has fingers, where dirt or a neighbour made more: those that lie most like a
    hand, or of thumbs and single fingers the largest; left to right still."""
    fingers = [name for name in FINGERS_OF.get(position, (position,)) if name not in absent]
    if position == "unknown" or len(boxes) <= len(fingers):
        return boxes
    if position in _TIPS and fingers:
        return min(combinations(boxes, len(fingers)), key=lambda some: readings(some, position, absent)[0].misfit)
    largest = sorted(boxes, key=lambda box: box.size[0] * box.size[1])[len(boxes) - len(fingers) :]
    return [box for box in boxes if box in largest]


def hand_of(boxes: Sequence[Box], sure: float = SURE) -> Position:
    """Which hand fingertips from left to right are of; ``unknown`` where they do not tell.

    Parameters
    ----------
    boxes : as `segment` gives them.
    sure : how much better (twice the log likelihood) one hand must fit than the other; 4 is seven times as likely.
    """
    best = {hand: found[0].misfit for hand in _TIPS if (found := readings(boxes, hand))}
    if len(best) < 2 or abs(best["right_four"] - best["left_four"]) < sure:
        return "unknown"
    return "right_four" if best["right_four"] < best["left_four"] else "left_four"


def names_of(boxes: Sequence[Box], position: Position, absent: Collection[Position] = ()) -> list[Position]:
    """Which finger each box is, from left to right; ``unknown`` where it does not tell."""
    if position == "both_thumbs":
        thumbs = [name for name in FINGERS_OF[position][::-1] if name not in absent]
        return thumbs if len(boxes) == len(thumbs) else ["unknown"] * len(boxes)
    if position == "unknown" and len(boxes) == 4:
        position = hand_of(boxes)
    if position not in _TIPS:
        return [position] * len(boxes)
    found = readings(boxes, position, absent)
    if not found:
        return ["unknown"] * len(boxes)
    likely = [reading.names for reading in found if reading.misfit < found[0].misfit + SURE]
    return [names[0] if len(set(names)) == 1 else "unknown" for names in zip(*likely)]
