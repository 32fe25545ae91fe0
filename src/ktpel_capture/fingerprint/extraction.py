"""Where ridges end and branch: the minutiae of one print."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_capture.arrays import F32, I64, Bool
from ktpel_capture.fingerprint.enhancement import enhance
from ktpel_capture.fingerprint.flow import BLOCK, RidgeFlow, even_out, flow_of, to_pixels
from ktpel_capture.fingerprint.resolution import at_500_ppi
from ktpel_capture.fingerprint.thinning import crossing_masks, pack, prune, thin, unpack
from ktpel_capture.samples import FingerprintSample
from ktpel_capture.templates import Minutiae

ENDING, BIFURCATION = 1, 2
_SPUR = 7
"""Side branches up to this many pixels are noise: shorter than a ridge is wide from bank to bank."""
_MARGIN = 12.0
"""Ridges stop where the print stops; nothing nearer than this to its edge counts, in pixels at 500 ppi."""
_TRACE = 12
"""Steps along a ridge that tell which way a minutia points."""


def minutiae(sample: FingerprintSample) -> Minutiae:
    """The minutiae of a single print.

    Parameters
    ----------
    sample : one finger; another resolution than 500 ppi is resampled first, coordinates are those of the sample.

    Returns
    -------
    Minutiae, empty where there is no print.
    """
    image = at_500_ppi(sample)
    even, deviation = even_out(image)
    flow = flow_of(even, deviation)
    return as_template(extract(enhance(even, flow), flow), sample)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Minutiae at 500 ppi: (N,) each; fields as in `templates.Minutiae`."""

    x: F32
    y: F32
    angle: F32
    kind: I64
    quality: F32


def as_template(found: Found, sample: FingerprintSample) -> Minutiae:
    """Minutiae found at 500 ppi in the pixels of their sample."""
    scale = sample.ppi / 500
    height, width = sample.image.shape
    return Minutiae(
        x=((found.x + 0.5) * scale - 0.5).astype(np.float32),
        y=((found.y + 0.5) * scale - 0.5).astype(np.float32),
        angle=found.angle,
        kind=found.kind.astype(np.uint8),
        quality=found.quality,
        ppi=sample.ppi,
        size=(width, height),
        position=sample.position,
    )


def extract(ridges: F32, flow: RidgeFlow) -> Found:
    """Minutiae of mended ridges (of `enhance`) with their flow: thinned, their ends and branchings read off."""
    if not flow.foreground.any():
        nothing = np.zeros(0, np.float32)
        return Found(nothing, nothing, nothing, nothing.astype(np.int64), nothing)
    inside = to_pixels(flow.foreground.astype(np.float32), ridges.shape) > 0.5
    mask = _without_specks((ridges < 0) & inside)
    skeleton = prune(thin(pack(mask)), _SPUR)
    ends, branchings = (unpack(part) for part in crossing_masks(skeleton))
    room = cv2.distanceTransform(np.pad(inside, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    far = room > _MARGIN
    end_y, end_x = np.nonzero(ends & far)
    fork_y, fork_x = np.nonzero(branchings & far)
    lines = np.pad(unpack(skeleton), 1)
    x, y = np.concatenate((end_x, fork_x)), np.concatenate((end_y, fork_y))
    kind = np.repeat((ENDING, BIFURCATION), (len(end_x), len(fork_x)))
    along = to_pixels(np.cos(2 * flow.angle), ridges.shape)[y, x], to_pixels(np.sin(2 * flow.angle), ridges.shape)[y, x]
    level = (np.arctan2(along[1], along[0]) / 2).astype(np.float32)
    angle = _pointing(lines, x, y, kind, level)
    quality = _quality(flow, ridges, x, y)
    keep = _without_artefacts(x, y, angle, kind) & np.isfinite(angle)
    return Found(
        x[keep].astype(np.float32),
        y[keep].astype(np.float32),
        np.mod(angle[keep], 2 * math.pi).astype(np.float32),
        kind[keep],
        quality[keep],
    )


def _without_specks(mask: Bool) -> Bool:
    """Fill pores and drop dots: anything smaller than 30 pixels, on either side."""
    result = mask
    for _ in range(2):
        _count, labels, stats, _ = cv2.connectedComponentsWithStats(result.astype(np.uint8), connectivity=4)
        small = stats[:, cv2.CC_STAT_AREA] < 30
        small[0] = False
        result = ~(result & ~small[labels])
    return result


_AROUND_X = np.array((0, 1, 1, 1, 0, -1, -1, -1))
_AROUND_Y = np.array((-1, -1, 0, 1, 1, 1, 0, -1))


def _pointing(lines: Bool, x: I64, y: I64, kind: I64, level: F32) -> F32:
    """Which of the two ways along the ridge flow each minutia points; NaN where no ridge leads away.

    An ending points along its ridge (ISO/IEC 19794-2 measures the angle from the end back along the ridge); a
    bifurcation along the valley between its branches, that is where two of its three lines lie.
    """
    forward = np.stack((np.cos(level), -np.sin(level)))
    score = np.zeros(len(x))
    lanes = np.zeros(len(x))
    for start in range(8):
        px, py = x + _AROUND_X[start], y + _AROUND_Y[start]
        alive = lines[py + 1, px + 1]
        if start % 2:  # a diagonal step is the same line as the straight step beside it
            for side in (start - 1, (start + 1) % 8):
                alive = alive & ~lines[y + _AROUND_Y[side] + 1, x + _AROUND_X[side] + 1]
        px, py = _follow(lines, x, y, px, py, alive)
        reach = (px - x) * forward[0] + (py - y) * forward[1]
        score += np.where(alive, np.sign(reach), 0)
        lanes += alive
    turned = np.where(score >= 0, level, level + math.pi)
    angle: F32 = np.where((lanes > 0) & (score != 0), turned, np.nan).astype(np.float32)
    return angle


def _follow(lines: Bool, x: I64, y: I64, px: I64, py: I64, alive: Bool) -> tuple[I64, I64]:
    """Walk every line `_TRACE` steps away from its start, all lines at once; a line that ends stays at its end."""
    last_x, last_y = x, y
    px, py = np.where(alive, px, x), np.where(alive, py, y)
    for _ in range(_TRACE):
        next_x, next_y = px, py
        best = np.full(len(px), -10.0)
        for step in (0, 2, 4, 6, 1, 3, 5, 7):
            qx, qy = px + _AROUND_X[step], py + _AROUND_Y[step]
            ahead = (qx - last_x) ** 2 + (qy - last_y) ** 2
            better = lines[qy + 1, qx + 1] & (ahead > np.maximum(best, 1.5)) & alive
            best = np.where(better, ahead, best)
            next_x, next_y = np.where(better, qx, next_x), np.where(better, qy, next_y)
        last_x, last_y, px, py = px, py, next_x, next_y
    return px, py


def _quality(flow: RidgeFlow, ridges: F32, x: I64, y: I64) -> F32:
    """How far a minutia can be trusted, 0..1: direction agrees around it, and ridge and valley stand apart."""
    rows, cols = flow.coherence.shape
    row, col = np.minimum(y // BLOCK, rows - 1), np.minimum(x // BLOCK, cols - 1)
    strength = np.asarray(cv2.blur(np.abs(ridges), (25, 25)), np.float32)[y, x]
    quality: F32 = np.clip(flow.coherence[row, col], 0, 1) * np.clip(strength / 0.6, 0, 1)
    return quality.astype(np.float32)


def _without_artefacts(x: I64, y: I64, angle: F32, kind: I64) -> Bool:
    """True for minutiae that do not cancel another: broken ridges, bridges, ladders and knots are pairs of
    neighbours that point against each other."""
    if len(x) < 2:
        return np.ones(len(x), np.bool_)
    dx, dy = x[:, None] - x, y[:, None] - y
    distance = np.hypot(dx, dy)
    np.fill_diagonal(distance, np.inf)
    turn = np.cos(angle[:, None] - angle)
    opposed = turn < -0.5
    near = distance < np.where(kind[:, None] == kind, 12, 8)
    knot = (distance < 20).sum(0) >= 5
    gone: Bool = (near & opposed).any(0) | (distance < 5).any(0) | knot
    return ~gone
