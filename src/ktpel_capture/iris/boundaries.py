"""The two boundaries of an iris as smooth closed contours with sub-pixel places.

Starting from a circle, the step nearest to it on every ray is placed by sub-pixels, and a short Fourier series is
fitted that leaves out what does not belong (lids, lashes, reflections).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, Bool, GreyImage, frozen_copy
from ktpel_capture.imaging.polar import directions, unwrap
from ktpel_capture.imaging.ranks import median

CONTOUR = 256
"""Points of a boundary."""
_FINE = 128
"""Rays once around while a boundary is placed."""
_OWN = 0.03
"""Second harmonic that a pupil may well have by itself, as a share of its radius; pressed pictures have 0.08."""
_SETTLED = 0.01
"""Pixels that a coefficient still moves when a fit is done."""


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


@dataclass(frozen=True, slots=True)
class Manner:
    """How a boundary is placed.

    Attributes
    ----------
    reach : how far from where it is expected a step may lie, as a share of the radius.
    width : how wide a step is taken, as a share of the radius.
    level : the step in grey levels that counts in full.
    order : harmonics of the contour.
    softness : deviation of the second harmonic that is expected, as a share of the radius; the n-th: 4/n^2 of it.
    stiffness : rays that it takes at least to believe a second harmonic; neighbouring rays err alike.
    """

    reach: float
    width: float
    level: float
    order: int
    softness: float
    stiffness: float


PUPIL = Manner(reach=0.28, width=0.10, level=20, order=5, softness=0.06, stiffness=2)
LIMBUS = Manner(reach=0.16, width=0.08, level=12, order=2, softness=0.015, stiffness=5)


def place(
    image: GreyImage,
    circle: Circle | Boundary,
    manner: Manner,
    visible: Bool | F64 | None = None,
    like: Boundary | None = None,
    fine: bool = True,
) -> Boundary:
    """A boundary placed by sub-pixels, starting from a circle.

    Parameters
    ----------
    image : best without its reflections.
    circle : where it is expected.
    manner : of the pupil or of the limbus.
    visible : (128,) which rays to believe, or how much, where that is known.
    like : a boundary of the same shape, but for its size: pixels that are not square and a gaze aside press pupil and
        limbus alike.
    fine : looked at twice, the second time closer; once is enough for what is placed again.
    """
    x, y, radius = circle.x, circle.y, circle.radius
    waves, penalty = _harmonics(manner.order)
    shape = np.zeros(waves.shape[1])
    shape[0] = 1
    if like is not None:
        shape[3:5] = oval(like)
    coefficients = radius * shape
    looks = ((manner.reach, manner.width, 4), (0.5 * manner.reach, 0.6 * manner.width, 5))
    for share, width, rounds in looks if fine else looks[:1]:
        span = share + width
        lowest, highest = (np.r_[1 + sign * span, np.full(waves.shape[1] - 1, sign * span)] for sign in (-1, 1))
        rows = int(np.clip(3 * span * radius, 25, 121)) | 1
        radii = np.linspace(1 - span, 1 + span, rows) * radius
        pitch = radii[1] - radii[0]
        half = max(1, round(width * radius / pitch))
        steps = steps_along(unwrap(image, x, y, radii, _FINE), half)
        expected = (waves @ coefficients - radii[0]) / pitch
        away = np.arange(rows, dtype=np.float32)[:, None] - expected.astype(np.float32)
        away *= np.float32(np.sqrt(2) * pitch / (share * radius))
        likely = steps * np.exp(-away * away)
        likely[:half], likely[-half:] = 0, 0
        row = np.clip(likely.argmax(0), 1, rows - 2)
        ray = np.arange(_FINE)
        before, here, after = likely[row - 1, ray], likely[row, ray], likely[row + 1, ray]
        bend = np.minimum(before - 2 * here + after, -1e-3)
        places = radii[0] + pitch * (row + np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
        seen = np.clip(steps[row, ray] / manner.level, 0, 1).astype(np.float64)
        trusted = seen if visible is None else seen * visible
        held = penalty * max(1 / (manner.softness * radius) ** 2, manner.stiffness)
        coefficients, error = _robust_series(waves, held, radius * shape, places, trusted, 0.02 * radius, rounds)
        coefficients = np.clip(coefficients, lowest * radius, highest * radius)  # few rays may lead anywhere
        x, y = x + float(coefficients[1]), y - float(coefficients[2])
        coefficients[1:3], radius = 0, float(coefficients[0])
    ways = directions(CONTOUR).astype(np.float64)
    outline = _harmonics(manner.order, CONTOUR)[0] @ coefficients
    kept = (trusted > 0) & (seen > 0.3) & (error < 1)
    contrast = median(steps[row, ray][kept]) if kept.any() else 0.0
    return Boundary(x, y, radius, frozen_copy(ways * outline[:, None] + (x, y)), float(kept.mean()), contrast)


@lru_cache(maxsize=8)
def _harmonics(order: int, count: int = _FINE) -> tuple[F64, F64]:
    """Columns 1, cos, sin, cos 2, sin 2 ... at equal angles, and what each is held back by."""
    angles = np.arange(count) * (2 * np.pi / count)
    columns, held = [np.ones(count)], [0.0]
    for n in range(1, order + 1):
        columns += [np.cos(n * angles), np.sin(n * angles)]
        held += [0.0 if n == 1 else (n / 2) ** 4] * 2
    return np.column_stack(columns), np.array(held)


def oval(boundary: Boundary) -> F64:
    """How oval a boundary is beyond what a pupil is by itself: its second harmonic, cosine and sine, per radius."""
    away = boundary.contour - (boundary.x, boundary.y)
    waves, _ = _harmonics(2, CONTOUR)
    found: F64 = (2 / CONTOUR / max(boundary.radius, 1.0)) * (np.hypot(away[:, 0], away[:, 1]) @ waves[:, 3:5])
    power = float(found @ found) ** 2
    return found * (power / (power + _OWN**4))


def _robust_series(
    waves: F64, penalty: F64, expected: F64, places: F64, trusted: F64, least: float, rounds: int
) -> tuple[F64, F64]:
    """Fourier coefficients of a contour by reweighted least squares (Tukey's biweight), and by how many times what is
    usual each place is off.

    The harmonics are held near the ``expected`` ones.
    """
    weights = trusted
    counts = trusted > 0.3
    middle = int(np.count_nonzero(counts)) // 2
    held = penalty + 1e-6
    coefficients: F64 = np.zeros(waves.shape[1])
    for _ in range(rounds):
        before = coefficients
        weighted = (waves * weights[:, None]).T
        right = (weighted @ places + held * expected)[:, None]
        solved = cv2.solve(weighted @ waves + np.diag(held), right, flags=cv2.DECOMP_CHOLESKY)[1]
        coefficients = np.asarray(solved, dtype=np.float64).ravel()
        error = np.abs(places - waves @ coefficients)
        usual = float(np.partition(error[counts], middle)[middle]) if middle else 0.0
        error /= max(2.5 * 1.4826 * usual, least, 0.75)
        if np.abs(coefficients - before).max() < _SETTLED:
            break
        weights = trusted * np.maximum(1 - error**2, 0) ** 2
    return coefficients, error


@lru_cache(maxsize=32)
def step_kernel(reach: int) -> F32:
    kernel = np.zeros((2 * reach + 1, 1), np.float32)
    kernel[:reach], kernel[reach + 1 :] = -1 / reach, 1 / reach
    return kernel


def steps_along(band: GreyImage, reach: int) -> F32:
    """Mean of the ``reach`` rows further out less that of the ``reach`` rows further in, (rows, rays)."""
    steps = cv2.filter2D(band, cv2.CV_32F, step_kernel(reach), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(steps, dtype=np.float32)
