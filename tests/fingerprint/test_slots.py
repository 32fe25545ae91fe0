"""Fingers under wrong names are noticed, and nothing is said where nothing can be."""

import pytest

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint import synthesis
from ktpel_capture.samples import FINGERS_OF
from ktpel_capture.templates import Minutiae


@pytest.fixture(scope="module")
def hand():
    return synthesis.grow_hand(4)


@pytest.fixture(scope="module")
def singles(hand):
    return {
        name: fingerprint.minutiae(hand[name].capture(seed=7, pressure=0.7, position=name)[0])
        for position in ("right_four", "left_four")
        for name in FINGERS_OF[position]
    }


@pytest.fixture(scope="module")
def slap(hand):
    return fingerprint.segment(synthesis.slap(hand, "right_four", seed=3, rotation=0.2, pressure=0.7)[0])


def test_the_right_names_are_good(slap, singles):
    check = fingerprint.check_slots(slap, singles)
    assert check.good
    assert set(check.alike) == set(FINGERS_OF["right_four"])
    assert check.swapped == check.repeated == ()


def test_two_singles_under_each_others_names_are_found(slap, singles):
    mixed = singles | {"right_index": singles["right_ring"], "right_ring": singles["right_index"]}
    check = fingerprint.check_slots(slap, mixed)
    assert set(check.unlike) == {"right_index", "right_ring"}
    assert set(check.swapped) == {("right_index", "right_ring"), ("right_ring", "right_index")}
    assert not check.hands_swapped


def test_hands_under_each_others_names_are_found(slap, singles):
    other = {"left": "right", "right": "left"}
    mirrored = {f"{other[name.split('_')[0]]}_{name.split('_')[1]}": print_ for name, print_ in singles.items()}
    check = fingerprint.check_slots(slap, mirrored)
    assert check.hands_swapped
    assert not check.good
    assert check.alike == ()


def test_the_same_finger_twice_is_found(hand, slap, singles):
    again = fingerprint.minutiae(hand["right_index"].capture(seed=8, rotation=0.3, pressure=0.7)[0])
    check = fingerprint.check_slots(slap, singles | {"right_middle": again})
    assert check.repeated == (("right_index", "right_middle"),)
    assert "right_middle" in check.unlike


def test_a_stranger_is_unlike_and_an_empty_print_doubtful(slap, singles):
    stranger = fingerprint.minutiae(synthesis.grow(99).capture(seed=1, pressure=0.7)[0])
    nothing = Minutiae([], [], [], [], [])
    check = fingerprint.check_slots(slap, singles | {"right_middle": stranger, "right_ring": nothing})
    assert check.unlike == ("right_middle",)
    assert check.doubtful == ("right_ring",)
