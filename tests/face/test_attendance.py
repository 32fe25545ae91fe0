"""The subject of a session: there, gone, or another."""

import numpy as np
import pytest

from ktpel_capture.face import SubjectWatch
from ktpel_capture.face.synthesis import PORTRAITS, grow
from ktpel_capture.requests import Frame

SIZE = (640, 360)


def chair(who, seed=2, **condition):
    """A frame of a person, or of nobody."""
    if who is None:
        return np.full((SIZE[1], SIZE[0], 3), 150, np.uint8)
    return grow(who).capture(seed=seed, size=SIZE, **condition)[0].image


def said(watching, images, rate=4):
    return [watching.see(Frame(image, number, number / rate)) for number, image in enumerate(images)]


@pytest.mark.parametrize("who", [0, 3, 5, 8])
def test_the_subject_stays_the_subject(who):
    watching = SubjectWatch([grow(who).capture(seed=1, size=(600, 800))[0]])
    assert set(said(watching, [chair(who)] * 4)) == {"present"}


def test_a_newcomer_is_another_whoever_it_is():
    for who in range(1, PORTRAITS):
        watching = SubjectWatch([grow(0).capture(seed=1, size=(600, 800))[0]])
        assert said(watching, [chair(who)])[-1] == "another", who


def test_who_leaves_is_away_and_comes_back():
    watching = SubjectWatch([grow(5).capture(seed=1, size=(600, 800))[0]])
    story = [chair(5)] * 2 + [chair(None)] * 6 + [chair(5, shift=(0.05, 0.0))] * 2
    answers = said(watching, story)
    assert answers[1] == "present"
    assert answers[3] == "present"  # a moment without a face is no absence yet
    assert answers[7] == "away"
    assert answers[-1] == "present"


def test_two_people_who_change_places_between_two_looks_are_noticed():
    watching = SubjectWatch([grow(5).capture(seed=1, size=(600, 800))[0]])
    answers = said(watching, [chair(5, shift=(-0.1, 0.0))] * 2 + [chair(3, shift=(0.12, 0.0))] * 2)
    assert answers == ["present", "present", "another", "another"]


def test_without_a_portrait_the_first_face_is_the_subject():
    answers = said(SubjectWatch(), [chair(None)] * 5 + [chair(4)] * 2 + [chair(None)] * 6 + [chair(2)] * 2)
    assert answers[5:7] == ["present"] * 2
    assert answers[-1] == "another"


def test_nobody_is_judged_while_turned_away():
    watching = SubjectWatch([grow(1).capture(seed=1, size=(600, 800))[0]])
    assert set(said(watching, [chair(2, yaw=-0.5, pitch=0.5)] * 3)) <= {"unsure", "away"}


def test_frames_between_looks_repeat_the_answer():
    watching = SubjectWatch([grow(1).capture(seed=1, size=(600, 800))[0]])
    assert watching.see(Frame(chair(1), 0, 0.0)) == "present"
    assert watching.see(Frame(chair(None), 1, 0.05)) == "present"
