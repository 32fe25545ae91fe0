"""What an operator is shown: why an eye was refused, and the eye itself left to be seen."""

import numpy as np
import pytest

from ktpel_capture import IrisSample, iris
from ktpel_capture.assessment import load_profile
from ktpel_capture.iris import synthesis

RED, AMBER = (150, 20, 20), (150, 110, 0)


def drawn(sample, **options):
    analysis = iris.analyse(sample)
    findings = load_profile("ktpel").judge(iris.assess(analysis), {"sensor": "vga"}).findings
    return iris.overlay.draw(analysis, findings, **options), findings, analysis


def capture(seed=20, **conditions):
    return synthesis.grow(seed).capture(seed=1, **conditions)[0]


REFUSED = {
    "closed": ({"lid_opening": 0.0}, "iris.eye_closed"),
    "out of focus": ({"defocus": 4.0}, "iris.out_of_focus"),
    "moving": ({"motion": 14.0}, "iris.hold_still"),
    "dark": ({"exposure": 0.15}, "iris.too_dark_or_flat"),
    "too bright": ({"exposure": 3.0}, "iris.too_bright"),
    "wide": ({"dilation": 0.78}, "iris.pupil_too_wide"),
    "off the middle": ({"shift": (0.33, 0.0)}, "iris.centre_the_eye"),
    "near": ({"scale": 2.0}, "iris.move_back"),
    "far": ({"scale": 0.6}, "iris.move_closer"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_refused_eye_says_what_to_do_on_red(fault):
    conditions, key = REFUSED[fault]
    for seed in (20, 21, 23):
        picture, findings, _ = drawn(capture(seed, **conditions))
        assert findings[0].severity == "reject"
        assert findings[0].advice.key == key
        assert tuple(picture[2, 2]) == RED
        assert picture.shape[1:] == (800, 3)


def test_a_warning_stands_on_amber_and_a_good_eye_bears_no_sentence():
    warned, findings, _ = drawn(capture(7, spectacles=True))
    assert {finding.severity for finding in findings} == {"warn"}
    assert tuple(warned[2, 2]) == AMBER
    good, findings, _ = drawn(capture(20))
    assert not findings
    assert good.shape[0] == 600 + 128  # the eye and its band
    assert np.array_equal(good[2, 2], np.repeat(good[2, 2, :1], 3))


def test_the_same_advice_is_written_once_and_three_at_most():
    sample = capture(20, shift=(0.3, 0.0), defocus=4.0, lid_opening=0.7, exposure=0.5)
    analysis = iris.analyse(sample)
    findings = (*drawn(sample)[1], *drawn(capture(20, lid_opening=0.0))[1])
    by_key = {finding.advice.key: finding for finding in reversed(findings)}
    assert len(by_key) > 3
    worst = sorted(by_key.values(), key=findings.index)[:3]
    shown = iris.overlay.draw(analysis, findings)
    assert np.array_equal(shown, iris.overlay.draw(analysis, (*findings, *findings)))
    heights = [iris.overlay.draw(analysis, worst[:count]).shape[0] for count in range(4)]
    assert heights == sorted(set(heights))
    assert heights[3] == shown.shape[0]


def test_the_usable_iris_is_left_as_it_is_and_the_hidden_one_is_reddened():
    sample = capture(20, size=(800, 600))
    analysis = iris.analyse(sample)
    picture = iris.overlay.draw(analysis)[:600].astype(int)
    grey = (picture[..., 0] == sample.image) & (picture[..., 1] == sample.image) & (picture[..., 2] == sample.image)
    hidden = analysis.annulus & ~analysis.mask
    assert grey[analysis.mask].mean() > 0.9  # all but the lines
    assert (picture[..., 0] > picture[..., 1] + 40)[hidden].mean() > 0.7


def test_the_sentence_comes_in_the_language_asked_for():
    sample = capture(20, defocus=4.0)
    indonesian, english = (drawn(sample, language=language)[0] for language in ("id", "en"))
    assert np.array_equal(indonesian[-700:], english[-700:])
    assert not np.array_equal(indonesian[:40], english[:40])


def test_an_arrow_leads_a_misplaced_eye_to_the_middle():
    sample = capture(20, shift=(0.33, 0.0))
    findings = drawn(sample)[1]
    analysis = iris.analyse(sample)
    plain = iris.overlay.draw(analysis)
    shown = iris.overlay.draw(analysis, findings)[-plain.shape[0] :]
    rows, columns = np.nonzero((plain != shown).any(2))
    assert columns.min() == pytest.approx(400, abs=12)
    assert columns.max() == pytest.approx(analysis.limbus.x * 800 / 640, abs=12)
    assert rows.mean() == pytest.approx(np.mean([300, analysis.limbus.y * 800 / 640]), abs=12)


@pytest.mark.parametrize("shape", [(1, 1), (9, 400), (400, 9), (480, 640)], ids=str)
def test_a_picture_of_any_shape_is_drawn(shape):
    picture, _, _ = drawn(IrisSample(np.zeros(shape, np.uint8)))
    assert picture.shape[1:] == (800, 3)
