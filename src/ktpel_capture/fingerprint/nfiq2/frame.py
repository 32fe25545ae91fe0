"""What NFIQ 2 looks at: the picture without its near-white frame, and the sizes it takes."""

from __future__ import annotations

import numpy as np

from ktpel_capture.arrays import F64, Bool, GreyImage
from ktpel_capture.quality import Missing

LARGEST = (800, 1000)
"""(width, height) in pixels at 500 ppi that NIST's program takes at most, after the frame is off."""
_WHITE = 250.0
"""Rows and columns at the edge whose mean lies above this grey level are frame."""


def without_frame(image: GreyImage) -> GreyImage | Missing:
    """The picture from its first to its last row and column that is not near white.

    Missing: ``nfiq2_blank`` (all is near white), ``nfiq2_too_large`` (more than `LARGEST` is left).

    Source: NIST NFIQ 2.3, `FingerprintImageData::copyRemovingNearWhiteFrame`.
    """
    rows = _kept(image.sum(1, dtype=np.int64) / image.shape[1] <= _WHITE)
    cols = _kept(image.sum(0, dtype=np.int64) / image.shape[0] <= _WHITE)
    if rows is None or cols is None or rows[1] <= rows[0] or cols[1] <= cols[0]:
        return Missing("fingerprint.nfiq2_blank")
    print_ = image[rows[0] : rows[1] + 1, cols[0] : cols[1] + 1]
    if print_.shape[1] > LARGEST[0] or print_.shape[0] > LARGEST[1]:
        return Missing("fingerprint.nfiq2_too_large")
    return np.ascontiguousarray(print_)


def _kept(grey: Bool) -> tuple[int, int] | None:
    """First and last line that is not frame."""
    lines = np.flatnonzero(grey)
    return (int(lines[0]), int(lines[-1])) if len(lines) else None


def mean_of(values: F64) -> float:
    """A sum in order, divided: adding one after the other is part of the definition down to the last bit."""
    return float(np.cumsum(values)[-1])
