"""Is it the same finger? Used to verify, to hand over, and to find a finger given twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import ktpel_capture as kc
from ktpel_capture import advice

SAME_FINGER = 24.0
"""Least likeness of two impressions of one finger: policy, not the standard's.

The four sets B of FVC2002 hold 11,520 pairs of different fingers; the most alike score 20, and each step of 3 to 4
lets a tenth through. Nobody is helped by a rejection either: the finger is put down again, three times at most.
"""


@dataclass(frozen=True, slots=True)
class Twice:
    """Two names for what is one finger."""

    fingers: tuple[kc.Position, kc.Position]

    def spoken(self) -> dict[str, str]:
        one, other = (advice(f"position.{finger}") for finger in self.fingers)
        return {"one": one.id, "other": other.id, "one_en": one.en, "other_en": other.en}


def likeness(one: kc.FingerprintSample, other: kc.FingerprintSample) -> float:
    """How alike two impressions are; `SAME_FINGER` and more is one finger."""
    return float(kc.fingerprint.compare(_prepared(one), _prepared(other)))


def same_finger_twice(earlier: Mapping[kc.Position, kc.FingerprintSample], taken: Mapping[str, object]) -> Twice | None:
    """Two differently named fingers that are one: put down twice, or hands swapped; None if there are none."""
    fresh = {sample.position: sample for sample in taken.values() if isinstance(sample, kc.FingerprintSample)}
    prepared = {position: _prepared(sample) for position, sample in {**earlier, **fresh}.items()}
    for one, other in combinations(prepared, 2):
        if (one in fresh or other in fresh) and kc.fingerprint.compare(prepared[one], prepared[other]) >= SAME_FINGER:
            return Twice((one, other))
    return None


_PREPARED: OrderedDict[str, kc.fingerprint.Prepared] = OrderedDict()
_KEPT = 64
"""Prints whose minutiae are remembered: those of a few people."""


def _prepared(sample: kc.FingerprintSample) -> kc.fingerprint.Prepared:
    """What comparisons need of a print, worked out once; a person's ten fingers are looked at several times."""
    if sample.digest not in _PREPARED:
        _PREPARED[sample.digest] = kc.fingerprint.prepare(sample)
        if len(_PREPARED) > _KEPT:
            _PREPARED.popitem(last=False)
    return _PREPARED[sample.digest]


def looks_the_same(before: kc.FaceSample, portrait: kc.FaceSample) -> bool:
    """Whether a portrait seems to show the person before; a hint to look again, no recognition."""
    likeness = kc.face.same_person(before, portrait)
    return not isinstance(likeness, kc.Missing) and likeness.same


def best_two(fingers: Mapping[kc.Position, kc.FingerprintSample]) -> tuple[kc.Position, ...]:
    """The two fingers for the chip: both index fingers, else thumbs, middle, ring, little fingers in that order."""
    order: tuple[kc.Position, ...] = (
        "right_index",
        "left_index",
        "right_thumb",
        "left_thumb",
        "right_middle",
        "left_middle",
        "right_ring",
        "left_ring",
        "right_little",
        "left_little",
    )
    return tuple(finger for finger in order if finger in fingers)[:2]
