"""Signatures drawn in ink on paper and photographed, with where the ink truly is."""

import cv2
import numpy as np

from ktpel_capture.imaging.draw import coverage
from ktpel_capture.signature.rendering import pen_line
from ktpel_capture.signature.series import series


def photograph(
    sample, *, seed, size=(1100, 620), lined=True, shade=0.5, tilt=0.03, ink=(40, 40, 110), blur=0.9, bow=4.0, rule=0.35
):
    """(RGB photograph, (height, width) 0..1 true coverage by ink)."""
    random = np.random.default_rng(seed)
    width, height = size
    inner = (int(width * 0.8), int(height * 0.7))
    drawn = pen_line(series(sample), *inner, line=random.uniform(4.0, 7.0))
    points = drawn.points + np.array([width - inner[0], height - inner[1]]) / 2
    inked = coverage(points, drawn.widths, drawn.begins, (height, width)) / 255.0
    y, x = np.mgrid[:height, :width].astype(np.float64)
    paper = np.full((height, width, 3), (236.0, 234.0, 226.0)) * (1 + 0.012 * cv2.GaussianBlur(
        random.normal(0, 1, (height, width)), (0, 0), 1.2)[..., None])  # fmt: skip
    if lined:
        spacing, angle = random.uniform(55, 80), random.uniform(-tilt, tilt)
        across = y + angle * (x - width / 2) + bow * ((x / width - 0.5) * 2) ** 2
        ruled = np.exp(-((((across + 20) % spacing) - spacing / 2) ** 2) / (2 * 0.9**2))
        margin = np.exp(-((x - 0.08 * width + angle * y) ** 2) / (2 * 1.1**2))
        paper *= 1 - rule * ruled[..., None] * np.array([1.0, 0.75, 0.45])
        paper *= 1 - rule * margin[..., None] * np.array([0.35, 0.9, 0.9])
    flow = 1 - 0.25 * random.random() * cv2.GaussianBlur(random.random((height, width)), (0, 0), 3)
    picture = paper * (1 - (0.92 * inked * flow)[..., None] * (1 - np.array(ink) / 236.0))
    fall = 1 - shade * 0.6 * ((x / width) * random.random() + (y / height) * random.random())
    edge = 1 / (1 + np.exp(-(x + y * random.uniform(-0.5, 0.5) - width * random.uniform(0.3, 0.7)) / 40))
    picture *= (fall * (1 - 0.35 * shade * edge))[..., None]
    picture = cv2.GaussianBlur(picture, (0, 0), blur) + random.normal(0, 2.5, picture.shape)
    photo = np.clip(picture, 0, 255).astype(np.uint8)
    photo = cv2.imdecode(cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], cv2.IMREAD_COLOR)
    return photo, inked
