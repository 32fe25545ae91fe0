"""Colour: sRGB made linear, luminance as ISO/IEC 29794-5 counts it, CIE Lab, hue and chroma."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, U8, RgbImage

_cv2: Any = cv2
_LEVELS = np.arange(256) / 255
LINEAR: F64 = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)
"""(256,) linear light 0..1 of each sRGB value (IEC 61966-2-1)."""
LUMINANCE_WEIGHTS = (0.2126, 0.7152, 0.0722)
"""Of linear red, green and blue (ITU-R BT.709)."""
_WEIGHTED = np.stack([LINEAR * weight * 255 for weight in LUMINANCE_WEIGHTS], 1).astype(np.float32)[None]
_D50: F64 = np.array([[0.43605, 0.38508, 0.14309], [0.22249, 0.71689, 0.06062], [0.01393, 0.09710, 0.71419]])
_D50_WHITE: F64 = np.array([0.964221, 1.0, 0.825211])


def luminance(image: RgbImage) -> U8:
    """(height, width) uint8: linear luminance 0..255, rounded half up.

    Source: ISO/IEC 29794-5 as OFIQ computes it (sRGB made linear, BT.709 weights, floor(255 Y + 0.5)).
    """
    parts = _cv2.transform(_cv2.LUT(image, _WEIGHTED), np.ones((1, 3), np.float32))
    rounded: U8 = (parts + np.float32(0.5)).astype(np.uint8)
    return rounded


def strongest(pixels: U8) -> U8:
    """(...,) the greatest of red, green and blue of (..., 3) pixels."""
    greatest: U8 = np.maximum(np.maximum(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    return greatest


def weakest(pixels: U8) -> U8:
    """(...,) the least of red, green and blue of (..., 3) pixels."""
    least: U8 = np.minimum(np.minimum(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    return least


def lab(image: RgbImage) -> F32:
    """(height, width, 3) CIE L* 0..100, a*, b* under D65."""
    result: F32 = _cv2.cvtColor(image.astype(np.float32) * np.float32(1 / 255), cv2.COLOR_RGB2LAB)
    return result


def lab_d50(mean_rgb: F64) -> tuple[float, float, float]:
    """CIE L*, a*, b* under D50 of one mean sRGB colour (3,) in 0..1.

    Source: ISO/IEC 29794-5, natural colour (matrix and white of the ICC profile connection space).
    """
    linear = np.where(mean_rgb <= 0.04045, mean_rgb / 12.92, ((mean_rgb + 0.055) / 1.055) ** 2.4)
    ratios = _D50 @ linear / _D50_WHITE
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in ratios.tolist())
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def hue_deg(mean_rgb: F64) -> float:
    """Hue of an RGB colour in (-180, 180]: red 0, yellow 60, green 120, blue -120; 0 for a grey.

    The hexagonal hue of HSV in degrees, turned so that reds do not fall apart at 0 and 360.
    """
    red, green, blue = mean_rgb.tolist()
    angle = math.degrees(math.atan2(math.sqrt(3) * (green - blue), 2 * red - green - blue))
    return angle if angle > -180 else 180.0


def mean_colour(image: RgbImage, mask: U8 | None = None) -> F64:
    """(3,) mean of linear light, encoded back to sRGB 0..1, over the pixels where the mask is not 0."""
    pixels = image.reshape(-1, 3) if mask is None else image[mask != 0]
    shares = [np.bincount(pixels[:, channel], minlength=256) / len(pixels) for channel in range(3)]
    linear: F64 = np.array([share @ LINEAR for share in shares])
    encoded: F64 = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return encoded
