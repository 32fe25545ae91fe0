"""Which pixels are the person."""

from __future__ import annotations

import numpy as np

from ktpel_capture.arrays import F32, RgbImage
from ktpel_capture.face.networks import network
from ktpel_capture.imaging.resample import quickly_reduced

_SIDE = 256


def person_probability(image: RgbImage) -> F32:
    """(256, 256) float32 in 0..1: how sure each pixel of the stretched picture is a person's, hair and clothes too.

    Source: MediaPipe selfie segmentation, general model.
    """
    batch: F32 = quickly_reduced(image, (_SIDE, _SIDE))[None] * np.float32(1 / 255)
    (mask,) = network("selfie_segmentation")(batch)
    return mask.reshape(_SIDE, _SIDE)
