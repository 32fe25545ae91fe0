"""A thumb print in the signature's place."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from ktpel_capture.samples import FingerprintSample
from ktpel_capture.signature import render_thumb_print


def grating(ridge=200, ground=255, size=(400, 300), ppi=500):
    y, x = np.mgrid[: size[0], : size[1]]
    waves = np.sin(2 * np.pi * x / 9) > 0
    inside = np.hypot((x - 160) / 100, (y - 210) / 140) < 1
    return FingerprintSample(np.where(waves & inside, ridge, ground).astype(np.uint8), ppi)


@pytest.mark.parametrize(("width", "height"), [(472, 189), (300, 300), (90, 400)])
def test_the_print_fills_the_picture_one_way_and_lies_in_its_middle(width, height):
    picture = render_thumb_print(grating(), width, height)
    assert picture.shape == (height, width, 4)
    assert not picture[..., :3].any()
    rows, columns = np.flatnonzero(picture[..., 3].any(1)), np.flatnonzero(picture[..., 3].any(0))
    assert max(np.ptp(rows) / height, np.ptp(columns) / width) > 0.9
    assert_allclose((rows[0] + rows[-1]) / 2, height / 2, atol=2)
    assert_allclose((columns[0] + columns[-1]) / 2, width / 2, atol=2)


@pytest.mark.parametrize(("ridge", "ground"), [(0, 255), (150, 230), (40, 120)])
def test_ridges_are_ink_whatever_the_contrast(ridge, ground):
    """Half of the ellipse is ridge, and it fills pi / 4 of the box around it."""
    ink = render_thumb_print(grating(ridge, ground), 300, 400)[..., 3]
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    inside = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert_allclose((inside > 127).mean(), np.pi / 8, atol=0.08)


def test_a_blank_glass_gives_nothing_and_no_picture_has_no_pixel():
    blank = FingerprintSample(np.full((90, 70), 240, np.uint8), 500)
    assert not render_thumb_print(blank, 60, 40).any()
    assert not render_thumb_print(FingerprintSample(np.zeros((1, 1), np.uint8), 500), 60, 40).any()
    with pytest.raises(ValueError, match="not 5 x 0"):
        render_thumb_print(blank, 5, 0)
