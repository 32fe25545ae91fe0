"""Hints of a live view."""

import numpy as np

from ktpel_capture import Frame, IrisRequest
from ktpel_capture.iris import live, synthesis


def seen(image, watcher=None, number=1, request=None):
    watcher = watcher or live.watch(request or IrisRequest(("right",)))
    return [hint.key or "good" for hint in watcher.see(Frame(image, number, 0.1 * number))]


def test_a_well_framed_eye_is_good_and_faults_have_names():
    eye = synthesis.grow(11)
    assert seen(eye.capture(seed=1)[0].image) == ["good"]
    assert "iris.move_closer" in seen(eye.capture(seed=1, scale=0.45)[0].image)
    assert "iris.centre_the_eye" in seen(eye.capture(seed=1, shift=(-0.36, 0.0))[0].image)
    assert seen(np.zeros((240, 320), np.uint8)) == ["iris.no_eye"]


def test_one_eye_of_two_is_named():
    pair = synthesis.grow_pair(12)
    both, _ = synthesis.capture_binocular(pair, seed=1)
    assert seen(both, request=IrisRequest()) == ["good"]
    only_left, _ = synthesis.capture_binocular({"left": pair["left"]}, seed=1)
    assert seen(only_left, request=IrisRequest()) == ["iris.right_eye_not_seen"]


def test_an_eye_that_moves_is_told_to_hold_still():
    eye, watcher = synthesis.grow(13), live.watch(IrisRequest(("left",)))
    assert seen(eye.capture(seed=1)[0].image, watcher, 1) == ["good"]
    assert seen(eye.capture(seed=2, shift=(0.06, 0.0))[0].image, watcher, 2) == ["iris.hold_still"]
