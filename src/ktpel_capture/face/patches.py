"""Patches of the aligned face as numbers: directions of edges and colours, what the appearance models look at."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, I64, RgbImage
from ktpel_capture.imaging.resample import reduced

Patch = tuple[int, int, int, int]
"""Rows and columns (top, bottom, left, right) of the 616x616 canonical face."""
EYES: Patch = (190, 366, 132, 484)
TOP: Patch = (0, 264, 44, 572)
_CELL, _BINS, _COLOUR_CELLS = 8, 9, (8, 16)
SIZE = 128, 64  # width, height of every patch once reduced


@cache
def _cells() -> I64:
    """(64, 128): index of the first bin of each pixel's cell."""
    y, x = np.indices((SIZE[1], SIZE[0]))
    return (y // _CELL * (SIZE[0] // _CELL) + x // _CELL) * _BINS


def describe(aligned: RgbImage, patch: Patch) -> F32:
    """(4164,) float32: histograms of edge directions in blocks of 2x2 cells, and mean CIE Lab on a grid.

    Source: Dalal and Triggs, "Histograms of oriented gradients for human detection" (CVPR 2005): cells of 8 px, nine
    unsigned directions, overlapping blocks normalised and clipped at 0.2.
    """
    top, bottom, left, right = patch
    small = reduced(aligned[top:bottom, left:right], SIZE)
    colour: Any = cv2.cvtColor(small.astype(np.float32) * np.float32(1 / 255), cv2.COLOR_RGB2LAB)
    light: F32 = np.ascontiguousarray(colour[..., 0])
    across: Any = cv2.Sobel(light, cv2.CV_32F, 1, 0, ksize=1)
    down: Any = cv2.Sobel(light, cv2.CV_32F, 0, 1, ksize=1)
    strength: F32 = np.sqrt(across * across + down * down)
    place: F32 = np.arctan2(down, across) * np.float32(_BINS / np.pi) % np.float32(_BINS)
    low = place.astype(np.intp)
    share = place - low
    rows, columns = SIZE[1] // _CELL, SIZE[0] // _CELL
    cell, count = _cells(), rows * columns * _BINS
    grid = np.bincount((cell + low % _BINS).ravel(), (strength * (1 - share)).ravel(), count)
    grid += np.bincount((cell + (low + 1) % _BINS).ravel(), (strength * share).ravel(), count)
    cells = grid.reshape(rows, columns, _BINS)
    blocks = np.concatenate((cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:]), 2)
    for _ in range(2):
        blocks = np.minimum(blocks / (np.linalg.norm(blocks, axis=2, keepdims=True) + 1.0), 0.2)
    means = reduced(colour, (_COLOUR_CELLS[1], _COLOUR_CELLS[0]))
    tones = (means - np.median(means.reshape(-1, 3), axis=0)) / np.float32(30)
    result: F32 = np.concatenate((blocks.ravel() * 5, tones.ravel())).astype(np.float32)
    return result


def person_on_aligned(person: F32, to_aligned: F64, size: tuple[int, int]) -> F32:
    """(154, 154) probability of person on a quarter of the canonical face, -1 where the picture does not reach.

    Parameters
    ----------
    person : (256, 256) over the stretched picture.
    to_aligned : (2, 3) affine map from the picture to the canonical face.
    size : (width, height) of the picture.
    """
    width, height = size
    grid = np.array([[width / 256, 0, width / 512 - 0.5], [0, height / 256, height / 512 - 0.5], [0, 0, 1]])
    quarter = np.array([[0.25, 0, -0.375], [0, 0.25, -0.375], [0, 0, 1]])
    place = (quarter @ np.vstack((to_aligned, [0, 0, 1])) @ grid)[:2]
    shown: Any = cv2.warpAffine(person, place, (154, 154), flags=cv2.INTER_LINEAR, borderValue=-1)
    result: F32 = shown
    return result


def describe_top(aligned: RgbImage, person: F32) -> F32:
    """(4292,) float32: the top patch and, weighing as much, the outline of head and hat on a grid of 16x8.

    Parameters
    ----------
    aligned : the canonical face.
    person : from `person_on_aligned`.
    """
    top, bottom, left, right = (edge // 4 for edge in TOP)
    outline = reduced(person[top:bottom, left:right], (16, 8))
    return np.concatenate((describe(aligned, TOP), np.float32(4) * outline.ravel()))
