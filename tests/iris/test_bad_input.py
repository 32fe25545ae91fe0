"""Whatever picture comes, analysis, assessment, overlay and code answer; a warning would fail the test."""

import numpy as np
import pytest

from ktpel_capture import IrisSample, Missing, iris
from ktpel_capture.iris import synthesis


def answers(image):
    analysis = iris.analyse(IrisSample(image))
    report = iris.assess(analysis)
    assert set(report.measurements) == {name for measure in iris.MEASURES for name in measure.ids}
    iris.encode(analysis)
    iris.overlay.draw(analysis)
    return analysis


@pytest.mark.parametrize("seed", range(24))
def test_any_eye_however_badly_placed(seed):
    rng = np.random.default_rng(seed)
    sample, _ = synthesis.grow(seed).capture(
        seed=seed,
        lid_opening=rng.uniform(0, 1),
        dilation=rng.uniform(0.12, 0.84),
        scale=rng.uniform(0.3, 2.5),
        shift=tuple(rng.uniform(-0.5, 0.5, 2)),
        roll=rng.uniform(-3, 3),
        size=[(50, 50), (320, 240), (480, 360), (90, 300)][seed % 4],
    )
    answers(sample.image)


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (50, 3), (8, 8), (16, 400), (240, 320), (480, 640)], ids=str)
def test_noise_of_any_shape_and_strength_is_no_eye(shape):
    for seed, deviation in enumerate((20, 50, 120)):
        noise = np.random.default_rng(seed).normal(128, deviation, shape).clip(0, 255).astype(np.uint8)
        assert answers(noise).pupil == Missing("iris.no_eye")


def test_closed_lids_are_no_eye():
    for seed in range(300, 310):
        sample, _ = synthesis.grow(seed).capture(seed=1, lid_opening=0.0, size=(400, 300))
        assert iris.analyse(sample).pupil == Missing("iris.no_eye")


def test_a_very_large_picture_is_looked_at_like_any_other():
    small, _ = synthesis.grow(4).capture(seed=1, size=(400, 300))
    large = np.kron(small.image, np.ones((10, 10), np.uint8))
    assert answers(large).limbus.radius == pytest.approx(10 * iris.analyse(small).limbus.radius, rel=0.03)
