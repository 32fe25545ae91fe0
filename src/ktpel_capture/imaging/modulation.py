"""How much of a picture's detail survived what was done to it, frequency by frequency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ktpel_capture.arrays import F64
from ktpel_capture.quality import Missing

_HALF_BAND = 0.5


def modulation_kept(
    before: NDArray[Any], after: NDArray[Any], frequencies: Sequence[float], samples_per_unit: float
) -> tuple[float | Missing, ...]:
    """The share of the detail of each fineness that is still there, as a modulation transfer function.

    The spectrum of the later picture along that of the earlier one: 1 where nothing changed, 0.5 where the detail has
    half its contrast, 0 where nothing of it is left. What was added (blocks, ringing, noise) is not taken for detail,
    for it does not agree with what was there.

    Parameters
    ----------
    before, after : (height, width) grey, of one size, pixel on pixel.
    frequencies : cycles a unit; each stands for a band of one cycle around it.
    samples_per_unit : pixels a unit.

    Returns
    -------
    One value a frequency, about 0 .. 1. `Missing` where the picture cannot hold the frequency, or holds nothing there.

    Source: the cross spectrum estimate of a transfer function (Bendat and Piersol, Random Data), both pictures under a
    Hann window; own in being applied to compression.
    """
    height, width = before.shape
    window = np.outer(np.hanning(height), np.hanning(width))
    one, two = (np.fft.rfft2((image - image.mean()) * window) for image in (before, after))
    across = np.fft.rfftfreq(width) * samples_per_unit
    frequency: F64 = np.hypot(across, np.fft.fftfreq(height)[:, None] * samples_per_unit)
    common, power = (one.conj() * two).real, np.abs(one) ** 2
    found: list[float | Missing] = []
    for middle in frequencies:
        band = (frequency > middle - _HALF_BAND) & (frequency <= middle + _HALF_BAND)
        there = float(power[band].sum())
        resolved = middle + _HALF_BAND <= samples_per_unit / 2
        found.append(float(common[band].sum()) / there if resolved and there > 0 else Missing("quality.no_detail"))
    return tuple(found)
