"""Where ridges end and branch: the minutiae of one print."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, I64, U8, Bool, frozen_copy
from ktpel_capture.fingerprint.enhancement import enhance
from ktpel_capture.fingerprint.flow import BLOCK, RidgeFlow, even_out, flow_of, to_pixels
from ktpel_capture.fingerprint.resolution import at_500_ppi
from ktpel_capture.fingerprint.thinning import crossing_masks, pack, prune, thin, unpack
from ktpel_capture.imaging.gradients import block_mean
from ktpel_capture.samples import FingerprintSample
from ktpel_capture.templates import Minutiae

_cv2: Any = cv2
ENDING, BIFURCATION = 1, 2
_SPUR = 7
"""Side branches up to this many pixels are noise: shorter than a ridge is wide from bank to bank."""
_MARGIN = 12.0
"""Ridges stop where the print stops; nothing nearer than this to its edge counts, in pixels at 500 ppi."""
_EDGE = 3.0
"""Nearer to the edge than this there is nothing but the edge."""
READABLE = 0.25
"""Ridge quality from which a block counts as ridges that can be read."""
_LOOK = (4, 6, 8, 10)
"""How far along the ridge flow to look for the ridge, or the valley, that a minutia ends."""


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
    mended = enhance(even, flow)
    return as_template(extract(mended, flow, ridge_quality(mended, flow)), sample)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Every end and branching of the mended ridges, at 500 ppi: (N,) each.

    Attributes
    ----------
    x, y, angle, kind : as in `templates.Minutiae`.
    coherence : how far the ridges around agree on one direction, 0..1.
    strength : how clearly ridge and valley stand apart around it, about 0..1.
    room : pixels to the edge of the print.
    trusted : far enough inside, and no artefact of noise.
    """

    x: I64
    y: I64
    angle: F32
    kind: I64
    coherence: F32
    strength: F32
    room: F32
    trusted: Bool

    @property
    def quality(self) -> F32:
        """How far each can be trusted, 0..1: direction agrees around it, and ridge and valley stand apart."""
        return _certain(self.coherence, self.strength)


def as_template(found: Found, sample: FingerprintSample) -> Minutiae:
    """The trusted minutiae found at 500 ppi, in the pixels of their sample."""
    scale = sample.ppi / 500
    height, width = sample.image.shape
    kept = found.trusted
    return Minutiae(
        x=((found.x[kept] + 0.5) * scale - 0.5).astype(np.float32),
        y=((found.y[kept] + 0.5) * scale - 0.5).astype(np.float32),
        angle=found.angle[kept],
        kind=found.kind[kept].astype(np.uint8),
        quality=found.quality[kept],
        ppi=sample.ppi,
        size=(width, height),
        position=sample.position,
    )


def ridge_quality(ridges: F32, flow: RidgeFlow) -> F32:
    """How well ridges can be read on blocks of `BLOCK` pixels: (rows, cols) float32, 0 outside the print .. 1 clean.

    Parameters
    ----------
    ridges : mended, of `enhance`: their amplitude says how much of the print was ridges.
    flow : how far they agree on one direction.
    """
    strength = block_mean(np.abs(ridges), BLOCK)
    quality: F32 = _certain(flow.coherence, np.asarray(_cv2.blur(strength, (3, 3)), np.float32))
    quality[~flow.foreground] = 0
    return frozen_copy(quality)


def _certain(coherence: F32, strength: F32) -> F32:
    """Direction agrees, and ridge and valley stand apart as on a clean print."""
    certain: F32 = np.clip(coherence, 0, 1) * np.clip(strength / np.float32(0.6), 0, 1)
    return certain


def extract(ridges: F32, flow: RidgeFlow, quality: F32) -> Found:
    """Minutiae of mended ridges (of `enhance`) with their flow: thinned, their ends and branchings read off.

    Those of print and handwriting on a card, and of a smear, lie away from ridges that can be read (``quality``, of
    `ridge_quality`) and are not trusted.
    """
    inside = to_pixels(flow.foreground.astype(np.float32), ridges.shape) > 0.5
    mask = without_specks((ridges < 0) & inside)
    skeleton = prune(thin(pack(mask)), _SPUR)
    ends, branchings = (unpack(part) for part in crossing_masks(skeleton))
    room = _cv2.distanceTransform(np.pad(inside, 1).view(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    end_y, end_x = np.nonzero(ends & (room > _EDGE))
    fork_y, fork_x = np.nonzero(branchings & (room > _EDGE))
    x, y = np.concatenate((end_x, fork_x)), np.concatenate((end_y, fork_y))
    kind = np.repeat((ENDING, BIFURCATION), (len(end_x), len(fork_x)))
    angle = _pointing(ridges, flow, x, y, kind)
    rows, cols = flow.coherence.shape
    row, col = np.minimum(y // BLOCK, rows - 1), np.minimum(x // BLOCK, cols - 1)
    trusted = (room[y, x] > _MARGIN) & _near_ridges(quality)[row, col]
    trusted[trusted] = _without_artefacts(x[trusted], y[trusted], angle[trusted], kind[trusted])
    return Found(
        x=x,
        y=y,
        angle=np.mod(angle, np.float32(2 * math.pi)),
        kind=kind,
        coherence=flow.coherence[row, col],
        strength=_cv2.blur(np.abs(ridges), (25, 25))[y, x],
        room=room[y, x],
        trusted=trusted,
    )


def _near_ridges(quality: F32) -> Bool:
    """Blocks within 2.4 mm of a patch of ridges that can be read; specks and patches of less than a twentieth of the
    largest are none."""
    clear = _cv2.morphologyEx((quality > READABLE).view(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    count, labels, stats, _ = _cv2.connectedComponentsWithStats(clear, connectivity=4)
    if count > 1:
        areas = stats[:, cv2.CC_STAT_AREA]
        large = areas >= 0.05 * areas[1:].max()
        large[0] = False
        clear = large[labels].view(np.uint8)
    near: Bool = _cv2.dilate(clear, np.ones((13, 13), np.uint8)) > 0
    return near


def without_specks(mask: Bool) -> U8:
    """Fill pores and drop dots: anything smaller than 30 pixels, on either side; 1 on ridges."""
    result = mask.astype(np.uint8)
    contours, hierarchy = _cv2.findContours(result, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if hierarchy is None:
        return result
    for contour, links in zip(contours, hierarchy[0]):
        # points enclose at most their number squared over 4 pi
        if len(contour) < 40 and cv2.contourArea(contour) < 30:
            if links[3] < 0:
                _cv2.drawContours(result, [contour], -1, 0, cv2.FILLED)
            else:
                _cv2.drawContours(result, [contour], -1, 1, cv2.FILLED)
    return result


def _pointing(ridges: F32, flow: RidgeFlow, x: I64, y: I64, kind: I64) -> F32:
    """The direction of each minutia, radians.

    An ending points along its ridge, back from the end; a bifurcation along the valley that ends between its branches:
    of the two ways along the ridge flow, the one where that ridge, or that valley, lies.
    """
    level = _level(flow, ridges.shape, x, y)
    cos, sin = np.cos(level), np.sin(level)
    height, width = ridges.shape
    ahead = np.zeros(len(x), np.float32)
    for reach in _LOOK:
        for sign in (1, -1):
            px = np.clip(np.rint(x + sign * reach * cos), 0, width - 1).astype(np.int64)
            py = np.clip(np.rint(y - sign * reach * sin), 0, height - 1).astype(np.int64)
            ahead += sign * ridges[py, px]
    # ridges are negative
    forward = np.where(kind == ENDING, ahead < 0, ahead > 0)
    return np.where(forward, level, level + np.float32(math.pi)).astype(np.float32)


def _level(flow: RidgeFlow, shape: tuple[int, int], x: I64, y: I64) -> F32:
    """The ridge direction at points, between the centres of the flow's blocks."""
    cos2 = to_pixels(np.cos(2 * flow.angle), shape)[y, x]
    sin2 = to_pixels(np.sin(2 * flow.angle), shape)[y, x]
    return (np.arctan2(sin2, cos2) / 2).astype(np.float32)


def _without_artefacts(x: I64, y: I64, angle: F32, kind: I64) -> Bool:
    """True for minutiae that do not cancel another.

    Two ends on one line that face each other are a broken ridge, two that turn their backs an island; two branchings
    that face each other are a pore grown large. Crowds are scars or smears.
    """
    if len(x) < 2:
        return np.ones(len(x), np.bool_)
    dx, dy = x - x[:, None], y - y[:, None]
    distance = np.hypot(dx, dy)
    np.fill_diagonal(distance, np.inf)
    opposed = np.cos(angle[:, None] - angle) < -0.5
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    along, across = np.abs(dx * cos - dy * sin), np.abs(dx * sin + dy * cos)
    alike = kind[:, None] == kind
    reach = np.where(kind == ENDING, 14, 12)
    pair = (alike & opposed & (across < 5) & (along < reach)) | (distance < 5)
    crowd = (distance < 16).sum(0) >= 5
    kept: Bool = ~(pair.any(0) | pair.any(1) | crowd)
    return kept
