"""Two dark discs, one inside the other: where in a picture an eye may be, at thumbnail size.

Every edge pixel votes for the centres of the circles it may bound (a Hough transform along the gradient). A pupil is a
small dark circle inside a larger one, the limbus, which need not share its centre.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_capture.arrays import F32, Bool, GreyImage

THUMBNAIL = 128
"""Longer side of the picture that votes are counted in."""
_GROWTH = 1.22
RADII: F32 = (2.5 * _GROWTH ** np.arange(16)).astype(np.float32)
"""Radii voted for, in thumbnail pixels: 2.5 to 49."""
_LARGEST_PUPIL = 34.0
_CLASSES = ((0.0, 4.6), (4.6, 8.5), (8.5, 15.0), (15.0, _LARGEST_PUPIL))
"""Pupil radii from which one candidate each is always looked at."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be a pupil: centre and radius in the pixels of the full picture, and the votes for it."""

    x: float
    y: float
    radius: float
    votes: float


def without_reflections(image: GreyImage) -> tuple[GreyImage, Bool]:
    """The picture with its reflections of lamps filled from around them, and where they were.

    A reflection is a bright spot narrower than a twentieth of the longer side with darker pixels on all sides of it;
    skin between two lashes is as narrow, but goes over into more skin at its end.
    """
    side = 2 * (max(image.shape) // 42) + 1
    ground = cv2.morphologyEx(image, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    least = max(40.0, 0.3 * float(np.ptp(np.quantile(image[::4, ::4], (0.05, 0.95)))))
    bright = cv2.threshold(cv2.subtract(image, ground), least, 255, cv2.THRESH_BINARY)[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=8, ltype=cv2.CV_16U)
    around = cv2.dilate(labels, np.ones((5, 5), np.uint8))
    rows, columns = np.nonzero((around > 0) & (bright == 0))
    owner = around[rows, columns]
    level = np.bincount(labels.ravel(), image.ravel(), count) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    as_bright = image[rows, columns] > level[owner] - 0.5 * least
    rim = np.bincount(owner, minlength=count)
    isolated = np.bincount(owner, as_bright, count) <= 0.08 * rim
    isolated &= stats[:, cv2.CC_STAT_AREA] <= 6 * side * side  # lamps in a ring may touch
    isolated[0] = False
    bright = isolated[labels].view(np.uint8) * np.uint8(255)
    spots = cv2.dilate(bright, np.ones((5, 5), np.uint8))
    halo = cv2.threshold(cv2.subtract(image, ground), 6, 255, cv2.THRESH_BINARY)[1]
    wide = cv2.bitwise_or(spots, cv2.bitwise_and(cv2.dilate(bright, np.ones((11, 11), np.uint8)), halo))
    filled = image.copy()
    cv2.copyTo(cv2.blur(ground, (5, 5)), wide, filled)
    return filled, spots.view(np.bool_)


def thumbnail(filled: GreyImage) -> tuple[GreyImage, float]:
    """The picture at thumbnail size, and its pixels per pixel of the larger one."""
    height, width = filled.shape
    scale = THUMBNAIL / max(height, width)
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small = cv2.resize(filled, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    opened = cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(opened, (3, 3), 0.8), dtype=np.uint8), scale


def candidates(filled: GreyImage, most: int = 5) -> list[Candidate]:
    """Where pupils may be, the most likely first.

    Source: radial symmetry by gradient votes after Loy and Zelinsky, IEEE PAMI 25 (2003), with two nested radii.
    """
    small, scale = thumbnail(filled)
    votes = _votes(small)
    if votes is None:
        return []
    around = votes.copy()
    for index, radius in enumerate(RADII):
        reach = 2 * int(0.22 * radius) + 1
        if reach > 1:
            around[index] = cv2.dilate(votes[index], np.ones((reach, reach), np.uint8))
    lit = cv2.GaussianBlur(small, (5, 5), 1.2).astype(np.float32)
    dark = np.clip(1.15 - lit / np.float32(max(1.0, float(np.quantile(lit[::2, ::2], 0.8)))), 0, 1)
    pupils = [index for index, radius in enumerate(RADII) if radius <= _LARGEST_PUPIL]
    scores = np.empty((len(pupils), *small.shape), np.float32)
    smallest = int(np.searchsorted(RADII, 7))
    for index in pupils:
        wide = around[max(smallest, index + 2) : index + 10]  # 1.5 to 6 times as large
        scores[index] = (votes[index] + np.float32(0.7) * wide.max(0)) * (np.float32(0.25) + dark)
    found: list[Candidate] = []
    for low, high in ((0.0, _LARGEST_PUPIL), *_CLASSES):
        planes = np.flatnonzero((RADII[: len(pupils)] >= low) & (RADII[: len(pupils)] < high))
        part = scores[planes[0] : planes[-1] + 1]
        best_of = part.max(0)
        for _ in range(most if low == 0 and high == _LARGEST_PUPIL else 1):
            row, column = np.unravel_index(int(best_of.argmax()), best_of.shape)
            radius = float(RADII[planes[0] + int(part[:, row, column].argmax())])
            votes_for = float(best_of[row, column])
            if votes_for <= 0:
                break
            x, y = (column + 0.5) / scale - 0.5, (row + 0.5) / scale - 0.5
            found.append(Candidate(float(x), float(y), radius / scale, votes_for))
            reach = int(max(2, 0.5 * radius))
            best_of[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = 0
    return found


def _votes(small: GreyImage) -> F32 | None:
    """Share of each circle's rim that votes for it, (radii, H, W); None for a picture without edges."""
    height, width = small.shape
    across, down = cv2.spatialGradient(small)
    gx, gy = across.astype(np.float32), down.astype(np.float32)
    strength = cv2.magnitude(gx, gy)
    least = max(14.0, float(np.quantile(strength[::2, ::2], 0.62)))
    rows, columns = np.nonzero(strength > least)
    if rows.size == 0:
        return None
    magnitude = strength[rows, columns]
    ux, uy = gx[rows, columns] / magnitude, gy[rows, columns] / magnitude
    weight = magnitude / (magnitude + 60)
    edge = int(RADII[-1]) + 1  # a margin takes the votes that fall outside
    wide = width + 2 * edge
    x = (columns + np.float32(edge + 0.5) - RADII[:, None] * ux).astype(np.int32)
    y = (rows + np.float32(edge + 0.5) - RADII[:, None] * uy).astype(np.int32)
    plane = (height + 2 * edge) * wide
    index = y * wide + x + (np.arange(len(RADII), dtype=np.int32) * plane)[:, None]
    counts = np.bincount(index.ravel(), np.broadcast_to(weight, index.shape).ravel(), len(RADII) * plane)
    all_votes = counts.reshape(len(RADII), height + 2 * edge, wide)[:, edge:-edge, edge:-edge]
    votes = np.ascontiguousarray(all_votes, dtype=np.float32)
    for index_, radius in enumerate(RADII):
        sigma = max(0.9, 0.12 * float(radius))
        smooth = cv2.GaussianBlur(votes[index_], (0, 0), sigma)
        votes[index_] = smooth * np.float32(sigma * sigma / radius)
    return votes
