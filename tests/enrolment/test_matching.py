"""Same finger or not, on fingers of one simulated hand."""

from itertools import combinations

import pytest

import ktpel_capture as kc
from ktpel_enrolment.visit.matching import SAME_FINGER, best_two, likeness, mistakes


@pytest.fixture(scope="module")
def hand():
    """Two impressions of every finger of a hand, the second a little turned."""
    fingers = kc.fingerprint.grow_hand(11)
    first = {name: finger.capture(seed=1, position=name, size=(420, 560))[0] for name, finger in fingers.items()}
    again = {
        name: finger.capture(seed=2, position=name, size=(420, 560), rotation=0.1)[0]
        for name, finger in fingers.items()
    }
    return first, again


def test_ten_fingers_are_ten_different_ones_and_each_is_itself_again(hand):
    first, again = hand
    assert min(likeness(first[name], again[name]) for name in first) >= SAME_FINGER
    assert max(likeness(first[one], first[other]) for one, other in combinations(first, 2)) < SAME_FINGER
    assert mistakes(kc.Session(), first) == ()


def test_hands_that_are_swapped_are_found_out_when_the_second_one_comes(hand):
    first, again = hand
    right = {name: first[name] for name in kc.FINGERS_OF["right_four"]}
    swapped = {
        f"left_{name.split('_')[1]}": kc.FingerprintSample(again[name].image, 500, f"left_{name.split('_')[1]}")
        for name in right
    }
    session = kc.Session()
    session.keep(right)
    assert {finding.measure for finding in mistakes(session, swapped)} == {"session.same_hand"}


def test_the_chip_gets_both_index_fingers_or_the_next_best(hand):
    first, _ = hand
    assert best_two(first) == ("right_index", "left_index")
    assert best_two({name: first[name] for name in first if "index" not in name}) == ("right_thumb", "left_thumb")
    assert best_two({"left_little": first["left_little"]}) == ("left_little",)
    assert best_two({}) == ()
