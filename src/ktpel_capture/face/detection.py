"""Where faces are: MediaPipe's short-range detector for the sitter, its full-range one for people behind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

import numpy as np

from ktpel_capture.arrays import F32, RgbImage
from ktpel_capture.face.networks import NetworkName, network
from ktpel_capture.imaging.resample import reduced

Range: TypeAlias = Literal["short", "full"]
LEAST_SCORE = 0.5
"""A detection counts from here on (MediaPipe's own default)."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceBox:
    """One detected face.

    Attributes
    ----------
    left, top, width, height : px; from above the brows to the chin, not the whole head.
    keypoints : (6, 2) px: the right and the left eye of the person, nose tip, mouth, right and left ear.
    score : 0..1, how sure the detector is.
    """

    left: float
    top: float
    width: float
    height: float
    keypoints: F32
    score: float

    @property
    def area(self) -> float:
        return self.width * self.height

    def scaled(self, factor: float) -> FaceBox:
        """The same face in a picture enlarged by ``factor``, pixel centres kept."""
        shift = (factor - 1) / 2
        return FaceBox(
            self.left * factor + shift,
            self.top * factor + shift,
            self.width * factor,
            self.height * factor,
            self.keypoints * np.float32(factor) + np.float32(shift),
            self.score,
        )


@cache
def _anchors(reach: Range) -> tuple[int, F32]:
    """Input side and (N, 2) anchor centres in 0..1, row by row, as the detectors' training laid them out."""
    side, grids = (128, ((16, 2), (8, 6))) if reach == "short" else (192, ((48, 1),))
    centres = []
    for cells, repeats in grids:
        rows, columns = np.divmod(np.arange(cells * cells), cells)
        grid = np.stack((columns + 0.5, rows + 0.5), 1) / cells
        centres.append(np.repeat(grid, repeats, 0))
    return side, np.concatenate(centres).astype(np.float32)


def detect_faces(image: RgbImage, reach: Range = "short") -> tuple[FaceBox, ...]:
    """The faces in a picture, largest first.

    Parameters
    ----------
    image : (height, width, 3); it is reduced to 128x128 or 192x192, so a few hundred pixels do.
    reach : ``short`` for a face that fills a fair part of the picture, ``full`` for small ones too (thrice the time).

    Source: MediaPipe face detection (BlazeFace): anchors, decoding and weighted non-maximum suppression at an
    overlap of 0.3.
    """
    side, anchors = _anchors(reach)
    height, width = image.shape[:2]
    scale = side / max(height, width)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    small = reduced(image, inner)
    left, top = (side - inner[0]) // 2, (side - inner[1]) // 2
    square = np.zeros((side, side, 3), np.float32)
    square[top : top + inner[1], left : left + inner[0]] = small
    batch: F32 = square[None] * np.float32(1 / 127.5) - np.float32(1)
    name: NetworkName = "face_detection_short_range" if reach == "short" else "face_detection_full_range"
    regressors, logits = network(name)(batch)
    scores: F32 = (1 / (1 + np.exp(-np.clip(logits, -80, 80)))).astype(np.float32)
    kept = np.flatnonzero(scores >= LEAST_SCORE)
    values: F32 = regressors.reshape(-1, 16)[kept] / np.float32(side)
    values[:, [0, 1]] += anchors[kept]
    values[:, 4:] += np.tile(anchors[kept], 6)
    faces = _merge(values, scores[kept])
    offset: F32 = np.array([left, top], np.float32)
    factor: F32 = np.array([width / inner[0], height / inner[1]], np.float32)
    found = []
    for value, score in faces:
        centre = (value[:2] * side - offset) * factor
        size = value[2:4] * side * factor
        points = (value[4:].reshape(6, 2) * side - offset) * factor - np.float32(0.5)
        corner = centre - size / 2 - 0.5
        found.append(FaceBox(float(corner[0]), float(corner[1]), float(size[0]), float(size[1]), points, score))
    return tuple(sorted(found, key=lambda face: -face.area))


def _merge(values: F32, scores: F32) -> list[tuple[F32, float]]:
    """Weighted non-maximum suppression: overlapping answers become their mean, weighted by score."""
    left, right = values[:, :2] - values[:, 2:4] / 2, values[:, :2] + values[:, 2:4] / 2
    areas = values[:, 2] * values[:, 3]
    remaining = np.argsort(-scores, kind="stable")
    merged = []
    while remaining.size:
        best = remaining[0]
        overlap = np.prod(
            np.clip(np.minimum(right[best], right[remaining]) - np.maximum(left[best], left[remaining]), 0, None), 1
        )
        same = overlap / np.maximum(areas[best] + areas[remaining] - overlap, 1e-12) > 0.3
        same[0] = True
        group = remaining[same]
        merged.append((np.average(values[group], axis=0, weights=scores[group]), float(scores[best])))
        remaining = remaining[~same]
    return merged
