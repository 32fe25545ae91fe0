"""Whether chin, cheeks and forehead are bare: what of a face is hidden by a scarf, a mask, a hand, hair or a thing.

A small network of our own (convolutions, 14 million multiplications) says for every place of the aligned face how
likely something lies before it; a region of the landmarks is as visible as its places are. It sees lightness and colour
against the nose and the upper cheeks of the same face, so that it does not look for one tone of skin, and where the
landmarks expect face, eyes, brows and lips. Beards, wrinkles, spectacles and shadows are no covering. Fitted on
synthetic faces on which coverings were drawn; docs/face-models.md tells how well it does on faces it never saw.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, U8, Bool, RgbImage
from ktpel_capture.face.alignment import Aligned
from ktpel_capture.face.landmarks import Landmarks
from ktpel_capture.face.scenery import FACE_OVAL
from ktpel_capture.imaging.colour import lab
from ktpel_capture.imaging.resample import reduced
from ktpel_capture.quality import Missing

LEFT, TOP, SPAN = 116, 136, 384
"""Square of the 616x616 canonical face that is looked at, px."""
SIDE, GRID = 64, 32  # px of what the network sees, and places of its answer, along each side
REGIONS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "forehead": (46, 70, 63, 105, 66, 9, 296, 334, 293, 300, 276, 298, 333, 299, 337, 151, 108, 69, 104, 68),
        "right_cheek": (116, 117, 118, 119, 100, 142, 203, 206, 216, 192, 213, 147, 123),
        "left_cheek": (345, 346, 347, 348, 329, 371, 423, 426, 436, 416, 433, 376, 352),
        "chin": (106, 182, 83, 18, 313, 406, 335, 431, 396, 175, 171, 211, 369, 140),
        "mouth": (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91),
        "right_eye": (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
        "left_eye": (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
        "nose": (6, 122, 351, 129, 358, 2),
    }
)  # fmt: skip
"""Landmarks whose convex hull is a region. The forehead reaches from the brows half way up to the hair (a scarf or hair
may cover the rest), the cheeks stop before the ears, the chin before the jaw's edge."""
_SKIN = (
    (118, 119, 120, 47, 126, 142, 36, 205, 50),
    (347, 348, 349, 277, 355, 371, 266, 425, 280),
    (6, 122, 196, 3, 51, 5, 281, 248, 419, 351),
)
"""Upper cheeks and the bridge of the nose: what is bare on nearly every portrait."""
_FEATURES = (
    REGIONS["right_eye"], REGIONS["left_eye"], REGIONS["mouth"],
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)  # fmt: skip
_SCALES = np.array([25, 15, 15], np.float32)  # of lightness, a* and b*


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """What is hidden of a face.

    Attributes
    ----------
    hidden : (32, 32) probability over the square of the aligned face that something lies before it.
    visible : share 0..1 of each region of `REGIONS` that is seen, and of the whole face.
    beside : share 0..1 of what lies beside cheeks and chin that is cloth before the person.
    """

    hidden: F32
    visible: Mapping[str, float]
    beside: float


def find_coverage(aligned: Aligned, mesh: Landmarks) -> Coverage | Missing:
    """How much of each region of the face is seen."""
    points = (mesh.points[:468] @ aligned.to_aligned[:, :2].T + aligned.to_aligned[:, 2] - (LEFT, TOP) + 0.5) / SPAN
    square = reduced(aligned.image[TOP : TOP + SPAN, LEFT : LEFT + SPAN], (SIDE, SIDE))
    hidden: F32 = (1 / (1 + np.exp(-np.clip(_run(see(square, points)), -30, 30)))).astype(np.float32)
    regions = {name: _region(points, corners) for name, corners in REGIONS.items()}
    regions["face"] = oval = _region(points, FACE_OVAL)
    around = _region(_wider(points), FACE_OVAL) & ~oval
    around[: int(points[[33, 263], 1].mean() * GRID)] = False
    if not (around.any() and all(region.any() for region in regions.values())):
        return Missing("face.cheeks_out_of_picture")
    visible = {name: 1 - float(hidden[region].mean()) for name, region in regions.items()}
    return Coverage(hidden, MappingProxyType(visible), float(hidden[around].mean()))


def hidden_on_picture(coverage: Coverage, aligned: Aligned, size: tuple[int, int], scale: float) -> F32:
    """(height, width) the probability over a picture reduced to `scale`, 0 round the face."""
    corner = 0.5 / scale - 0.5
    to_aligned = aligned.to_aligned @ np.array([[1 / scale, 0, corner], [0, 1 / scale, corner], [0, 0, 1]])
    on_grid = to_aligned * (GRID / SPAN)
    on_grid[:, 2] += (0.5 - np.array([LEFT, TOP])) * (GRID / SPAN) - 0.5
    shown: Any = cv2.warpAffine(coverage.hidden, on_grid, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    result: F32 = shown
    return result


def _region(points: F64, corners: tuple[int, ...]) -> Bool:
    hull: Any = cv2.convexHull(_at(points[list(corners)], GRID))
    region = np.zeros((GRID, GRID), np.uint8)
    cv2.fillConvexPoly(region, hull, 1)
    return region > 0


def _wider(points: F64) -> F64:
    """The face a quarter larger about its middle: what lies between is hair, neck, clothes or a scarf."""
    middle = points[list(FACE_OVAL)].mean(0)
    wider: F64 = middle + 1.25 * (points - middle)
    return wider


def forehead_visible(coverage: Coverage) -> float:
    """Share of the brows and of the forehead half way up to the hair that is seen, 0..1.

    A scarf or hair over the upper half hides nothing that is asked for.

    Source: own model; KTP-el practice: the fringe off the brows, the face visible from chin to forehead.
    """
    return coverage.visible["forehead"]


def cheeks_visible(coverage: Coverage) -> float:
    """Share of the less visible cheek that is seen, 0..1; the last fifth before the ear does not count.

    Source: own model; KTP-el practice.
    """
    return min(coverage.visible["right_cheek"], coverage.visible["left_cheek"])


def chin_visible(coverage: Coverage) -> float:
    """Share of the chin that is seen, 0..1; a beard is part of the face.

    Source: own model; KTP-el practice.
    """
    return coverage.visible["chin"]


def mouth_covered(coverage: Coverage) -> float:
    """Share of the lips that is hidden (by a mask, a hand, a scarf), 0..1.

    Source: own model, in place of ISO/IEC 29794-5's mouth occlusion prevention.
    """
    return 1 - coverage.visible["mouth"]


def face_covered(coverage: Coverage) -> float:
    """Share of the whole face that is hidden, 0..1; spectacles and beards hide nothing.

    Source: own model, in place of ISO/IEC 29794-5's face occlusion prevention.
    """
    return 1 - coverage.visible["face"]


def headscarf(coverage: Coverage) -> float:
    """How much of what lies beside cheeks and chin is cloth before the person, 0..1: high for a headscarf or a hood,
    low for hair, a bare neck or a hat. Information: a headscarf is allowed.

    Source: own model.
    """
    return coverage.beside


def see(square: RgbImage, points: F64) -> F32:
    """(64, 64, 6) what the network sees: L*, a*, b* against this face's skin, L* itself, the face, and its features.

    Parameters
    ----------
    square : (64, 64) RGB of the aligned face.
    points : (468, 2) landmarks as shares of the square.
    """
    colours = lab(square)
    skin = colours[_drawn(points, _SKIN) > 0]
    reference = np.median(skin, 0) if len(skin) > 4 else np.array([50, 10, 15])
    seen = np.empty((SIDE, SIDE, 6), np.float32)
    seen[..., :3] = (colours - reference.astype(np.float32)) / _SCALES
    seen[..., 3] = colours[..., 0] / 50 - 1
    seen[..., 4] = _drawn(points, (FACE_OVAL,))
    seen[..., 5] = _drawn(points, _FEATURES)
    return seen


def _drawn(points: F64, outlines: tuple[tuple[int, ...], ...]) -> U8:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    for outline in outlines:
        cv2.fillPoly(mask, [np.round(_at(points[list(outline)], SIDE * 16)).astype(np.int32)], 1, cv2.LINE_8, 4)
    return mask


def _at(points: F64, side: int) -> Any:
    return np.round(points * side - 0.5).astype(np.int32)


# The network


_loaded = threading.local()


def _run(seen: F32) -> F32:
    """(32, 32) log odds."""
    if not hasattr(_loaded, "network"):  # one a thread, as all of cv2.dnn's
        engine = {"engine": cv2.dnn.ENGINE_CLASSIC} if hasattr(cv2.dnn, "ENGINE_CLASSIC") else {}
        with as_file(files(__package__).joinpath("models", "coverage.onnx")) as path:
            _loaded.network = cv2.dnn.readNetFromONNX(str(path), **engine)
    _loaded.network.setInput(np.ascontiguousarray(seen.transpose(2, 0, 1))[None])
    answer: F32 = _loaded.network.forward()[0, 0]
    return answer
