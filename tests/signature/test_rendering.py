"""The card's picture of a signature, and the operator's."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import distance_transform_edt

from ktpel_capture.imaging import draw as pen
from ktpel_capture.messages import advice
from ktpel_capture.profiles import Finding
from ktpel_capture.quality import Missing
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature import analyse, draw, grow, monochrome, render, render_for_card

few = settings(deadline=None, max_examples=20)
signed = st.builds(lambda person, seed: grow(person).capture(seed=seed)[0], st.integers(0, 300), st.integers(0, 9))


@few
@given(signed, st.floats(-500, 500), st.floats(0.8, 5.0))
def test_moving_and_enlarging_the_ink_leaves_the_cards_picture_as_it_is(sample, shift, factor):
    base = replace(sample, pad_size=None, x=sample.x * 1.3, y=sample.y * 1.3)
    other = replace(base, x=base.x * factor + shift, y=base.y * factor - shift)
    first, second = render(base, 450, 180)[..., 3], render(other, 450, 180)[..., 3]
    assert np.abs(first.astype(int) - second).mean() < 0.5


@few
@given(signed, st.integers(40, 900), st.integers(30, 400))
def test_the_ink_is_whole_inside_the_picture_and_fills_it_one_way(sample, width, height):
    ink = render(sample, width, height)[..., 3]
    assert ink.shape == (height, width)
    assert not ink[0].any()
    assert not ink[-1].any()
    assert not ink[:, 0].any()
    assert not ink[:, -1].any()
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    fill = max((np.ptp(rows) + 1) / height, (np.ptp(columns) + 1) / width)
    assert fill > 0.75
    assert_allclose((rows[0] + rows[-1]) / 2, (height - 1) / 2, atol=max(3.0, 0.05 * height))


@few
@given(signed, st.sampled_from([50.0, 200.0, 500.0]), st.booleans())
def test_the_line_has_one_weight_whatever_the_size_the_rate_or_the_pad(sample, rate, force):
    def weight(picture):
        inked = picture[..., 3] >= 128
        inside = distance_transform_edt(np.pad(inked, 1))
        return np.median(2 * inside[inside >= 1.5]) if (inside >= 1.5).any() else 2.0

    seed = 1
    person = int(sample.capture.device.split()[-1])
    other, _ = grow(person).capture(seed=seed, rate=rate, force=force, scale=0.7)
    assert abs(weight(render(sample, 900, 360)) - weight(render(other, 900, 360))) <= 2


def test_ink_is_black_on_nothing_and_monochrome_on_white():
    sample, _ = grow(3).capture(seed=1)
    picture = render(sample, 300, 120)
    assert picture.dtype == np.uint8
    assert not picture[..., :3].any()
    assert {0, 255} <= set(np.unique(picture[..., 3]))
    black = monochrome(picture)
    assert set(np.unique(black)) == {0, 255}
    assert_array_equal(black == 0, picture[..., 3] >= 128)
    blue = render(sample, 300, 120, ink=(10, 20, 200))
    assert_array_equal(np.unique(blue[..., :3].reshape(-1, 3), axis=0), [[10, 20, 200]])
    assert render_for_card(sample).shape == (189, 472, 4)


def test_a_ring_is_drawn_where_geometry_puts_it():
    t = np.linspace(0, 2, 400)
    ring = SignatureSample(t, 20 * np.cos(np.pi * t), 20 * np.sin(np.pi * t))
    ink = render(ring, 400, 200, line=6.0)[..., 3] / 255
    y, x = np.mgrid[:200, :400]
    radius = np.hypot(x - 199.5, y - 99.5)
    outer = radius[ink > 0.5].max()
    assert_allclose(outer, 100 - 0.02 * 200 - 6 + 3, atol=1.0)
    exact = np.clip(3.5 - np.abs(radius - (outer - 3)), 0, 1)
    assert np.abs(exact - ink).mean() < 0.01
    assert_allclose(ink.sum(), exact.sum(), rtol=0.06)


def test_lines_are_covered_as_far_as_they_cover():
    """A vertical bar from x = 10.25 to 13.75: two whole columns between two that are three quarters covered."""
    covered = pen.coverage(
        np.array([[12.0, 5.0], [12.0, 30.0]]), np.array([3.5, 3.5]), np.array([True, False]), (40, 25)
    )
    assert_allclose(covered[15, 9:16] / 255, [0, 0.25, 1, 1, 1, 0.25, 0], atol=0.26)
    assert_allclose(covered[15].sum() / 255, 3.5, atol=0.3)


def test_a_late_dot_and_a_single_point_are_drawn_as_dots():
    t = np.arange(0, 1, 0.01)
    x, y = 40 * t, 5 * np.sin(9 * t)
    dotted = SignatureSample(
        np.append(t, 1.8), np.append(x, 44.0), np.append(y, 4.0), pen_down=np.append(np.arange(100) < 99, True)
    )
    assert (render(dotted, 400, 160)[..., 3] > 0).sum() > 9
    alone = render(SignatureSample([0.0], [3.0], [4.0]), 400, 160)[..., 3]
    rows, columns = np.nonzero(alone > 127)
    assert_allclose([rows.mean(), columns.mean()], [79.5, 199.5], atol=0.6)
    assert np.ptp(rows) == np.ptp(columns) > 2


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (5, 5)])
def test_the_smallest_pictures_are_pictures(size):
    assert render(grow(2).capture(seed=1)[0], *size).shape == (size[1], size[0], 4)


def test_nothing_is_drawn_where_nothing_was_written_and_no_picture_has_no_pixel():
    assert not render(SignatureSample([], [], []), 90, 36)[..., 3].any()
    with pytest.raises(ValueError, match="not 0 x 5"):
        render(SignatureSample([], [], []), 0, 5)


ODD = [
    SignatureSample([], [], []),
    SignatureSample([0.0], [1.0], [2.0]),
    SignatureSample([0.0, 0.0], [-9000.0, 9000.0], [0.0, 0.0]),
    SignatureSample(np.arange(30_000) / 100, *np.random.default_rng(1).uniform(0, 60, (2, 30_000))),
    grow(1).capture(seed=1, shift=(40.0, 20.0))[0],
    grow(1).capture(seed=1, force=False, kind="line")[0],
]


@pytest.mark.parametrize("sample", ODD)
def test_every_sample_has_an_overlay_of_one_size(sample):
    findings = (
        Finding("signature.extent", Missing("signature.blank"), 1.0, None, "reject", advice("signature.blank")),
        Finding("signature.rate", 3.0, 9.0, None, "warn", advice("signature.pad_too_slow")),
    )
    picture = draw(analyse(sample), findings)
    assert picture.shape == (600, 960, 3)
    assert picture.dtype == np.uint8
    assert (picture[462:, :560] != 255).any()
    assert (draw(analyse(sample))[462:, :560] == 255).all()
    assert (draw(analyse(sample), findings, language="en") != picture).any()


def test_words_are_cut_at_the_border_and_stand_on_their_plate():
    picture = np.zeros((40, 90, 3), np.uint8)
    for at in [(-500, 3), (85, 35), (0, -90), (3, 3)]:
        pen.words(picture, "Tanda tangan", at, pen.WHITE, ground=pen.GOOD)
    assert (picture == pen.GOOD).all(2).any()
