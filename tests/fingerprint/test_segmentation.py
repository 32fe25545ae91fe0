"""Slaps come apart into the fingers that lie there, and the right names."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint import synthesis
from ktpel_capture.samples import FINGERS_OF, FingerprintSample

SLAPS = tuple(FINGERS_OF)


def bounds_differ(found, true):
    """Sides (left, right) and ends (top, bottom) of a found box against the true one, mm, in the true one's frame."""
    cos, sin = math.cos(true.angle), math.sin(true.angle)
    away = (found.corners - true.centre) @ np.array(((cos, sin), (-sin, cos)))
    half = np.array(true.size) / 2
    low, high = away.min(0) + half, away.max(0) - half
    return np.abs([low[0], high[0]]), np.abs([low[1], high[1]])


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    position=st.sampled_from(SLAPS),
    rotation=st.floats(-0.6, 0.6),
    pressure=st.floats(0.3, 0.9),
)
def test_every_finger_is_found_named_and_boxed(seed, position, rotation, pressure):
    hand = synthesis.grow_hand(seed % 3)
    slap, truth = synthesis.slap(hand, position, seed=seed, rotation=rotation, pressure=pressure)
    found = {finger.position: finger for finger in fingerprint.segment(slap)}
    inside = {
        name: box
        for name, box in truth.boxes.items()
        if min(box.bounds[:2]) > 0 and box.bounds[2] < 1600 and box.bounds[3] < 1500
    }
    if len(inside) < len(truth.boxes):
        return
    assert set(found) == set(inside)
    for name, box in inside.items():
        sides, ends = bounds_differ(found[name].box, box)
        assert sides.max() <= 40
        assert ends.max() <= 64


@pytest.mark.parametrize("position", SLAPS)
def test_a_declared_absence_keeps_the_names_of_the_others(position):
    hand = synthesis.grow_hand(1)
    for gone in FINGERS_OF[position]:
        slap, truth = synthesis.slap(hand, position, seed=3, absent=(gone,))
        found = fingerprint.segment(slap, absent=(gone,))
        assert {finger.position for finger in found} == set(truth.boxes)
        assert fingerprint.missing_fingers(position, found, (gone,)) == ()


@pytest.mark.parametrize("position", ["right_four", "left_four"])
def test_an_undeclared_absence_of_an_inner_finger_is_told_by_the_gap(position):
    hand = synthesis.grow_hand(1)
    for gone in FINGERS_OF[position][1:3]:
        slap, _ = synthesis.slap(hand, position, seed=3, absent=(gone,))
        assert fingerprint.missing_fingers(position, fingerprint.segment(slap)) == (gone,)


@pytest.mark.parametrize("position", ["right_four", "left_four"])
def test_the_hand_is_told_where_nobody_says_it(position):
    slap, _ = synthesis.slap(synthesis.grow_hand(2), position, seed=5, rotation=0.2)
    unnamed = FingerprintSample(slap.image, 500)
    assert {finger.position for finger in fingerprint.segment(unnamed)} == set(FINGERS_OF[position])


def test_the_same_slap_at_1000_ppi_gives_the_same_boxes():
    hand = synthesis.grow_hand(2)
    slap, _ = synthesis.slap(hand, "right_four", seed=5)
    fine = FingerprintSample(slap.image.repeat(2, 0).repeat(2, 1), 1000, "right_four")
    for one, other in zip(fingerprint.segment(slap), fingerprint.segment(fine), strict=True):
        assert one.position == other.position
        assert np.abs(np.array(other.box.centre) / 2 - one.box.centre).max() < 16


def test_an_empty_glass_has_no_fingers():
    assert fingerprint.segment(FingerprintSample(np.full((500, 700), 246, np.uint8), 500, "left_four")) == ()
    assert fingerprint.segment(FingerprintSample(np.full((9, 7), 246, np.uint8), 500, "left_four")) == ()
