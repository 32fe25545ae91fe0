"""Pixels that are not square, made square."""

from __future__ import annotations

from typing import cast

import cv2

from ktpel_capture.arrays import U8, GreyImage


def square_pixels(pixels: GreyImage, across: float, down: float) -> tuple[GreyImage, float]:
    """The image at one resolution both ways, the finer of the two.

    Parameters
    ----------
    pixels : (height, width) uint8.
    across, down : pixels per inch along a row and along a column; a difference below one percent is left alone.

    Returns
    -------
    The pixels (the same array where nothing was resampled) and their resolution.
    """
    if abs(across - down) <= 0.01 * min(across, down):
        return pixels, across
    height, width = pixels.shape
    finest = max(across, down)
    size = max(1, round(width * finest / across)), max(1, round(height * finest / down))
    return cast(U8, cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)), finest
