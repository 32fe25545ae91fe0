"""Pairs of circles: the pupil and the limbus that are seen best in a picture.

Around each place where a pupil may be the picture is unrolled with logarithmic radii, so that a circle of any size
whose centre is off by a share of its radius is the same curve, only shifted; the curve with the most dark-to-light
steps along it wins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, I64, GreyImage, frozen_copy
from ktpel_capture.imaging.polar import directions, unwrap
from ktpel_capture.imaging.ranks import median, percentile
from ktpel_capture.iris.boundaries import Circle, step_kernel, steps_along
from ktpel_capture.iris.circles import Candidate, candidates, dark_places

RAYS = 64
"""Rays once around while circles are searched."""
_MEAN = np.full(RAYS, 1 / RAYS, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """Circles in a log-polar picture: for each offset of the centre, how many rows above its own every ray meets one.

    ``shifts`` are (offsets, rays), counted from ``margin`` rows before the picture's first.
    """

    radii: F64
    reach: int
    offsets: F64
    shifts: I64
    margin: int

    def along(self, gain: F32, weights: F32, beyond: int = cv2.BORDER_CONSTANT) -> F32:
        """Weighted sum of the gain (rows, rays) along each circle, (offsets, rows); ``beyond`` is an OpenCV border."""
        padded = np.ascontiguousarray(cv2.copyMakeBorder(gain, self.margin, self.margin, 0, 0, beyond).T)
        step, pixel = padded.strides
        shape = RAYS, 2 * self.margin + 1, len(gain)
        windows = np.lib.stride_tricks.as_strided(padded, shape, (step, pixel, pixel), writeable=False)
        sums: F32 = weights @ windows[np.arange(RAYS), self.shifts]
        return sums


def search_between(first: float, last: float, rows: int, width: float, reach: float, steps: int) -> Search:
    """A search from ``first`` to ``last`` radii, steps averaged over ``width`` of a radius, offsets up to ``reach``."""
    growth = (last / first) ** (1 / (rows - 1))
    line = np.linspace(-reach, reach, steps)
    dx, dy = (grid.ravel() for grid in np.meshgrid(line, line))
    near = np.hypot(dx, dy) <= reach * 1.01
    dx, dy = dx[near], dy[near]
    ways = directions(RAYS).astype(np.float64)
    along = dx[:, None] * ways[:, 0] + dy[:, None] * ways[:, 1]
    radius = along + np.sqrt(1 - (dx**2 + dy**2)[:, None] + along**2)
    shifts = np.rint(np.log(radius) / np.log(growth)).astype(np.int32)
    margin = int(abs(shifts).max())
    radii = first * growth ** np.arange(rows)
    averaged = max(1, round(np.log(1 + width) / np.log(growth)))
    starts = frozen_copy(shifts.astype(np.int64) + margin)
    return Search(frozen_copy(radii), averaged, frozen_copy(np.column_stack([dx, dy])), starts, margin)


def _best_circle(gain: F32, search: Search, x: float, y: float, unit: float, doubt: F32 | float = 0.0) -> Circle:
    """The circle with the most gain along it, in a log-polar picture (rows, rays) around (x, y).

    ``doubt`` of each row is set against the gain; the circle's score is the gain alone.
    """
    scores = search.along(gain, _MEAN)
    offset, row = np.unravel_index(int((scores - doubt).argmax()), scores.shape)
    radius = float(search.radii[row] * unit)
    dx, dy = search.offsets[offset] * radius
    return Circle(x + float(dx), y + float(dy), radius, float(scores[offset, row]))


def _pupil_circle(image: GreyImage, place: Candidate, sure: bool) -> Circle:
    """The best dark disc near a candidate, looked for again from where it was found."""
    x, y, radius = place.x, place.y, place.radius
    for search in (_PUPIL_AGAIN if sure else _PUPIL, _PUPIL_AGAIN):
        band = unwrap(image, x, y, search.radii * radius, RAYS)
        steps = steps_along(band, search.reach)
        level = max(15.0, 0.5 * percentile(steps[::2, ::2], 97))  # an iris's own texture counts less
        gain = np.clip(steps * np.float32(1 / level), -0.5, 1)
        circle = _best_circle(gain, search, x, y, radius)
        x, y, radius = circle.x, circle.y, circle.radius
    return circle


def _limbus_circle(image: GreyImage, pupil: Circle) -> Circle:
    """The best circle around a pupil at which what looks like the iris ends in something lighter.

    Where it already got lighter further in, as from sclera to skin, a step counts little; the sides count more than
    above and below, where lids lie.
    """
    band = unwrap(image, pupil.x, pupil.y, _LIMBUS.radii * pupil.radius, RAYS)
    within = _mean_within(band, _LIMBUS.reach)
    steps = steps_along(band, _LIMBUS.reach)
    sample = np.sort(steps[_LIMBUS.reach :: 2, ::2], axis=None)
    level = float(np.clip(sample[int(0.92 * sample.size)], 8, 60))
    near = _best_circle(_ends(band, steps, _LIMBUS, within, level), _LIMBUS, pupil.x, pupil.y, pupil.radius, _DILATION)
    band = unwrap(image, near.x, near.y, _LIMBUS_AGAIN.radii * near.radius, RAYS)
    iris = float(np.interp(near.radius, _LIMBUS.radii * pupil.radius, within[:, 0]))
    gain = _ends(band, steps_along(band, _LIMBUS_AGAIN.reach), _LIMBUS_AGAIN, iris, level)
    found = _best_circle(gain, _LIMBUS_AGAIN, near.x, near.y, near.radius)
    return replace(found, score=near.score)


def _mean_within(band: GreyImage, reach: int) -> F32:
    """Mean level at the sides from the pupil to ``reach`` rows before each row, (rows, 1)."""
    levels = np.median(band[:, _AT_SIDES], axis=1).astype(np.float32)
    means = np.cumsum(levels) / np.arange(1, len(levels) + 1, dtype=np.float32)
    return np.concatenate([np.full(reach, means[0]), means[:-reach]])[:, None]


def _ends(band: GreyImage, steps: F32, search: Search, iris: F32 | float, level: float) -> F32:
    """How well the iris ends in something lighter at each row and ray: steps of ``level`` or more count in full."""
    kernel = np.maximum(step_kernel(search.reach), 0)
    beyond = cv2.filter2D(band, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE) - iris
    lightened = (beyond - steps) / np.maximum(beyond, 6)
    gain: F32 = np.clip(steps / level, -0.3, 1) * np.clip(2.2 - 3.5 * lightened, 0, 1) * _SIDEWAYS
    return gain


@dataclass(frozen=True, slots=True)
class Pair:
    """A pupil inside a limbus, as circles; how even the pupil is inside (0..1) and how much darker than around."""

    pupil: Circle
    limbus: Circle
    evenness: float
    contrast: float

    @property
    def score(self) -> float:
        return self.pupil.score * self.evenness + 0.8 * self.limbus.score

    @property
    def is_sure(self) -> bool:
        """Seen so well, pupil and limbus both, that no search elsewhere would find a better one."""
        return self.pupil.score * self.evenness > 0.75 and self.evenness > 0.8 and self.limbus.score > 0.5

    def is_possible(self, side: int) -> bool:
        """An iris takes at least a seventh of the picture's longer side, and a pupil leaves some of it."""
        return self.limbus.radius > 0.07 * side and self.pupil.radius < 0.82 * self.limbus.radius


@dataclass(frozen=True, slots=True)
class _Disc:
    """A dark disc: how even it is inside (0..1) and how much darker than around."""

    circle: Circle
    evenness: float
    contrast: float

    @property
    def score(self) -> float:
        return self.circle.score * self.evenness

    def took_in(self, place: Candidate) -> bool:
        """Whether a search from that place would end here."""
        apart = np.hypot(self.circle.x - place.x, self.circle.y - place.y)
        return bool(apart < 0.25 * self.circle.radius) and 0.75 < place.radius / self.circle.radius < 1.33


def _look_for_disc(image: GreyImage, place: Candidate, sure: bool = False) -> _Disc:
    """The best dark disc near a candidate."""
    disc = _pupil_circle(image, place, sure)
    inside = np.sort(unwrap(image, disc.x, disc.y, np.sqrt(np.linspace(0.02, 0.72, 8)) * disc.radius, 24), axis=None)
    dark, light = float(inside[len(inside) // 10]), float(inside[len(inside) * 4 // 5])
    around = median(unwrap(image, disc.x, disc.y, np.array([1.15, 1.25]) * disc.radius, 32))
    evenness = float(np.clip(1 - (light - dark) / max(around - dark, 8.0), 0, 1))
    return _Disc(disc, evenness, around - float(inside[len(inside) // 2]))


def _darker_within(image: GreyImage, disc: Circle) -> Candidate | None:
    """Where a disc that is not evenly dark is darkest: the pupil, if the disc is an iris."""
    half = int(disc.radius)
    left, top = max(0, int(disc.x) - half), max(0, int(disc.y) - half)
    part = image[top : int(disc.y) + half + 1, left : int(disc.x) + half + 1]
    if min(part.shape) < 7:
        return None
    y, x = np.ogrid[: part.shape[0], : part.shape[1]]
    inside = np.hypot(x + left - disc.x, y + top - disc.y) < 0.9 * disc.radius
    dark, usual = np.quantile(part[inside], (0.03, 0.6))
    if usual - dark < 5:
        return None
    darkest = ((part <= dark + 0.4 * (usual - dark)) & inside).view(np.uint8)
    depth = cv2.distanceTransform(cv2.medianBlur(darkest, 5), cv2.DIST_L2, 3)  # lashes that touch it are not deep
    _, radius, _, (column, row) = cv2.minMaxLoc(depth)
    if radius < 3:
        return None
    return Candidate(float(left + column), float(top + row), float(radius), 0.0)


def _most_likely(found: list[Pair]) -> Pair:
    """The best pair of circles; where its pupil is another one's limbus it was an iris, and the other one is meant."""
    best = max(found, key=lambda one: one.score)
    for other in sorted(found, key=lambda one: -one.score):
        apart = np.hypot(other.limbus.x - best.pupil.x, other.limbus.y - best.pupil.y)
        alike = 0.75 < other.limbus.radius / best.pupil.radius < 1.3 and apart < 0.25 * best.pupil.radius
        seen = other.pupil.score * other.evenness > max(0.3, 0.35 * best.pupil.score * best.evenness)
        off = np.hypot(other.pupil.x - best.pupil.x, other.pupil.y - best.pupil.y)
        within = other.pupil.radius + off < 0.92 * best.pupil.radius
        if alike and seen and within and other.contrast > 0.1 * best.contrast:
            return other
    return best


_AT_SIDES = np.abs(directions(RAYS)[:, 0]) > 0.7
_SIDEWAYS: F32 = (0.5 + 0.8 * directions(RAYS)[:, 0] ** 2).astype(np.float32)
_SIDEWAYS /= _SIDEWAYS.mean()
_PUPIL = search_between(0.55, 1.9, 40, 0.12, 0.3, 5)
_PUPIL_AGAIN = search_between(0.7, 1.45, 24, 0.12, 0.2, 5)
_LIMBUS = search_between(1.15, 7.5, 88, 0.10, 0.18, 5)
_DILATION: F32 = (0.04 * ((np.log(_LIMBUS.radii) - np.log(2.5)) / 0.45) ** 2).astype(np.float32)
"""Doubt of a limbus by its pupil's share of it: two in five is usual, three in four or one in six is not."""
_LIMBUS_AGAIN = search_between(0.88, 1.14, 20, 0.10, 0.07, 5)


def find_pair(filled: GreyImage) -> Pair | None:
    """The most likely pupil and limbus of a picture without its reflections, None where nothing looks like an eye."""
    for place in dark_places(filled):
        pair = follow_pair(filled, place)
        if pair.is_sure and pair.is_possible(max(filled.shape)):
            return pair
    return _search_everywhere(filled)


def _search_everywhere(filled: GreyImage) -> Pair | None:
    discs: list[_Disc] = []
    for place in candidates(filled):
        if not any(disc.took_in(place) for disc in discs):
            discs.append(_look_for_disc(filled, place))
    if not discs:
        return None
    discs.sort(key=lambda one: -one.score)
    large = [one.circle for one in discs if one.evenness < 0.9 and one.circle.radius > 0.06 * max(filled.shape)]
    inner = [_darker_within(filled, disc) for disc in large[:4]]
    discs = [one for one in discs if one.score > 0.5 * discs[0].score]
    for within in inner:
        if within is not None and not any(disc.took_in(within) for disc in discs):
            discs.append(_look_for_disc(filled, within, sure=True))
    found = [Pair(one.circle, _limbus_circle(filled, one.circle), one.evenness, one.contrast) for one in discs]
    possible = [one for one in found if one.is_possible(max(filled.shape))]
    return _most_likely(possible) if possible else None


def follow_pair(filled: GreyImage, before: Candidate) -> Pair:
    """The pupil and the limbus near where they were a moment ago."""
    disc = _look_for_disc(filled, before, sure=True)
    return Pair(disc.circle, _limbus_circle(filled, disc.circle), disc.evenness, disc.contrast)
