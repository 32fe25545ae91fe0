"""Stamps that repeat or step back are repaired; those that do not are left alone."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature.series import repaired_stamps, resampled, series

stamps = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60).map(np.array)


@settings(deadline=None)
@given(stamps)
def test_repaired_stamps_increase_and_good_ones_stay_as_they_are(t):
    repaired, count = repaired_stamps(t)
    increasing = len(t) < 2 or np.diff(t).min() > 0
    assert repaired.shape == t.shape
    assert (count == 0) == increasing
    if increasing:
        assert_array_equal(repaired, t)
    elif np.ptp(t) > 1e-6:
        assert (np.diff(repaired) >= 0).all()


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(20, 300))
def test_a_repair_is_not_repaired_again(seed, length):
    random = np.random.default_rng(seed)
    t = np.cumsum(random.uniform(0.005, 0.02, length))
    t[random.integers(1, length, 5)] -= 0.05
    repaired, _ = repaired_stamps(t)
    assert (np.diff(repaired) > 0).all()
    assert repaired_stamps(repaired)[1] == 0


EVEN = np.arange(100) / 100


@pytest.mark.parametrize(
    ("name", "spoil", "repaired"),
    [
        ("pairs share a stamp", lambda t: np.repeat(t[::2], 2), 50),
        ("one repeats", lambda t: np.where(np.arange(100) == 40, t[39], t), 1),
        ("one steps back", lambda t: np.where(np.arange(100) == 40, t[20], t), 1),
        ("one leaps ahead", lambda t: np.where(np.arange(100) == 40, t[40] + 50, t), 1),
        ("one wraps at 32 bits", lambda t: np.where(np.arange(100) == 40, t[40] + 2**32 / 1e6, t), 1),
        ("three leap ahead", lambda t: np.where(abs(np.arange(100) - 41) <= 1, t + 5, t), 3),
        ("the clock is set back", lambda t: np.where(np.arange(100) >= 40, t - 7, t), 1),
        ("the clock is set back twice", lambda t: t - 7.0 * (np.arange(100) >= 40) - 3.0 * (np.arange(100) >= 70), 2),
        ("the clock stands still", lambda t: np.zeros(100), 99),
        ("the clock runs backwards", lambda t: -t, 99),
    ],
)
def test_the_even_series_comes_back(name, spoil, repaired):
    mended, count = repaired_stamps(spoil(EVEN))
    assert_allclose(mended - mended[0], EVEN, atol=0.0101)
    assert count == repaired


def test_a_pause_ahead_is_believed():
    t = np.where(np.arange(100) >= 40, EVEN + 7, EVEN)
    mended, count = repaired_stamps(t)
    assert count == 0
    assert_array_equal(mended, t)


def test_a_series_whose_stamps_wrap_is_a_series():
    t = np.where(np.arange(100) % 30 == 7, EVEN + 2**32 / 1e6, EVEN + 1.7e9)
    t[t < 1e9] += 1.7e9
    cut = series(SignatureSample(t, np.arange(100), np.zeros(100)))
    assert cut.repaired == 4
    assert_allclose(cut.t, EVEN, atol=0.0101)


def test_ten_minutes_of_random_stamps_take_no_minutes():
    random = np.random.default_rng(2)
    for t in (random.uniform(0, 600, 60_000), -np.arange(60_000.0), np.zeros(60_000)):
        mended, _ = repaired_stamps(t)
        assert (np.diff(mended) > 0).all()


def test_the_series_runs_from_first_touch_to_last_lift():
    down = np.zeros(50, bool)
    down[10:20] = down[30:41] = True
    sample = SignatureSample(np.arange(50) / 100, np.arange(50), np.zeros(50), pen_down=down)
    cut = series(sample)
    assert_array_equal(cut.x, np.arange(10, 41))
    assert_array_equal(cut.first, [0, 20])
    assert_array_equal(cut.last, [9, 30])
    assert cut.t[0] == 0


def test_without_pen_states_no_force_is_a_pen_in_the_air():
    force = np.full(50, 0.5)
    force[20:30] = 0
    sample = SignatureSample(np.arange(50) / 100, np.arange(50), np.zeros(50), force)
    assert_array_equal(series(sample).down, force > 0)
    assert len(series(sample).first) == 2
    all_zero = SignatureSample(np.arange(50) / 100, np.arange(50), np.zeros(50), np.zeros(50))
    assert series(all_zero).down.all()


@settings(deadline=None)
@given(st.sampled_from([50.0, 100.0, 250.0]))
def test_resampling_keeps_path_strokes_and_time(rate):
    t = np.arange(0, 2, 0.01)
    down = (t < 0.8) | (t > 1.2)
    sample = SignatureSample(t, 30 * np.sin(3 * t), 20 * np.cos(2 * t), force=np.abs(np.sin(t)), pen_down=down)
    even = resampled(series(sample), rate)
    assert_allclose(np.diff(even.t), 1 / rate)
    assert len(even.first) == 2
    assert_allclose(even.x, 30 * np.sin(3 * even.t), atol=0.02)
    assert_allclose(even.t[-1], 1.99, atol=1 / rate)
