"""Grown writers: the same person signs alike, never the same, and the truth that comes along is true."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import cumulative_trapezoid

from ktpel_capture.signature.synthesis import KINDS, grow

few = settings(deadline=None, max_examples=25)
people = st.integers(0, 500).map(grow)
seeds = st.integers(0, 2**31)


def runs(pen_down):
    return int((np.diff(pen_down.astype(int), prepend=0) == 1).sum())


@few
@given(people, seeds, st.sampled_from(KINDS))
def test_a_seed_signs_the_same_and_another_seed_does_not(person, seed, kind):
    first, _ = person.capture(seed=seed, kind=kind)
    again, _ = grow(person.seed).capture(seed=seed, kind=kind)
    other, _ = person.capture(seed=seed + 1, kind=kind)
    assert first.digest == again.digest
    assert kind == "blank" or first.digest != other.digest


@few
@given(people, seeds)
def test_the_truth_is_what_the_sample_shows(person, seed):
    sample, truth = person.capture(seed=seed, noise=0.0, pad_size=(400.0, 300.0))
    ink = np.stack([sample.x, sample.y], 1)[sample.pen_down]
    assert truth.strokes == runs(sample.pen_down)
    assert_allclose(np.ptp(ink, axis=0), truth.extent, atol=0.011)
    assert_allclose(np.ptp(sample.t[sample.pen_down]), truth.duration, atol=0.002)
    assert truth.outside == 0


@few
@given(people, seeds, st.floats(0.3, 2.0))
def test_scale_and_shift_move_the_signature_and_change_no_time(person, seed, scale):
    wide = {"pad_size": (900.0, 700.0), "noise": 0.0}
    plain, _ = person.capture(seed=seed, **wide)
    moved, _ = person.capture(seed=seed, scale=scale, shift=(20.0, -10.0), **wide)
    assert_array_equal(moved.t, plain.t)
    first = np.stack([plain.x, plain.y], 1) - plain.pad_size[0] / 2 * np.array([1, 0]) - 350 * np.array([0, 1])
    middle = np.stack([moved.x, moved.y], 1) - (450 + 20, 350 - 10)
    # the person's tremor and the place on the pad do not grow with the signature
    assert np.abs(np.ptp(middle, axis=0) - scale * np.ptp(first, axis=0)).max() < 0.3


@few
@given(people, seeds, st.sampled_from([50.0, 100.0, 133.0, 200.0, 500.0]))
def test_points_come_at_the_pads_rate(person, seed, rate):
    sample, truth = person.capture(seed=seed, rate=rate)
    assert_allclose(np.median(np.diff(sample.t)), 1 / rate, atol=0.0011)
    assert truth.duration > 0.2


@few
@given(people, seeds)
def test_without_hover_a_lift_is_one_point_with_the_pen_up(person, seed):
    sample, truth = person.capture(seed=seed, hover=False)
    up = np.flatnonzero(~sample.pen_down)
    assert len(up) in (truth.strokes - 1, truth.strokes)
    assert runs(sample.pen_down) == truth.strokes


@few
@given(people, seeds)
def test_a_signature_beyond_the_border_is_held_there(person, seed):
    sample, truth = person.capture(seed=seed, shift=(45.0, 0.0))
    assert truth.outside > 0
    assert sample.x.max() == sample.pad_size[0]


@few
@given(people, st.floats(0.02, 0.3))
def test_faulty_stamps_repeat_or_step_back(person, share):
    sample, _ = person.capture(seed=0, stamp_faults=share)
    clean, _ = person.capture(seed=0)
    assert (np.diff(clean.t) > 0).all()
    assert sample.t.size == clean.t.size
    faulty = (np.diff(sample.t) <= 0).mean()
    assert faulty <= share + 0.15
    if share > 0.1:
        assert faulty > 0


def test_positions_are_the_integral_of_the_lognormal_velocities():
    """The model as the papers write it: speeds D Λ(t), directions by the error function, added up as vectors."""
    plan = grow(3).plan
    t = np.linspace(0, plan.reached(0.98).max(), 40_000)
    since = np.maximum(t[:, None] - plan.onset, 1e-12)
    z = (np.log(since) - plan.delay) / plan.spread
    speed = plan.length * np.exp(-(z**2) / 2) / (since * plan.spread * np.sqrt(2 * np.pi))
    from scipy.special import erf

    angle = plan.heading + plan.bend / 2 * (1 + erf(z / np.sqrt(2)))
    velocity = np.stack([(speed * np.cos(angle)).sum(1), (speed * np.sin(angle)).sum(1)], 1)
    path = plan.start + cumulative_trapezoid(velocity, t, axis=0, initial=0)
    assert_allclose(plan.positions(t), path, atol=1e-3)


def test_writers_keep_to_what_real_pads_see():
    """Durations 0.5 to 8.2 s and 1 to 17 strokes are the 1st and 99th percentile of three public corpora."""
    truths = [grow(seed).capture(seed=1)[1] for seed in range(150)]
    durations, strokes = [truth.duration for truth in truths], [truth.strokes for truth in truths]
    assert np.percentile(durations, 1) > 0.5
    assert np.percentile(durations, 99) < 8.5
    assert max(strokes) <= 17
    assert len({truth.strokes for truth in truths}) > 3


def test_a_forger_has_the_shape_but_not_the_time():
    owner, forger = grow(1), grow(2)
    real, _ = owner.capture(seed=0)
    forged, truth = forger.imitate(owner).capture(seed=0)
    assert_allclose(np.ptp(forged.x) / np.ptp(forged.y), np.ptp(real.x) / np.ptp(real.y), rtol=0.5)
    assert truth.duration > 1.05 * np.ptp(real.t)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="'cross' is not known; one of signature"):
        grow(1).capture(seed=1, kind="cross")
