"""Ridge spacing, and whether there are ridges at all: what the power spectrum of each window says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import scipy.fft

from ktpel_capture.arrays import F32, Bool, GreyImage, frozen_copy

WINDOW = 64
STEP = 32
"""Windows of 64 pixels every 32."""
_SHORTEST, _LONGEST = 3.0, 40.0
"""Spacings looked for, in pixels: human ridges at resolutions from 170 to 2000 ppi."""


@dataclass(frozen=True, slots=True, eq=False)
class RidgeSpectrum:
    """The strongest wave of each window, on a grid of `STEP` pixels.

    Attributes
    ----------
    period : (rows, cols) float32, its wavelength in pixels.
    strength : (rows, cols) float32, its share of the window's power, 0..1: noise a few percent, clean ridges most.
    """

    period: F32
    strength: F32

    @property
    def ridged(self) -> Bool:
        """Windows in which one wave stands out, as only ridges make it."""
        mask: Bool = self.strength > 0.15
        return mask

    @property
    def typical_period(self) -> float:
        """Median wavelength over the windows with ridges, pixels; 0 where there are none."""
        return float(np.median(self.period[self.ridged])) if self.ridged.any() else 0.0


@cache
def _tables(window: int) -> tuple[F32, F32, F32]:
    taper = np.hanning(window + 2)[1:-1]
    fy = np.fft.fftfreq(window)[:, None]
    fx = np.fft.rfftfreq(window)[None, :]
    radius = np.hypot(fx, fy)
    wanted = (radius >= 1 / _LONGEST) & (radius <= 1 / _SHORTEST)
    # weighed by frequency squared: pictures of other things have most of their power in their longest waves
    weight = np.where(wanted, radius**2, 0)
    return np.outer(taper, taper).astype(np.float32), radius.astype(np.float32), weight.astype(np.float32)


def ridge_spectrum(image: GreyImage, window: int = WINDOW, step: int = STEP) -> RidgeSpectrum:
    """Wavelength and strength of the strongest wave in every window of a picture.

    Parameters
    ----------
    image : (height, width) uint8; smaller than a window gives an empty grid.
    window, step : side and distance of the windows in pixels; smaller ones for a picture at lower resolution.
    """
    if min(image.shape) < window:
        nothing = np.zeros((0, 0), np.float32)
        return RidgeSpectrum(nothing, nothing)
    grey = image.astype(np.float32)
    flat = np.asarray(cv2.subtract(grey, cv2.blur(grey, (window * 5 // 8 + 1, window * 5 // 8 + 1))), np.float32)
    every = np.lib.stride_tricks.sliding_window_view(flat, (window, window))
    windows = every[::step, ::step]
    taper, radius, weight = _tables(window)
    rows, cols = windows.shape[:2]
    tapered = (windows * taper).reshape(rows * cols, window, window)
    spectrum = scipy.fft.rfft2(tapered)
    power = (spectrum.real**2 + spectrum.imag**2) * weight
    total = power.sum((1, 2))
    peak = power.reshape(len(power), -1).argmax(1)
    row, col = np.unravel_index(peak, power.shape[1:])
    strength = np.zeros(len(power))
    moment = np.zeros(len(power))
    index = np.arange(len(power))
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            near_row, near_col = (row + dy) % window, np.clip(col + dx, 0, window // 2)
            part = power[index, near_row, near_col]
            strength += part
            moment += part * radius[near_row, near_col]
    frequency = np.divide(moment, strength, out=np.ones_like(moment), where=strength > 0)
    # flat paper has noise but no power: a grey level of swing at the least
    loud = total > 0.5 * window**2 * (taper**2).sum() / 300
    share = np.where(loud, strength / np.maximum(total, 1e-9), 0)
    return RidgeSpectrum(
        frozen_copy((1 / frequency).reshape(rows, cols).astype(np.float32)),
        frozen_copy(np.clip(share, 0, 1).reshape(rows, cols).astype(np.float32)),
    )
