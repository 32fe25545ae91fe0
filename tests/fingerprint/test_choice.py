"""Two fingers for the chip."""

from dataclasses import dataclass

import pytest
from hypothesis import given, strategies as st

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint.choice import PREFERRED
from ktpel_capture.quality import Missing
from ktpel_capture.samples import FINGERS


@dataclass
class Report:
    score: float | Missing


@given(st.sets(st.sampled_from(FINGERS)))
def test_two_of_those_there_are_the_preferred_first(fingers):
    chosen = fingerprint.best_two(fingers)
    assert len(chosen) == min(2, len(fingers))
    assert set(chosen) <= fingers
    assert [PREFERRED.index(finger) for finger in chosen] == sorted(PREFERRED.index(finger) for finger in fingers)[:2]


@given(st.dictionaries(st.sampled_from(FINGERS), st.integers(0, 100), min_size=2), st.integers(0, 100))
def test_no_poor_finger_is_chosen_while_a_better_one_is_left(scores, least):
    chosen = fingerprint.best_two({finger: Report(score) for finger, score in scores.items()}, least=least)
    good = sum(score >= least for score in scores.values())
    assert sum(scores[finger] >= least for finger in chosen) == min(2, good)


def test_all_ten_give_both_index_fingers_and_every_finger_has_its_place():
    assert fingerprint.best_two(FINGERS) == ("right_index", "left_index")
    assert sorted(PREFERRED) == sorted(FINGERS)


@pytest.mark.parametrize("score", [Missing("fingerprint.blank"), 12.0])
def test_a_finger_without_a_good_print_gives_way(score):
    reports = {"right_index": Report(score), "left_index": Report(70.0), "left_thumb": Report(50.0)}
    assert fingerprint.best_two(reports, least=40) == ("left_index", "left_thumb")
    assert fingerprint.best_two(reports) == ("right_index", "left_index")
