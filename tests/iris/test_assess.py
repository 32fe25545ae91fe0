"""A whole eye: found, measured, judged; and what is no eye is called so."""

import cv2
import numpy as np
import pytest
from hypothesis import Phase, given, settings, strategies as st

from ktpel_capture import IrisSample, Missing, iris
from ktpel_capture.assessment import load_profile
from ktpel_capture.iris import synthesis
from shared import shared_data

seeds = st.integers(0, 10_000)
EYES = [f"{number:02d}.pgm" for number in range(11)]


def overlap(a, b):
    return (a & b).sum() / max((a | b).sum(), 1)


@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seeds, st.floats(0.2, 0.7), st.floats(0.75, 1.2), st.floats(-0.08, 0.08))
def test_the_boundaries_of_a_grown_eye_are_found_where_they_are(seed, dilation, scale, shift):
    sample, truth = synthesis.grow(seed).capture(seed=1, dilation=dilation, scale=scale, shift=(shift, shift))
    found = iris.analyse(sample)
    pupil, limbus = truth.pupil.mean(0), truth.limbus.mean(0)
    assert np.hypot(found.pupil.x - pupil[0], found.pupil.y - pupil[1]) < 1.0
    assert np.hypot(found.limbus.x - limbus[0], found.limbus.y - limbus[1]) < 6.0
    assert overlap(found.annulus, truth.annulus) > 0.85


@pytest.mark.parametrize("name", EYES)
def test_a_real_eye_has_every_measure_and_a_good_one_is_accepted(name):
    image = cv2.imread(str(shared_data(f"iris/irex/{name}")), cv2.IMREAD_GRAYSCALE)
    report = iris.assess(IrisSample(image))
    assert not [key for key, value in report.measurements.items() if isinstance(value.native, Missing)]
    assert report.score > 40
    assert load_profile("ktpel").judge(report).accepted


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((240, 320), np.uint8),
        np.full((240, 320), 255, np.uint8),
        np.random.default_rng(1).integers(0, 256, (480, 640)).astype(np.uint8),
        np.tile(np.linspace(0, 255, 640).astype(np.uint8), (480, 1)),
        np.zeros((1, 1), np.uint8),
        np.zeros((50, 3), np.uint8),
    ],
    ids=["black", "white", "noise", "ramp", "one pixel", "sliver"],
)
def test_what_is_no_eye_has_no_boundaries_and_no_score(image):
    report = iris.assess(IrisSample(image))
    assert report.score == Missing("iris.no_eye")
    assert report.measurements["iris.usable_iris_area"].native == Missing("iris.no_eye")
    verdict = load_profile("ktpel").judge(report)
    assert not verdict.accepted
    assert verdict.advice.key == "iris.no_eye"


def test_the_overlay_of_an_eye_and_of_none_can_be_shown():
    for lid_opening in (1.0, 0.0):
        sample, _ = synthesis.grow(3).capture(seed=1, lid_opening=lid_opening, size=(400, 300))
        picture = iris.overlay.draw(iris.analyse(sample))
        assert picture.dtype == np.uint8
        assert picture.shape[1:] == (800, 3)
