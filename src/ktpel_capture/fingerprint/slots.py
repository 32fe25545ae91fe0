"""Whether the fingers that were captured are the fingers that they are said to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from ktpel_capture.fingerprint.comparison import Comparable, Prepared, compare, prepare
from ktpel_capture.fingerprint.segmentation import SegmentedFinger
from ktpel_capture.samples import Position

SAME_FINGER = 20.0
"""Score of `compare` from which two prints are taken for one finger: no pair of different fingers among 11,520 of
FVC2002 reached it."""
ANOTHER_FINGER = 8.0
"""Score below which they are taken for two, where both show enough; between the two nothing is said."""
LEAST_MINUTIAE = 12
"""Fewer on either print are no ground for calling it another finger (ISO/IEC 29794-4 has no such limit; twelve points
are the classic rule of identification)."""


@dataclass(frozen=True, slots=True)
class SlotCheck:
    """What does not fit between the fingers of a slap and the single prints.

    Attributes
    ----------
    alike : positions whose slap finger and single print are one finger.
    unlike : positions whose slap finger is not the finger of the single print at that position.
    doubtful : positions at which it cannot be told.
    swapped : (position in the slap, position of the single print) of one finger under two names.
    repeated : pairs of positions among the single prints that are one finger twice.
    """

    alike: tuple[Position, ...]
    unlike: tuple[Position, ...]
    doubtful: tuple[Position, ...]
    swapped: tuple[tuple[Position, Position], ...]
    repeated: tuple[tuple[Position, Position], ...]

    @property
    def hands_swapped(self) -> bool:
        """Whether fingers of one hand came under the names of the other."""
        return any(_side(one) != _side(other) for one, other in self.swapped)

    @property
    def good(self) -> bool:
        """Whether nothing stands against the names that were given."""
        return not (self.unlike or self.swapped or self.repeated)


def check_slots(
    slap: Iterable[SegmentedFinger] | Mapping[Position, Comparable], singles: Mapping[Position, Comparable]
) -> SlotCheck:
    """Hold the fingers of slaps against single prints of the same person.

    Finds which of the slap's fingers is not the same finger as the single print at its position, fingers of the two
    hands exchanged, and the same finger given twice.

    Parameters
    ----------
    slap : of `segment` (of several slaps, one after the other), or prints by position; ``unknown`` ones are passed by.
    singles : single prints by position; positions that only one side has are compared with all others.
    """
    given = slap.items() if isinstance(slap, Mapping) else ((finger.position, finger.sample) for finger in slap)
    flat = {name: prepare(print_) for name, print_ in given if name != "unknown"}
    rolled = {name: prepare(print_) for name, print_ in singles.items() if name != "unknown"}
    alike, unlike, doubtful = [], [], []
    swapped = []
    for name, print_ in flat.items():
        others = [(name, other) for other in rolled if other != name and _same(print_, rolled[other])]
        swapped += others
        if name not in rolled:
            continue
        score = compare(print_, rolled[name])
        if score >= SAME_FINGER:
            alike.append(name)
        elif others or (score < ANOTHER_FINGER and min(len(print_.x), len(rolled[name].x)) >= LEAST_MINUTIAE):
            unlike.append(name)
        else:
            doubtful.append(name)
    repeated = [(one, other) for one, other in combinations(rolled, 2) if _same(rolled[one], rolled[other])]
    return SlotCheck(tuple(alike), tuple(unlike), tuple(doubtful), tuple(swapped), tuple(repeated))


def _same(one: Prepared, other: Prepared) -> bool:
    return compare(one, other) >= SAME_FINGER


def _side(position: Position) -> str:
    return position.split("_")[0]
