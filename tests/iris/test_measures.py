"""Each measure moves with the defect it names, and is what its formula says."""

from functools import cache

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose

from ktpel_capture import IrisSample, Missing, iris
from ktpel_capture.iris import measures, synthesis
from ktpel_capture.iris.analysis import Zones
from shared import shared_data

EYES = range(40, 47)


def native(sample, name):
    return iris.assess(sample).measurements[f"iris.{name}"].native


@cache
def reports(conditions):
    eyes = (synthesis.grow(seed).capture(seed=1, size=(480, 360), **dict(conditions))[0] for seed in EYES)
    return [iris.assess(eye).measurements for eye in eyes]


def medians(name, **conditions):
    """Median over several grown eyes; a missing value would make it fail."""
    return np.median([report[f"iris.{name}"].native for report in reports(tuple(conditions.items()))])


@pytest.mark.parametrize(
    ("name", "better", "worse", "rises"),
    [
        ("usable_iris_area", {}, {"lid_opening": 0.7}, False),
        ("motion_blur", {}, {"motion": 6.0}, True),
        ("defocus_blur", {}, {"defocus": 1.5}, True),
        ("sharpness", {}, {"defocus": 1.5}, False),
        ("interlace", {}, {"interlace": 4.0}, True),
        ("gaze_angle", {}, {"gaze": (0.4, 0.0)}, True),
        ("iris_radius", {}, {"scale": 0.7}, False),
        ("pupil_iris_ratio", {"dilation": 0.3}, {"dilation": 0.6}, True),
        ("margin_adequacy", {}, {"shift": (-0.3, 0.0)}, False),
        ("iris_pupil_contrast", {}, {"exposure": 0.35}, False),
        ("pattern_regularity", {}, {"lens": "textured"}, True),
    ],
)
def test_a_measure_moves_the_right_way_with_the_defect_it_names(name, better, worse, rises):
    before, after = medians(name, **better), medians(name, **worse)
    assert after > before if rises else after < before


@pytest.mark.parametrize(
    ("name", "defect", "tolerance"),
    [
        ("iris_radius", {"defocus": 1.5}, 2.0),
        ("pupil_iris_ratio", {"defocus": 1.5}, 1.0),
        ("motion_blur", {"defocus": 1.5}, 2.0),
        ("interlace", {"lid_opening": 0.8}, 0.2),
        ("defocus_blur", {"motion": 6.0}, 1.0),
        ("iris_pupil_concentricity", {"noise": 6.0}, 1.0),
    ],
)
def test_a_measure_stays_where_it_is_under_another_defect(name, defect, tolerance):
    assert medians(name, **defect) == pytest.approx(medians(name), abs=tolerance)


TURNS = {"half a turn": lambda image: np.rot90(image, 2), "mirrored": lambda image: image[:, ::-1]}
STEADY = {
    "usable_iris_area": 12.0,
    "iris_radius": 3.5,  # 3 %: which lid hides the limbus changes
    "pupil_iris_ratio": 1.5,
    "iris_pupil_concentricity": 3.0,  # 3 % of a radius, likewise
    "iris_sclera_contrast": 3.0,
    "iris_pupil_contrast": 1.5,
    "grey_scale_utilisation": 1e-9,
    "interlace": 0.02,
    "motion_blur": 1.5,
    "defocus_blur": 0.5,
}


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("number", [0, 4, 7])
def test_a_turned_or_mirrored_real_eye_measures_the_same(number, turn):
    image = cv2.imread(str(shared_data(f"iris/irex/{number:02d}.pgm")), cv2.IMREAD_GRAYSCALE)
    upright = iris.assess(IrisSample(image)).measurements
    turned = iris.assess(IrisSample(np.ascontiguousarray(TURNS[turn](image)))).measurements
    for name, tolerance in STEADY.items():
        assert turned[f"iris.{name}"].native == pytest.approx(upright[f"iris.{name}"].native, abs=tolerance), name


def test_contrasts_are_the_formulas_of_the_medians():
    zones = Zones(pupil=20.0, inner_iris=80.0, outer_iris=90.0, sclera=170.0)
    assert measures.iris_sclera_contrast(zones) == pytest.approx(100 * 80 / (170 + 90 - 40))
    weber = 60 / 40
    assert measures.iris_pupil_contrast(zones) == pytest.approx(100 * weber / (0.75 + weber))
    assert measures.iris_sclera_contrast(Zones(100.0, 80.0, 90.0, 170.0)) == 0.0
    hidden = Missing("iris.too_little_seen")
    assert measures.iris_sclera_contrast(Zones(20.0, 80.0, 90.0, hidden)) == hidden


def test_a_constant_grey_carries_no_information_and_all_levels_carry_eight_bits():
    limbus = iris.analyse(synthesis.grow(1).capture(seed=1)[0]).limbus
    assert measures.grey_scale_utilisation(np.full((30, 40), 7, np.uint8), limbus) == 0.0
    assert measures.grey_scale_utilisation(np.arange(256, dtype=np.uint8).reshape(8, 32), limbus) == pytest.approx(8.0)


def test_both_readings_of_circularity_give_100_to_a_circle_and_less_to_an_ellipse():
    angles = np.linspace(0, 2 * np.pi, 256, endpoint=False)
    circle = np.full(256, 40.0)
    assert measures._circularity(circle) == pytest.approx(100.0)
    assert measures._circularity(circle + np.cos(2 * angles)) == pytest.approx(100 - 256 / 4)
    assert measures._circularity(1 + 0.05 * np.cos(2 * angles)) == pytest.approx(100 - 256 * 0.05**2 / 4)


def test_a_gap_of_8_pixels_at_any_side_is_no_adequate_margin():
    """BIQT-Iris counts right and lower gaps with the wrong sign and calls 8 px there a full margin."""
    image = synthesis.grow(21).capture(seed=1, lid_opening=1.1)[0].image
    limbus = iris.analyse(IrisSample(image)).limbus
    left, right = int(limbus.x - limbus.radius) - 8, int(limbus.x + limbus.radius) + 9
    top, bottom = int(limbus.y - limbus.radius) - 8, int(limbus.y + limbus.radius) + 9
    for window in (np.s_[:, left:], np.s_[:, :right], np.s_[top:], np.s_[:bottom]):
        found = native(IrisSample(np.ascontiguousarray(image[window])), "margin_adequacy")
        assert not isinstance(found, Missing)
        assert found < 50


def test_sharpness_does_not_add_rows_up_before_it_squares():
    """BIQT-Iris squares the running sum of a row, which mirroring alone may change tenfold."""
    image = synthesis.grow(3).capture(seed=1, size=(641, 481))[0].image
    mirrored = np.ascontiguousarray(image[:, ::-1])
    assert_allclose(iris.focus([mirrored]), iris.focus([image]), rtol=1e-12)


def test_every_row_is_documented_and_in_range_on_grown_eyes():
    report = iris.assess(synthesis.grow(5).capture(seed=1)[0])
    for measure in iris.MEASURES:
        assert measure.summary
        assert measure.source
        for identifier in measure.ids:
            value = report.measurements[identifier].native
            assert measure.range[0] <= value <= measure.range[1], identifier
