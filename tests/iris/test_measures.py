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
        ("glare_area", {}, {"spectacles": True}, True),
        ("picture_filled", {}, {"scale": 1.5}, True),
        ("iris_grey_scale_utilisation", {}, {"exposure": 0.3}, False),
        ("grey_scale_utilisation", {}, {"exposure": 0.3}, False),
        ("pupil_iris_ratio", {"dilation": 0.6}, {"dilation": 0.2}, False),
        ("margin_adequacy", {}, {"shift": (0.0, 0.3)}, False),
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
        ("usable_iris_area", {"defocus": 1.5}, 6.0),
        ("usable_iris_area", {"motion": 6.0}, 6.0),
        ("iris_radius", {"dilation": 0.65}, 1.0),
        ("iris_radius", {"exposure": 0.4}, 1.0),
        ("iris_pupil_contrast", {"defocus": 1.5}, 2.0),
        ("iris_pupil_contrast", {"lid_opening": 0.8}, 2.0),
        ("iris_sclera_contrast", {"noise": 6.0}, 2.0),
        ("iris_sclera_contrast", {"exposure": 0.5}, 2.0),  # a ratio of differences: light takes no part
        ("iris_sclera_contrast", {"dilation": 0.65}, 2.0),
        ("margin_adequacy", {"defocus": 1.5}, 1.0),
        ("gaze_angle", {"defocus": 1.5}, 3.0),
        ("motion_blur", {"lid_opening": 0.8}, 1.0),
        ("motion_blur", {"exposure": 0.5}, 1.0),
        ("interlace", {"motion": 6.0}, 0.45),
        ("interlace", {"defocus": 1.5}, 0.45),
        ("glare_area", {"defocus": 1.5}, 1.5),
        ("pattern_regularity", {"lid_opening": 0.8}, 5.0),
        ("picture_filled", {"dilation": 0.65}, 1.0),
    ],
)
def test_a_measure_stays_where_it_is_under_another_defect(name, defect, tolerance):
    assert medians(name, **defect) == pytest.approx(medians(name), abs=tolerance)


TURNS = {"half a turn": lambda image: np.rot90(image, 2), "mirrored": lambda image: image[:, ::-1]}
STEADY = {
    "usable_iris_area": 15.0,  # lids are searched as an upper and a lower one; on its head an eye shows 10 less
    "iris_sclera_contrast": 2.0,
    "iris_pupil_contrast": 1.0,
    "pupil_boundary_circularity": 10.0,
    "pupil_boundary_circularity_relative": 0.05,
    "grey_scale_utilisation": 1e-9,
    "iris_grey_scale_utilisation": 0.3,
    "iris_radius": 3.5,  # 3 %: which lid hides the limbus changes
    "picture_filled": 1.5,
    "pupil_iris_ratio": 1.5,
    "iris_pupil_concentricity": 5.0,  # a share of the radius, likewise
    "margin_adequacy": 5.0,
    "sharpness": 4.0,  # at stride 4 it moves with its phase
    "motion_blur": 1.0,
    "defocus_blur": 0.5,
    "gaze_angle": 5.0,
    "interlace": 0.05,
    "pattern_regularity": 3.0,
    "glare_area": 1.5,
}


def test_every_measure_has_a_tolerance_under_turn_and_mirror():
    assert {f"iris.{name}" for name in STEADY} == {name for measure in iris.MEASURES for name in measure.ids}


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("number", [0, 4, 7, 10])
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


TRUTHS = {
    "pupil_iris_ratio": (lambda t: 100 * t.dilation, 2.0),
    "iris_radius": (lambda t: circle_of(t.limbus)[2], 2.0),
    "iris_pupil_concentricity": (lambda t: 100 - 100 * apart(t) / circle_of(t.limbus)[2], 2.5),
    "usable_iris_area": (lambda t: 100 * t.mask.sum() / ring(t), 8.0),
    "margin_adequacy": (lambda t: margin(t), 6.0),
}


def circle_of(points):
    """Middle and radius of the circle that fits best, by least squares over x^2 + y^2 = 2 a x + 2 b y + c."""
    columns = np.column_stack([2 * points, np.ones(len(points))])
    a, b, c = np.linalg.lstsq(columns, (points**2).sum(1), rcond=None)[0]
    return a, b, np.sqrt(c + a * a + b * b)


def apart(truth):
    return np.hypot(*np.subtract(circle_of(truth.pupil)[:2], circle_of(truth.limbus)[:2]))


def ring(truth):
    """Area between the true boundaries, also beyond the picture, by counting points of a fine grid around them."""
    outer, inner = (cv2.contourArea(points.astype(np.float32)) for points in (truth.limbus, truth.pupil))
    return outer - inner


def margin(truth):
    x, y, radius = circle_of(truth.limbus)
    height, width = truth.mask.shape
    gaps = [(x - radius) / 0.6, (width - 1 - x - radius) / 0.6, (y - radius) / 0.2, (height - 1 - y - radius) / 0.2]
    return 100 * min(1, max(0, min(gaps) / radius))


@cache
def varied_eyes():
    """Measurements and truth of twelve eyes of any dilation, size and place."""
    found = []
    for seed in range(30, 42):
        rng = np.random.default_rng(seed)
        shift = tuple(rng.uniform(-0.12, 0.12, 2))
        sample, truth = synthesis.grow(seed).capture(
            seed=1, dilation=rng.uniform(0.2, 0.6), scale=rng.uniform(0.7, 1.1), shift=shift, size=(480, 360)
        )
        found.append((iris.assess(sample).measurements, truth))
    return found


@pytest.mark.parametrize("name", TRUTHS)
def test_a_measure_is_what_its_formula_gives_on_the_true_boundaries(name):
    """Medians over eyes of any dilation, size and place, clear of lids; the worst may be three times as far off."""
    formula, tolerance = TRUTHS[name]
    errors = [measured[f"iris.{name}"].native - formula(truth) for measured, truth in varied_eyes()]
    assert abs(np.median(errors)) < tolerance
    assert np.abs(errors).max() < 3 * tolerance


@pytest.mark.parametrize("share", [0.2, 0.4, 0.55])
def test_an_iris_cut_by_the_edge_has_no_margin_and_loses_what_lies_beyond(share):
    """Cut off on the right: usable area is what is left of the whole iris, and the rest of its band is not usable."""
    for seed in (43, 44, 45):
        whole, truth = synthesis.grow(seed).capture(seed=1, lid_opening=1.1, dilation=0.3)
        x, _, radius = circle_of(truth.limbus)
        cut = round(x + radius - 2 * radius * share * 0.6)
        analysis = iris.analyse(IrisSample(np.ascontiguousarray(whole.image[:, :cut])))
        measured = iris.assess(analysis).measurements
        left = 100 * truth.mask[:, :cut].sum() / ring(truth)
        assert measured["iris.margin_adequacy"].native == 0
        assert measured["iris.usable_iris_area"].native == pytest.approx(left, abs=8)
        assert 100 * analysis.band.usable.mean() == pytest.approx(left, abs=12)
        assert not analysis.band.usable[-8:, :2].any()  # the limbus on the right lies beyond the edge


def test_glare_is_the_share_of_the_iris_that_mirrors():
    annulus, spots = np.zeros((20, 30), np.bool_), np.zeros((20, 30), np.bool_)
    annulus[5:15, 5:25], spots[10:20, 5:10] = True, True
    assert measures.glare_area(annulus, spots) == pytest.approx(100 * 25 / 200)


def test_interlace_is_far_above_one_in_combed_rows_and_below_in_plain_ones():
    rng = np.random.default_rng(1)
    limbus = iris.analyse(synthesis.grow(1).capture(seed=1)[0]).limbus
    smooth = cv2.GaussianBlur(rng.normal(128, 60, (480, 641)), (0, 0), 4).astype(np.uint8)
    combed = smooth[:, :-6].copy()
    combed[1::2] = smooth[1::2, 6:]
    assert measures.interlace(smooth, limbus) < 1
    assert measures.interlace(combed, limbus) > 2


def test_motion_blur_grows_with_the_movement_and_names_its_direction():
    """Along a known direction: the eye is smeared here, by a line of that length, not by the grown camera."""
    for degrees, kernel in ((0, np.ones((1, 9))), (90, np.ones((9, 1))), (135, np.eye(9))):
        sample, _ = synthesis.grow(46).capture(seed=1, noise=0.0, dilation=0.45)
        smeared = cv2.filter2D(sample.image, -1, kernel / kernel.sum())
        edge = iris.analyse(IrisSample(smeared)).edge
        off = (np.degrees(edge.direction) - degrees + 90) % 180 - 90
        assert abs(off) < 12, degrees
        assert measures.motion_blur(edge) > 3 * native(sample, "motion_blur")


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


def test_the_unified_quality_falls_with_every_defect_and_no_eye_has_none():
    eyes = [synthesis.grow(seed) for seed in EYES[:4]]
    good = [iris.assess(eye.capture(seed=1, size=(480, 360))[0]).score for eye in eyes]
    for defect in ({"defocus": 3.0}, {"lid_opening": 0.7}, {"exposure": 0.3}, {"scale": 0.4}, {"shift": (0.3, 0.0)}):
        bad = [iris.assess(eye.capture(seed=1, size=(480, 360), **defect)[0]).score for eye in eyes]
        assert all(isinstance(b, Missing) or b < g for b, g in zip(bad, good, strict=True)), defect
    assert iris.assess(IrisSample(np.zeros((48, 64), np.uint8))).score == Missing("iris.no_eye")


def test_every_row_is_documented_and_in_range_on_grown_eyes():
    report = iris.assess(synthesis.grow(5).capture(seed=1)[0])
    for measure in iris.MEASURES:
        assert measure.summary
        assert measure.source
        for identifier in measure.ids:
            value = report.measurements[identifier].native
            assert measure.range[0] <= value <= measure.range[1], identifier
