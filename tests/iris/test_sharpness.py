"""The standard's kernel, laid at stride 4, to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_array_equal
from scipy.signal import correlate2d

from ktpel_capture import iris
from ktpel_capture.iris import sharpness, synthesis


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 1000))
def test_responses_are_those_of_the_plain_correlation(height, width, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)
    found = sharpness.responses(image)
    if height < 9 or width < 9:
        assert found.size == 0
        return
    plain = correlate2d(image.astype(np.int64), sharpness.kernel().astype(np.int64), "valid")[::4, ::4]
    assert_array_equal(found, plain)
    assert sharpness.power(image) == np.sum(plain.astype(object) ** 2) / plain.size


@pytest.mark.parametrize("height", [73, 74, 75, 76, 103])
def test_a_picture_of_many_strips_is_that_of_one(height, monkeypatch):
    image = np.random.default_rng(height).integers(0, 256, (height, 61)).astype(np.uint8)
    whole = sharpness.responses(image)
    assert len(whole) > 16
    monkeypatch.setattr(sharpness, "_STRIP", 8 * whole.shape[1])
    assert_array_equal(sharpness.responses(image), whole)


def test_the_largest_responses_do_not_overflow():
    image = np.where(np.pad(sharpness.kernel() > 0, ((0, 6), (0, 2))), 255, 0).astype(np.uint8)
    for picture in (image, 255 - image):
        plain = correlate2d(picture.astype(np.int64), sharpness.kernel().astype(np.int64), "valid")[::4, ::4]
        assert_array_equal(sharpness.responses(picture), plain)


def test_the_kernel_is_blind_to_an_even_grey_and_has_rank_5():
    assert sharpness.kernel().sum() == 0
    assert np.linalg.matrix_rank(sharpness.kernel()) == 5


def test_focus_falls_with_defocus_and_equals_the_measure():
    eye = synthesis.grow(7)
    frames = [eye.capture(seed=1, defocus=blur)[0].image for blur in (0.0, 0.8, 1.6, 3.0, 5.0)]
    values = iris.focus(frames)
    assert np.all(np.diff(values) < 0)
    assert_array_equal(iris.focus(np.stack(frames)), values)
    report = iris.assess(eye.capture(seed=1)[0])
    assert report.measurements["iris.sharpness"].native == values[0]
