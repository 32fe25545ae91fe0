"""A print as an examiner draws on it: ridge flow, minutiae, cores and deltas, pattern class, finger boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from ktpel_capture.arrays import RgbImage
from ktpel_capture.fingerprint.analysis import FingerprintAnalysis
from ktpel_capture.fingerprint.extraction import READABLE
from ktpel_capture.fingerprint.flow import BLOCK
from ktpel_capture.imaging.banners import with_banners
from ktpel_capture.messages import Language
from ktpel_capture.profiles import Finding
from ktpel_capture.quality import Missing

_FLOW, _ENDING, _FORK, _SINGULAR, _BOX, _BAD, _DOUBT = (
    (70, 150, 200),
    (214, 40, 40),
    (30, 80, 220),
    (0, 130, 70),
    (20, 140, 60),
    (200, 20, 20),
    (255, 196, 60),
)
_CODES = {"arch": "PA", "tented_arch": "TA", "left_loop": "LS", "right_loop": "RS", "whorl": "WU"}
"""Pattern codes of ANSI/NIST-ITL: plain arch, tented arch, left and right slant loop, whorl."""
_SHIFT = 3
_ONE = 1 << _SHIFT


def draw(analysis: FingerprintAnalysis, findings: Sequence[Finding] = (), *, language: Language = "id") -> RgbImage:
    """The print with its ridge flow, minutiae (endings red circles, bifurcations blue squares, each with a tail along
    its direction), cores (green rings, the tail where the loop opens), deltas (green stars of three arms), the code of
    its pattern class and finger boxes.

    Doubtful minutiae are drawn thin, parts whose ridges cannot be read well are tinted amber. A print that is rejected
    gets a red frame.

    Parameters
    ----------
    analysis : of the print.
    findings : of a verdict; what the worst three advise is written above, rejections on red, warnings on amber.
    language : of the words.

    Returns
    -------
    (height, width, 3) uint8 RGB; small prints at twice their size.
    """
    image = analysis.image
    zoom = 2 if max(image.shape) < 700 else 1
    grey = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    # lightened, so that what is drawn stands out
    lightened = cv2.addWeighted(grey, 0.7, np.full_like(grey, 255), 0.3, 0)
    canvas = np.asarray(cv2.cvtColor(lightened, cv2.COLOR_GRAY2RGB), np.uint8)
    _tint_doubtful(canvas, analysis, zoom)
    _draw_flow(canvas, analysis, zoom)
    _draw_boxes(canvas, analysis, zoom)
    _draw_minutiae(canvas, analysis, zoom)
    _draw_singular(canvas, analysis, zoom)
    if any(finding.severity == "reject" for finding in findings):
        cv2.rectangle(canvas, (0, 0), (canvas.shape[1] - 1, canvas.shape[0] - 1), _BAD, 3 * zoom)
    return with_banners(canvas, findings, language)


def _point(x: float, y: float) -> tuple[int, int]:
    return round(x * _ONE), round(y * _ONE)


def _tint_doubtful(canvas: RgbImage, analysis: FingerprintAnalysis, zoom: int) -> None:
    if isinstance(analysis.flow, Missing) or isinstance(analysis.ridge_quality, Missing):
        return
    doubtful = analysis.flow.foreground & (analysis.ridge_quality < READABLE)
    side = BLOCK * zoom
    mask = np.repeat(np.repeat(doubtful, side, 0), side, 1)[: canvas.shape[0], : canvas.shape[1]]
    part = canvas[: mask.shape[0], : mask.shape[1]]
    part[mask] = (0.75 * part[mask] + 0.25 * np.array(_DOUBT)).astype(np.uint8)


def _draw_singular(canvas: RgbImage, analysis: FingerprintAnalysis, zoom: int) -> None:
    if isinstance(analysis.singular, Missing):
        return
    points = analysis.singular
    for (x, y), angle in zip((points.cores + 0.5) * zoom, points.core_directions.tolist()):
        cv2.circle(canvas, _point(x, y), round(9 * zoom * _ONE), _SINGULAR, 2 * zoom, cv2.LINE_AA, _SHIFT)
        _arm(canvas, x, y, angle, 9 * zoom, 26 * zoom, _SINGULAR, 2 * zoom)
    for (x, y), angle in zip((points.deltas + 0.5) * zoom, points.delta_directions.tolist()):
        for turn in range(3):
            _arm(canvas, x, y, angle + turn * 2 * math.pi / 3, 0, 18 * zoom, _SINGULAR, 2 * zoom)
    if not isinstance(analysis.pattern, Missing):
        code = _CODES[analysis.pattern]
        cv2.putText(canvas, code, (6 * zoom, 16 * zoom), cv2.FONT_HERSHEY_SIMPLEX, 0.5 * zoom, _SINGULAR, zoom + 1)


def _arm(
    canvas: RgbImage,
    x: float,
    y: float,
    angle: float,
    start: float,
    end: float,
    colour: tuple[int, int, int],
    width: int,
) -> None:
    """A line along a direction, from one distance of a point to another."""
    dx, dy = math.cos(angle), -math.sin(angle)
    near, far = _point(x + start * dx, y + start * dy), _point(x + end * dx, y + end * dy)
    cv2.line(canvas, near, far, colour, width, cv2.LINE_AA, _SHIFT)


def _draw_flow(canvas: RgbImage, analysis: FingerprintAnalysis, zoom: int) -> None:
    flow = analysis.flow
    if isinstance(flow, Missing):
        return
    rows, cols = np.nonzero(flow.foreground)
    for row, col in zip(rows.tolist(), cols.tolist()):
        if row % 2 or col % 2:
            continue
        angle = float(flow.angle[row, col])
        x, y = (col + 0.5) * BLOCK * zoom, (row + 0.5) * BLOCK * zoom
        dx, dy = 5.5 * zoom * math.cos(angle), -5.5 * zoom * math.sin(angle)
        cv2.line(canvas, _point(x - dx, y - dy), _point(x + dx, y + dy), _FLOW, 1, cv2.LINE_AA, _SHIFT)


def _draw_boxes(canvas: RgbImage, analysis: FingerprintAnalysis, zoom: int) -> None:
    if isinstance(analysis.fingers, Missing) or len(analysis.fingers) < 2:
        return
    for box in analysis.fingers:
        corners = np.rint(box.corners * zoom * _ONE).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(canvas, [corners], True, _BOX, 2 * zoom, cv2.LINE_AA, _SHIFT)


def _draw_minutiae(canvas: RgbImage, analysis: FingerprintAnalysis, zoom: int) -> None:
    found = analysis.minutiae
    if isinstance(found, Missing):
        return
    scale = 500 / found.ppi * zoom
    values = zip(found.x.tolist(), found.y.tolist(), found.angle.tolist(), found.kind.tolist(), found.quality.tolist())
    for x, y, angle, kind, quality in values:
        colour = _ENDING if kind == 1 else _FORK
        width = zoom if quality > 0.5 else 1
        x, y = (x + 0.5) * scale, (y + 0.5) * scale
        radius = 3.5 * zoom
        if kind == 1:
            cv2.circle(canvas, _point(x, y), round(radius * _ONE), colour, width, cv2.LINE_AA, _SHIFT)
        else:
            low, high = _point(x - radius, y - radius), _point(x + radius, y + radius)
            cv2.rectangle(canvas, low, high, colour, width, cv2.LINE_AA, _SHIFT)
        _arm(canvas, x, y, angle, radius, 11 * zoom, colour, width)
