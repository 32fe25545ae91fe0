"""Hints while the pupil sits there."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture.face import watch
from ktpel_capture.face.synthesis import grow
from ktpel_capture.messages import catalogue
from ktpel_capture.quality import Hint
from ktpel_capture.requests import FaceRequest, Frame

LANDSCAPE = (1280, 720)


def seen(sample):
    """Hints of the second frame of a sitter who keeps still."""
    watcher = watch(FaceRequest())
    watcher.see(Frame(sample.image, 0, 0.0))
    return watcher.see(Frame(sample.image, 1, 1 / 15))


@pytest.mark.parametrize("size", [LANDSCAPE, (600, 800)])
@pytest.mark.parametrize("seed", range(10))
def test_nothing_stands_against_a_person_well_seated(seed, size):
    sample, _ = grow(seed).capture(seed=1, size=size)
    assert seen(sample) == (Hint(good=True),)


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        ({"distance": 1.7}, "face.move_closer"),
        ({"distance": 0.65}, "face.move_back"),
        ({"shift": (0.08, 0.0)}, "face.move_right"),
        ({"shift": (-0.08, 0.0)}, "face.move_left"),
        ({"shift": (0.0, 0.12)}, "face.camera_down"),
        ({"shift": (0.0, -0.15)}, "face.camera_up"),
        ({"yaw": 0.3}, "face.turn_right"),
        ({"pitch": 0.3}, "face.chin_up"),
        ({"roll": -0.25}, "face.straighten_right"),
        ({"eyes_closed": 1.0}, "face.open_eyes"),
        ({"mouth_open": 0.8}, "face.close_mouth"),
        ({"exposure": 0.2}, "face.too_dark"),
        ({"exposure": 3.0}, "face.too_bright"),
        ({"someone_behind": True}, "face.someone_else"),
        ({"spectacles": True}, "face.take_off_glasses"),
    ],
)
def test_the_fault_is_the_hint(condition, key):
    for seed in (0, 5):
        sample, _ = grow(seed).capture(seed=2, size=LANDSCAPE, **condition)
        assert seen(sample)[0].key == key


def test_a_sitter_who_moves_is_asked_to_hold_still():
    watcher, person = watch(FaceRequest()), grow(3)
    for sequence, shift in enumerate((0.0, 0.03, 0.0)):
        sample, _ = person.capture(seed=1, size=LANDSCAPE, shift=(shift, 0.0))
        hints = watcher.see(Frame(sample.image, sequence, sequence / 15))
    assert hints[0].key == "face.hold_still"
    assert watcher.see(Frame(sample.image, 4, 0.3)) == (Hint(good=True),)


@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 255))
@settings(max_examples=15, deadline=None)
def test_every_frame_gets_hints_that_have_words(height, width, level):
    frame = Frame(np.full((height, width), level, np.uint8), 0, 0.0)
    for hint in watch(FaceRequest()).see(frame):
        assert hint.good or hint.key in catalogue("id")


def test_an_empty_chair_and_a_dark_room():
    assert seen(type("S", (), {"image": np.full((720, 1280, 3), 150, np.uint8)}))[0].key == "face.no_face"
    assert seen(type("S", (), {"image": np.full((720, 1280, 3), 12, np.uint8)}))[0].key == "face.too_dark"
