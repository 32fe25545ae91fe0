"""What stands behind a sitter in a composed portrait, and spectacles on the nose."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, U8, RgbImage
from ktpel_capture.imaging.resample import enlarged, softened

CLOTHS = {
    "red": (198, 22, 30),
    "blue": (18, 88, 192),
    "orange": (238, 122, 22),
    "white": (236, 236, 234),
    "grey": (176, 178, 180),
    "green": (34, 130, 70),
}
"""RGB of each backdrop."""
FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""Landmarks round the face, clockwise from the forehead's middle."""


def backdrop_image(name: str, size: tuple[int, int], rng: np.random.Generator) -> RgbImage:
    """A hung cloth with soft folds, or a classroom for ``cluttered``."""
    if name == "cluttered":
        return _classroom(size, rng)
    if name not in CLOTHS:
        raise ValueError(f"backdrop {name!r} is not known; one of {', '.join((*CLOTHS, 'cluttered'))}")
    width, height = size
    folds = enlarged(rng.normal(0, 1, (3, 9)).astype(np.float32), (width // 8 + 1, height // 8 + 1), cubic=True)
    y, x = np.mgrid[-1 : 1 : complex(height // 8 + 1), -1 : 1 : complex(width // 8 + 1)]
    shade: F32 = (1 + 0.018 * folds - 0.05 * (x**2 + y**2)).astype(np.float32)
    cloth: RgbImage = np.clip(shade[..., None] * np.array(CLOTHS[name], np.float32), 0, 255).astype(np.uint8)
    return enlarged(cloth, size, cubic=True)


def _classroom(size: tuple[int, int], rng: np.random.Generator) -> RgbImage:
    """A wall with a board, posters, a shelf and a window."""
    width, height = size
    wall = np.full((height, width, 3), (205, 196, 170), np.uint8)
    for _ in range(14):
        x, y = rng.integers(-width // 6, width), rng.integers(-height // 8, height)
        w, h = rng.integers(width // 10, width // 2), rng.integers(height // 14, height // 3)
        colour = tuple(int(c) for c in rng.integers(20, 245, 3))
        cv2.rectangle(wall, (int(x), int(y)), (int(x + w), int(y + h)), colour, -1)
        for line in range(int(rng.integers(0, 6))):
            row = int(y + (line + 1) * h / 7)
            cv2.line(wall, (int(x + w // 10), row), (int(x + w * 0.8), row), (40, 40, 40), max(1, height // 400))
    return softened(wall, max(0.5, height / 800))


def draw_spectacles(figure: U8, points: F64, kind: str) -> None:
    """Spectacles on the nose, drawn in place; ``glare`` lenses reflect a window, ``dark`` ones hide the eyes."""
    right, left = points[[33, 133]].mean(0), points[[362, 263]].mean(0)
    apart = max(1.0, float(np.linalg.norm(left - right)))
    tilt = math.atan2(left[1] - right[1], left[0] - right[0])
    stroke = max(1, round(apart * 0.035))
    frame = (28, 24, 24, 255)
    lenses = []
    for eye in (right, left):
        t = np.linspace(0, 2 * math.pi, 48, endpoint=False)
        outline = np.stack((np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.6 * 0.41,
                            np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 0.6 * 0.31 + 0.05), 1) * apart  # fmt: skip
        turn = np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
        lenses.append(outline @ turn.T + eye)
    for lens in lenses:
        polygon = np.round(lens).astype(np.int32)
        inside = np.zeros(figure.shape[:2], np.uint8)
        cv2.fillPoly(inside, [polygon], 255)
        colours = figure[..., :3][inside > 0].astype(np.float32)
        if kind == "dark":
            colours = colours * 0.12 + 6
        elif kind == "glare":
            spot = np.zeros(figure.shape[:2], np.float32)
            centre = lens.mean(0)
            corners = centre + apart * np.array([[-0.22, -0.2], [0.12, -0.22], [0.02, 0.16], [-0.28, 0.16]])
            cv2.fillPoly(spot, [np.round(corners).astype(np.int32)], 1.0)
            shine = 0.9 * softened(spot, apart * 0.02)[inside > 0][:, None]
            colours = colours * (1 - shine) + 250 * shine
        else:
            colours = colours * 0.93 + 10
        figure[..., :3][inside > 0] = np.clip(colours, 0, 255).astype(np.uint8)
        cv2.polylines(figure, [polygon], True, frame, stroke, cv2.LINE_AA)
    _stroke(figure, lenses[0][0], lenses[1][24], frame, stroke)
    _stroke(figure, lenses[0][24], points[127], frame, stroke)
    _stroke(figure, lenses[1][0], points[356], frame, stroke)


def _stroke(figure: U8, start: F64, end: F64, colour: tuple[int, ...], width: int) -> None:
    first, second = (tuple(int(value) for value in np.round(point)) for point in (start, end))
    cv2.line(figure, first, second, colour, width, cv2.LINE_AA)
