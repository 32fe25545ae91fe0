"""The texture of a grown iris: fibres, crypts, collarette and furrows, unrolled from pupil to limbus."""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_capture.arrays import F32

ROWS, COLUMNS = 128, 1024


def grow_texture(seed: int) -> F32:
    """One iris, unrolled.

    Returns
    -------
    (128, 1024) float32 of mean 0 and deviation 1; rows run from pupil to limbus, columns once around. The angle
    closes: the last column is a neighbour of the first.
    """
    rng = np.random.default_rng((seed, 30))
    rho = np.linspace(0, 1, ROWS, dtype=np.float32)[:, None]
    collarette = _around(rng, 40) * np.float32(0.03) + np.float32(rng.uniform(0.24, 0.38))
    inner = 1 / (1 + np.exp((rho - collarette) / np.float32(0.02)))

    fibres = _streaks(rng, along=26, across=3.2)
    fine = _streaks(rng, along=9, across=1.6)
    stroma = _streaks(rng, along=5, across=6)
    clouds = _streaks(rng, along=18, across=26)
    texture = 0.9 * fibres + 0.45 * fine + 0.6 * stroma + 0.55 * clouds
    texture = texture * (1 - 0.35 * inner) + 0.5 * inner * _streaks(rng, along=14, across=2.2)
    texture += 1.1 * np.exp(-(((rho - collarette) / np.float32(0.035)) ** 2))
    texture += _crypts(rng, collarette)
    texture += _furrows(rng, rho)
    texture -= np.mean(texture)
    unit: F32 = (texture / np.std(texture)).astype(np.float32)
    return unit


def _smooth(image: F32, along: float, across: float) -> F32:
    """Gaussian smoothing that closes around the angle; ``along`` the radius, ``across`` it, in pixels."""
    pad = min(COLUMNS, int(4 * across) + 1)
    wide = np.concatenate([image[:, -pad:], image, image[:, :pad]], axis=1)
    blurred = cv2.GaussianBlur(wide, (0, 0), sigmaX=across, sigmaY=along, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred[:, pad:-pad], dtype=np.float32)


def _streaks(rng: np.random.Generator, along: float, across: float) -> F32:
    """Noise drawn out along the radius, bent a little as fibres are; deviation 1."""
    noise = _smooth(rng.standard_normal((ROWS, COLUMNS), dtype=np.float32), along, across)
    bend = _smooth(rng.standard_normal((ROWS, COLUMNS), dtype=np.float32), 14, 20)
    bend *= np.float32(2.5 * across) / bend.std()
    rows, columns = np.indices((ROWS, COLUMNS), dtype=np.float32)
    bent = cv2.remap(noise, (columns + bend) % COLUMNS, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    unit: F32 = bent / bent.std()
    return unit


def _around(rng: np.random.Generator, length: float) -> F32:
    """A random curve over the angle that closes, (1, COLUMNS), deviation 1."""
    curve = _smooth(rng.standard_normal((1, COLUMNS), dtype=np.float32), 0.5, length / 2)
    unit: F32 = curve / curve.std()
    return unit


def _crypts(rng: np.random.Generator, collarette: F32) -> F32:
    """Dark pits beside the collarette with a brighter edge."""
    pits = np.zeros((ROWS, COLUMNS + 160), np.float32)
    for _ in range(int(rng.integers(8, 40))):
        column = int(rng.integers(COLUMNS))
        row = int(ROWS * (float(collarette[0, column]) + rng.uniform(-0.08, 0.35)))
        axes = (int(rng.integers(5, 18)), int(rng.integers(5, 16)))
        tilt = float(rng.normal(0, 15))
        depth = float(rng.uniform(0.8, 2.2))
        cv2.ellipse(pits, (column + 80, row), (axes[0] + 3, axes[1] + 2), tilt, 0, 360, 0.5 * depth, -1)
        cv2.ellipse(pits, (column + 80, row), axes, tilt, 0, 360, -depth, -1)
    pits[:, 80:160] += pits[:, -80:]
    pits[:, -160:-80] += pits[:, :80]
    return _smooth(np.ascontiguousarray(pits[:, 80:-80]), 1.6, 1.8)


def _furrows(rng: np.random.Generator, rho: F32) -> F32:
    """Faint rings of an iris that often widens and narrows, each over part of the way around."""
    rings = np.zeros((ROWS, COLUMNS), np.float32)
    for place in rng.uniform(0.5, 0.95, int(rng.integers(1, 5))):
        strength = np.clip(_around(rng, 240), 0, 1.5)
        rings -= np.float32(0.6) * strength * np.exp(-(((rho - np.float32(place)) / np.float32(0.02)) ** 2))
    return rings
