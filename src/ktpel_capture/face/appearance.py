"""What is worn or held before a face: spectacles, sunglasses, head coverings, covered eyes.

Linear models over edges and colours of a patch of the aligned face, fitted on synthetic faces whose labels we looked
through, with drawn occluders for what the set hardly shows; docs/face-models.md tells how well they do on faces they
never saw, and where they fail.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from types import MappingProxyType

import numpy as np

from ktpel_capture.arrays import F32
from ktpel_capture.face.alignment import Aligned
from ktpel_capture.face.coverage import Coverage
from ktpel_capture.face.networks import model_bytes
from ktpel_capture.face.patches import EYES, Patch, describe, describe_top

_PATCHES: Mapping[str, Patch] = MappingProxyType({"spectacles": EYES, "sunglasses": EYES, "eyes_covered": EYES})
_EYEWEAR = ("spectacles", "sunglasses")


@cache
def _weights() -> Mapping[str, F32]:
    """One weight a number of the description, the last the offset, by model."""
    with np.load(BytesIO(model_bytes("appearance.npz"))) as stored:
        return {name: stored[name].astype(np.float32) for name in (*_PATCHES, "head_covering")}


def find_appearance(aligned: Aligned, person: F32) -> Mapping[str, float]:
    """Probability 0..1 of each thing, by name; 0.5 where both are equally likely.

    Parameters
    ----------
    aligned : the face in canonical position.
    person : (154, 154) from `patches.person_on_aligned`.
    """
    patches = {patch: describe(aligned.image, patch) for patch in set(_PATCHES.values())}
    found = {name: _probability(name, patches[patch]) for name, patch in _PATCHES.items()}
    found["head_covering"] = _probability("head_covering", describe_top(aligned.image, person))
    return MappingProxyType(found)


def find_eyewear(aligned: Aligned) -> Mapping[str, float]:
    """Spectacles and sunglasses alone, for a live view."""
    described = describe(aligned.image, EYES)
    return MappingProxyType({name: _probability(name, described) for name in _EYEWEAR})


def _probability(name: str, described: F32) -> float:
    weights = _weights()[name]
    score = float(described @ weights[:-1] + weights[-1])
    return 1 / (1 + math.exp(-min(max(score, -50.0), 50.0)))


def spectacles(appearance: Mapping[str, float]) -> float:
    """How likely the person wears spectacles, clear or dark, 0..1.

    Source: own model.
    """
    return max(appearance["spectacles"], appearance["sunglasses"])


def sunglasses(appearance: Mapping[str, float]) -> float:
    """How likely the person wears dark or tinted glasses, 0..1.

    Source: own model.
    """
    return appearance["sunglasses"]


def eyes_covered(appearance: Mapping[str, float], coverage: Coverage) -> float:
    """How surely something (hair, a hand, dark glasses) covers an eye, 0..1: the greater of a probability and of the
    share of the less visible eye that is hidden.

    Source: own models, in place of ISO/IEC 29794-5's eyes visible.
    """
    hidden = 1 - min(coverage.visible["right_eye"], coverage.visible["left_eye"])
    return max(appearance["eyes_covered"], hidden)


def head_covered(appearance: Mapping[str, float]) -> float:
    """How likely the head is covered (hat, cap, scarf, hood), 0..1. A headscarf is allowed on a KTP-el.

    Source: own model, in place of ISO/IEC 29794-5's no head coverings.
    """
    return appearance["head_covering"]


def hat(appearance: Mapping[str, float], coverage: Coverage) -> float:
    """How likely a hat, cap or helmet is worn, 0..1: the head is covered, and not more than half of what lies beside
    cheeks and chin is cloth, as a headscarf's would be.

    Source: own models.
    """
    return appearance["head_covering"] * min(1.0, 2 * (1 - coverage.beside))
