"""An analysed eye as an operator sees it: boundaries, lids, what is usable, and the unwrapped iris."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ktpel_capture.arrays import F64, RgbImage
from ktpel_capture.iris.analysis import IrisAnalysis
from ktpel_capture.messages import advice
from ktpel_capture.profiles import Finding
from ktpel_capture.quality import Missing

_WIDTH = 800
_PUPIL, _LIMBUS, _LID = (80, 255, 80), (255, 220, 40), (60, 200, 255)
_USABLE, _HIDDEN = np.array((0, 90, 0), np.uint8), np.array((110, 0, 0), np.uint8)


def draw(analysis: IrisAnalysis, findings: Sequence[Finding] = ()) -> RgbImage:
    """The eye with its boundaries and lids, usable iris tinted green and hidden iris red, its unwrapped band below.

    Parameters
    ----------
    analysis : of the picture.
    findings : of a verdict; what the worst one advises is written at the top.

    Returns
    -------
    (H, 800, 3) uint8 RGB.
    """
    image = analysis.image
    scale = _WIDTH / image.shape[1]
    size = (_WIDTH, max(1, round(image.shape[0] * scale)))
    enlarged = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    picture = np.asarray(cv2.cvtColor(enlarged, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    if not isinstance(analysis.mask, Missing) and not isinstance(analysis.annulus, Missing):
        mask = cv2.resize(analysis.mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        annulus = cv2.resize(analysis.annulus.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        for where, tint in ((mask, _USABLE), (annulus & ~mask, _HIDDEN)):
            picture[where] = picture[where] // 2 + tint
    for boundary, colour in ((analysis.pupil, _PUPIL), (analysis.limbus, _LIMBUS)):
        if not isinstance(boundary, Missing):
            _line(picture, boundary.contour, scale, colour, closed=True)
    if not isinstance(analysis.lids, Missing):
        _line(picture, analysis.lids.upper, scale, _LID, closed=False)
        _line(picture, analysis.lids.lower, scale, _LID, closed=False)
    rows = [picture]
    if not isinstance(analysis.band, Missing):
        band = cv2.cvtColor(analysis.band.image, cv2.COLOR_GRAY2RGB)
        hidden = ~analysis.band.usable
        band[hidden] = band[hidden] // 2 + _HIDDEN
        rows.append(np.asarray(cv2.resize(band, (_WIDTH, 128), interpolation=cv2.INTER_LINEAR), dtype=np.uint8))
    sentence = findings[0].advice.text("id") if findings else _reason(analysis)
    if sentence:
        rows.insert(0, _banner(sentence, bool(findings) and findings[0].severity == "warn"))
    return np.vstack(rows)


def _reason(analysis: IrisAnalysis) -> str:
    if not isinstance(analysis.pupil, Missing):
        return ""
    return advice(analysis.pupil.reason).text("id")


def _line(picture: RgbImage, points: F64, scale: float, colour: tuple[int, int, int], closed: bool) -> None:
    placed = np.rint(((points + 0.5) * scale - 0.5) * 16).astype(np.int32)
    cv2.polylines(picture, [placed], closed, colour, 2, cv2.LINE_AA, 4)


def _banner(sentence: str, only_a_warning: bool) -> RgbImage:
    strip = np.empty((44, _WIDTH, 3), np.uint8)
    strip[:] = (150, 110, 0) if only_a_warning else (150, 20, 20)
    cv2.putText(strip, sentence, (12, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 1, cv2.LINE_AA)
    return strip
