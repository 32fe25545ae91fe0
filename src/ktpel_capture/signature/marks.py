"""A thumb print in place of a signature, as some people give who cannot write."""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_capture.arrays import U8, GreyImage
from ktpel_capture.imaging.draw import Colour
from ktpel_capture.samples import FingerprintSample
from ktpel_capture.signature.rendering import MARGIN, in_ink

MILLIMETRE = 1 / 25.4
"""inch"""


def render_thumb_print(sample: FingerprintSample, width: int, height: int, *, ink: Colour = (0, 0, 0)) -> U8:
    """A thumb print in the card's place for the signature: its ridges as ink on nothing.

    The print is stretched to full contrast, cut to where its ridges are, and fitted into the picture. That it stands
    for a signature is an accepted exception that whoever records it notes down.

    Returns
    -------
    (height, width, 4) uint8, RGBA; all transparent where the sample shows nothing.
    """
    if width < 1 or height < 1:
        raise ValueError(f"a picture has at least one pixel, not {width} x {height}")
    ridges = _ridges(sample)
    rows, columns = (np.flatnonzero((ridges > 127).any(axis)) for axis in (1, 0))
    if rows.size < 2 or columns.size < 2:
        return in_ink(np.zeros((height, width), np.uint8), ink)
    part = ridges[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = min(width * (1 - 2 * MARGIN) / part.shape[1], height * (1 - 2 * MARGIN) / part.shape[0])
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    covered = np.zeros((height, width), np.uint8)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    covered[top : top + size[1], left : left + size[0]] = cv2.resize(part, size, interpolation=way)
    return in_ink(covered, ink)


def _ridges(sample: FingerprintSample) -> GreyImage:
    """(height, width) 255 on ridges, 0 between them and where there is no print."""
    image = sample.image.astype(np.float32)
    period = max(1.0, 0.5 * MILLIMETRE * sample.ppi)  # two ridges a millimetre
    mean = cv2.GaussianBlur(image, (0, 0), 2 * period)
    spread = np.sqrt(np.maximum(cv2.GaussianBlur(np.square(image - mean), (0, 0), 2 * period), 0))
    printed = spread > max(8.0, 0.35 * float(np.percentile(spread, 95)))
    inner = cv2.erode(printed.astype(np.uint8), np.ones((round(3 * period),) * 2, np.uint8)) > 0
    level = np.clip(0.5 - (image - mean) / (2 * np.maximum(spread, 4.0)), 0, 1)
    return np.where(inner, np.round(255 * level), 0).astype(np.uint8)
