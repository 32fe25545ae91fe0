"""Pictures in another size, turned, bent or softer: OpenCV's calls with types, all keeping dtype and channels."""

from __future__ import annotations

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_capture.arrays import F32, F64

Image = TypeVar("Image", bound=NDArray[Any])
_cv2: Any = cv2  # its stubs forget element types and that maps may be None


def reduced(image: Image, size: tuple[int, int]) -> Image:
    """The picture at (width, height) px, each new pixel the mean of those it covers; for making smaller."""
    result: Image = _cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return result


def quickly_reduced(image: Image, size: tuple[int, int]) -> Image:
    """The picture at (width, height) px: halved while that leaves it larger, the rest by linear interpolation.

    Several times faster than `reduced` where the factor is no whole number; for a network, which takes either.
    """
    while image.shape[1] >= 2 * size[0] and image.shape[0] >= 2 * size[1]:
        image = reduced(image, (image.shape[1] // 2, image.shape[0] // 2))
    result: Image = _cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    return result


def enlarged(image: Image, size: tuple[int, int], *, cubic: bool = False) -> Image:
    """The picture at (width, height) px by linear or cubic interpolation; for making larger."""
    result: Image = _cv2.resize(image, size, interpolation=cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR)
    return result


def within(image: Image, greatest: int) -> Image:
    """The picture reduced so that its longer side is at most ``greatest`` px; smaller ones come back as they are."""
    height, width = image.shape[:2]
    scale = greatest / max(height, width)
    if scale >= 1:
        return image
    return reduced(image, (max(1, round(width * scale)), max(1, round(height * scale))))


def warped(image: Image, target_to_source: F64, size: tuple[int, int], *, cubic: bool = False) -> Image:
    """(height, width) of ``size``: pixel (x, y) is taken from the (2, 3) affine map of (x, y, 1); edges replicated."""
    flags = (cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    result: Image = _cv2.warpAffine(image, target_to_source, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return result


def remapped(image: Image, where: F32, *, cubic: bool = False) -> Image:
    """Pixel (x, y) is taken from ``where[y, x]``, (height, width, 2) float32 (x, y); edges replicated."""
    how = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    result: Image = _cv2.remap(image, where, None, how, borderMode=cv2.BORDER_REPLICATE)
    return result


def softened(image: Image, deviation: float, across: float | None = None) -> Image:
    """The picture under a Gaussian of this standard deviation in px (``across`` for another one along x)."""
    along = deviation if across is None else across
    if deviation <= 0 and along <= 0:
        return image
    result: Image = _cv2.GaussianBlur(image, (0, 0), sigmaX=max(along, 1e-3), sigmaY=max(deviation, 1e-3))
    return result


def inverted(affine: F64) -> F64:
    """The (2, 3) affine map that undoes another."""
    result: F64 = np.asarray(cv2.invertAffineTransform(affine), np.float64)
    return result
