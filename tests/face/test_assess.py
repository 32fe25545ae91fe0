"""A portrait's report and what the profiles say of it, as a person would."""

import io
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from PIL import Image

import ktpel_capture as kc
from ktpel_capture.face import MEASURES, analyse, assess, draw
from ktpel_capture.face.synthesis import PORTRAITS, grow
from ktpel_capture.messages import catalogue
from ktpel_capture.quality import Missing, present
from shared import shared_data

RED = {"backdrop": "red"}


@pytest.fixture(scope="module")
def ktpel():
    return kc.load_profile("ktpel")


def mosip_portrait(name):
    content = shared_data(f"records/mosip/Default/Registration/{name}.iso").read_bytes()
    image = Image.open(io.BytesIO(content[content.index(b"\x00\x00\x00\x0cjP  ") :]))
    return kc.FaceSample(np.asarray(image.convert("RGB")))


def findings(verdict):
    return [finding.measure for finding in verdict.findings]


@pytest.mark.parametrize("seed", range(2 * PORTRAITS))
def test_a_person_well_seated_before_red_cloth_is_accepted(seed, ktpel):
    sample, _ = grow(seed).capture(seed=1, size=(450, 600))
    verdict = ktpel.judge(assess(sample), RED)
    assert verdict.accepted, verdict.findings
    lit_from_the_side = {"face.side_light"} if seed % PORTRAITS == 8 else set()  # the packaged picture is, by 1.9 stops
    assert set(findings(verdict)) <= lit_from_the_side, "nor a warning: what is always said is soon not heard"


@pytest.mark.parametrize(
    ("condition", "advice"),
    [
        ({"backlight": 0.8}, "face.backlit"),
        ({"exposure": 0.25}, "face.too_dark"),
        ({"exposure": 2.5}, "face.too_bright"),
        ({"blur": 9}, "face.blurred"),
        ({"backdrop": "blue"}, "face.backdrop_not_red"),
        ({"backdrop": "white"}, "face.backdrop_grey"),
        ({"yaw": 0.3}, "face.turn_right"),
        ({"yaw": -0.3}, "face.turn_left"),
        ({"pitch": 0.3}, "face.chin_up"),
        ({"pitch": -0.3}, "face.chin_down"),
        ({"roll": 0.25}, "face.straighten_left"),
        ({"roll": -0.25}, "face.straighten_right"),
        ({"eyes_closed": 1.0}, "face.open_eyes"),
        ({"mouth_open": 0.8}, "face.close_mouth"),
        ({"distance": 1.7}, "face.move_closer"),
        ({"shift": (0.15, 0.0)}, "face.move_right"),
        ({"shift": (-0.15, 0.0)}, "face.move_left"),
        ({"someone_behind": True}, "face.someone_else"),
        ({"cast": (0.4, 1.0, 1.8)}, "face.colour_cast"),
    ],
)
def test_one_fault_is_named_first(condition, advice, ktpel):
    for seed in (0, 4):
        sample, _ = grow(seed).capture(seed=1, size=(600, 800), **condition)
        verdict = ktpel.judge(assess(sample), RED)
        assert not verdict.accepted
        assert verdict.advice.key == advice, (seed, verdict.findings)


def test_a_classroom_behind_is_not_plain():
    sample, _ = grow(1).capture(seed=1, size=(600, 800), backdrop="cluttered")
    assert "face.backdrop_spread" in findings(kc.load_profile("icao").judge(assess(sample)))


def test_a_headscarf_is_allowed(ktpel):
    sample, _ = grow(5).capture(seed=1, size=(600, 800), headscarf=True)
    assert ktpel.judge(assess(sample), RED).accepted


def test_mosips_portrait_passes_mosip_and_is_too_small_for_the_card(ktpel):
    report = assess(mosip_portrait("Face"))
    assert kc.load_profile("mosip").judge(report).accepted
    assert ktpel.judge(report).advice.key == "face.more_pixels"


def test_mosips_bad_portrait_is_rejected_for_its_light(ktpel):
    report = assess(mosip_portrait("Exception_Photo"))
    for profile in (ktpel, kc.load_profile("icao"), kc.load_profile("mosip")):
        assert profile.judge(report).advice.key == "face.backlit"


NO_FACES = {
    "noise": np.random.default_rng(1).integers(0, 256, (300, 240, 3), np.uint8),
    "black": np.zeros((200, 160, 3), np.uint8),
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "a line": np.zeros((1, 500, 3), np.uint8),
    "stripes": np.tile(np.arange(0, 250, 10, dtype=np.uint8)[None, :, None], (200, 8, 3)),
}


@pytest.mark.parametrize("name", NO_FACES)
def test_what_is_no_face_is_said_to_be_none(name, ktpel):
    report = assess(kc.FaceSample(NO_FACES[name]))
    assert report.score == Missing("face.no_face")
    verdict = ktpel.judge(report)
    assert verdict.advice.key == "face.no_face"


def test_a_fingerprint_is_no_face():
    print_image = cv2.imread(str(shared_data("fingerprint/nfiq2/SFinGe_Test01.pgm")))
    assert assess(kc.FaceSample(print_image)).score == Missing("face.no_face")


@pytest.mark.parametrize("seed", range(PORTRAITS))
def test_a_picture_upside_down_or_on_its_side_is_named(seed):
    sample, _ = grow(seed).capture(seed=1, size=(450, 600))
    assert assess(kc.FaceSample(sample.image[::-1, ::-1])).score == Missing("face.upside_down")
    assert assess(kc.FaceSample(np.rot90(sample.image))).score == Missing("face.lying_sideways")


def test_every_row_is_measured_in_its_range_and_named_in_both_languages():
    sample, _ = grow(6).capture(seed=1, size=(600, 800), backdrop="cluttered", spectacles="glare", light_from=0.8)
    measurements = assess(sample).measurements
    assert list(measurements) == [identifier for measure in MEASURES for identifier in measure.ids]
    for measure in MEASURES:
        for identifier in measure.ids:
            native = measurements[identifier].native
            if present(native):
                assert measure.range[0] <= native <= measure.range[1], identifier
            else:
                assert native.reason in catalogue("id")
        assert measure.summary
        assert measure.source


def test_the_report_tells_what_was_done_to_the_sample():
    sample, _ = grow(1).capture(seed=1, size=(300, 400))
    edited = kc.FaceSample(sample.image, kc.CaptureInfo(edits=("edit.exif_rotated",)))
    assert assess(edited).facts.edits == ("edit.exif_rotated",)


def test_threads_agree():
    samples = [grow(seed).capture(seed=1, size=(300, 400))[0] for seed in range(6)]
    alone = [assess(sample).measurements for sample in samples]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda sample: assess(sample).measurements, samples * 3))
    assert together == alone * 3


def test_the_overlay_turns_red_when_rejected_and_says_why_in_the_language_asked_for():
    sample, _ = grow(2).capture(seed=1, size=(450, 600), yaw=0.3)
    analysis = analyse(sample)
    verdict = kc.load_profile("ktpel").judge(assess(analysis), RED)
    good, bad = draw(analysis), draw(analysis, verdict.findings)
    assert good.shape == (600, 450, 3)
    assert tuple(good[3, 200]) == (40, 200, 90)
    strip, portrait = bad[:-600], bad[-600:]
    assert tuple(portrait[3, 200]) == (230, 50, 50)
    assert tuple(strip[0, 0]) == (150, 20, 20)
    assert (strip == 255).all(2).sum() > 100, "the sentence"
    assert not np.array_equal(bad, draw(analysis, verdict.findings, language="en"))


def test_the_overlay_of_a_picture_without_a_face_says_so():
    blank = kc.FaceSample(np.full((200, 160, 3), 128, np.uint8))
    drawn = draw(analyse(blank))
    assert drawn.shape[0] > 200
    assert tuple(drawn[0, 0]) == (150, 20, 20)
