"""Where a picture of several fingers holds ridges, and where writing, printed lines or a punched hole hide them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, U8, GreyImage
from ktpel_capture.fingerprint.spectrum import RidgeSpectrum, spectrum_of

_cv2: Any = cv2
CELL = 8
"""Side of a cell of the map that fingers are sought on, pixels at 500 ppi (0.4 mm)."""
_STROKE = 5
"""Pixels at 250 ppi (0.5 mm): dark things thicker than a ridge and without a valley in them."""
_HOLE = 23
"""Pixels at 250 ppi (2.3 mm): thicker than any stroke of a pen or a printed line."""

_CLEAR, _DRY = 0.22, 0.31
"""Share of the power in one wave: of a window of clear ridges, and of its median in the grains of dry skin, where less
has to be enough."""


@dataclass(frozen=True, slots=True, eq=False)
class RidgeMap:
    """What each cell of `CELL` pixels shows.

    Attributes
    ----------
    ridges : (rows, cols) uint8, 1 where there are some, or where something dark hides those that lie around it.
    swing : (rows, cols) float32, local swing of grey as a share of what is usual among the ridges.
    seen : (rows, cols) float32, 0 where ridges are hidden, 1 elsewhere.
    """

    ridges: U8
    swing: F32
    seen: F32


def ridge_map(spectrum: RidgeSpectrum) -> RidgeMap:
    """Where ridges are.

    Fine enough for the gap between two fingers from the local swing of grey, and sure that it is ridges, not writing
    or a hole punched in the card, from the spectrum of wider windows. What is dark and thicker than a ridge is left
    out of both, and counts as ridges where ridges surround it.
    """
    half = spectrum.half
    rows, cols = half.shape[0] // 4, half.shape[1] // 4
    if rows < 8 or cols < 8 or not spectrum.ridged.any():
        nothing = np.zeros((rows, cols), np.float32)
        return RidgeMap(nothing.astype(np.uint8), nothing, nothing)
    blots = _blots(half)
    if blots.any():
        half, spectrum = _without(blots, half, spectrum)
    swing = _cv2.absdiff(_cv2.blur(half, (3, 3)), _cv2.blur(half, (11, 11)))[: rows * 4, : cols * 4]
    fine = _cv2.resize(swing, (cols, rows), interpolation=cv2.INTER_AREA)
    swing = _cv2.blur(fine, (3, 3)).astype(np.float32)
    likely = spectrum.strength * ((spectrum.period < 16) & (spectrum.period > 4.8))
    # the middle of window n is cell 4 n + 3.5
    at_x = ((np.arange(cols, dtype=np.float32) - 3.5) / 4)[None, :].repeat(rows, 0)
    at_y = ((np.arange(rows, dtype=np.float32) - 3.5) / 4)[:, None].repeat(cols, 1)
    sure = _cv2.remap(likely.astype(np.float32), at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    ridged = _cv2.GaussianBlur(sure, (0, 0), 1.5) > 0.16
    if not ridged.any():
        return RidgeMap(np.zeros((rows, cols), np.uint8), swing, swing)
    swing /= max(float(np.median(swing[ridged])), 1)
    fine = fine / max(float(np.median(fine[ridged])), 1)
    mask = (ridged & (swing > 0.4) & (fine > 0.2)).astype(np.uint8)
    clear = likely[likely > _CLEAR]
    if clear.size and np.median(clear) < _DRY:
        mask |= ((_cv2.GaussianBlur(sure, (0, 0), 3) > 0.08) & (swing > 0.5) & (fine > 0.2)).astype(np.uint8)
    seen = np.ones((rows, cols), np.float32)
    if blots.any():
        share = _cv2.resize(blots[: rows * 4, : cols * 4] * np.uint8(255), (cols, rows), interpolation=cv2.INTER_AREA)
        seen[share > 64] = 0
        mask |= _hidden(mask, blots)
    return RidgeMap(mask, swing, seen)


def _blots(half: GreyImage) -> U8:
    """Dark things thicker than a ridge, 1 where they are."""
    paper = float(np.percentile(half[::4, ::4], 90))
    closed = _cv2.morphologyEx(half, cv2.MORPH_CLOSE, np.ones((_STROKE, _STROKE), np.uint8))
    # heavy ink has dark valleys, but they are lighter than its ridges
    even = _cv2.subtract(closed, _cv2.blur(half, (9, 9))) < 0.2 * paper
    dark = ((closed < 0.45 * paper) & even).astype(np.uint8)
    blots: U8 = _cv2.dilate(dark, np.ones((3, 3), np.uint8))
    return blots


def _without(blots: U8, half: GreyImage, spectrum: RidgeSpectrum) -> tuple[GreyImage, RidgeSpectrum]:
    """Picture and spectrum with the blots painted over in the mean grey of what is around them."""
    clear = 1 - blots
    around = _cv2.blur((half * clear).astype(np.float32), (21, 21))
    share = _cv2.blur(clear.astype(np.float32), (21, 21))
    grey = np.where(blots > 0, around / np.maximum(share, 1e-3), half)
    painted = np.where(share > 1e-3, np.clip(grey, 0, 255), 255).astype(np.uint8)
    return painted, spectrum_of(painted)


def _hidden(mask: U8, blots: U8) -> U8:
    """What blots hide of the ridges around them: strokes between ridges half a millimetre apart, holes at any size."""
    rows, cols = mask.shape

    def hidden(thick: U8, reach: int) -> U8:
        cells = _cv2.resize(thick[: rows * 4, : cols * 4] * np.uint8(4), (cols, rows), interpolation=cv2.INTER_AREA) > 0
        padded = np.pad(mask, reach)
        closed = _cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc(2 * reach + 1))[reach:-reach, reach:-reach]
        part: U8 = closed * cells.astype(np.uint8)
        return part

    holes = _cv2.morphologyEx(blots, cv2.MORPH_OPEN, disc(_HOLE))
    return hidden(blots, 2) | hidden(holes, 9)


def disc(side: int) -> U8:
    """A round element for morphology, ``side`` cells across."""
    element: U8 = _cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return element
