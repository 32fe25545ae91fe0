"""The finished photo, and one person within a session."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import ktpel_capture as kc
from ktpel_capture.face import analyse, assess, cohort_mean, crop_portrait, descriptor, encode_portrait, same_person
from ktpel_capture.face.recurrence import compare
from ktpel_capture.face.synthesis import PORTRAITS, grow
from ktpel_capture.quality import Missing


@given(
    seed=st.integers(0, 30), roll=st.floats(-0.12, 0.12), distance=st.floats(0.98, 1.3), shift=st.floats(-0.03, 0.03)
)
@settings(max_examples=6, deadline=None)
def test_the_finished_head_is_upright_centred_and_of_the_right_size(seed, roll, distance, shift):
    sample, _ = grow(seed).capture(seed=1, size=(750, 1000), roll=roll, distance=distance, shift=(shift, 0.0))
    finished = crop_portrait(sample)
    if isinstance(finished, Missing):
        assert finished.reason in ("face.head_cut", "face.more_pixels")
        return
    assert finished.image.shape == (354, 236, 3)
    found = analyse(finished)
    assert abs(np.degrees(found.pose.roll)) < 2.5
    assert abs(found.head.eye_middle[0] / 236 - 0.5) < 0.02
    assert abs(found.head.eye_middle[1] / 354 - 0.44) < 0.02
    assert 0.55 < found.head.height / 354 < 0.85


def test_a_photo_of_every_packaged_person_can_be_finished():
    for seed in range(PORTRAITS):
        assert not isinstance(crop_portrait(grow(seed).capture(seed=1, size=(600, 800))[0]), Missing)


def test_what_was_done_is_recorded_and_said_by_every_verdict():
    sample, _ = grow(3).capture(seed=1, backdrop="blue")
    plain, replaced = crop_portrait(sample), crop_portrait(sample, backdrop="red")
    assert plain.capture.edits == ("edit.portrait_cropped",)
    assert replaced.capture.edits == ("edit.portrait_cropped", "edit.backdrop_replaced")
    verdict = kc.load_profile("ktpel").judge(assess(replaced), {"backdrop": "red"})
    assert "edit.backdrop_replaced" in [finding.measure for finding in verdict.findings]
    assert "face.backdrop_hue" not in [finding.measure for finding in verdict.findings]


def test_the_photo_fits_its_bytes():
    finished = crop_portrait(grow(1).capture(seed=1)[0])
    for format in ("jpeg2000", "jpeg"):
        assert len(encode_portrait(finished, 5000, format).data) <= 5000
    with pytest.raises(ValueError, match="do not fit"):
        encode_portrait(finished, 100, "jpeg")


def test_what_a_capture_does_not_hold_is_not_invented():
    person = grow(3)
    assert crop_portrait(person.capture(seed=1, shift=(0.0, -0.35))[0]) == Missing("face.head_cut")
    assert crop_portrait(person.capture(seed=1, size=(150, 200))[0]) == Missing("face.more_pixels")
    assert crop_portrait(kc.FaceSample(np.zeros((40, 30, 3), np.uint8))) == Missing("face.no_face")
    with pytest.raises(ValueError, match="not known"):
        crop_portrait(person.capture(seed=1)[0], backdrop="crimson")


@pytest.fixture(scope="module")
def captures():
    size = (300, 400)
    conditions = ({}, {"yaw": 0.15, "exposure": 0.6, "backdrop": "blue"})
    return [
        [analyse(grow(seed).capture(seed=number, size=size, **given)[0]) for number, given in enumerate(conditions)]
        for seed in range(PORTRAITS)
    ]


def test_one_person_is_found_again_and_nobody_is_taken_for_another(captures):
    found = [[descriptor(analysis) for analysis in pair] for pair in captures]
    for mine, (first, _) in enumerate(found):
        for theirs, (_, second) in enumerate(found):
            assert compare(first, second).same == (mine == theirs), (mine, theirs)


def test_likeness_is_mutual_and_zero_with_oneself(captures):
    one, other = captures[0][0], captures[1][0]
    there, back = same_person(one, other), same_person(other, one)
    assert there.distance == pytest.approx(back.distance)
    assert same_person(one, one).distance == pytest.approx(0.0, abs=1e-9)
    assert same_person(one, one)
    assert not same_person(one, other)


def test_without_a_face_there_is_no_likeness(captures):
    blank = kc.FaceSample(np.full((300, 200, 3), 128, np.uint8))
    assert same_person(captures[0][0], blank) == Missing("face.no_face")
    assert same_person([blank], captures[0][0]) == Missing("face.no_face")
    assert same_person([], captures[0][0]) == Missing("face.no_face")


def test_a_deployment_recalibrates_with_twenty_people(captures):
    with pytest.raises(ValueError, match="at least 20"):
        cohort_mean(first for first, _ in captures)
    mean = cohort_mean(sample for pair in captures for sample in pair)
    assert mean.shape == (128,)
    assert descriptor(captures[0][0]).shape == (128,)
    assert same_person(captures[2][0], captures[2][1], mean=mean).distance < 0.529
