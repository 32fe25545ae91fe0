"""Image kinds of ISO/IEC 19794-6 keep the iris as it was captured."""

import numpy as np
import pytest

from ktpel_capture import IrisSample, Missing, iris
from ktpel_capture.iris import synthesis


@pytest.fixture(scope="module")
def analysis():
    return iris.analyse(synthesis.grow(31).capture(seed=1, shift=(0.1, -0.05), lid_opening=0.9)[0])


def test_the_cropped_iris_has_the_standards_margins_and_the_same_size(analysis):
    again = iris.analyse(iris.cropped(analysis))
    height, width = again.image.shape
    assert width == pytest.approx(3.2 * analysis.limbus.radius, abs=3)
    assert height == pytest.approx(2.4 * analysis.limbus.radius, abs=3)
    assert again.limbus.radius == pytest.approx(analysis.limbus.radius, abs=1.5)
    assert again.limbus.x == pytest.approx((width - 1) / 2, abs=2)
    assert again.limbus.y == pytest.approx((height - 1) / 2, abs=2)
    assert again.sample.capture.edits[-1] == "edit.iris_cropped"


def test_masking_touches_no_pixel_of_the_usable_iris(analysis):
    plain, masked = iris.cropped(analysis).image, iris.cropped_and_masked(analysis).image
    left, top = (round(v) for v in (analysis.limbus.x, analysis.limbus.y))
    half = plain.shape[1] // 2, plain.shape[0] // 2
    usable = analysis.mask[top - half[1] : top + half[1] + 1, left - half[0] : left + half[0] + 1]
    assert usable.shape == plain.shape
    assert np.mean(plain[usable] == masked[usable]) > 0.97
    assert np.mean(masked == 200) > 0.05
    assert iris.analyse(IrisSample(masked)).pupil.radius == pytest.approx(analysis.pupil.radius, abs=1.5)


def test_what_a_masked_record_paints_over_is_no_usable_iris():
    for seed in (22, 31, 33):
        whole = iris.analyse(synthesis.grow(seed).capture(seed=1, lid_opening=0.85)[0])
        plain, masked = iris.cropped(whole).image, iris.cropped_and_masked(whole)
        again = iris.analyse(masked)
        painted = (masked.image == 128) & (plain != 128)
        assert (painted & again.annulus).sum() > 100
        assert (painted & again.mask).sum() < 0.02 * again.mask.sum()
        assert again.mask.sum() > 0.85 * whole.mask.sum()


def test_vga_of_a_larger_picture_is_640_by_480_around_the_iris():
    large = iris.analyse(synthesis.grow(32).capture(seed=1, size=(1280, 960), scale=0.6, shift=(0.2, 0.1))[0])
    small = iris.vga(large)
    assert small.image.shape == (480, 640)
    again = iris.analyse(small)
    assert again.limbus.radius == pytest.approx(large.limbus.radius, abs=1.5)
    assert iris.vga(iris.analyse(synthesis.grow(32).capture(seed=1, size=(1280, 960))[0])) == Missing(
        "iris.too_large_for_vga"
    )


def test_no_eye_has_no_kinds():
    nothing = iris.analyse(IrisSample(np.zeros((120, 160), np.uint8)))
    for kind in (iris.vga, iris.cropped, iris.cropped_and_masked):
        assert kind(nothing) == Missing("iris.no_eye")
