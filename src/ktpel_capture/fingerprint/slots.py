"""Whether the fingers that were captured are the fingers that they are said to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from ktpel_capture.fingerprint.comparison import Comparable, Prepared, compare, prepare
from ktpel_capture.fingerprint.segmentation import SegmentedFinger
from ktpel_capture.samples import Position

LEAST_MINUTIAE = 20
"""Fewer on either print are no ground for calling it another finger."""


def same_finger_from(one: Prepared, other: Prepared) -> float:
    """Score of `compare` from which two prints are taken for one finger: 20, more where there is more to coincide.

    The highest of the 11,520 pairs of different fingers of FVC2002 had 20.0 (20 to 50 minutiae a print); of
    grown fingers with 50 to 60 minutiae one in a hundred reached half as much as it has minutiae.
    """
    return max(20.0, 0.6 * min(len(one.x), len(other.x)))


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
    rolled: dict[Position, Prepared] = {name: prepare(print_) for name, print_ in singles.items() if name != "unknown"}
    alike, unlike, doubtful = [], [], []
    swapped = []
    for name, print_ in flat.items():
        scores = {other: compare(print_, rolled[other]) for other in rolled}
        enough = {other: same_finger_from(print_, rolled[other]) for other in rolled}
        best = max(scores.values(), default=0.0)
        # beside a print that is clearly the same, what is only just enough is chance
        others = [other for other in rolled if other != name and scores[other] >= max(enough[other], best / 2)]
        swapped += [(name, other) for other in others]
        if name not in rolled:
            continue
        if scores[name] >= max(enough[name], best / 2):
            alike.append(name)
        elif others or (scores[name] < enough[name] / 2 and min(len(print_.x), len(rolled[name].x)) >= LEAST_MINUTIAE):
            unlike.append(name)
        else:
            doubtful.append(name)
    return SlotCheck(tuple(alike), tuple(unlike), tuple(doubtful), tuple(swapped), _repeated(rolled))


def _repeated(prints: Mapping[Position, Prepared]) -> tuple[tuple[Position, Position], ...]:
    """Pairs that are one finger: alike enough, and clearly more than either is like any third."""
    scores = {pair: compare(prints[pair[0]], prints[pair[1]]) for pair in combinations(prints, 2)}

    def third(pair: tuple[Position, Position]) -> float:
        return max((score for other, score in scores.items() if len({*pair, *other}) == 3), default=0.0)

    return tuple(
        pair
        for pair, score in scores.items()
        if score >= same_finger_from(prints[pair[0]], prints[pair[1]]) and score >= min(2 * third(pair), 100.0)
    )


def _side(position: Position) -> str:
    return position.split("_")[0]
