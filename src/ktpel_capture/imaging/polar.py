"""Pictures unrolled around a point, or between two boundaries.

Angles run counter-clockwise as seen on the picture, from its right; direction θ moves by (cos θ, -sin θ).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_capture.arrays import F32, F64, frozen_copy


@lru_cache(maxsize=16)
def directions(count: int) -> F32:
    """Unit vectors (x right, y down) of ``count`` angles once around, (count, 2) float32, read-only."""
    angles = np.arange(count) * (2 * np.pi / count)
    vectors: F32 = frozen_copy(np.column_stack([np.cos(angles), -np.sin(angles)]).astype(np.float32))
    return vectors


def unwrap(image: NDArray[Any], x: float, y: float, radii: F32 | F64, count: int) -> NDArray[Any]:
    """The picture along rays from a point.

    Parameters
    ----------
    image : (H, W) uint8 or float32.
    x, y : the point, in pixels.
    radii : (R,) distances to sample at, in pixels.
    count : rays once around.

    Returns
    -------
    (R, count) of the image's type, linearly interpolated; beyond the picture its edge is repeated.
    """
    ways = directions(count)
    distances = np.asarray(radii, dtype=np.float32)[:, None]
    columns = distances * ways[:, 0] + np.float32(x)
    rows = distances * ways[:, 1] + np.float32(y)
    return cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def unwrap_between(image: NDArray[Any], inner: F64, outer: F64, rows: int) -> NDArray[Any]:
    """The band between two boundaries, straightened (Daugman's rubber sheet).

    Parameters
    ----------
    image : (H, W) uint8 or float32.
    inner, outer : (N, 2) points of the boundaries at the same N angles.
    rows : samples from the inner to the outer boundary, at the middles of equal steps.

    Returns
    -------
    (rows, N) of the image's type, linearly interpolated; beyond the picture its edge is repeated.

    Source: J. Daugman, "How iris recognition works", IEEE Trans. CSVT 14 (2004), section II.
    """
    share = ((np.arange(rows, dtype=np.float32) + 0.5) / rows)[:, None]
    near, far = inner.astype(np.float32), outer.astype(np.float32)
    columns = near[:, 0] + share * (far[:, 0] - near[:, 0])
    lines = near[:, 1] + share * (far[:, 1] - near[:, 1])
    return cv2.remap(image, columns, lines, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
