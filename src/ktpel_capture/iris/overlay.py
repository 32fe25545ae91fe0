"""An analysed eye as an operator sees it: boundaries, lids, what is hidden, the unwrapped iris, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ktpel_capture.arrays import F64, Bool, RgbImage
from ktpel_capture.imaging.banners import with_banners
from ktpel_capture.iris.analysis import IrisAnalysis
from ktpel_capture.iris.boundaries import Boundary
from ktpel_capture.messages import Language
from ktpel_capture.profiles import Finding
from ktpel_capture.quality import Missing

_WIDTH = 800
_PUPIL, _LIMBUS, _LID, _WHITE = (80, 255, 80), (255, 220, 40), (60, 200, 255), (255, 255, 255)
_HIDDEN = np.array((120, 0, 0), np.uint8)


def draw(analysis: IrisAnalysis, findings: Sequence[Finding] = (), *, language: Language = "id") -> RgbImage:
    """The eye with its boundaries and lids, what hides the iris in red, its unwrapped band below, advice above.

    The iris itself is left as it is: blur, movement and printed patterns are seen in it. An arrow shows where to move
    an eye that lies too near the picture's edge.

    Parameters
    ----------
    analysis : of the picture.
    findings : of a verdict; what the worst three advise is written at the top, rejections on red, warnings on amber.
    language : of the words.

    Returns
    -------
    (H, 800, 3) uint8 RGB.
    """
    picture = _enlarged(analysis)
    rows = [picture]
    if not isinstance(analysis.band, Missing):
        band = cv2.cvtColor(analysis.band.image, cv2.COLOR_GRAY2RGB)
        _redden(np.asarray(band), ~analysis.band.usable)
        rows.append(np.asarray(cv2.resize(band, (_WIDTH, 128), interpolation=cv2.INTER_LINEAR), dtype=np.uint8))
    limbus = analysis.limbus
    if not isinstance(limbus, Missing) and any(finding.advice.key == "iris.centre_the_eye" for finding in findings):
        _arrow(picture, limbus, _WIDTH / analysis.image.shape[1])
    nothing = analysis.pupil if isinstance(analysis.pupil, Missing) else None
    return with_banners(np.vstack(rows), findings, language, nothing)


def _enlarged(analysis: IrisAnalysis) -> RgbImage:
    """The picture at the overlay's width with lines and tints."""
    image = analysis.image
    scale = _WIDTH / image.shape[1]
    size = (_WIDTH, max(1, round(image.shape[0] * scale)))
    enlarged = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    picture = np.asarray(cv2.cvtColor(enlarged, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    if isinstance(analysis.mask, Missing) or isinstance(analysis.annulus, Missing):
        return picture
    hidden = (analysis.annulus & ~analysis.mask).view(np.uint8)
    _redden(picture, cv2.resize(hidden, size, interpolation=cv2.INTER_NEAREST) > 0)
    for boundary, colour in ((analysis.pupil, _PUPIL), (analysis.limbus, _LIMBUS)):
        if not isinstance(boundary, Missing):
            _line(picture, boundary.contour, scale, colour, closed=True)
    if not isinstance(analysis.lids, Missing):
        _line(picture, analysis.lids.upper, scale, _LID, closed=False)
        _line(picture, analysis.lids.lower, scale, _LID, closed=False)
    return picture


def _redden(picture: RgbImage, where: Bool) -> None:
    picture[where] = picture[where] // 2 + _HIDDEN


def _line(picture: RgbImage, points: F64, scale: float, colour: tuple[int, int, int], closed: bool) -> None:
    placed = np.rint(((points + 0.5) * scale - 0.5) * 16).astype(np.int32)
    cv2.polylines(picture, [placed], closed, colour, 2, cv2.LINE_AA, 4)


def _arrow(picture: RgbImage, limbus: Boundary, scale: float) -> None:
    """From the eye to the middle of the picture, with a dark rim; none for an eye that lies there."""
    eye = round(limbus.x * scale), round(limbus.y * scale)
    middle = picture.shape[1] // 2, picture.shape[0] // 2
    if np.hypot(middle[0] - eye[0], middle[1] - eye[1]) < 0.25 * limbus.radius * scale:
        return
    for colour, thickness in (((0, 0, 0), 12), (_WHITE, 6)):
        cv2.arrowedLine(picture, eye, middle, colour, thickness, cv2.LINE_AA, tipLength=0.25)
