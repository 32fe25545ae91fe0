"""A print as an examiner draws on it: ridge flow, minutiae, finger boxes, what stands against it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from ktpel_capture.arrays import RgbImage
from ktpel_capture.fingerprint.analysis import FingerprintAnalysis
from ktpel_capture.fingerprint.flow import BLOCK
from ktpel_capture.profiles import Finding
from ktpel_capture.quality import Missing

_GROUND, _FLOW, _ENDING, _FORK, _BOX, _BAD = (
    (255, 255, 255),
    (70, 150, 200),
    (214, 40, 40),
    (30, 80, 220),
    (20, 140, 60),
    (200, 20, 20),
)
_SHIFT = 3
_ONE = 1 << _SHIFT


def draw(analysis: FingerprintAnalysis, findings: Sequence[Finding] = ()) -> RgbImage:
    """The print with its ridge flow, minutiae (endings red, bifurcations blue) and finger boxes.

    Doubtful minutiae are drawn thin. A print that is rejected gets a red frame, an accepted one a green one; the
    words belong beside the picture.

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
    _draw_flow(canvas, analysis, zoom)
    _draw_boxes(canvas, analysis, zoom)
    _draw_minutiae(canvas, analysis, zoom)
    if any(finding.severity == "reject" for finding in findings):
        cv2.rectangle(canvas, (0, 0), (canvas.shape[1] - 1, canvas.shape[0] - 1), _BAD, 3 * zoom)
    return canvas


def _point(x: float, y: float) -> tuple[int, int]:
    return round(x * _ONE), round(y * _ONE)


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
        radius, reach = 3.5 * zoom, 11 * zoom
        dx, dy = math.cos(angle), -math.sin(angle)
        cv2.circle(canvas, _point(x, y), round(radius * _ONE), colour, width, cv2.LINE_AA, _SHIFT)
        start = _point(x + radius * dx, y + radius * dy)
        cv2.line(canvas, start, _point(x + reach * dx, y + reach * dy), colour, width, cv2.LINE_AA, _SHIFT)
