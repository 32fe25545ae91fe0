"""Whatever picture comes, analysis, assessment, overlay and code answer; a warning would fail the test."""

import cv2
import numpy as np
import pytest

from ktpel_capture import IrisSample, Missing, iris
from ktpel_capture.iris import synthesis
from shared import shared_data


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


def test_closed_lids_are_named():
    for seed in range(300, 310):
        sample, _ = synthesis.grow(seed).capture(seed=1, lid_opening=0.0, size=(400, 300))
        assert answers(sample.image).pupil == Missing("iris.eye_closed")


def test_a_lid_half_shut_is_found_or_named():
    for seed in range(310, 320):
        pupil = answers(synthesis.grow(seed).capture(seed=1, lid_opening=0.4, size=(400, 300))[0].image).pupil
        assert not isinstance(pupil, Missing) or pupil == Missing("iris.open_wide")


def test_an_eye_drowned_in_light_is_named():
    for seed in range(320, 325):
        sample, _ = synthesis.grow(seed).capture(seed=1, exposure=3.0, size=(400, 300))
        assert answers(sample.image).pupil == Missing("iris.too_bright")


@pytest.mark.parametrize("level", [0, 120, 255])
def test_an_even_picture_is_no_eye(level):
    assert answers(np.full((480, 640), level, np.uint8)).pupil == Missing("iris.no_eye")


def test_faces_are_no_eye():
    faces = sorted(path for path in shared_data("face/sfhq").rglob("*") if path.suffix in (".jpg", ".png", ".webp"))[
        ::40
    ]
    assert faces
    for face in faces:
        image = cv2.imread(str(face), cv2.IMREAD_GRAYSCALE)
        assert isinstance(iris.analyse(IrisSample(image)).pupil, Missing), face.name


def test_cards_of_fingerprints_are_no_eye():
    """Holes and blots in paper are round and dark, and paper around them is brighter than any iris."""
    cards = sorted((shared_data("fingerprint/nist_images")).glob("*.png"))
    assert cards
    for card in cards:
        image = cv2.imread(str(card), cv2.IMREAD_GRAYSCALE)
        assert isinstance(iris.analyse(IrisSample(image)).pupil, Missing), card.name


def test_a_small_eye_and_a_turned_one():
    eye = synthesis.grow(330)
    assert isinstance(answers(eye.capture(seed=1, size=(50, 50), scale=0.4)[0].image).pupil, Missing)
    image = eye.capture(seed=1)[0].image
    upright, turned = answers(image), answers(np.ascontiguousarray(np.rot90(image, 2)))
    assert turned.limbus.x == pytest.approx(639 - upright.limbus.x, abs=2.0)
    assert turned.limbus.y == pytest.approx(479 - upright.limbus.y, abs=4.0)


def test_a_very_large_picture_is_looked_at_like_any_other():
    small, _ = synthesis.grow(4).capture(seed=1, size=(400, 300))
    large = np.kron(small.image, np.ones((10, 10), np.uint8))
    assert answers(large).limbus.radius == pytest.approx(10 * iris.analyse(small).limbus.radius, rel=0.03)
