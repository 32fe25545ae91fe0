"""A portrait with what was found in it, for an operator."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from ktpel_capture.arrays import F64, RgbImage
from ktpel_capture.face.analysis import FaceAnalysis
from ktpel_capture.face.coverage import hidden_on_picture
from ktpel_capture.face.scenery import FACE_OVAL
from ktpel_capture.face.warps import LOWER_LIDS, LOWER_LIP, UPPER_LIDS, UPPER_LIP
from ktpel_capture.imaging.banners import with_banners
from ktpel_capture.imaging.resample import within
from ktpel_capture.messages import Language, advice
from ktpel_capture.profiles import Finding
from ktpel_capture.quality import Missing

_GOOD, _BAD, _WARN, _FRAME = (40, 200, 90), (230, 50, 50), (240, 170, 30), (255, 255, 255)
_ABOUT_COVERINGS = frozenset(
    f"face.{name}" for name in ("chin_visible", "cheeks_visible", "forehead_visible", "mouth_occlusion_prevention")
)
_SIDE = 1000  # px, the longer side of the portrait drawn at most
_OUTER_LIPS = (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw(analysis: FaceAnalysis, findings: Iterable[Finding] = (), *, language: Language = "id") -> RgbImage:
    """The portrait with the framing box, outlines of face, eyes and lips, crown and chin; red where a finding rejects.

    What hides the face is reddened where a finding is about that.

    Parameters
    ----------
    analysis : of the portrait.
    findings : of a verdict; their colour decides the frame's, and what the worst three advise is written above.
    language : of the words.
    """
    found = tuple(findings)
    canvas = np.array(within(analysis.image, _SIDE))
    scale = canvas.shape[1] / analysis.image.shape[1]
    severities = {finding.severity for finding in found}
    colour = _BAD if "reject" in severities else _WARN if "warn" in severities else _GOOD
    line = max(1, round(max(canvas.shape[:2]) / 400))
    if not _ABOUT_COVERINGS.isdisjoint(finding.measure for finding in found):
        _redden_hidden(canvas, analysis, scale)
    draw_frame(canvas, colour if not isinstance(analysis.faces, Missing) else _BAD, line)
    _draw_face(canvas, analysis, scale, colour, line, language)
    return with_banners(canvas, found, language, analysis.faces if isinstance(analysis.faces, Missing) else None)


def _redden_hidden(canvas: RgbImage, analysis: FaceAnalysis, scale: float) -> None:
    """Redden what hides the face, so that the operator sees what the sentence means."""
    coverage, aligned, mesh = analysis.coverage, analysis.aligned, analysis.mesh
    if isinstance(coverage, Missing) or isinstance(aligned, Missing) or isinstance(mesh, Missing):
        return
    face = np.zeros(canvas.shape[:2], np.uint8)
    outline = (mesh.points[list(FACE_OVAL)] + 0.5) * scale - 0.5
    cv2.fillPoly(face, [np.round(outline).astype(np.int32)], 1)
    hidden = hidden_on_picture(coverage, aligned, (canvas.shape[1], canvas.shape[0]), scale)
    where = (face > 0) & (hidden > 0.5)
    canvas[where] = canvas[where] // 2 + np.array([_BAD], np.uint8) // 2


def _draw_face(
    canvas: RgbImage, analysis: FaceAnalysis, scale: float, colour: tuple[int, int, int], line: int, language: Language
) -> None:
    if isinstance(analysis.mesh, Missing) or isinstance(analysis.head, Missing) or isinstance(analysis.faces, Missing):
        return
    points = (analysis.mesh.points + 0.5) * scale - 0.5
    for outline in (FACE_OVAL, _OUTER_LIPS):
        _curve(canvas, points, outline, colour, line, closed=True)
    for curve in (*UPPER_LIDS, *LOWER_LIDS, UPPER_LIP, LOWER_LIP):
        _curve(canvas, points, curve, colour, line, closed=False)
    for iris in (468, 473):
        radius = float(np.linalg.norm(points[iris] - points[iris + 1]))
        cv2.circle(canvas, _at(points[iris]), max(1, round(radius)), colour, line, cv2.LINE_AA)
    head = analysis.head
    half = head.width * scale * 0.6
    for place, key in ((head.crown, "face.label_crown"), (head.chin, "face.label_chin")):
        x, y = (place + 0.5) * scale - 0.5
        ends = (round(x - half), round(y)), (round(x + half), round(y))
        cv2.line(canvas, *ends, (0, 0, 0), line + 2, cv2.LINE_AA)
        cv2.line(canvas, *ends, _FRAME, line, cv2.LINE_AA)
        _label(canvas, advice(key).text(language), (x + half, y), line)
    for other in analysis.faces[1:]:
        corner = np.array([other.left, other.top]) * scale
        cv2.rectangle(canvas, _at(corner), _at(corner + np.array([other.width, other.height]) * scale), _BAD, 2 * line)


def _label(canvas: RgbImage, text: str, place: tuple[float, float], line: int) -> None:
    """White letters with a dark rim, readable on a white scarf and on a black one; moved in where they would be cut."""
    size = 0.35 + 0.15 * line
    (width, _), _ = cv2.getTextSize(text, _FONT, size, line)
    x, y = min(round(place[0]) + 4, canvas.shape[1] - width - 4), round(place[1]) - 3 - line
    cv2.putText(canvas, text, (x, y), _FONT, size, (0, 0, 0), line + 3, cv2.LINE_AA)
    cv2.putText(canvas, text, (x, y), _FONT, size, _FRAME, line, cv2.LINE_AA)


def draw_frame(canvas: RgbImage, colour: tuple[int, int, int], line: int) -> None:
    """Draw in place the 3:4 window in the middle of a picture and where head and eyes belong in it."""
    height, width = canvas.shape[:2]
    window = min(height, width / 0.75)
    left, top = (width - 0.75 * window) / 2, (height - window) / 2
    corners = np.array([[left, top], [left + 0.75 * window, top + window]])
    cv2.rectangle(canvas, _at(corners[0] + line), _at(corners[1] - line - 1), colour, 2 * line, cv2.LINE_AA)
    middle = width / 2, top + 0.47 * window
    axes = round(0.28 * window), round(0.36 * window)
    cv2.ellipse(canvas, (round(middle[0]), round(middle[1])), axes, 0, 0, 360, _FRAME, line, cv2.LINE_AA)
    eyes = round(top + 0.45 * window)
    cv2.line(canvas, (round(left), eyes), (round(left + 0.1 * window), eyes), _FRAME, line)
    cv2.line(canvas, (round(left + 0.65 * window), eyes), (round(left + 0.75 * window), eyes), _FRAME, line)


def _at(point: F64) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _curve(
    canvas: RgbImage, points: F64, indices: tuple[int, ...], colour: tuple[int, int, int], line: int, *, closed: bool
) -> None:
    chosen = np.round(points[list(indices)]).astype(np.int32)
    cv2.polylines(canvas, [chosen], closed, colour, line, cv2.LINE_AA)
