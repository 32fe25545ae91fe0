"""Ridge spacing, and whether there are ridges at all: what the power spectrum of each window says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import scipy.fft

from ktpel_capture.arrays import F32, Bool, GreyImage, frozen_copy

_cv2: Any = cv2
WINDOW = 32
STEP = 16
"""Windows of 32 pixels every 16, at 250 ppi: 3.3 mm every 1.6 mm."""
_SHORTEST, _LONGEST = 4.2, 40.0
"""Spacings looked for, in pixels at 500 ppi."""
_QUIET = 2.5
"""Grey levels: windows that swing less hold nothing but noise."""


@dataclass(frozen=True, slots=True, eq=False)
class RidgeSpectrum:
    """The strongest wave of each window, on a grid of 32 pixels at 500 ppi.

    Attributes
    ----------
    period : (rows, cols) float32, its wavelength in pixels at 500 ppi.
    strength : (rows, cols) float32, its share of the window's power, 0..1: noise a few percent, clean ridges most.
    half : (height, width) uint8, the picture at 250 ppi that it was computed on.
    """

    period: F32
    strength: F32
    half: GreyImage

    @property
    def ridged(self) -> Bool:
        """Windows in which one wave stands out, as only ridges make it."""
        mask: Bool = self.strength > 0.22
        return mask


@cache
def _tables() -> tuple[F32, F32, F32]:
    taper = np.hanning(WINDOW + 2)[1:-1]
    fy = np.fft.fftfreq(WINDOW)[:, None]
    fx = np.fft.rfftfreq(WINDOW)[None, :]
    # frequencies a pixel at 500 ppi
    radius = np.hypot(fx, fy) / 2
    wanted = (radius >= 1 / _LONGEST) & (radius <= 1 / _SHORTEST)
    # weighed by frequency squared: pictures of other things have most of their power in their longest waves
    weight = np.where(wanted, radius**2, 0)
    return np.outer(taper, taper).astype(np.float32), radius.astype(np.float32), weight.astype(np.float32)


def ridge_spectrum(image: GreyImage) -> RidgeSpectrum:
    """Wavelength and strength of the strongest wave in every window of a picture.

    Parameters
    ----------
    image : (height, width) uint8 at 500 ppi; smaller than two windows gives an empty grid.
    """
    height, width = image.shape
    if min(height, width) < 2 * WINDOW:
        nothing = np.zeros((0, 0), np.float32)
        return RidgeSpectrum(nothing, nothing, image[::2, ::2])
    return spectrum_of(_cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA))


def spectrum_of(half: GreyImage) -> RidgeSpectrum:
    """The same of a picture that is at 250 ppi already, at least two windows high and wide."""
    grey = half.astype(np.float32)
    flat = _cv2.subtract(grey, _cv2.blur(grey, (21, 21)))
    every = np.lib.stride_tricks.sliding_window_view(flat, (WINDOW, WINDOW))
    windows = every[::STEP, ::STEP]
    taper, radius, weight = _tables()
    rows, cols = windows.shape[:2]
    frequency, share = np.ones(rows * cols, np.float32), np.zeros(rows * cols, np.float32)
    middle = WINDOW // 2
    spread = _cv2.blur(flat * flat, (WINDOW, WINDOW))[middle::STEP, middle::STEP][:rows, :cols].ravel()
    swings = np.flatnonzero(spread > _QUIET**2)
    if len(swings):
        frequency[swings], share[swings] = _strongest(windows[np.divmod(swings, cols)], taper, radius, weight)
    return RidgeSpectrum(
        frozen_copy((1 / frequency).reshape(rows, cols)),
        frozen_copy(np.clip(share, 0, 1).reshape(rows, cols)),
        half,
    )


def _strongest(windows: F32, taper: F32, radius: F32, weight: F32) -> tuple[F32, F32]:
    """Frequency of the strongest wave of each window (cycles a pixel at 500 ppi) and its share of the power."""
    spectrum = scipy.fft.rfft2(windows * taper)
    power = (spectrum.real**2 + spectrum.imag**2) * weight
    total = power.sum((1, 2))
    row, col = np.unravel_index(power.reshape(len(power), -1).argmax(1), power.shape[1:])
    strength = np.zeros(len(power), np.float32)
    moment = np.zeros(len(power), np.float32)
    index = np.arange(len(power))
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            near_row, near_col = (row + dy) % WINDOW, np.clip(col + dx, 0, WINDOW // 2)
            part = power[index, near_row, near_col]
            strength += part
            moment += part * radius[near_row, near_col]
    frequency = np.divide(moment, strength, out=np.ones_like(moment), where=strength > 0)
    # flat paper has noise but no power: a grey level of swing at the least
    loud = total > 0.5 * WINDOW**2 * (taper**2).sum() / 1200
    return frequency, np.where(loud, strength / np.maximum(total, 1e-9), 0)
