"""Iris codes: a binary code of the iris texture, and how far two codes are apart.

The unwrapped iris is filtered with a log-Gabor wavelet along the angle at eight radii; the signs of its real and
imaginary part are the bits (Daugman's principle, Masek's filter). Bits where the iris is hidden or the response is
weak are masked. Two codes are compared at every turn of the head that may have come between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, I64, U64, Bool, frozen_copy
from ktpel_capture.iris.analysis import Band, IrisAnalysis
from ktpel_capture.quality import Missing
from ktpel_capture.templates import IrisCode

ENCODER = "ktpel-iris-code 1"
RADII, ANGLES = 8, 128
BITS = 2 * RADII * ANGLES
"""Bits of a code: 2048."""
_WAVELENGTH = 18.0
"""Of the wavelet in 256ths of a turn."""
_BANDWIDTH = 0.4
_WEAK = 0.25
"""Share of the usable bits with the weakest responses that is masked: they are the ones that flip."""
_USUAL = 900
"""Usable bits of a usual comparison: distances of fewer are drawn to 0.5 as J. Daugman (2004) does."""
_FEWEST = 128
SAME_EYE = 0.32
"""Below this distance two codes are of one eye: about one in ten thousand pairs of different eyes comes as near
(0.30 on CASIA Interval, 0.32 on MMU2, turns up to 90 degrees; other sensors, other shares)."""
WIDEST_TURN = ANGLES // 4
"""Largest turn between two pictures that is looked for, in code columns: a quarter of a full one."""


def encode(analysis: IrisAnalysis) -> IrisCode | Missing:
    """The code of one eye, `Missing` where no iris was found or too little of it is seen."""
    band = analysis.band
    if isinstance(band, Missing):
        return band
    response, seen = _responses(band)
    if seen.sum() < _FEWEST:
        return Missing("iris.too_little_seen")
    bits = np.stack([response.real > 0, response.imag > 0], axis=1).reshape(2 * RADII, ANGLES)
    parts = np.stack([np.abs(response.real), np.abs(response.imag)], axis=1).reshape(2 * RADII, ANGLES)
    usable = np.repeat(seen, 2, axis=0)
    usable &= parts > np.quantile(parts[usable], _WEAK)
    return IrisCode(_packed(bits & usable), _packed(usable), ANGLES, ENCODER, analysis.sample.eye)


def _responses(band: Band) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.complex64]], Bool]:
    """The wavelet's responses at eight radii and 128 angles, and where they rest on what is seen."""
    seen = band.usable.astype(np.float32)
    weight = cv2.resize(seen, (seen.shape[1], RADII), interpolation=cv2.INTER_AREA)
    light = cv2.resize(band.image * seen, (seen.shape[1], RADII), interpolation=cv2.INTER_AREA)
    mean = light.sum(1, keepdims=True) / np.maximum(weight.sum(1, keepdims=True), 1e-3)
    rows = np.where(weight > 0.2, light / np.maximum(weight, 0.2), mean) - mean
    rows *= np.minimum(weight * 2, 1)
    spectrum = np.fft.fft(rows, axis=1) * _wavelet(rows.shape[1])
    response = np.fft.ifft(spectrum, axis=1)[:, ::2].astype(np.complex64)
    wide = cv2.blur(weight, (9, 1), borderType=cv2.BORDER_REPLICATE)
    return response, np.asarray(wide[:, ::2] > 0.6, dtype=np.bool_)


@lru_cache(maxsize=2)
def _wavelet(columns: int) -> F32:
    """Log-Gabor wavelet in the frequency domain; it passes positive frequencies only, so responses are complex."""
    frequency = np.fft.fftfreq(columns)
    gain = np.zeros(columns, np.float32)
    positive = frequency > 0
    ratio = np.log(frequency[positive] * _WAVELENGTH) / np.log(_BANDWIDTH)
    gain[positive] = np.exp(-0.5 * ratio**2)
    packed: F32 = frozen_copy(gain)
    return packed


def _packed(bits: Bool) -> U64:
    words: U64 = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    return words


def _unpacked(words: U64) -> Bool:
    return np.unpackbits(words.view(np.uint8), axis=1, bitorder="little").view(np.bool_)


def distance(a: IrisCode, b: IrisCode, widest_turn: int = WIDEST_TURN) -> float:
    """How unlike two irises are: 0 the same, about 0.5 two different ones.

    Parameters
    ----------
    a, b : codes of this encoder.
    widest_turn : turns to look at, in 128ths of a full one to either side.

    Returns
    -------
    0..1, lower is more alike. See `distances`.
    """
    return float(distances(a, (b,), widest_turn)[0])


def distances(probe: IrisCode, gallery: Sequence[IrisCode], widest_turn: int = WIDEST_TURN) -> F64:
    """How unlike one iris is to each of many, at the turn at which it is most alike.

    Returns
    -------
    (N,) float64 0..1: share of the bits usable in both that differ, drawn to 0.5 the more the fewer these are.

    Raises
    ------
    ValueError : codes of another encoder do not compare.
    """
    for code in (probe, *gallery):
        if code.algorithm != ENCODER or code.bits.shape != (2 * RADII, ANGLES // 64):
            raise ValueError(f"codes of {code.algorithm!r} do not compare with those of {ENCODER!r}")
    if not gallery:
        return np.zeros(0)
    bits = np.stack([code.bits.ravel() for code in gallery])
    mask = np.stack([code.mask.ravel() for code in gallery])
    return closest(probe, bits, mask, widest_turn)[0]


def closest(probe: IrisCode, bits: U64, mask: U64, widest_turn: int = WIDEST_TURN) -> tuple[F64, I64]:
    """One-to-many on packed codes: the distance to each, and the turn at which it was least.

    Parameters
    ----------
    probe : the code looked for.
    bits, mask : (N, 32) uint64, rows of the gallery, as ``IrisCode.bits.ravel()`` gives them.
    widest_turn : turns to look at, in 128ths of a full one to either side.
    """
    best = np.full(len(bits), 2.0)
    turn_of = np.zeros(len(bits), np.int64)
    own_bits, own_mask = _unpacked(probe.bits), _unpacked(probe.mask)
    for turn in range(-widest_turn, widest_turn + 1):
        turned_bits = _packed(np.roll(own_bits, turn, axis=1)).ravel()
        turned_mask = _packed(np.roll(own_mask, turn, axis=1)).ravel()
        both = mask & turned_mask
        differ = np.bitwise_count((bits ^ turned_bits) & both).sum(1, dtype=np.int64)
        usable = np.bitwise_count(both).sum(1, dtype=np.int64)
        away = _calibrated(differ, usable)
        better = away < best
        best[better], turn_of[better] = away[better], turn
    return best, turn_of


def _calibrated(differ: F64, usable: F64) -> F64:
    share = np.where(usable >= _FEWEST, differ / np.maximum(usable, 1), 0.5)
    return np.clip(0.5 - (0.5 - share) * np.sqrt(usable / _USUAL), 0, 1)
