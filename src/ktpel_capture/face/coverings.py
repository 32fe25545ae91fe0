"""What hides a sitter's face in a composed portrait: scarves worn well and badly, a veil, a mask, a hand, a fringe."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, U8, Bool
from ktpel_capture.face.scenery import FACE_OVAL
from ktpel_capture.imaging.resample import enlarged, reduced, softened

Scarf: TypeAlias = Literal["proper", "over_chin", "over_cheek", "over_forehead", "veil"]
Covering: TypeAlias = Literal["mask", "hand", "fringe"]

HIDDEN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "proper": frozenset(),
        "over_chin": frozenset({"chin"}),
        "over_cheek": frozenset({"cheek"}),
        "over_forehead": frozenset({"forehead"}),
        "veil": frozenset({"chin", "cheek"}),
        "mask": frozenset({"chin", "cheek"}),
        "hand": frozenset({"chin"}),
        "fringe": frozenset({"forehead"}),
    }
)
"""Which regions of the face each of them hides."""
_BARE: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {  # of the way from the middle of the face to its edge: above, below, at one side
        "proper": (0.98, 0.98, 0.98),
        "over_chin": (0.98, 0.52, 0.96),
        "over_cheek": (0.98, 0.96, 0.35),
        "over_forehead": (0.42, 0.98, 0.96),
        "veil": (0.9, 0.0, 0.98),
    }
)
_CLOTHS = ((238, 236, 230), (30, 34, 60), (120, 40, 60), (60, 92, 80), (24, 22, 24), (196, 160, 130), (92, 62, 48))
_MASKS = ((236, 240, 242), (120, 180, 205), (30, 30, 34), (170, 205, 180))


def draw_headscarf(figure: U8, points: F64, kind: Scarf, rng: np.random.Generator) -> U8:
    """The figure with a scarf over hair, ears and neck.

    Parameters
    ----------
    figure : (height, width, 4) RGB and coverage.
    points : (478, 2) landmarks on it.
    kind : ``proper`` leaves the face free from forehead to chin.
    rng : decides cloth and folds, and which cheek.
    """
    height, width = figure.shape[:2]
    oval = points[list(FACE_OVAL)]
    middle = oval.mean(0)
    reach = float(np.linalg.norm(points[152] - points[10]))
    chin = points[152]
    crown = middle + (oval - middle) * [1.32, 1.0]
    above = oval[:, 1] < middle[1]
    crown[above] = middle + (oval[above] - middle) * [1.36, 1.5]
    drape = np.array([
        [crown[:, 0].min(), middle[1]], [crown[:, 0].max(), middle[1]],
        chin + reach * np.array([0.95, 0.8]), chin + reach * np.array([-0.95, 0.8]),
    ])  # fmt: skip
    outer = _filled((height, width), crown) | _filled((height, width), drape)
    colour = np.array(_CLOTHS[int(rng.integers(len(_CLOTHS)))], np.float32)
    face = _filled((height, width), middle + _bare(oval - middle, kind, mirrored=bool(rng.integers(2))))
    if kind == "veil":
        face[int(points[[197, 50, 280], 1].mean()) :] = False
    cloth = softened((outer & ~face).astype(np.float32), max(0.6, reach / 150))
    folds = enlarged(rng.normal(0, 1, (10, 7)).astype(np.float32), (width, height), cubic=True)
    small = reduced(face.astype(np.float32), (width // 8 + 1, height // 8 + 1))
    edge = enlarged(softened(small, reach / 112), (width, height))
    covered = _laid(figure, cloth, colour * (1 + 0.05 * folds - 0.45 * edge)[..., None])
    # Hair that stands out beyond the scarf is gone with it.
    covered[..., 3][~outer & (np.arange(height)[:, None] < chin[1])] = 0
    return covered


def _bare(outline: F64, kind: Scarf, *, mirrored: bool) -> F64:
    """The outline of what a scarf leaves free, about the middle of the face."""
    above, below, side = _BARE[kind]
    across, down = (outline / np.linalg.norm(outline, axis=1, keepdims=True)).T
    sideways = np.where((across < 0) == mirrored, side, _BARE["proper"][2])
    share = sideways * across**2 + np.where(down < 0, above, below) * down**2
    freed: F64 = outline * share[:, None]
    return freed


def draw_covering(figure: U8, points: F64, kind: Covering, rng: np.random.Generator) -> U8:
    """The figure with a surgical mask, a hand on the chin, or hair that hangs over the brows."""
    return {"mask": _mask, "hand": _hand, "fringe": _fringe}[kind](figure, points, rng)


def _mask(figure: U8, points: F64, rng: np.random.Generator) -> U8:
    """From the bridge of the nose under the chin, with pleats and loops to the ears."""
    reach = float(np.linalg.norm(points[152] - points[10]))
    jaw = points[4] + (points[[93, 132, 172, 136, 150, 176, 152, 400, 379, 365, 397, 361, 323]] - points[4]) * 1.05
    cloth = _filled(figure.shape[:2], np.vstack((points[[197]], jaw)))
    colour = np.array(_MASKS[int(rng.integers(len(_MASKS)))], np.float32)
    rows = (np.arange(figure.shape[0]) - points[197, 1]) / reach
    light = softened(figure[..., :3].mean(2, dtype=np.float32), reach / 12)
    light = np.clip(light / max(1.0, float(np.median(light[cloth]))), 0.5, 1.4)
    shade = light * (1 + 0.07 * np.sin(rows * 60))[:, None].astype(np.float32)
    drawn = figure.copy()
    for corner, ear in ((93, 234), (323, 454)):
        cv2.line(
            drawn,
            _at(points[corner]),
            _at(points[ear]),
            (*colour.tolist(), 255),
            max(1, round(reach / 70)),
            cv2.LINE_AA,
        )
    return _laid(drawn, softened(cloth.astype(np.float32), max(0.6, reach / 250)), colour * shade[..., None])


def _hand(figure: U8, points: F64, rng: np.random.Generator) -> U8:
    """Fingers of this skin's colour laid on the chin from below, shaded round."""
    reach = float(np.linalg.norm(points[152] - points[10]))
    x, y = points[50]
    near = max(2, round(reach / 60))
    skin = np.median(figure[int(y) - near : int(y) + near, int(x) - near : int(x) + near, :3].reshape(-1, 3), 0)
    lean, width = float(rng.uniform(-0.5, 0.5)), 0.11 * reach
    along = np.array([math.sin(lean), -math.cos(lean)])
    drawn = figure
    for finger in range(4):
        base = points[199] + np.array([along[1], -along[0]]) * (finger - 1.5) * width * 1.03
        shape = np.zeros(figure.shape[:2], np.uint8)
        tip = base + along * reach * float(rng.uniform(0.02, 0.08))
        cv2.line(shape, _at(tip), _at(base - along * reach * 0.8), 1, max(1, round(width)), cv2.LINE_AA)
        depth = cv2.distanceTransform(shape, cv2.DIST_L2, 3).astype(np.float32) / np.float32(width / 2)
        shade = np.float32(0.62) + np.float32(0.45) * np.sqrt(np.clip(depth, 0, 1))
        drawn = _laid(drawn, softened(shape.astype(np.float32), 0.8), skin.astype(np.float32) * shade[..., None])
    return drawn


def _fringe(figure: U8, points: F64, rng: np.random.Generator) -> U8:
    """Strands of this person's hair from the crown to below the brows."""
    reach = float(np.linalg.norm(points[152] - points[10]))
    x, y = points[10]
    rows = slice(max(0, int(y - 0.3 * reach)), max(1, int(y - 0.12 * reach)))
    above = figure[rows, int(x - 0.2 * reach) : int(x + 0.2 * reach)]
    opaque = above[above[..., 3] > 200][:, :3]
    hair = np.median(opaque, 0) if len(opaque) else np.array([40.0, 30.0, 26.0])
    hair = hair if hair.mean() < 0.6 * figure[int(points[4, 1]), int(points[4, 0]), :3].mean() else hair * 0.3
    left, right = np.sort(points[[127, 356], 0])
    low = float(points[[159, 386], 1].mean())
    drawn, along = figure.copy(), np.linspace(0, 1, 12)
    for _ in range(260):
        start = float(rng.uniform(left, right)), y - reach * float(rng.uniform(0.02, 0.16))
        end = low - reach * float(rng.uniform(0.0, 0.05))
        strand = np.column_stack((
            start[0] + reach * float(rng.normal(0, 0.03)) * along**2, start[1] + (end - start[1]) * along
        ))  # fmt: skip
        colour = np.clip(hair * float(rng.uniform(0.6, 1.35)), 0, 255)
        cv2.polylines(
            drawn, [np.round(strand * 8).astype(np.int32)], False, (*colour.tolist(), 255),
            max(1, round(reach / 90)), cv2.LINE_AA, 3,
        )  # fmt: skip
    return drawn


def _at(point: F64) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _filled(size: tuple[int, ...], outline: F64) -> Bool:
    shape = np.zeros(size[:2], np.uint8)
    cv2.fillPoly(shape, [np.round(outline).astype(np.int32)], 1)
    return shape > 0


def _laid(figure: U8, cover: F32, colours: F32) -> U8:
    """The figure under cloth of these colours."""
    share = cover[..., None]
    result = figure.copy()
    result[..., :3] = np.clip(figure[..., :3] * (1 - share) + colours * share, 0, 255).astype(np.uint8)
    result[..., 3] = np.maximum(figure[..., 3], (cover * 255).astype(np.uint8))
    return result
