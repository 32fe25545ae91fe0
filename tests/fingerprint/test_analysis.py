"""From a picture to findings: every kind of bad input has a name, nothing crashes."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as npst
from numpy.testing import assert_allclose

from ktpel_capture import fingerprint, load_profile
from ktpel_capture.fingerprint import live, overlay, synthesis
from ktpel_capture.quality import Missing
from ktpel_capture.requests import FingerRequest, Frame
from ktpel_capture.samples import FingerprintSample
from shared import shared_data


def print_of(name):
    return cv2.imread(str(shared_data(f"fingerprint/{name}")), cv2.IMREAD_GRAYSCALE)


def reason(image, ppi=500):
    found = fingerprint.analyse(FingerprintSample(image, ppi)).presence
    return found.reason if isinstance(found, Missing) else None


@settings(max_examples=12, deadline=None)
@given(npst.arrays(np.uint8, npst.array_shapes(min_dims=2, max_dims=2, max_side=90)))
def test_any_picture_at_all_gets_a_complete_report(image):
    report = fingerprint.assess(FingerprintSample(image, 500))
    assert list(report.measurements) == [name for row in fingerprint.MEASURES for name in row.ids]


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 99), moisture=st.floats(0, 1), pressure=st.floats(0, 1), dirt=st.floats(0, 1))
def test_every_native_value_lies_in_the_range_its_row_names(seed, moisture, pressure, dirt):
    finger = synthesis.grow(seed % 3)
    sample, _ = finger.capture(seed=seed, moisture=moisture, pressure=pressure, dirt=dirt, size=(350, 420))
    report = fingerprint.assess(sample)
    for row in fingerprint.MEASURES:
        for name in row.ids:
            native = report.measurements[name].native
            assert isinstance(native, Missing) or row.range[0] <= native <= row.range[1], name


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (np.full((300, 260), 255, np.uint8), "fingerprint.blank"),
        (np.full((300, 260), 240, np.uint8), "fingerprint.blank"),
        (np.zeros((300, 260), np.uint8), "fingerprint.black"),
        (np.random.default_rng(3).integers(0, 256, (500, 380)).astype(np.uint8), "fingerprint.no_ridges"),
        (np.full((10, 10), 90, np.uint8), "fingerprint.too_small"),
        (np.full((1, 1), 90, np.uint8), "fingerprint.too_small"),
    ],
)
def test_what_is_no_print_is_named(image, expected):
    assert reason(image) == expected


def test_the_blank_and_the_black_card_are_named():
    assert reason(print_of("nist_images/cmp00018.png")) == "fingerprint.blank"
    assert reason(print_of("nist_images/cmp00019.png")) == "fingerprint.black"


@pytest.mark.parametrize("seed", [1, 4])
def test_a_negative_is_told_from_a_positive(seed):
    sample, _ = synthesis.grow(seed).capture(seed=seed)

    def ground(image):
        return fingerprint.assess(FingerprintSample(image, 500)).measurements["fingerprint.ground_contrast"].native

    assert ground(255 - sample.image) < -20
    assert ground(sample.image) > 20


def test_a_portrait_is_no_print():
    folder = shared_data("face/sfhq")
    for path in sorted(folder.glob("*.jpg"))[:12]:
        assert reason(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)) == "fingerprint.no_ridges"


@pytest.mark.parametrize(("true", "expected"), [(250, "too_low"), (1000, "too_high")])
def test_a_resolution_that_cannot_be_is_named(true, expected):
    finger = next(finger for finger in map(synthesis.grow, range(30)) if 8.6 < np.median(finger.skin.period) < 9.6)
    sample, _ = finger.capture(seed=1, ppi=true, size=(416 * true // 500, 560 * true // 500))
    assert reason(sample.image) == f"fingerprint.resolution_{expected}"
    assert reason(sample.image, true) is None


@pytest.mark.parametrize(("declared", "expected"), [(96, "too_high"), (1900, "too_low")])
def test_a_resolution_so_wrong_that_no_ridge_survives_is_named_too(declared, expected):
    sample, _ = synthesis.grow(4).capture(seed=1)
    assert reason(sample.image, declared) == f"fingerprint.resolution_{expected}"


def palm(side_mm=80, ppi=500):
    """Ridges that bend over the whole picture, broken by two creases: no such large patch is on any finger."""
    side = int(side_mm / 25.4 * ppi)
    y, x = np.mgrid[: side + 40, :side].astype(np.float32)
    waves = np.sin(2 * np.pi / 9.2 * np.hypot(x + 900, y - side / 3 + 60 * np.sin(x / 300)))
    image = np.clip(150 + 70 * waves + np.random.default_rng(1).normal(0, 12, waves.shape), 0, 255).astype(np.uint8)
    for start, end in (((0, side // 3), (side, side // 2)), ((side // 4, side), (side // 2, 0))):
        cv2.line(image, start, end, 235, 22)
    return image


def test_a_palm_is_named_and_not_scored():
    report = fingerprint.assess(FingerprintSample(palm(), 500))
    assert reason(palm()) == "fingerprint.palm"
    assert isinstance(report.score, Missing)


def test_slaps_and_rolled_fingers_are_no_palms():
    for name in ("a002", "a089", "b157", "cmp00003"):
        assert reason(print_of(f"nist_images/{name}.png")) is None


@pytest.mark.parametrize("kind", ["blank", "black", "noise"])
def test_sixteen_megapixels_are_answered(kind):
    image = {
        "blank": lambda: np.full((4000, 4000), 255, np.uint8),
        "black": lambda: np.zeros((4000, 4000), np.uint8),
        "noise": lambda: np.random.default_rng(1).integers(0, 256, (4000, 4000), np.uint8),
    }[kind]()
    report = fingerprint.assess(FingerprintSample(image, 500))
    assert isinstance(report.score, Missing)


def test_the_map_of_ridge_quality_is_high_on_ridges_and_nothing_beside_them():
    sample, truth = replace(synthesis.grow(3), wear=0.1).capture(seed=1)
    quality = fingerprint.analyse(sample).ridge_quality
    touched = cv2.resize(truth.contact.astype(np.uint8), quality.shape[::-1], interpolation=cv2.INTER_AREA) > 0
    assert quality.shape == (70, 52)
    assert quality[cv2.erode(touched.astype(np.uint8), np.ones((5, 5))) > 0].mean() > 0.7
    assert quality[cv2.dilate(touched.astype(np.uint8), np.ones((5, 5))) == 0].max() == 0


def test_a_finer_scan_is_measured_as_the_same_print():
    finger = synthesis.grow(4)
    coarse, _ = finger.capture(seed=1)
    fine = FingerprintSample(cv2.resize(coarse.image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), 1000)
    one, other = fingerprint.assess(coarse), fingerprint.assess(fine)
    assert "edit.resolution_resampled" in other.facts.edits
    for name in ("foreground_area", "ridge_spacing", "orientation_certainty"):
        pair = [report.measurements[f"fingerprint.{name}"].native for report in (one, other)]
        assert_allclose(pair[0], pair[1], rtol=0.06)


@pytest.mark.parametrize("seed", [1, 6])
def test_dry_wet_light_and_heavy_move_the_measures_that_name_them(seed):
    finger = replace(synthesis.grow(seed), wear=0.2, dryness=0.0)  # soft skin: the condition alone shall show

    def measured(name, **conditions):
        report = fingerprint.assess(finger.capture(seed=2, **conditions)[0])
        return report.measurements[f"fingerprint.{name}"].native

    assert measured("broken_ridges", moisture=0.05) > 2 * measured("broken_ridges")
    assert measured("filled_valleys", moisture=0.95) > 2 * measured("filled_valleys") + 0.05
    assert measured("foreground_area", pressure=0.05) < 0.85 * measured("foreground_area")
    assert measured("mean_grey", pressure=0.95) < measured("mean_grey")
    assert measured("offset_right", shift=(4.0, 0.0)) == pytest.approx(measured("offset_right") + 4.0, abs=0.7)
    assert measured("cut_at_edge", shift=(9.0, 0.0)) > measured("cut_at_edge") + 0.05


def test_a_slap_is_more_than_one_finger():
    for name in ("sample_01", "sample_10", "a002", "b124"):
        fingers = fingerprint.analyse(FingerprintSample(print_of(f"nist_images/{name}.png"), 500)).fingers
        assert len(fingers) == (2 if name.startswith("sample") else 4)


def test_overlays_say_what_to_do_in_the_language_asked_for():
    analysis = fingerprint.analyse(synthesis.grow(5).capture(seed=2, moisture=0.05)[0])
    findings = load_profile("ktpel").judge(fingerprint.assess(analysis)).findings
    assert findings
    plain, indonesian, english = (
        overlay.draw(analysis, *each, language=language)
        for each, language in (((), "id"), ((findings,), "id"), ((findings,), "en"))
    )
    strip = indonesian.shape[0] - plain.shape[0]
    assert strip > 20
    assert not np.array_equal(indonesian[:strip], english[: english.shape[0] - plain.shape[0]])


def test_overlays_are_pictures_of_the_print():
    sample, _ = synthesis.grow(3).capture(seed=1)
    picture = overlay.draw(fingerprint.analyse(sample))
    assert picture.shape == (2 * 560, 2 * 416, 3)
    blank = overlay.draw(fingerprint.analyse(FingerprintSample(np.full((90, 70), 255, np.uint8), 500)))
    assert blank.shape == (180, 140, 3)


def frame_of(sequence=1, position="right_index", **conditions):
    sample, _ = synthesis.grow(3).capture(seed=1, **conditions)
    half = cv2.resize(sample.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return Frame(half, sequence, 0.1 * sequence, 0.5)


@pytest.mark.parametrize(
    ("conditions", "advice"),
    [
        ({}, None),
        ({"shift": (90.0, 0.0)}, "fingerprint.place_finger"),
        ({"pressure": 0.02}, "fingerprint.press_harder"),
        ({"moisture": 1.0, "pressure": 0.8}, "fingerprint.wipe_finger"),
        ({"dirt": 1.0}, "fingerprint.clean_glass"),
        ({"shift": (12.0, 0.0)}, "fingerprint.move_left"),
        ({"shift": (-12.0, 0.0)}, "fingerprint.move_right"),
        ({"shift": (0.0, -15.0)}, "fingerprint.move_down"),
        ({"shift": (0.0, 9.0), "size": (400, 500)}, "fingerprint.move_up"),
        ({"rotation": 0.7}, "fingerprint.turn_straight"),
        ({"rotation": -0.7}, "fingerprint.turn_straight"),
        ({"rotation": 0.2}, None),
    ],
)
def test_live_advice_names_what_is_wrong(conditions, advice):
    hints = live.watch(FingerRequest("right_index")).see(frame_of(**conditions))
    assert hints[0].key == (advice or "")
    assert hints[0].good == (advice is None)


def test_filled_valleys_are_wet_on_a_usual_contact_and_too_much_force_on_a_broad_one():
    """One finger may stay unnoticed; what is said is right, and nothing is said of a usual finger."""
    told = {"wet and soft": [], "wet and hard": [], "usual": []}
    for person in range(60, 72):
        finger = synthesis.grow_hand(person)["right_thumb" if person % 2 else "right_index"]
        for name, pressure, moisture in (("wet and soft", 0.4, 1.0), ("wet and hard", 1.0, 1.0), ("usual", 0.5, 0.5)):
            sample, _ = finger.capture(seed=person, pressure=pressure, moisture=moisture, size=(250, 375), ppi=250)
            hint = live.watch(FingerRequest("right_index")).see(Frame(sample.image, 1, 0.0, 0.5))[0]
            told[name].append(hint.key)
    assert "fingerprint.press_lighter" not in told["wet and soft"] + told["usual"]
    assert "fingerprint.wipe_finger" not in told["usual"]
    assert told["wet and hard"].count("fingerprint.press_lighter") >= 4
    assert sum(key in ("fingerprint.press_lighter", "fingerprint.wipe_finger") for key in told["wet and hard"]) >= 8


def test_a_finger_that_moves_is_told_to_hold_still():
    watcher = live.watch(FingerRequest("right_index"))
    watcher.see(frame_of(1))
    assert watcher.see(frame_of(2, shift=(1.5, 0.7)))[0].key == "fingerprint.hold_still"
    assert watcher.see(frame_of(3, shift=(1.5, 0.7)))[0].good
