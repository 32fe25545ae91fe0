"""Cheap signs of what an image shows: ridges at a finger's spacing, the dark disc of a pupil.

They tell kinds of image apart and measure no quality.
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


def pupil_evidence(image: GreyImage) -> float:
    """How much the roundest dark disc of an image is like a pupil.

    The image is taken at 240 px on its longer side; at several thresholds the dark components of a pupil's size are
    scored by how round they are, if the ring around them is lighter.

    Returns
    -------
    0 (nothing dark and round) .. about 1 (a clean disc).
    """
    scale = 240 / max(image.shape)
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small: GreyImage = cv2.medianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), 5).astype(np.uint8)
    return max(_roundest(small, float(np.percentile(small, share)) + 5) for share in (2, 4, 7, 11, 16))


def _roundest(image: GreyImage, threshold: float) -> float:
    dark = cv2.morphologyEx((image <= threshold).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    best = 0.0
    for contour in cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
        area, length = cv2.contourArea(contour), cv2.arcLength(contour, True)
        radius = float(np.sqrt(area / np.pi))
        if not 6 < radius < 50:
            continue
        _x, _y, width, height = cv2.boundingRect(contour)
        roundness = 4 * np.pi * area / length**2 * min(width, height) / max(width, height)
        if roundness > best and _ring_is_lighter(image, contour, radius):
            best = float(roundness)
    return best


def _ring_is_lighter(image: GreyImage, contour: object, radius: float) -> bool:
    moments = cv2.moments(contour)  # type: ignore[call-overload]
    x, y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    distance = np.hypot(np.arange(image.shape[0])[:, None] - y, np.arange(image.shape[1])[None, :] - x)
    ring = image[(distance > 1.15 * radius) & (distance < 1.5 * radius)]
    inside = image[distance < 0.8 * radius]
    return bool(ring.size and inside.size and np.percentile(ring, 20) - np.percentile(inside, 80) > 8)
