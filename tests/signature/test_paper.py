"""Ink on paper, photographed: the ink is found in uneven light and on lined paper, and drawn as a pad's would be."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture.quality import Missing
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature import grow, ink_on_paper, render, render_paper
from signature.paper_photos import photograph

few = settings(deadline=None, max_examples=3)


def agreement(found, truth):
    """(precision, recall) of ink, forgiving one pixel at the edge."""
    found, truth = found > 127, truth > 0.5
    wider = [cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0 for mask in (found, truth)]
    return (found & wider[1]).sum() / found.sum(), (truth & wider[0]).sum() / truth.sum()


CONDITIONS = {
    "plain": {"lined": False},
    "lined": {},
    "dark lines": {"rule": 0.55},
    "faint ink": {"ink": (115, 115, 160)},
    "deep shade": {"shade": 1.2},
    "tilted and bowed": {"tilt": 0.12, "bow": 12},
    "out of focus": {"blur": 2.0},
    "small": {"size": (520, 300)},
    "black pen": {"ink": (25, 25, 28)},
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_ink_is_found_and_nothing_else(condition):
    photo, truth = photograph(grow(11).capture(seed=1)[0], seed=11, **CONDITIONS[condition])
    precision, recall = agreement(ink_on_paper(photo).coverage, truth)
    assert precision > 0.97
    assert recall > 0.97


@few
@given(st.integers(0, 200))
def test_the_cards_picture_is_the_one_a_pad_gives(person):
    sample, _ = grow(person).capture(seed=1, force=False, pad_size=(300.0, 200.0))
    photo, _ = photograph(sample, seed=person)
    paper, pad = render_paper(photo, 600, 240), render(sample, 600, 240)
    precision, recall = agreement(paper[..., 3], cv2.dilate(pad[..., 3], np.ones((5, 5))) / 255)
    assert precision > 0.97
    precision, recall = agreement(cv2.dilate(paper[..., 3], np.ones((5, 5))), pad[..., 3] / 255)
    assert recall > 0.95
    assert 0.6 < (paper[..., 3] > 127).sum() / (pad[..., 3] > 127).sum() < 1.6
    assert not paper[..., :3].any()


@few
@given(st.integers(0, 200), st.sampled_from([1, 2, 3]))
def test_turning_the_photograph_turns_the_ink(person, turns):
    photo, _ = photograph(grow(person).capture(seed=1)[0], seed=person)
    upright = ink_on_paper(photo).coverage
    turned = ink_on_paper(np.ascontiguousarray(np.rot90(photo, turns))).coverage
    precision, recall = agreement(np.rot90(turned, -turns), upright / 255)
    assert min(precision, recall) > 0.97


@few
@given(st.floats(0.45, 1.0))
def test_darker_light_changes_nothing(factor):
    photo, truth = photograph(grow(5).capture(seed=1)[0], seed=5, shade=0.2)
    precision, recall = agreement(ink_on_paper((photo * factor).astype(np.uint8)).coverage, truth)
    assert min(precision, recall) > 0.97


def test_a_large_photograph_is_made_smaller_first():
    photo, _ = photograph(grow(5).capture(seed=1)[0], seed=5)
    assert ink_on_paper(cv2.resize(photo, None, fx=3, fy=3)).coverage.shape == (1127, 2000)


def test_paper_without_ink_has_none():
    nothing = SignatureSample([0.0], [5.0], [5.0])
    for lined in (True, False):
        photo, _ = photograph(nothing, seed=1, lined=lined, ink=(236, 236, 236))
        assert ink_on_paper(photo) == Missing("signature.no_ink_on_paper")
        assert render_paper(photo, 90, 36) == Missing("signature.no_ink_on_paper")


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (40, 2), (90, 130)])
def test_odd_pictures_have_no_ink_and_raise_nothing(shape):
    for level in (0, 128, 255):
        assert ink_on_paper(np.full((*shape, 3), level, np.uint8)) == Missing("signature.no_ink_on_paper")
    assert ink_on_paper(np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)) is not None


def test_no_picture_has_no_pixel():
    with pytest.raises(ValueError, match="not 0 x 9"):
        render_paper(np.zeros((9, 9, 3), np.uint8), 0, 9)
