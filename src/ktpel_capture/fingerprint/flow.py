"""Where the print is and how its ridges run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_capture.arrays import F32, Bool, GreyImage, frozen_copy
from ktpel_capture.imaging.gradients import block_mean

BLOCK = 8
"""Side of a block of the flow grid, pixels at 500 ppi."""


@dataclass(frozen=True, slots=True, eq=False)
class RidgeFlow:
    """Ridge direction on a grid of blocks of `BLOCK` pixels.

    Attributes
    ----------
    angle : (rows, cols) float32, radians in [0, pi), counter-clockwise as seen on the picture: ridges at 0 lie
        level.
    coherence : (rows, cols) float32, 0 no common direction .. 1 all gradients agree.
    foreground : (rows, cols) bool, blocks that hold ridges.
    """

    angle: F32
    coherence: F32
    foreground: Bool


def even_out(image: GreyImage) -> tuple[F32, F32]:
    """The print with light and contrast made even, and the local contrast of its ridges.

    A band-pass keeps ridge spacings of about 5 to 20 pixels, the human range at 500 ppi; what is left is divided by
    its own deviation over a window of 1 mm.

    Returns
    -------
    (height, width) float32 of deviation about 1, ridges negative, held within 2.5; and that deviation in grey levels.
    """
    grey = image.astype(np.float32)
    band = cv2.subtract(cv2.GaussianBlur(grey, (7, 7), 1.1), cv2.GaussianBlur(grey, (31, 31), 6.0))
    power = cv2.sqrBoxFilter(band, cv2.CV_32F, (21, 21), borderType=cv2.BORDER_REPLICATE)
    deviation = np.sqrt(np.maximum(np.asarray(power, np.float32), 0))
    even = np.asarray(band, np.float32) / (deviation + 2)
    np.clip(even, -2.5, 2.5, out=even)
    return even, deviation


def ridge_flow(image: GreyImage) -> RidgeFlow:
    """Direction of the ridges, how sure it is, and which blocks hold ridges.

    Directions are those of the smaller eigenvector of the gradient covariance, the picture evened out first so that a
    faint part counts like a dark one, averaged as doubled angles over about 2 mm.

    Parameters
    ----------
    image : (height, width) uint8 at 500 ppi.

    Source: A. M. Bazen and S. H. Gerez, Systematic methods for the computation of the directional fields and singular
    points of fingerprints, IEEE PAMI 24 (2002).
    """
    even, deviation = even_out(image)
    return flow_of(even, deviation)


def flow_of(even: F32, deviation: F32) -> RidgeFlow:
    """`ridge_flow` of a print that `even_out` has been over."""
    rows, cols = even.shape[0] // BLOCK, even.shape[1] // BLOCK
    if rows < 2 or cols < 2:
        nothing = np.zeros((rows, cols), np.float32)
        return RidgeFlow(nothing, nothing, nothing > 0)
    gx = np.asarray(cv2.Sobel(even, cv2.CV_32F, 1, 0, ksize=3, scale=0.125), np.float32)
    gy = np.asarray(cv2.Sobel(even, cv2.CV_32F, 0, 1, ksize=3, scale=0.125), np.float32)
    energy = block_mean(gx * gx + gy * gy, BLOCK)
    cos2 = block_mean(gx * gx - gy * gy, BLOCK)
    sin2 = block_mean(2 * gx * gy, BLOCK)
    wide = [np.asarray(cv2.GaussianBlur(part, (0, 0), 1.2), np.float32) for part in (energy, cos2, sin2)]
    coherence = (np.hypot(wide[1], wide[2]) / np.maximum(wide[0], 1e-6)).astype(np.float32)
    # doubtful blocks take their direction from a wider neighbourhood
    wider = [np.asarray(cv2.GaussianBlur(part, (0, 0), 2.5), np.float32) for part in (cos2, sin2)]
    doubt = np.clip(1.4 - 2 * coherence, 0, 1)
    c = wide[1] + doubt * wider[0]
    s = wide[2] + doubt * wider[1]
    angle = np.mod(-(0.5 * np.arctan2(s, c) + math.pi / 2), math.pi).astype(np.float32)
    angle[angle >= np.float32(math.pi)] = 0
    foreground = _foreground(block_mean(deviation, BLOCK), coherence)
    return RidgeFlow(frozen_copy(angle), frozen_copy(coherence), frozen_copy(foreground))


def _foreground(contrast: F32, coherence: F32) -> Bool:
    """Blocks with enough contrast, for this picture, and some direction; smoothed, small islands dropped."""
    strong = float(np.percentile(contrast, 90))
    candidate = (contrast > max(5.0, 0.28 * strong)) & (coherence > 0.2)
    share = cv2.blur(candidate.astype(np.float32), (5, 5))
    mask = (share > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    if count <= 1:
        return mask.astype(np.bool_)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    keep = areas >= max(24, 0.05 * areas.max())
    mask = keep[labels].astype(np.uint8)
    # holes within the print belong to it
    _outside, outer, outer_stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    small = outer_stats[:, cv2.CC_STAT_AREA] < 60
    small[0] = False
    filled: Bool = (mask > 0) | small[outer]
    return filled


def to_pixels(grid: F32, shape: tuple[int, int]) -> F32:
    """A block grid interpolated to every pixel of a picture of ``shape`` (height, width)."""
    rows, cols = grid.shape
    padded = np.pad(grid, ((0, 1), (0, 1)), mode="edge")
    big = cv2.resize(padded, ((cols + 1) * BLOCK, (rows + 1) * BLOCK), interpolation=cv2.INTER_LINEAR)
    return np.asarray(big, np.float32)[: shape[0], : shape[1]]
