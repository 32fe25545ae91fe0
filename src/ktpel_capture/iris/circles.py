"""Two dark discs, one inside the other: where in a picture an eye may be, at thumbnail size.

Every edge pixel votes for the centres of the circles it may bound (a Hough transform along the gradient). A pupil is a
small dark circle inside a larger one, the limbus, which need not share its centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, I64, U8, Bool, GreyImage
from ktpel_capture.imaging.ranks import percentile

THUMBNAIL = 128
"""Longer side of the picture that votes are counted in."""
LEAST_SIDE = 16
"""Pixels of a picture's shorter side, below which nothing is searched in it."""
_GROWTH = 1.22
RADII: F32 = (2.5 * _GROWTH ** np.arange(16)).astype(np.float32)
"""Radii voted for, in thumbnail pixels: 2.5 to 49."""
_LARGEST_PUPIL = 34.0
_SMALLEST_LIMBUS = int(np.searchsorted(RADII, 7))
_CLASSES = ((0.0, 4.6), (4.6, 8.5), (8.5, 15.0), (15.0, _LARGEST_PUPIL))
"""Pupil radii from which one candidate each is always looked at."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be a pupil: centre and radius in the pixels of the full picture, and the votes for it."""

    x: float
    y: float
    radius: float
    votes: float


def shrunk(image: GreyImage, side: int) -> tuple[GreyImage, float]:
    """The picture with a longer side of at most ``side`` pixels, and these per pixel of it. Halving is cheap."""
    height, width = image.shape
    scale = min(1.0, side / max(height, width))
    while min(image.shape) > 1 and max(image.shape) >= 2 * side:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        even = image[: 2 * half[1], : 2 * half[0]]
        image = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if image.shape != (size[1], size[0]):
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return image, scale


def without_reflections(image: GreyImage) -> tuple[GreyImage, Bool]:
    """The picture with its reflections of lamps filled from around them, and where they were.

    A reflection is a bright spot narrower than a twentieth of the longer side with darker pixels on all sides of it;
    skin between two lashes is as narrow, but goes over into more skin at its end.
    """
    side = 2 * (max(image.shape) // 42) + 1
    ground = cv2.morphologyEx(image, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    dark, light = (percentile(image[::4, ::4], percent) for percent in (5, 95))
    least = max(40.0, 0.3 * (light - dark))
    above = cv2.subtract(image, ground)
    bright = cv2.threshold(above, least, 255, cv2.THRESH_BINARY)[1]
    count, labels = cv2.connectedComponents(bright, connectivity=8, ltype=cv2.CV_16U)
    if count > 1:
        around = cv2.dilate(labels, np.ones((5, 5), np.uint8)).ravel()
        lit = bright.ravel() > 0
        inside, rim = np.flatnonzero(lit), np.flatnonzero((around > 0) > lit)
        spot, owner = labels.ravel()[inside], around[rim]
        area = np.maximum(np.bincount(spot, minlength=count), 1)
        level = np.bincount(spot, image.ravel()[inside], count) / area
        as_bright = image.ravel()[rim] > level[owner] - 0.5 * least
        isolated = np.bincount(owner[as_bright], minlength=count) <= 0.08 * np.bincount(owner, minlength=count)
        isolated &= area <= 6 * side * side  # lamps in a ring may touch
        bright.ravel()[inside] = isolated[spot].view(np.uint8) * np.uint8(255)
    spots = cv2.dilate(bright, np.ones((5, 5), np.uint8))
    halo = cv2.threshold(above, 6, 255, cv2.THRESH_BINARY)[1]
    wide = cv2.bitwise_or(spots, cv2.bitwise_and(cv2.dilate(bright, np.ones((11, 11), np.uint8)), halo))
    filled = image.copy()
    cv2.copyTo(cv2.blur(ground, (5, 5)), wide, filled)
    return filled, spots > 0


def thumbnail(filled: GreyImage) -> tuple[GreyImage, float]:
    """The picture at thumbnail size, and its pixels per pixel of the larger one."""
    height, width = filled.shape
    scale = THUMBNAIL / max(height, width)
    size = (max(LEAST_SIDE, round(width * scale)), max(LEAST_SIDE, round(height * scale)))
    small, _ = shrunk(filled, THUMBNAIL)
    if small.shape != (size[1], size[0]):  # a smaller picture, or a narrow one
        small = np.asarray(cv2.resize(filled, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    opened = cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(opened, (3, 3), 0.8), dtype=np.uint8), scale


def dark_places(filled: GreyImage) -> list[Candidate]:
    """The thickest blots that are dark, and that are a little less so: in a clear picture one of them is the pupil."""
    if min(filled.shape) < LEAST_SIDE:
        return []
    small, scale = thumbnail(filled)
    dark, usual = (percentile(small[::2, ::2], percent) for percent in (1, 50))
    if usual - dark < 10:
        return []
    found: list[Candidate] = []
    for share in (0.15, 0.3):
        blots = (small <= dark + share * (usual - dark)).view(np.uint8)
        _, radius, _, (column, row) = cv2.minMaxLoc(cv2.distanceTransform(blots, cv2.DIST_L2, 3))
        if radius >= 2:
            found.append(Candidate((column + 0.5) / scale - 0.5, (row + 0.5) / scale - 0.5, radius / scale, 0.0))
    return found


def candidates(filled: GreyImage, most: int = 5) -> list[Candidate]:
    """Where pupils may be, the most likely first.

    Source: radial symmetry by gradient votes after Loy and Zelinsky, IEEE PAMI 25 (2003), with two nested radii.
    """
    small, scale = thumbnail(filled)
    edges = _edges(small)
    if edges is None or min(filled.shape) < LEAST_SIDE:
        return []
    lit = np.asarray(cv2.GaussianBlur(small, (5, 5), 1.2), dtype=np.uint8)
    light = np.float32(max(1.0, percentile(lit, 80)))
    dark = np.float32(0.25) + np.clip(np.float32(1.15) - lit / light, 0, 1)
    around: list[F32] = []  # from the largest circle down: one plane at a time stays in the cache
    best = [_Best(small.shape) for _ in _CLASSES]
    centres = edges.centres()
    for plane in range(len(RADII) - 1, -1, -1):
        radius = float(RADII[plane])
        votes = _votes(edges, centres[plane], radius)
        if radius <= _LARGEST_PUPIL:
            first = max(_SMALLEST_LIMBUS, plane + 2)
            wide = around[max(0, len(RADII) - plane - 10) : len(RADII) - first]  # 1.5 to 6 times as large
            scores = np.float32(0.7) * reduce(np.maximum, wide)
            scores += votes
            scores *= dark
            best[sum(radius >= high for _, high in _CLASSES)].enter(scores, plane)
        reach = 2 * int(0.22 * radius) + 1
        around.append(np.asarray(cv2.dilate(votes, np.ones((reach, reach), np.uint8)), dtype=np.float32))
    everywhere = _Best(small.shape)
    for one in best:
        everywhere.enter(one.scores, one.plane)
    found: list[Candidate] = []
    for one, count in ((everywhere, most), *((one, 1) for one in best)):
        for _ in range(count):
            row, column = np.unravel_index(int(one.scores.argmax()), one.scores.shape)
            votes_for, radius = float(one.scores[row, column]), float(RADII[one.plane[row, column]])
            if votes_for <= 0:
                break
            x, y = (column + 0.5) / scale - 0.5, (row + 0.5) / scale - 0.5
            found.append(Candidate(float(x), float(y), radius / scale, votes_for))
            reach = int(max(2, 0.5 * radius))
            one.scores[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = 0
    return found


class _Best:
    """The best of several planes of scores at each pixel, and which plane it is of."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.scores: F32 = np.zeros(shape, np.float32)
        self.plane: U8 = np.zeros(shape, np.uint8)

    def enter(self, scores: F32, plane: int | U8) -> None:
        better = scores > self.scores
        np.copyto(self.plane, np.uint8(plane) if isinstance(plane, int) else plane, where=better)
        np.maximum(self.scores, scores, out=self.scores)


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Edge pixels of a picture: where, the unit vector to the lighter side, and how much each counts."""

    shape: tuple[int, int]
    x: F32
    y: F32
    ux: F32
    uy: F32
    weight: F64

    def centres(self) -> I64:
        """For each of `RADII` where the centres of the circles lie that the pixels may bound, (radii, N).

        Places in a flat picture with one more pixel on all sides, which takes the centres that lie outside.
        """
        height, width = self.shape
        radii = RADII[:, None]
        x = np.rint(np.clip(self.x - radii * self.ux, -1, width))
        y = np.rint(np.clip(self.y - radii * self.uy, -1, height))
        y *= np.float32(width + 2)
        y += x
        y += np.float32(width + 3)
        places: I64 = y.astype(np.int64)
        return places


def _edges(small: GreyImage) -> _Edges | None:
    """The stronger third of the edges; None for a picture without."""
    across, down = cv2.spatialGradient(small)
    gx, gy = across.astype(np.float32), down.astype(np.float32)
    strength = np.asarray(cv2.magnitude(gx, gy), dtype=np.float32)
    least = max(14.0, percentile(strength[::2, ::2], 62))
    places = np.flatnonzero(strength > least)
    if places.size == 0:
        return None
    magnitude = strength.ravel()[places]
    y, x = np.divmod(places, small.shape[1])
    weight = (magnitude / (magnitude + 60)).astype(np.float64)
    height, width = small.shape
    ux, uy = gx.ravel()[places] / magnitude, gy.ravel()[places] / magnitude
    return _Edges((height, width), x.astype(np.float32), y.astype(np.float32), ux, uy, weight)


def _votes(edges: _Edges, centres: I64, radius: float) -> F32:
    """Share of the rim of each circle that votes for it, (H, W)."""
    height, width = edges.shape
    around = np.bincount(centres, edges.weight, (height + 2) * (width + 2)).reshape(height + 2, width + 2)
    counts = around[1:-1, 1:-1].astype(np.float32)
    sigma = max(0.9, 0.12 * radius)
    if sigma < 1.4:
        smooth = cv2.GaussianBlur(counts, (0, 0), sigma)
    else:  # two boxes of the same spread cost the same at any size
        side = 2 * round((float(np.sqrt(6 * sigma * sigma + 1)) - 1) / 2) + 1
        smooth = cv2.blur(cv2.blur(counts, (side, side)), (side, side))
    share: F32 = smooth * np.float32(sigma * sigma / radius)
    return share
