"""Where an eye looks, told by the lamps' reflection in it."""

import cv2
import numpy as np
import pytest

from ktpel_capture import Frame, IrisRequest, IrisSample, Missing, iris
from ktpel_capture.iris import live, synthesis
from ktpel_capture.iris.boundaries import Circle
from ktpel_capture.iris.gaze import LAG, reflection_from_pupil
from shared import shared_data


def spots(*places, size=3, shape=(180, 260)):
    canvas = np.zeros(shape, np.uint8)
    for x, y in places:
        cv2.circle(canvas, (x, y), size, 1, -1)
    return canvas.view(np.bool_)


EYE = Circle(140.0, 90.0, 30.0, 1.0), Circle(138.0, 92.0, 70.0, 1.0)


def test_reflections_side_by_side_count_as_one_and_far_or_large_ones_not_at_all():
    pair = reflection_from_pupil(spots((150, 80), (158, 80)), *EYE)
    assert pair == pytest.approx((14 / 70, -10 / 70), abs=0.01)
    assert reflection_from_pupil(spots((150, 80), (158, 80), (140, 135), (230, 90)), *EYE) == pytest.approx(pair)
    assert reflection_from_pupil(spots(), *EYE) is None
    assert reflection_from_pupil(spots((140, 90), size=32), *EYE) is None  # as large as a spectacle lens mirrors


def test_a_ring_of_lamps_has_its_middle():
    ring = cv2.circle(np.zeros((180, 260), np.uint8), (143, 94), 14, 1, 7).view(np.bool_)
    assert reflection_from_pupil(ring, *EYE) == pytest.approx((3 / 70, 4 / 70), abs=0.01)


@pytest.mark.parametrize("degrees", [10, 15, 20, 25])
def test_the_angle_is_about_the_true_one(degrees):
    """In the median of eyes that look to all sides; a lamp beside the lens shifts each by up to 15 degrees."""
    found = []
    for seed in range(60, 76):
        way = 2 * np.pi * seed / 16
        gaze = tuple(np.radians(degrees) * np.array([np.cos(way), 0.6 * np.sin(way)]))
        sample, _ = synthesis.grow(seed).capture(seed=1, gaze=gaze, lid_opening=1.1, size=(480, 360))
        value = iris.assess(sample).measurements["iris.gaze_angle"].native
        if not isinstance(value, Missing):
            found.append(value - np.degrees(np.hypot(*gaze)))
    assert len(found) >= 14
    assert abs(np.median(found)) < 6
    assert np.abs(found).max() < 20


def test_a_turned_or_mirrored_eye_looks_as_far_aside():
    """Within 6 degrees: which faint spots beside a reflection belong to it depends on where blocks of pixels begin."""
    for seed in (61, 62):
        image = synthesis.grow(seed).capture(seed=1, gaze=(0.25, 0.1))[0].image
        upright = iris.analyse(IrisSample(image)).glint
        turned = iris.analyse(IrisSample(np.ascontiguousarray(np.rot90(image, 2)))).glint
        mirrored = iris.analyse(IrisSample(np.ascontiguousarray(image[:, ::-1]))).glint
        assert turned == pytest.approx((-upright[0], -upright[1]), abs=0.08)
        assert mirrored == pytest.approx((-upright[0], upright[1]), abs=0.08)


def test_no_reflection_is_no_angle():
    sample, truth = synthesis.grow(63).capture(seed=1, lid_opening=1.1)
    image = sample.image.copy()
    middle, radius = truth.pupil.mean(0), 0.96 * np.hypot(*(truth.pupil - truth.pupil.mean(0)).T).min()
    pupil = np.hypot(*(np.indices(image.shape)[::-1] - middle[:, None, None])) < radius
    image[pupil] = np.median(image[pupil])
    usual = np.median(image[truth.mask])
    spotless = np.where(truth.annulus & (image > 1.3 * usual), usual, image)
    measured = iris.assess(IrisSample(spotless.astype(np.uint8))).measurements
    assert measured["iris.gaze_angle"].native == Missing("iris.no_reflection")


def test_the_formula_at_its_ends():
    gaze_angle = iris.measures.gaze_angle
    assert gaze_angle((0.0, 0.0)) == 0.0
    assert gaze_angle((0.0, LAG * np.sin(np.radians(20)))) == pytest.approx(20)
    assert gaze_angle((3.0, 0.0)) == pytest.approx(90)


@pytest.mark.parametrize("number", range(11))
def test_real_eyes_that_look_into_the_lens_are_left_alone(number):
    image = cv2.imread(str(shared_data(f"iris/irex/{number:02d}.pgm")), cv2.IMREAD_GRAYSCALE)
    assert iris.assess(IrisSample(image)).measurements["iris.gaze_angle"].native < 16
    keys = {hint.key for hint in live.watch(IrisRequest(("right",))).see(Frame(image, 1, 0.0))}
    assert "iris.look_at_lens" not in keys
