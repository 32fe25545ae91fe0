"""Codes of one eye are near, of two eyes far, whatever the roll of the head."""

import numpy as np
import pytest

from ktpel_capture import IrisSample, Missing, iris
from ktpel_capture.iris import comparison, synthesis
from ktpel_capture.templates import IrisCode

EYES = range(60, 66)


def code(seed, shot, **conditions):
    return iris.encode(iris.analyse(synthesis.grow(seed).capture(seed=shot, **conditions)[0]))


@pytest.fixture(scope="module")
def first():
    return [code(seed, 1) for seed in EYES]


@pytest.mark.parametrize(
    "conditions",
    [{"dilation": 0.55}, {"scale": 0.7}, {"defocus": 1.5}, {"lid_opening": 0.75}, {"roll": 0.3}, {"roll": -1.2}],
    ids=str,
)
def test_the_same_eye_again_is_nearer_than_any_other(first, conditions):
    second = [code(seed, 2, **conditions) for seed in EYES]
    table = np.array([[iris.distance(a, b) for b in second] for a in first])
    assert np.all(table.argmin(1) == np.arange(len(first)))
    assert np.all(np.diag(table) < iris.SAME_EYE)
    assert np.all(table[~np.eye(len(first), dtype=bool)] > iris.SAME_EYE)


def test_distance_is_symmetric_and_zero_to_itself(first):
    a, b = first[:2]
    assert iris.distance(a, b) == pytest.approx(iris.distance(b, a))
    assert iris.distance(a, a) == 0.0


def test_left_and_right_eye_of_one_person_are_two_eyes():
    pair = synthesis.grow_pair(70)
    right, left = (iris.encode(iris.analyse(pair[eye].capture(seed=1, eye=eye)[0])) for eye in ("right", "left"))
    assert iris.distance(right, left) > iris.SAME_EYE
    assert right.eye == "right"


def test_one_to_many_is_one_to_one_many_times(first):
    probe = code(EYES[2], 5)
    found = iris.distances(probe, first)
    assert np.array_equal(found, [iris.distance(probe, one) for one in first])
    assert found.argmin() == 2


def test_the_packed_comparison_is_the_plain_hamming_distance(first):
    a, b = first[0], first[1]
    bits_a, bits_b = comparison._unpacked(a.bits), comparison._unpacked(b.bits)
    both = comparison._unpacked(a.mask) & comparison._unpacked(b.mask)
    share = (bits_a ^ bits_b)[both].mean()
    expected = 0.5 - (0.5 - share) * np.sqrt(both.sum() / 900)
    assert iris.distance(a, b, widest_turn=0) == pytest.approx(np.clip(expected, 0, 1))


def test_codes_of_another_encoder_do_not_compare(first):
    other = IrisCode(first[0].bits, first[0].mask, 128, "someone else's 2")
    with pytest.raises(ValueError, match="someone else's 2"):
        iris.distance(first[0], other)


def test_no_eye_has_no_code():
    assert iris.encode(iris.analyse(IrisSample(np.zeros((120, 160), np.uint8)))) == Missing("iris.no_eye")
