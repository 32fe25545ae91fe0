"""Skin that grows: a flow of ridges around cores and deltas, and the ridges that fill it.

As in nature, ridges start everywhere at once and settle where they must; minutiae are where they could not agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, I64, frozen_copy
from ktpel_capture.fingerprint.enhancement import STEP, direction_number, filtered, frequency_number, grid_of
from ktpel_capture.fingerprint.extraction import without_specks
from ktpel_capture.fingerprint.flow import BLOCK
from ktpel_capture.fingerprint.singular import Pattern
from ktpel_capture.fingerprint.thinning import crossing_masks, pack, prune, thin, unpack

PATTERNS: dict[Pattern, float] = {
    "left_loop": 0.338,
    "right_loop": 0.317,
    "whorl": 0.279,
    "arch": 0.037,
    "tented_arch": 0.029,
}
"""How often each pattern class occurs. Source: C. L. Wilson, G. T. Candela, C. I. Watson, Neural network fingerprint
classification, J. Artificial Neural Networks 1 (1994)."""

WIDTH, HEIGHT = 416, 592
"""Of the skin that is grown, pixels at 500 ppi: more than a press can touch."""
_ROUNDS = 24
_cv2: Any = cv2


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """The ridges of one fingertip, at 500 ppi, the finger pointing up.

    Attributes
    ----------
    ridges : (height, width) float32, -1 the floor of a valley .. 1 the top of a ridge.
    angle : (rows, cols) float32, ridge direction on blocks of 8 pixels, radians in [0, pi).
    period : (rows, cols) float32, from ridge to ridge, pixels.
    x, y : (N,) float32, where ridges end and branch.
    direction : (N,) float32, radians, as in `templates.Minutiae`.
    kind : (N,) int64, 1 ridge ending, 2 bifurcation.
    cores, deltas : (K, 2) float64 points (x, y).
    pattern : the pattern class.
    """

    ridges: F32
    angle: F32
    period: F32
    x: F32
    y: F32
    direction: F32
    kind: I64
    cores: F64
    deltas: F64
    pattern: Pattern


@lru_cache(maxsize=64)
def grow_skin(seed: int, pattern: Pattern | None = None, spacing: float | None = None) -> Skin:
    """Grow the skin of one fingertip; the same seed gives the same skin.

    Parameters
    ----------
    seed : of everything left to chance.
    pattern : the pattern class it shall have.
    spacing : from ridge to ridge in the middle of the pad, pixels at 500 ppi; 7.6 to 10.6 by the seed where None.

    Source: ridges as the fixed point of contextual filtering, R. Cappelli, D. Maio, D. Maltoni, Synthetic
    fingerprint-image generation, ICPR 2000; flow from zeros and poles, B. G. Sherlock and D. M. Monro, A model for
    interpreting fingerprint topology, Pattern Recognition 26 (1993).
    """
    random = np.random.default_rng((seed, 77))
    drawn = pattern or _drawn(random)
    cores, deltas = _singular_points(drawn, random)
    sway = random.uniform(0.45, 0.75)
    lean = random.normal(0, 0.04)
    rows, cols = grid_of((HEIGHT, WIDTH))
    x, y = np.meshgrid(np.arange(cols) * float(STEP), np.arange(rows) * float(STEP))
    drawn_base = random.uniform(7.6, 10.6)
    base = drawn_base if spacing is None else spacing
    period_noise = _smooth(random, 5, 4) * 0.05
    angle = flow_at(x, y, cores, deltas, drawn, sway, lean)
    period = period_at(x, y, base, period_noise)
    directions, frequencies = direction_number(angle.ravel()), frequency_number((1 / period.ravel()).astype(np.float32))
    everywhere = np.ones((rows, cols), np.bool_)
    ridges = random.standard_normal((HEIGHT, WIDTH)).astype(np.float32)
    for _ in range(_ROUNDS):
        ridges = filtered(ridges, everywhere, lambda _: (directions, frequencies))
        ridges *= 1.6 / max(float(ridges.std()), 1e-6)
        np.tanh(ridges, out=ridges)
    block_x, block_y = np.meshgrid(
        np.arange(WIDTH // BLOCK) * BLOCK + (BLOCK - 1) / 2, np.arange(HEIGHT // BLOCK) * BLOCK + (BLOCK - 1) / 2
    )
    fine = flow_at(block_x, block_y, cores, deltas, drawn, sway, lean)
    ends_x, ends_y, direction, kind = _minutiae(ridges, cores, deltas, drawn, sway, lean)
    return Skin(
        frozen_copy(ridges),
        frozen_copy(fine),
        frozen_copy(period_at(block_x, block_y, base, period_noise)),
        frozen_copy(ends_x),
        frozen_copy(ends_y),
        frozen_copy(direction),
        frozen_copy(kind),
        frozen_copy(cores),
        frozen_copy(deltas),
        drawn,
    )


def _drawn(random: np.random.Generator) -> Pattern:
    names = list(PATTERNS)
    return names[int(random.choice(len(names), p=list(PATTERNS.values())))]


def _singular_points(pattern: Pattern, random: np.random.Generator) -> tuple[F64, F64]:
    """Cores and deltas of a pattern class, around the middle of the pad."""
    middle = np.array((WIDTH / 2, HEIGHT / 2 - 10)) + random.normal(0, (10, 14))

    def at(right: float, down: float, spread: float = 10) -> F64:
        point: F64 = middle + np.array((right, down)) + random.normal(0, spread, 2)
        return point

    match pattern:
        case "arch":
            return np.zeros((0, 2)), np.zeros((0, 2))
        case "tented_arch":
            core = at(0, -10)
            return core[None], (core + np.array((random.normal(0, 4), random.uniform(70, 100))))[None]
        case "left_loop" | "right_loop":
            side = 1 if pattern == "left_loop" else -1
            return at(0, -25)[None], at(side * random.uniform(85, 125), random.uniform(95, 140))[None]
    apart = random.uniform(30, 80)
    cores = np.stack((at(0, -apart / 2 - 15, 6), at(random.normal(0, 14), apart / 2 - 5, 6)))
    return cores, np.stack((at(-random.uniform(95, 135), 115), at(random.uniform(95, 135), 115)))


def flow_at(x: F64, y: F64, cores: F64, deltas: F64, pattern: Pattern, sway: float, lean: float) -> F32:
    """Ridge direction at points, radians in [0, pi)."""
    down = y / HEIGHT
    # ridges bow over the tip and lie level at the first joint
    bow = -sway * np.clip((x - WIDTH / 2) / (WIDTH / 2), -1.3, 1.3) * np.clip(1.15 - 1.15 * down, 0, 1)
    if pattern == "arch":
        height = np.exp(-(((y - 0.58 * HEIGHT) / (0.26 * HEIGHT)) ** 2))
        bow = bow - 0.9 * sway * np.sin(np.clip((x - WIDTH / 2) / (0.62 * WIDTH), -1, 1) * math.pi) * height
    turn = bow + lean
    for core in cores:
        turn = turn + 0.5 * np.arctan2(core[1] - y, x - core[0])
    for delta in deltas:
        turn = turn - 0.5 * np.arctan2(delta[1] - y, x - delta[0])
    angle = np.mod(turn, math.pi).astype(np.float32)
    angle[angle >= np.float32(math.pi)] = 0
    return angle


def period_at(x: F64, y: F64, base: float, noise: F32) -> F32:
    """Distance from ridge to ridge at points, pixels: wider towards the joint, and uneven."""
    rows, cols = noise.shape
    at = [np.asarray(part, np.float32) for part in (x / WIDTH * (cols - 1), y / HEIGHT * (rows - 1))]
    uneven = _cv2.remap(noise, at[0], at[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    towards_joint = 0.14 * np.clip(y / HEIGHT - 0.55, 0, 1) / 0.45
    period: F32 = (base * (1 + towards_joint + uneven)).astype(np.float32)
    return period


def _smooth(random: np.random.Generator, rows: int, cols: int) -> F32:
    return random.standard_normal((rows, cols)).astype(np.float32)


def _minutiae(
    ridges: F32, cores: F64, deltas: F64, pattern: Pattern, sway: float, lean: float
) -> tuple[F32, F32, F32, I64]:
    """Where the grown ridges end and branch: of the clean skin, so nothing needs to be doubted."""
    skeleton = prune(thin(pack(without_specks(ridges > 0))), 5)
    ends, forks = (unpack(part) for part in crossing_masks(skeleton))
    for picture in (ends, forks):
        picture[:6], picture[-6:], picture[:, :6], picture[:, -6:] = False, False, False, False
    (end_y, end_x), (fork_y, fork_x) = np.nonzero(ends), np.nonzero(forks)
    x, y = np.concatenate((end_x, fork_x)), np.concatenate((end_y, fork_y))
    kind = np.repeat((1, 2), (len(end_x), len(fork_x)))
    level = flow_at(x.astype(np.float64), y.astype(np.float64), cores, deltas, pattern, sway, lean)
    ahead = np.zeros(len(x))
    for reach in (4, 6, 8):
        for sign in (1, -1):
            px = np.clip(np.rint(x + sign * reach * np.cos(level)), 0, WIDTH - 1).astype(np.int64)
            py = np.clip(np.rint(y - sign * reach * np.sin(level)), 0, HEIGHT - 1).astype(np.int64)
            ahead += sign * ridges[py, px]
    forward = np.where(kind == 1, ahead > 0, ahead < 0)
    direction = np.where(forward, level, level + math.pi).astype(np.float32)
    return x.astype(np.float32), y.astype(np.float32), direction, kind
