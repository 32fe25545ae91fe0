"""A cheap sign of what an image shows: ridges at a finger's spacing.

It tells kinds of image apart and measures no quality.
"""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_capture.arrays import F32, GreyImage

_BLOCK = 48
_LEAST_CONTRAST = 10.0
_RIDGE_PERIOD_PX = (5.0, 14.0)
"""Of prints at 500 ppi: 0.25 to 0.71 mm, which leaves room around the 0.4 to 0.6 mm of adults and children."""

_DOMINANT = 0.3
"""Share of a block's energy that lies around its strongest frequency where a ridge pattern dominates."""


def ridge_evidence(image: GreyImage, ppi: float) -> float:
    """The share of an image's textured blocks that a ridge pattern dominates.

    In a block of a print most spectral energy beyond slow shading sits around the ridge frequency; in a picture of
    anything else it falls off from the lowest frequency on or spreads over all. Real prints gave 0.23 and more,
    faces and eyes at most 0.06, noise 0.

    Parameters
    ----------
    image : (height, width) uint8.
    ppi : its resolution.

    Returns
    -------
    0..1; 0 where nothing is textured.
    """
    scale = 500.0 / ppi
    if abs(scale - 1) > 0.05:
        size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        if size[0] * size[1] > 64_000_000:
            return 0.0
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    rows, cols = image.shape[0] // _BLOCK, image.shape[1] // _BLOCK
    if rows == 0 or cols == 0:
        return 0.0
    tiles = image[: rows * _BLOCK, : cols * _BLOCK].reshape(rows, _BLOCK, cols, _BLOCK).swapaxes(1, 2)
    blocks: F32 = tiles.reshape(-1, _BLOCK, _BLOCK)[:: max(1, rows * cols // 600)].astype(np.float32)
    blocks = blocks[blocks.std(axis=(1, 2)) > _LEAST_CONTRAST]
    if len(blocks) == 0:
        return 0.0
    taper = np.hanning(_BLOCK + 2)[1:-1].astype(np.float32)
    window = np.outer(taper, taper)
    means = (blocks * window).sum(axis=(1, 2), keepdims=True) / window.sum()
    power = np.abs(np.fft.rfft2((blocks - means) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(_BLOCK)[:, None], np.fft.rfftfreq(_BLOCK)[None, :])
    power[:, frequency < 1 / 40] = 0  # shading
    flat = power.reshape(len(blocks), -1)
    peak = flat.argmax(axis=1)
    at_peak, across, down = frequency.ravel()[peak], peak % frequency.shape[1], peak // frequency.shape[1]
    row = np.minimum(np.arange(_BLOCK), _BLOCK - np.arange(_BLOCK))
    row = np.where(np.arange(_BLOCK) <= _BLOCK // 2, row, -row)
    distance = np.hypot(
        row[None, :, None] - row[down][:, None, None], np.arange(frequency.shape[1]) - across[:, None, None]
    )
    share = np.where(distance <= 2.3, power, 0).sum(axis=(1, 2)) / np.maximum(flat.sum(axis=1), 1e-9)
    shortest, longest = _RIDGE_PERIOD_PX
    return float(((at_peak >= 1 / longest) & (at_peak <= 1 / shortest) & (share > _DOMINANT)).mean())
