"""Grown eyes: the same seed is the same eye, and the truth that comes with a picture is true."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture.iris import synthesis

seeds = st.integers(0, 10_000)


@settings(max_examples=6, deadline=None)
@given(seeds, seeds)
def test_the_same_seeds_give_the_same_picture_and_another_seed_another(person, shot):
    first, _ = synthesis.grow(person).capture(seed=shot, size=(200, 150))
    again, _ = synthesis.grow(person).capture(seed=shot, size=(200, 150))
    later, _ = synthesis.grow(person).capture(seed=shot + 1, size=(200, 150))
    assert first.digest == again.digest
    assert first.digest != later.digest


@settings(max_examples=8, deadline=None)
@given(seeds, st.floats(0.15, 0.75), st.floats(-0.15, 0.15), st.floats(0.7, 1.2))
def test_the_mask_lies_inside_the_annulus_and_the_annulus_between_the_contours(seed, dilation, shift, scale):
    _, truth = synthesis.grow(seed).capture(
        seed=1, dilation=dilation, shift=(shift, -shift), scale=scale, size=(400, 300)
    )
    assert not np.any(truth.mask & ~truth.annulus)
    centre, radius = truth.limbus.mean(0), np.hypot(*(truth.limbus - truth.limbus.mean(0)).T).mean()
    y, x = np.nonzero(truth.annulus)
    assert np.hypot(x - centre[0], y - centre[1]).max() < 1.05 * radius + 1
    ring = np.pi * radius**2 * (1 - dilation**2)
    assert truth.annulus.sum() == pytest.approx(ring, rel=0.03)


@settings(max_examples=6, deadline=None)
@given(seeds)
def test_the_pupil_is_darker_than_the_iris_and_the_iris_than_the_sclera(seed):
    sample, truth = synthesis.grow(seed).capture(seed=2)
    centre, radius = truth.limbus.mean(0), np.hypot(*(truth.limbus - truth.limbus.mean(0)).T).mean()
    y, x = np.indices(sample.image.shape)
    distance = np.hypot(x - centre[0], y - centre[1]) / radius
    level = np.abs(y - centre[1]) < 0.2 * radius  # beside the iris, where no lid hangs
    pupil = np.median(sample.image[distance < 0.25])
    iris = np.median(sample.image[truth.mask])
    sclera = np.median(sample.image[level & (distance > 1.15) & (distance < 1.3)])
    assert pupil + 20 < iris < sclera - 15


@settings(max_examples=6, deadline=None)
@given(seeds, st.floats(0.25, 0.6), st.floats(0.25, 0.6))
def test_the_texture_stays_with_the_person_when_the_pupil_widens(seed, small, wide):
    """Unrolled by the true contours, two captures of one eye are alike and those of two eyes are not."""

    def unrolled(person, dilation):
        sample, truth = synthesis.grow(person).capture(seed=3, dilation=dilation, lid_opening=1.2, noise=0)
        share = np.linspace(0.2, 0.8, 24)[:, None, None]
        points = np.rint((1 - share) * truth.pupil + share * truth.limbus).astype(int)
        band = sample.image[points[..., 1], points[..., 0]].astype(float)
        band = band[:, 140:240]  # the lower half, which neither lid nor lash of the upper one reaches
        return (band - band.mean(1, keepdims=True)).ravel()

    def alike(a, b):
        return np.corrcoef(a, b)[0, 1]

    assert alike(unrolled(seed, small), unrolled(seed, wide)) > 0.5
    assert abs(alike(unrolled(seed, small), unrolled(seed + 1, small))) < 0.3


def test_conditions_do_what_their_names_say():
    eye = synthesis.grow(5)
    open_eye = eye.capture(seed=1)[1].mask.sum()
    half = eye.capture(seed=1, lid_opening=0.5)[1].mask.sum()
    closed = eye.capture(seed=1, lid_opening=0.0)[1].mask.sum()
    assert open_eye > half > closed == 0
    assert eye.capture(seed=1, exposure=0.4)[0].image.mean() < 0.5 * eye.capture(seed=1)[0].image.mean()
    away = eye.capture(seed=1, gaze=(0.3, 0.0))[1]
    assert away.limbus[:, 0].mean() > eye.capture(seed=1)[1].limbus[:, 0].mean() + 30
    assert np.ptp(away.limbus[:, 0]) < 0.98 * np.ptp(away.limbus[:, 1])
    sharp, soft = (np.var(np.diff(eye.capture(seed=1, defocus=d)[0].image.astype(float))) for d in (0.0, 3.0))
    assert soft < 0.5 * sharp


def test_the_nose_is_on_the_side_where_the_subjects_other_eye_is():
    """The inner corner lies lower: to the picture's right in a right eye, to its left in a left one."""
    eye = synthesis.grow(9)
    right, left = (eye.capture(seed=1, eye=name)[1].lower_lid for name in ("right", "left"))
    assert right[-1, 1] > right[0, 1]
    assert left[0, 1] > left[-1, 1]


def test_a_pair_is_two_textures_under_one_persons_lids():
    pair = synthesis.grow_pair(4)
    assert set(pair) == {"left", "right"}
    assert abs(np.corrcoef(pair["left"].texture.ravel(), pair["right"].texture.ravel())[0, 1]) < 0.3
    both, truths = synthesis.capture_binocular(pair, seed=1, size=(800, 300))
    assert both.shape == (300, 800)
    assert truths["right"].mask.shape == (300, 400)


def test_a_condition_out_of_range_is_refused_by_name():
    with pytest.raises(ValueError, match="dilation"):
        synthesis.grow(1).capture(seed=1, dilation=0.95)
