"""Order statistics of pixels: what ``numpy.percentile`` says, without its checks, five times faster on an image."""

from __future__ import annotations

import math

import numpy as np

from ktpel_capture.arrays import F32, F64, U8


def percentile(values: U8 | F32 | F64, percent: float) -> float:
    """The value under which so many percent lie, linear between two ranks.

    Parameters
    ----------
    values : at least one number, any shape; of bytes the levels are counted.
    percent : 0..100.
    """
    rank = (values.size - 1) * percent / 100
    low = min(math.floor(rank), values.size - 1)
    high = min(low + 1, values.size - 1)
    if values.dtype == np.uint8:
        upto = np.cumsum(np.bincount(values.ravel(), minlength=256))
        under, over = (float(np.searchsorted(upto, place, side="right")) for place in (low, high))
    else:
        ordered = np.partition(values.ravel(), (low, high))
        under, over = float(ordered[low]), float(ordered[high])
    return under + (over - under) * (rank - low)


def median(values: U8 | F32 | F64) -> float:
    """The middle value; of an even number the mean of the two in the middle."""
    return percentile(values, 50)
