"""What is worn or held before a face: spectacles, sunglasses, head coverings, covered eyes, a covered mouth.

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
from ktpel_capture.face.networks import model_bytes
from ktpel_capture.face.patches import EYES, MOUTH, TOP, Patch, describe

_MODELS: Mapping[str, Patch] = MappingProxyType(
    {"spectacles": EYES, "sunglasses": EYES, "eyes_covered": EYES, "mouth_covered": MOUTH, "head_covering": TOP}
)


@cache
def _weights() -> Mapping[str, F32]:
    """(4165,) float32 a model: one weight a number of the patch, the last the offset."""
    with np.load(BytesIO(model_bytes("appearance.npz"))) as stored:
        return {name: stored[name].astype(np.float32) for name in _MODELS}


def find_appearance(aligned: Aligned) -> Mapping[str, float]:
    """Probability 0..1 of each thing, by name; 0.5 where both are equally likely."""
    patches = {patch: describe(aligned.image, patch) for patch in set(_MODELS.values())}
    found = {}
    for name, patch in _MODELS.items():
        weights = _weights()[name]
        score = float(patches[patch] @ weights[:-1] + weights[-1])
        found[name] = 1 / (1 + math.exp(-min(max(score, -50.0), 50.0)))
    return MappingProxyType(found)


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


def eyes_covered(appearance: Mapping[str, float]) -> float:
    """How likely something (hair, a hand, dark glasses) covers an eye, 0..1.

    Source: own model, in place of ISO/IEC 29794-5's eyes visible.
    """
    return appearance["eyes_covered"]


def mouth_covered(appearance: Mapping[str, float]) -> float:
    """How likely something (a mask, a hand, a scarf) covers the mouth, 0..1.

    Source: own model, in place of ISO/IEC 29794-5's mouth occlusion prevention.
    """
    return appearance["mouth_covered"]


def face_covered(appearance: Mapping[str, float]) -> float:
    """How likely something covers eyes or mouth, 0..1; cheeks, chin and forehead are not looked at.

    Source: own model, in place of ISO/IEC 29794-5's face occlusion prevention; the weakest of ours.
    """
    return max(appearance["eyes_covered"], appearance["mouth_covered"])


def head_covered(appearance: Mapping[str, float]) -> float:
    """How likely the head is covered (hat, cap, scarf, hood), 0..1. A headscarf is allowed on a KTP-el.

    Source: own model, in place of ISO/IEC 29794-5's no head coverings.
    """
    return appearance["head_covering"]
