"""Is it the same finger, eye, person? Used to verify, to hand over, and to find a finger given twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import ktpel_capture as kc
from ktpel_enrolment.store.blobs import Sample

SAME_FINGER = 24.0
"""Least likeness of two impressions of one finger: policy, not the standard's.

The four sets B of FVC2002 hold 11,520 pairs of different fingers; the most alike score 20, and each step of 3 to 4
lets a tenth through. Nobody is helped by a rejection either: the finger is put down again, three times at most.
"""


def likeness(one: kc.FingerprintSample, other: kc.FingerprintSample) -> float:
    """How alike two impressions are; `SAME_FINGER` and more is one finger."""
    return float(kc.fingerprint.compare(_prepared(one), _prepared(other)))


def mistakes(session: kc.Session, taken: Mapping[str, Sample]) -> tuple[kc.Finding, ...]:
    """Why a capture must be repeated: a finger or an eye under two names, the same hand again, swapped eyes."""
    found = session.mistakes(taken)
    return tuple(finding for name in found for finding in found[name] if finding.severity == "reject")


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
    return kc.fingerprint.best_two(fingers)
