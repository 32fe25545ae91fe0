"""A print with its ridges mended: each small window keeps the one wave that its ridges make."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import cv2
import numpy as np
import scipy.fft

from ktpel_capture.arrays import F32, F64, I64, Bool
from ktpel_capture.fingerprint.flow import BLOCK, RidgeFlow

_cv2: Any = cv2
C64: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.complex64]]
WINDOW = 32
STEP = 16
"""Windows of 32 pixels (1.6 mm, three to five ridges) overlap by half."""
_AT_ONCE = 64
_DIRECTIONS = 24
_FREQUENCIES: F64 = np.exp(np.linspace(math.log(1 / 14), math.log(1 / 5.5), 10))
"""Ridge frequencies filtered for, a pixel at 500 ppi: spacings from 0.28 to 0.71 mm."""
_TURN, _SPREAD = 0.35, 0.3
"""Widths of the filters (Gaussian): in direction, radians; in frequency, natural logarithm."""


@cache
def _plane() -> tuple[F32, F32]:
    """Frequency and ridge direction of every coefficient of a window's transform."""
    fy, fx = np.fft.fftfreq(WINDOW)[:, None], np.fft.rfftfreq(WINDOW)[None, :]
    radius = np.hypot(fx, fy)
    # a wave runs across the ridges; y points down
    along = np.arctan2(-fy, fx) - math.pi / 2
    return radius.astype(np.float32), along.astype(np.float32)


@cache
def _filters() -> tuple[F32, F32]:
    """For each direction, the sector that frequencies are read in: (D, C); and the filters: (D, F, C)."""
    radius, along = _plane()
    directions = np.arange(_DIRECTIONS) * math.pi / _DIRECTIONS
    away = np.abs(np.mod(along - directions[:, None, None] + math.pi / 2, math.pi) - math.pi / 2)
    turned = np.exp(-0.5 * (away / _TURN) ** 2)
    ridge_like = (radius > 1 / 16) & (radius < 1 / 5)
    octave = np.log(np.maximum(radius, 1e-3) / _FREQUENCIES[:, None, None])
    tuned = np.exp(-0.5 * (octave / _SPREAD) ** 2)
    filters = turned[:, None] * tuned[None]
    filters[:, :, 0, 0] = 0
    flat = radius.size
    sectors = (turned * ridge_like).reshape(_DIRECTIONS, flat)
    return sectors.astype(np.float32), filters.reshape(_DIRECTIONS, len(_FREQUENCIES), flat).astype(np.float32)


@cache
def _taper() -> F32:
    """Raised cosine whose copies at half the window's distance add up to one."""
    half = np.hanning(WINDOW + 1)[:-1]
    return np.outer(half, half).astype(np.float32)


def enhance(even: F32, flow: RidgeFlow) -> F32:
    """Ridges of an evened-out print, mended: (height, width) float32, below zero on ridges, 0 outside the print.

    Every window is transformed, filtered around its ridge direction (of ``flow``) and its own ridge frequency
    (smoothed over its neighbours), transformed back and added up. The amplitude is near 1 where the print was clean
    and falls where little of it was ridges.

    Source: contextual filtering in overlapping windows, S. Chikkerur, A. N. Cartwright, V. Govindaraju, Fingerprint
    enhancement using STFT analysis, Pattern Recognition 40 (2007).
    """
    rows, cols = grid_of(even.shape)
    direction, used = _direction_of_windows(flow, rows, cols)
    return filtered(even, used, lambda spectrum: (direction, _frequency_of_windows(spectrum, direction, used)))


def grid_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of windows over a picture; window (r, c) has its middle at pixel (c, r) times `STEP`."""
    return -(-shape[0] // STEP) + 1, -(-shape[1] // STEP) + 1


def filtered(picture: F32, used: Bool, tuning: Callable[[C64], tuple[I64, I64]]) -> F32:
    """A picture with every used window passed through the filter of its direction and frequency, 0 elsewhere.

    Parameters
    ----------
    picture : (height, width) float32.
    used : (rows, cols) bool, windows that are filtered.
    tuning : from the spectra of the used windows the numbers of their directions and of their frequencies.
    """
    height, width = picture.shape
    rows, cols = used.shape
    room = np.zeros(((rows + 1) * STEP, (cols + 1) * STEP), np.float32)
    room[STEP : STEP + height, STEP : STEP + width] = picture
    every = np.lib.stride_tricks.sliding_window_view(room, (WINDOW, WINDOW))
    windows = every[::STEP, ::STEP][:rows, :cols][used]
    count = len(windows)
    if not count:
        return np.zeros_like(picture)
    # a few windows at a time stay in the processor's cache
    parts = [slice(start, start + _AT_ONCE) for start in range(0, count, _AT_ONCE)]
    spectrum = np.empty((count, WINDOW * (WINDOW // 2 + 1)), np.complex64)
    for part in parts:
        spectrum[part] = scipy.fft.rfft2(windows[part] * _taper()).reshape(-1, spectrum.shape[1])
    direction, frequency = tuning(spectrum)
    for part in parts:
        tuned = spectrum[part] * _filters()[1][direction[part], frequency[part]]
        windows[part] = scipy.fft.irfft2(tuned.reshape(-1, WINDOW, WINDOW // 2 + 1), s=(WINDOW, WINDOW))
    return _added_up(windows, used)[STEP : STEP + height, STEP : STEP + width]


def direction_number(angle: F32) -> I64:
    """Numbers of ridge directions (radians)."""
    number: I64 = np.rint(angle * (_DIRECTIONS / math.pi)).astype(np.int64) % _DIRECTIONS
    return number


def frequency_number(frequency: F32) -> I64:
    """Numbers of ridge frequencies (a pixel at 500 ppi)."""
    held = np.log(np.clip(frequency, 1 / 30, 1 / 2))
    place = np.interp(held, np.log(_FREQUENCIES), np.arange(len(_FREQUENCIES)))
    number: I64 = np.rint(place).astype(np.int64)
    return number


def _direction_of_windows(flow: RidgeFlow, rows: int, cols: int) -> tuple[I64, Bool]:
    """Which windows touch the print, (rows, cols) bool, and the number of the ridge direction of each that does."""
    height, width = flow.angle.shape
    row = np.clip(np.arange(rows) * STEP // BLOCK, 0, height - 1)
    col = np.clip(np.arange(cols) * STEP // BLOCK, 0, width - 1)
    # the middle of a window is a corner of four blocks
    cos2 = _cv2.blur(np.cos(2 * flow.angle), (2, 2))[np.ix_(row, col)]
    sin2 = _cv2.blur(np.sin(2 * flow.angle), (2, 2))[np.ix_(row, col)]
    used = _cv2.dilate(flow.foreground.view(np.uint8), np.ones((5, 5), np.uint8))[np.ix_(row, col)] > 0
    return direction_number(np.arctan2(sin2, cos2)[used] / 2), used


def _frequency_of_windows(spectrum: C64, direction: I64, used: Bool) -> I64:
    """The number of the ridge frequency of every window: the mean along its direction, smoothed over neighbours."""
    energy, moment = np.zeros(used.shape, np.float32), np.zeros(used.shape, np.float32)
    sums = np.empty((2, len(spectrum)), np.float32)
    for start in range(0, len(spectrum), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        power = (spectrum[part].real ** 2 + spectrum[part].imag ** 2) * _filters()[0][direction[part]]
        sums[0, part], sums[1, part] = power.sum(1), power @ _plane()[0].ravel()
    energy[used], moment[used] = sums
    wide_energy, wide_moment = (_cv2.GaussianBlur(part, (0, 0), 1.5)[used] for part in (energy, moment))
    return frequency_number(wide_moment / np.maximum(wide_energy, 1e-9))


def _added_up(windows: F32, used: Bool) -> F32:
    """Overlapping windows added into one picture."""
    rows, cols = used.shape
    room = np.zeros(((rows + 1) * STEP, (cols + 1) * STEP), np.float32)
    quarter = np.zeros((rows, STEP, cols, STEP), np.float32)
    for down in (0, 1):
        for right in (0, 1):
            part = windows[:, down * STEP : (down + 1) * STEP, right * STEP : (right + 1) * STEP]
            quarter.transpose(0, 2, 1, 3)[used] = part
            whole = quarter.reshape(rows * STEP, cols * STEP)
            room[down * STEP : (down + rows) * STEP, right * STEP : (right + cols) * STEP] += whole
    return room
