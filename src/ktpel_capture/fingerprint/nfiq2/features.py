"""The native quality measures of NFIQ 2.3 under NIST's own identifiers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F64, Bool, GreyImage
from ktpel_capture.fingerprint.nfiq2.frame import without_frame
from ktpel_capture.fingerprint.nfiq2.gradients import BLOCK, block_gradients
from ktpel_capture.fingerprint.nfiq2.region import Region, region_of_interest
from ktpel_capture.fingerprint.nfiq2.waves import (
    Blocks,
    blocks_of,
    frequency_domain,
    local_clarity,
    ridge_valley_ratios,
)
from ktpel_capture.quality import Missing

_cv2: Any = cv2

BOUNDS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "FDA": (0.268, 0.304, 0.33, 0.355, 0.38, 0.407, 0.44, 0.50, 1),
        "LCS": (0, 0.70, 0.74, 0.77, 0.79, 0.81, 0.83, 0.85, 0.87),
        "OCL": (0.337, 0.479, 0.579, 0.655, 0.716, 0.766, 0.81, 0.852, 0.898),
        "OF": (1.715e-2, 3.5e-2, 5.57e-2, 8.1e-2, 1.15e-1, 1.718e-1, 2.569e-1, 4.758e-1, 7.48e-1),
        "RVUP": (0.5, 0.667, 0.8, 1, 1.25, 1.5, 2, 24, 30),
    }
)
"""Where one bin of each ten-bin histogram ends and the next begins."""
LEAST_BLOCKS = 10
"""Foreground blocks that the frequency analysis needs at the least."""
_DEGREE = math.pi / 180.0


@dataclass(frozen=True, slots=True, eq=False)
class Nfiq2Features:
    """Everything NFIQ 2 computes without minutiae, and what the minutiae measures need.

    Attributes
    ----------
    values : the 65 native values by NIST's identifier.
    print_ : (height, width) uint8, the picture they were computed on, its near-white frame off.
    corner : (left, top) of that picture in the one given.
    mean, deviation : of its grey levels.
    foreground : pixels in the region of interest.
    """

    values: Mapping[str, float]
    print_: GreyImage
    corner: tuple[int, int]
    mean: float
    deviation: float
    foreground: int


def nfiq2_features(image: GreyImage) -> Nfiq2Features | Missing:
    """The native quality measures of a print at 500 ppi.

    Missing where NIST's program gives up too: ``nfiq2_blank``, ``nfiq2_too_large``, ``nfiq2_too_few_blocks``.

    Source: NIST NFIQ 2.3 (public domain), ISO/IEC 29794-4:2024. Counts equal NIST's, real values within 1e-12.
    """
    print_ = without_frame(image)
    if isinstance(print_, Missing):
        return print_
    blocks = blocks_of(print_)
    if int(blocks.foreground.sum()) < LEAST_BLOCKS:
        return Missing("fingerprint.nfiq2_too_few_blocks")
    region = region_of_interest(print_)
    mean, deviation = (float(value[0, 0]) for value in _cv2.meanStdDev(print_))
    values: dict[str, float] = {}
    values |= _histogram("FDA", frequency_domain(print_, blocks))
    values |= _region_mean(print_, region)
    values |= _histogram("LCS", local_clarity(print_, blocks))
    values |= {"MMB": _mean_of_block_means(print_), "Mu": mean}
    values |= _directions(print_, region)
    values |= _histogram("OF", orientation_flow(blocks))
    values |= _histogram("RVUP", ridge_valley_ratios(print_, blocks))
    return Nfiq2Features(
        MappingProxyType(values), print_, _corner(image, print_), mean, deviation, int(region.mask.sum())
    )


def _corner(image: GreyImage, print_: GreyImage) -> tuple[int, int]:
    """Where the picture without its frame begins."""
    left = int((image.sum(0, dtype=np.int64) / image.shape[0] <= 250).argmax())
    top = int((image.sum(1, dtype=np.int64) / image.shape[1] <= 250).argmax())
    return left, top


def _histogram(name: str, values: F64) -> dict[str, float]:
    """Ten bins, mean and deviation of the values of one measure."""
    ordered = np.sort(values)
    finite = np.minimum(ordered, np.finfo(np.float64).max) if len(ordered) else ordered
    bins = np.searchsorted(BOUNDS[name], finite, side="right")
    infinite = np.isinf(ordered)
    if infinite.any():  # an infinite value falls in with the largest finite one
        bins[infinite] = bins[~infinite].max(initial=0)
    counts = np.bincount(bins, minlength=10)
    features = {f"{name}_Bin10_{number}": float(count) for number, count in enumerate(counts.tolist())}
    mean, deviation = (0.0, 0.0)
    if len(ordered):
        mean, deviation = (float(value[0, 0]) for value in _cv2.meanStdDev(ordered))
    return features | {f"{name}_Bin10_Mean": mean, f"{name}_Bin10_StdDev": deviation}


def _region_mean(print_: GreyImage, region: Region) -> dict[str, float]:
    count = int(region.mask.sum())
    mean = int(print_[region.mask].sum(dtype=np.int64)) / count if count else 255.0
    return {"ImgProcROIArea_Mean": mean}


def _mean_of_block_means(print_: GreyImage) -> float:
    height, width = print_.shape
    tops, lefts = np.arange(0, height, BLOCK), np.arange(0, width, BLOCK)
    sums = np.add.reduceat(np.add.reduceat(print_, lefts, 1, dtype=np.int64), tops, 0)
    count = np.outer(np.minimum(BLOCK, height - tops), np.minimum(BLOCK, width - lefts))
    means = sums * (1.0 / count)
    return float(np.cumsum(means.ravel() / means.size)[-1])


def _directions(print_: GreyImage, region: Region) -> dict[str, float]:
    """Orientation certainty over whole blocks, coherence over the blocks of the region."""
    gradients = block_gradients(print_)
    rows, cols = print_.shape[0] // BLOCK, print_.shape[1] // BLOCK
    count = BLOCK * BLOCK
    xx, yy, xy = (part[:rows, :cols].ravel() / count for part in (gradients.xx, gradients.yy, gradients.xy))
    certainty = orientation_certainty(xx, yy, xy)
    across, along = gradients.xx - gradients.yy, 2 * gradients.xy
    length = np.sqrt(across * across + along * along)
    energy = gradients.xx + gradients.yy
    coherence = np.divide(length, energy, out=np.zeros_like(length), where=energy != 0)[region.blocks]
    total = float(np.cumsum(coherence)[-1]) if len(coherence) else 0.0
    return _histogram("OCL", certainty) | {
        "OrientationMap_ROIFilter_CoherenceRel": total / len(coherence) if len(coherence) else 0.0,
        "OrientationMap_ROIFilter_CoherenceSum": total,
    }


def orientation_certainty(xx: F64, yy: F64, xy: F64) -> F64:
    """How far the ridges of each block agree on one direction, flat blocks left out: (N,) float64 in 0..1.

    Source: NIST NFIQ 2.3, module OCLHistogram; ISO/IEC 29794-4, orientation certainty level.
    """
    spread = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    larger, smaller = ((xx + yy) + spread) / 2.0, ((xx + yy) - spread) / 2.0
    textured = larger != 0
    certainty: F64 = 1.0 - smaller[textured] / larger[textured]
    return certainty


def orientation_flow(blocks: Blocks) -> F64:
    """How much the direction jumps from each block to its eight neighbours: (N,) float64, only jumps above 4 degrees
    inside the foreground.

    Source: NIST NFIQ 2.3, module OF; ISO/IEC 29794-4, orientation flow.
    """
    rows, cols = blocks.orientation.shape
    angle = np.pad(blocks.orientation, 1)
    differences = np.empty((rows, cols, 9))
    inner = np.ones((rows, cols), np.bool_)
    mask = np.pad(blocks.foreground, 1)
    for number in range(9):
        down, right = divmod(number, 3)
        shifted = angle[down : down + rows, right : right + cols]
        difference = np.abs(blocks.orientation - shifted)
        differences[..., number] = np.minimum(difference, _DEGREE * 360.0 - difference)
        inner &= mask[down : down + rows, right : right + cols]
    first = ((differences[..., 0] + differences[..., 1]) + differences[..., 2]) + differences[..., 3]
    second = ((differences[..., 4] + differences[..., 5]) + differences[..., 6]) + differences[..., 7]
    mean = ((first + second) + differences[..., 8]) / 8
    least, span = 4.0 * _DEGREE, (90.0 - 4.0) * _DEGREE
    chosen: Bool = inner & (mean > least)
    return (mean[chosen] - least) / span
