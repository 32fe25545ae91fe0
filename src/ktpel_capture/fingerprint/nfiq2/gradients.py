"""Gradients inside blocks, each block for itself: what NFIQ 2 takes directions from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ktpel_capture.arrays import F32, F64, GreyImage

BLOCK = 32


@dataclass(frozen=True, slots=True, eq=False)
class BlockGradients:
    """Sums over each block of products of the gradient, (rows, cols) float64, exact: every one is whole quarters.

    Attributes
    ----------
    xx, yy, xy : sums of products of the horizontal and the vertical gradient.
    """

    xx: F64
    yy: F64
    xy: F64


def block_gradients(image: GreyImage) -> BlockGradients:
    """Products of the gradient summed over blocks of `BLOCK` pixels from the upper left; blocks cut by the edge count.

    Central differences inside a block, one-sided ones at its border, so that no block looks at its neighbour.
    """
    grey = image.astype(np.float32)
    gx, gy = np.zeros_like(grey), np.zeros_like(grey)
    _twice_gradient(grey, gx)
    _twice_gradient(grey.T, gy.T)
    product = grey  # no longer needed: its memory serves for the products
    sums = [_sums(np.multiply(one, other, out=product)) for one, other in ((gx, gx), (gy, gy), (gx, gy))]
    return BlockGradients(*sums)


def _twice_gradient(grey: F32, gradient: F32) -> None:
    """Twice the gradient along rows, whole numbers up to 510, into ``gradient`` (zeros)."""
    width = grey.shape[1]
    if width == 1:
        return
    np.subtract(grey[:, 2:], grey[:, :-2], out=gradient[:, 1:-1])
    first = np.arange(0, width, BLOCK)
    last = np.minimum(first + BLOCK, width) - 1
    wide = last > first
    gradient[:, first[~wide]] = 0
    first, last = first[wide], last[wide]
    gradient[:, first] = 2 * (grey[:, first + 1] - grey[:, first])
    gradient[:, last] = 2 * (grey[:, last] - grey[:, last - 1])


_ONES = np.ones(BLOCK, np.float32)


def _sums(products: F32) -> F64:
    """Sums over blocks of four times the products. A row of a block stays below 2^24, exact in single precision."""
    height, width = products.shape
    whole = width // BLOCK * BLOCK
    lines = np.empty((height, -(-width // BLOCK)), np.float32)
    if whole == width:
        np.matmul(products.reshape(-1, BLOCK), _ONES, out=lines.reshape(-1))
    else:
        np.matmul(products[:, :whole].reshape(height, -1, BLOCK), _ONES, out=lines[:, : whole // BLOCK])
        lines[:, -1] = products[:, whole:].sum(1)
    sums: F64 = np.add.reduceat(lines, np.arange(0, height, BLOCK), 0, dtype=np.float64)
    return sums / 4
