"""Verdicts do not move with the tone of the skin."""

import cv2
import numpy as np
import pytest

import ktpel_capture as kc
from ktpel_capture.face import assess
from ktpel_capture.face.scenery import FACE_OVAL
from ktpel_capture.face.synthesis import grow
from ktpel_capture.imaging.colour import LINEAR, LUMINANCE_WEIGHTS

EYES = ((33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380))
# Median linear luminance of the skin: very light (about L* 79) to very dark (L* 20).
TONES = (0.55, 0.35, 0.2, 0.1, 0.05, 0.03)


def recoloured(image, truth, target):
    """The portrait with another tone of skin; darker skin keeps half of its shine."""
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(truth.landmarks[list(FACE_OVAL)]).astype(np.int32)], 255)
    for eye in EYES:
        cv2.fillConvexPoly(mask, np.round(truth.landmarks[list(eye)]).astype(np.int32), 0)
    soft = cv2.GaussianBlur(mask, (0, 0), image.shape[0] / 200)[..., None] / 255
    light = LINEAR[image]
    luminance = light @ np.array(LUMINANCE_WEIGHTS)
    gain = target / np.median(luminance[mask > 0])
    shine = np.clip(luminance - np.percentile(luminance[mask > 0], 85), 0, None)[..., None] * 0.5 * max(0, 1 - gain)
    toned = light * (1 - soft) + np.clip(light * gain + shine, 0, 0.97) * soft
    encoded = np.where(toned <= 0.0031308, 12.92 * toned, 1.055 * toned ** (1 / 2.4) - 0.055)
    return np.clip(np.round(encoded * 255), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", [0, 4, 5])
def test_every_tone_of_skin_gets_the_same_verdict(seed):
    sample, truth = grow(seed).capture(seed=1, size=(450, 600))
    reports = [assess(kc.FaceSample(recoloured(sample.image, truth, tone))) for tone in TONES]
    for profile in ("ktpel", "mosip"):
        verdicts = [kc.load_profile(profile).judge(report, {"backdrop": "red"}) for report in reports]
        assert [verdict.accepted for verdict in verdicts] == [True] * len(TONES), verdicts


@pytest.mark.parametrize("seed", [0, 4])
def test_a_dark_room_is_dark_for_every_tone(seed):
    sample, truth = grow(seed).capture(seed=1, size=(450, 600), exposure=0.15)
    rules = kc.load_profile("ktpel")
    for tone in (0.35, 0.1, 0.05):
        image = recoloured(sample.image, truth, tone * 0.15)
        assert not rules.judge(assess(kc.FaceSample(image)), {"backdrop": "red"}).accepted, tone
