"""Grey-level gradients and what a neighbourhood of them says about direction."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_capture.arrays import F32, U8


@dataclass(frozen=True, slots=True, eq=False)
class GradientCovariance:
    """Second moments of the gradient over blocks: (rows, cols) float32 each, in squared grey levels a pixel."""

    xx: F32
    yy: F32
    xy: F32


def gradient_covariance(image: U8 | F32, block: int) -> GradientCovariance:
    """Second moments of the grey-level gradient, averaged over square blocks.

    Parameters
    ----------
    image : (height, width); what does not fill a whole block at the right and bottom edge is left out.
    block : side of a block in pixels.

    Central differences, x to the right, y down.
    """
    rows, cols = image.shape[0] // block, image.shape[1] // block
    grey = image[: rows * block, : cols * block]
    gx = np.asarray(cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=0.125), np.float32)
    gy = np.asarray(cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=0.125), np.float32)
    return GradientCovariance(*(block_mean(product, block) for product in (gx * gx, gy * gy, gx * gy)))


def block_mean(values: F32 | U8, block: int) -> F32:
    """Mean over each whole square block: (height // block, width // block) float32."""
    rows, cols = values.shape[0] // block, values.shape[1] // block
    whole = values[: rows * block, : cols * block].astype(np.float32, copy=False)
    return np.asarray(cv2.resize(whole, (cols, rows), interpolation=cv2.INTER_AREA), np.float32)


def orientation_certainty(gradient: GradientCovariance) -> F32:
    """How far the ridges of each block agree on one direction.

    One minus the ratio of the smaller to the larger eigenvalue of the gradient covariance: a clean grating gives 1,
    a smudge 0. A flat block has no direction and gives 0.

    Parameters
    ----------
    gradient : covariance on a grid of (rows, cols) blocks.

    Returns
    -------
    (rows, cols) float32 in [0, 1].

    Source: ISO/IEC 29794-4, orientation certainty level.
    """
    trace = gradient.xx + gradient.yy
    spread = np.hypot(gradient.xx - gradient.yy, 2 * gradient.xy)
    certainty = np.zeros_like(trace)
    np.divide(2 * spread, trace + spread, out=certainty, where=trace > 0)
    return certainty
