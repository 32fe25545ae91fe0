"""The two boundaries of an iris, pupil and limbus, as smooth closed contours with sub-pixel places.

Both are found alike: around a centre the picture is unrolled with logarithmic radii, so that a circle of any size
whose centre is off by a share of its radius is the same curve, only shifted; the curve with the most dark-to-light
steps along it wins. Then the step nearest to it on every ray is placed by sub-pixels and a short Fourier series is
fitted that leaves out what does not belong (lids, lashes, reflections).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_capture.arrays import F32, F64, I32, GreyImage, frozen_copy
from ktpel_capture.imaging.polar import directions, unwrap
from ktpel_capture.iris.circles import Candidate, candidates, without_reflections
from ktpel_capture.quality import Missing

RAYS = 96
"""Rays once around while boundaries are searched."""
CONTOUR = 256
"""Points of a boundary."""


@dataclass(frozen=True, slots=True, eq=False)
class Boundary:
    """A closed boundary, nearly a circle.

    Attributes
    ----------
    x, y, radius : its best circle, in pixels.
    contour : (256, 2) float64, points in pixels at equal angles counter-clockwise from the picture's right.
    support : share of the contour along which the step is really seen, 0..1.
    contrast : median step in grey levels, outside less inside, where it is seen.
    """

    x: float
    y: float
    radius: float
    contour: F64
    support: float
    contrast: float

    def __repr__(self) -> str:
        return f"Boundary({self.x:.1f}, {self.y:.1f}, radius {self.radius:.1f} px, {100 * self.support:.0f} % seen)"


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle with how well it is seen (0..1)."""

    x: float
    y: float
    radius: float
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """Circles in a log-polar picture: for each offset of the centre, where every ray meets the circle of row 0."""

    radii: F64
    reach: int
    offsets: F64
    lookup: I32
    margin: int


@lru_cache(maxsize=4)
def _search(first: float, last: float, rows: int, width: float, reach: float, steps: int) -> _Search:
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
    lookup = ((shifts + margin) * RAYS + np.arange(RAYS, dtype=np.int32)).astype(np.int32)
    radii = first * growth ** np.arange(rows)
    averaged = max(1, round(np.log(1 + width) / np.log(growth)))
    return _Search(frozen_copy(radii), averaged, frozen_copy(np.column_stack([dx, dy])), frozen_copy(lookup), margin)


@lru_cache(maxsize=32)
def _step_kernel(reach: int) -> F32:
    kernel = np.zeros((2 * reach + 1, 1), np.float32)
    kernel[:reach], kernel[reach + 1 :] = -1 / reach, 1 / reach
    return kernel


def _steps(band: GreyImage, reach: int) -> F32:
    """Mean of the ``reach`` rows further out less that of the ``reach`` rows further in, (rows, rays)."""
    steps = cv2.filter2D(band, cv2.CV_32F, _step_kernel(reach), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(steps, dtype=np.float32)


def _best_circle(gain: F32, search: _Search, x: float, y: float, unit: float) -> Circle:
    """The circle with the most gain along it, in a log-polar picture (rows, rays) around (x, y)."""
    padded = np.zeros((len(gain) + 2 * search.margin, RAYS), np.float32)
    padded[search.margin : -search.margin] = gain
    starts = np.arange(len(gain), dtype=np.int32) * RAYS
    scores: F32 = np.take(padded.ravel(), search.lookup[:, None, :] + starts[:, None]).mean(2)
    offset, row = np.unravel_index(int(scores.argmax()), scores.shape)
    radius = float(search.radii[row] * unit)
    dx, dy = search.offsets[offset] * radius
    return Circle(x + float(dx), y + float(dy), radius, float(scores[offset, row]))


def _pupil_circle(image: GreyImage, place: Candidate) -> Circle:
    """The best dark disc near a candidate."""
    band = unwrap(image, place.x, place.y, _PUPIL.radii * place.radius, RAYS)
    gain = np.clip(_steps(band, _PUPIL.reach) * np.float32(1 / 15), -0.5, 1)
    return _best_circle(gain, _PUPIL, place.x, place.y, place.radius)


def _limbus_circle(image: GreyImage, pupil: Circle) -> Circle:
    """The best circle around a pupil at which what looks like the iris beside the pupil ends in something lighter.

    Where it already got lighter further in, as from sclera to skin, a step counts little; the sides count more than
    above and below, where lids lie.
    """
    band = unwrap(image, pupil.x, pupil.y, _LIMBUS.radii * pupil.radius, RAYS)
    kernel = _step_kernel(_LIMBUS.reach)
    inside = cv2.filter2D(band, cv2.CV_32F, np.maximum(-kernel, 0), borderType=cv2.BORDER_REPLICATE)
    outside = cv2.filter2D(band, cv2.CV_32F, np.maximum(kernel, 0), borderType=cv2.BORDER_REPLICATE)
    beside = np.float32(np.median(band[1 : 1 + _LIMBUS.reach * 3 : 2]))
    lightened = (inside - beside) / np.maximum(outside - beside, 6)
    steps = outside - inside
    level = np.clip(np.quantile(steps[_LIMBUS.reach :: 2], 0.92), 8, 60)
    gain = np.clip(steps / level, -0.3, 1) * np.clip(2.2 - 3.5 * lightened, 0, 1)
    return _best_circle(gain * _SIDEWAYS, _LIMBUS, pupil.x, pupil.y, pupil.radius)


def _fit(
    image: GreyImage, circle: Circle, reach: float, width: float, level: float, order: int, softness: float
) -> Boundary:
    """A boundary placed by sub-pixels, starting from a circle.

    ``reach`` is how far from the circle a step may lie and ``width`` how wide it is taken, as shares of the radius;
    ``level`` the step in grey levels that counts in full; ``order`` the harmonics of the contour and ``softness`` the
    deviation of the second one (the n-th: four over n squared of it) that is expected, as a share of the radius.
    """
    x, y, radius = circle.x, circle.y, circle.radius
    waves, penalty = _harmonics(order)
    coefficients = np.zeros(waves.shape[1])
    coefficients[0] = radius
    for share in (reach, reach * 0.5):
        rows = int(np.clip(2 * share * radius * 1.5, 17, 97)) | 1
        radii = np.linspace(1 - share, 1 + share, rows) * radius
        pitch = radii[1] - radii[0]
        half = max(1, round(width * radius / pitch))
        steps = _steps(unwrap(image, x, y, radii, _FINE), half)
        expected = (waves @ coefficients - radii[0]) / pitch
        away = (np.arange(rows)[:, None] - expected) * (pitch / (share * radius))
        likely = steps * np.exp(-2 * away**2).astype(np.float32)
        likely[:half], likely[-half:] = 0, 0
        row = np.clip(likely.argmax(0), 1, rows - 2)
        ray = np.arange(_FINE)
        before, here, after = likely[row - 1, ray], likely[row, ray], likely[row + 1, ray]
        bend = np.minimum(before - 2 * here + after, -1e-3)
        places = radii[0] + pitch * (row + np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
        seen = np.clip(steps[row, ray] / level, 0, 1).astype(np.float64)
        coefficients, kept = _robust_series(waves, penalty / (softness * radius) ** 2, places, seen, 0.02 * radius)
        x, y = x + float(coefficients[1]), y - float(coefficients[2])
        coefficients[1:3], radius = 0, float(coefficients[0])
    ways = directions(CONTOUR).astype(np.float64)
    shape = _harmonics(order, CONTOUR)[0] @ coefficients
    contrast = float(np.median(steps[row, ray][kept])) if kept.any() else 0.0
    return Boundary(x, y, radius, frozen_copy(ways * shape[:, None] + (x, y)), float(kept.mean()), contrast)


_FINE = 128
"""Rays once around while a boundary is placed."""


@lru_cache(maxsize=8)
def _harmonics(order: int, count: int = _FINE) -> tuple[F64, F64]:
    """Columns 1, cos, sin, cos 2, sin 2 ... at equal angles, and what each is held back by."""
    angles = np.arange(count) * (2 * np.pi / count)
    columns, held = [np.ones(count)], [0.0]
    for n in range(1, order + 1):
        columns += [np.cos(n * angles), np.sin(n * angles)]
        held += [0.0 if n == 1 else (n / 2) ** 4] * 2
    return np.column_stack(columns), np.array(held)


def _robust_series(waves: F64, penalty: F64, places: F64, seen: F64, least: float) -> tuple[F64, NDArray[np.bool_]]:
    """Fourier coefficients of a contour by reweighted least squares (Tukey's biweight), and the rays that count."""
    weights = seen
    for _ in range(6):
        weighted = waves * weights[:, None]
        normal = weighted.T @ waves + np.diag(penalty + 1e-6)
        coefficients: F64 = np.asarray(np.linalg.solve(normal, weighted.T @ places), dtype=np.float64)
        error = np.abs(places - waves @ coefficients)
        limit = max(2.5 * 1.4826 * _weighted_median(error, seen), least, 0.75)
        weights = seen * np.clip(1 - (error / limit) ** 2, 0, None) ** 2
    return coefficients, (seen > 0.3) & (error < limit)


def _weighted_median(values: F64, weights: F64) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(total, 0.5 * total[-1])]])


@dataclass(frozen=True, slots=True)
class _Found:
    pupil: Circle
    limbus: Circle
    evenness: float

    @property
    def score(self) -> float:
        return self.pupil.score * self.evenness + 0.8 * self.limbus.score

    def is_possible(self, side: int) -> bool:
        """An iris takes at least a tenth of the picture's longer side, and a pupil leaves some of it."""
        return self.limbus.radius > 0.05 * side and self.pupil.radius < 0.82 * self.limbus.radius


def _look(image: GreyImage, place: Candidate) -> _Found:
    """The best pupil and limbus near a candidate, and how even the pupil is inside."""
    pupil = _pupil_circle(image, place)
    limbus = _limbus_circle(image, pupil)
    inside = unwrap(image, pupil.x, pupil.y, np.sqrt(np.linspace(0.02, 0.72, 8)) * pupil.radius, 24)
    dark, light = np.quantile(inside, (0.1, 0.8))
    around = float(np.median(unwrap(image, pupil.x, pupil.y, np.array([1.15, 1.25]) * pupil.radius, 48)))
    evenness = float(np.clip(1 - (light - dark) / max(around - dark, 8.0), 0, 1))
    return _Found(pupil, limbus, evenness)


def _most_likely(found: list[_Found]) -> _Found:
    """The best pair of circles; where its pupil is another one's limbus it was an iris, and the other one is meant."""
    best = max(found, key=lambda one: one.score)
    for other in sorted(found, key=lambda one: -one.score):
        apart = np.hypot(other.limbus.x - best.pupil.x, other.limbus.y - best.pupil.y)
        alike = 0.75 < other.limbus.radius / best.pupil.radius < 1.3 and apart < 0.25 * best.pupil.radius
        if alike and other.pupil.score * other.evenness > max(0.5, 0.6 * best.pupil.score * best.evenness):
            return other
    return best


_SIDEWAYS: F32 = (0.5 + 0.8 * directions(RAYS)[:, 0] ** 2).astype(np.float32)
_SIDEWAYS /= _SIDEWAYS.mean()
_PUPIL = _search(0.55, 1.9, 48, 0.12, 0.3, 7)
_LIMBUS = _search(1.15, 7.5, 96, 0.10, 0.18, 5)


def find_boundaries(image: GreyImage) -> tuple[Boundary, Boundary] | Missing:
    """Pupil and limbus of the most likely eye in the picture, or why there is none."""
    height, width = image.shape
    scale = min(1.0, _WORKING / max(height, width))
    small = image
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    filled, _ = without_reflections(small)
    found = [_look(filled, place) for place in candidates(filled)]
    found = [one for one in found if one.is_possible(max(small.shape))]
    if not found:
        return Missing("iris.no_eye")
    best = _most_likely(found)
    full, _ = without_reflections(image)

    def enlarged(circle: Circle) -> Circle:
        x, y = (circle.x + 0.5) / scale - 0.5, (circle.y + 0.5) / scale - 0.5
        return Circle(x, y, circle.radius / scale, circle.score)

    pupil = _fit(full, enlarged(best.pupil), 0.28, 0.10, 20, 5, 0.03)
    limbus = _fit(full, enlarged(best.limbus), 0.16, 0.08, 12, 2, 0.015)
    if _evidence(filled, best, pupil, limbus) < _LEAST_EVIDENCE:
        return Missing("iris.no_eye")
    return pupil, limbus


def _evidence(image: GreyImage, found: _Found, pupil: Boundary, limbus: Boundary) -> float:
    """How sure it is that this is an eye: the logarithm of the odds.

    A logistic regression over public near-infrared eyes against closed and drawn lids, faces, fingerprint cards,
    eyebrows, clouds and noise: both circles seen, both boundaries continuous, an even iris beside the pupil.
    """
    sides = unwrap(image, found.pupil.x, found.pupil.y, np.linspace(1.2, 1.45, 5) * found.pupil.radius, 64)
    sides = sides[:, np.abs(directions(64)[:, 0]) > 0.8].astype(np.float32)
    spread = 1.4826 * float(np.median(np.abs(sides - np.median(sides))))
    return (
        7.83 * found.pupil.score * found.evenness
        + 6.12 * found.limbus.score
        + 2.37 * pupil.support
        + 12.03 * limbus.support
        - 1.27 * float(np.log(np.clip(spread, 3, 60)))
        - 15.15
    )


_LEAST_EVIDENCE = -1.2
"""A weak eye is rather measured than denied: its measures tell what is wrong with it."""
_WORKING = 320
"""Longer side of the picture in which boundaries are searched."""
