"""Names for the arrays that travel: element type first, what the axes mean where it matters.

Images are indexed ``[y, x]``; points are ``(N, 2)`` in ``(x, y)``, x right, y down, pixel centres at integers.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

U8: TypeAlias = NDArray[np.uint8]
U16: TypeAlias = NDArray[np.uint16]
U64: TypeAlias = NDArray[np.uint64]
I32: TypeAlias = NDArray[np.int32]
I64: TypeAlias = NDArray[np.int64]
F32: TypeAlias = NDArray[np.float32]
F64: TypeAlias = NDArray[np.float64]
Bool: TypeAlias = NDArray[np.bool_]

GreyImage: TypeAlias = U8
"""(height, width) uint8, 0 black."""
RgbImage: TypeAlias = U8
"""(height, width, 3) uint8, red first."""


def frozen_copy(array: NDArray[Any]) -> NDArray[Any]:
    """A contiguous copy that nobody can write to: what a sample keeps."""
    copy = np.array(array, order="C", copy=True)
    copy.flags.writeable = False
    return copy
