"""What a verdict advises, written above a picture for an operator: on red what rejects, on amber what warns."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ktpel_capture.arrays import RgbImage
from ktpel_capture.imaging.draw import WHITE, words, words_size
from ktpel_capture.messages import Language, advice
from ktpel_capture.profiles import Finding
from ktpel_capture.quality import Missing

_MOST = 3
"""Sentences that are read at a glance."""
_GROUNDS = {"reject": (150, 20, 20), "warn": (150, 110, 0)}
_LARGE, _SMALL, _LEAST = 1 / 24, 1 / 32, 9
"""Size of the letters of the first sentence and of others, as shares of the picture's width; px at least."""


def with_banners(
    picture: RgbImage, findings: Iterable[Finding], language: Language, nothing: Missing | None = None
) -> RgbImage:
    """The picture with its worst sentences above it, each once, the first one largest.

    Parameters
    ----------
    picture : (H, W, 3) uint8.
    findings : of a verdict, worst first.
    nothing : why nothing was found in the picture, said where no finding says anything.
    """
    told: dict[str, str] = {}
    for finding in findings:
        told.setdefault(finding.advice.text(language), finding.severity)
    if not told and nothing is not None:
        told = {advice(nothing.reason).text(language): "reject"}
    sizes = (_LARGE, *[_SMALL] * (_MOST - 1))
    strips = [_strip(*each, picture.shape[1], share) for each, share in zip(told.items(), sizes)]
    return np.vstack([*strips, picture])


def _strip(sentence: str, severity: str, width: int, share: float) -> RgbImage:
    """One sentence, smaller where it would not fit."""
    size = max(round(share * width), _LEAST)
    margin = size // 2
    while size > _LEAST and words_size(sentence, size=size)[0] > width - 2 * margin:
        size -= 1
    strip = np.empty((size + 2 * margin, width, 3), np.uint8)
    strip[:] = _GROUNDS[severity]
    words(strip, sentence, (margin, margin), WHITE, size=size)
    return strip
