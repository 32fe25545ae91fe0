"""Grown fingers: the same seed is the same finger, and conditions do what they say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture.fingerprint import synthesis
from ktpel_capture.samples import FINGERS, FINGERS_OF

seeds = st.integers(0, 2**31 - 1)
shares = st.floats(0, 1)


@settings(max_examples=8, deadline=None)
@given(seed=seeds, rotation=st.floats(-math.pi, math.pi), pressure=shares, moisture=shares, dirt=shares)
def test_every_presentation_is_a_picture_of_the_size_asked_for_and_comes_again(
    seed, rotation, pressure, moisture, dirt
):
    finger = synthesis.grow(seed % 4)
    asked = {"rotation": rotation, "pressure": pressure, "moisture": moisture, "dirt": dirt, "size": (300, 410)}
    sample, truth = finger.capture(seed=seed, **asked)
    again, _ = finger.capture(seed=seed, **asked)
    assert sample.image.shape == truth.contact.shape == (410, 300)
    assert sample.digest == again.digest


def test_a_harder_press_touches_more_glass_and_darkens_it():
    finger = synthesis.grow(5)
    areas, greys = [], []
    for pressure in (0.1, 0.5, 0.9):
        sample, truth = finger.capture(seed=1, pressure=pressure)
        areas.append(truth.contact.sum())
        greys.append(sample.image[truth.contact].mean())
    assert areas[0] < areas[1] < areas[2]
    assert greys[0] > greys[1] > greys[2]


@pytest.mark.parametrize("away", [(200.0, 0.0), (-200.0, 5.0), (0.0, 300.0)])
def test_a_finger_beside_the_glass_leaves_it_clean(away):
    sample, truth = synthesis.grow(5).capture(seed=1, shift=away)
    assert not truth.contact.any()
    assert sample.image.min() > 200


@pytest.mark.parametrize("position", list(FINGERS_OF))
@pytest.mark.parametrize("rotation", [-0.6, 0.0, 0.5])
def test_a_slap_lays_every_finger_but_the_absent_where_the_truth_says(position, rotation):
    hand = synthesis.grow_hand(3)
    gone = FINGERS_OF[position][1]
    sample, truth = synthesis.slap(hand, position, seed=4, absent=(gone,), rotation=rotation)
    assert set(truth.boxes) == set(FINGERS_OF[position]) - {gone}
    for box in truth.boxes.values():
        x, y = (round(value) for value in box.centre)
        if 30 < x < 1570 and 30 < y < 1470:
            assert sample.image[y - 25 : y + 25, x - 25 : x + 25].mean() < 225


def test_hands_lie_as_hands_do():
    hand = synthesis.grow_hand(3)
    assert tuple(hand) == FINGERS
    for position in FINGERS_OF:
        _, truth = synthesis.slap(hand, position, seed=4)
        across = [truth.boxes[finger].centre[0] for finger in FINGERS_OF[position]]
        assert across == sorted(across, reverse=position != "right_four")
    _, truth = synthesis.slap(hand, "right_four", seed=4)
    tops = {finger: box.centre[1] for finger, box in truth.boxes.items()}
    assert min(tops, key=tops.get) == "right_middle"
    assert max(tops, key=tops.get) == "right_little"


def test_two_seeds_are_two_fingers():
    one, other = (synthesis.grow(seed).ridges for seed in (1, 2))
    assert one.shape != other.shape or np.abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.5
