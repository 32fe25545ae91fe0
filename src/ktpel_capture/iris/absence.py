"""Why no eye is found in a picture."""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_capture.arrays import GreyImage
from ktpel_capture.iris.circles import without_reflections

_PUPIL_LEVEL = 0.21
"""Darker than this share of the skin are pupils (0.0 to 0.18 of it), not lashes side by side (above 0.25)."""


def why_unseen(image: GreyImage) -> str:
    """A guess at why no eye is found: too much light, or lids that are closed.

    Closed lids, or nearly closed ones, leave a lying line of lashes and little else: half of all that is darker than
    its surroundings lies in a third of the height, over more than a third of the width. Something as dark as only a
    pupil is, thicker than a lash, is what a half shut lid leaves of it.
    """
    if min(image.shape) < 24:
        return "iris.no_eye"
    if 0.3 < float((image >= 254).mean()) < 0.98:
        return "iris.too_bright"
    side = 2 * (max(image.shape) // 24) + 1
    filled, _ = without_reflections(image)
    dark = cv2.morphologyEx(filled, cv2.MORPH_BLACKHAT, np.ones((side, side), np.uint8))
    least = max(24.0, 0.5 * float(np.quantile(dark[::2, ::2], 0.995)))
    lines = dark > least
    if not 0.004 < lines.mean() < 0.12:
        return "iris.no_eye"
    rows, columns = lines.sum(1), lines.sum(0)
    band = len(rows) // 3
    around = np.convolve(rows, np.ones(band), "valid")
    if around.max() <= 0.7 * rows.sum() or float((columns > 0).mean()) <= 0.35:
        return "iris.no_eye"
    deep = cv2.dilate(cv2.blur(filled, (3, 3)), np.ones((5, 5), np.uint8))
    shut = float(deep.min()) > _PUPIL_LEVEL * float(np.median(filled))
    return "iris.eye_closed" if shut else "iris.open_wide"
