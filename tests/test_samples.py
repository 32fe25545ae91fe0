import pickle
from dataclasses import FrozenInstanceError, replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from ktpel_capture.requests import FingerRequest, IrisRequest, Unavailable
from ktpel_capture.samples import (
    FINGERS,
    FINGERS_OF,
    POSITIONS,
    CaptureInfo,
    FaceSample,
    FingerprintSample,
    IrisSample,
    SignatureSample,
    modality_of,
)

greys = arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(10, 17)))


@given(greys)
def test_a_sample_keeps_its_own_read_only_copy(image):
    before = image.copy()
    sample = FingerprintSample(image, 500)
    image += 1
    assert np.array_equal(sample.image, before)
    with pytest.raises(ValueError, match="read-only"):
        sample.image[0, 0] = 0
    with pytest.raises(FrozenInstanceError):
        sample.ppi = 1000


@given(greys, st.integers(1, 255))
def test_the_digest_is_the_identity_of_pixels_and_facts(image, change):
    sample = IrisSample(image, "left")
    assert sample.digest == IrisSample(image[:, ::1].copy(), "left").digest
    assert sample.digest == pickle.loads(pickle.dumps(sample)).digest
    changed = image.copy()
    changed[-1, -1] ^= np.uint8(change)
    others = [IrisSample(changed, "left"), IrisSample(image, "right"), IrisSample(image.T, "left")]
    assert len({sample.digest, *(other.digest for other in others)}) == 4


def test_the_same_pixels_in_another_modality_are_another_sample():
    image = np.zeros((4, 7), np.uint8)
    assert FingerprintSample(image, 500).digest != IrisSample(image).digest


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: FingerprintSample(np.zeros((4, 5)), 500), "uint8, not float64"),
        (lambda: FingerprintSample(np.zeros((4, 5, 3), np.uint8), 500), r"\(4, 5, 3\)"),
        (lambda: FingerprintSample(np.zeros((0, 5), np.uint8), 500), "no pixel"),
        (lambda: FingerprintSample(np.zeros((4, 5), np.uint8), 0), "ppi"),
        (lambda: FingerprintSample(np.zeros((4, 5), np.uint8), float("nan")), "ppi"),
        (lambda: FingerprintSample(np.zeros((4, 5), np.uint8), 500, "right_indx"), "right_indx"),
        (lambda: IrisSample(np.zeros((4, 5), np.uint8), "middle"), "middle"),
        (lambda: FaceSample(np.zeros((4, 5), np.uint8)), "RGB"),
        (lambda: FaceSample(np.zeros((4, 5, 4), np.uint8)), "RGB"),
        (lambda: SignatureSample([0, 1], [0, 1], [0]), "y must be 2 numbers"),
        (lambda: SignatureSample([0, 1], [0, np.nan], [0, 1]), r"x\[1\] is nan"),
        (lambda: SignatureSample([0, 1], [0, 1], [0, 1], force=[0, 1.5]), r"force\[1\] is 1.5"),
        (lambda: SignatureSample([0, 1], [0, 1], [0, 1], pen_down=[True]), "pen_down"),
        (lambda: SignatureSample([0], [0], [0], pad_size=(0, 3)), "pad_size"),
        (lambda: CaptureInfo(at=datetime(2026, 1, 1)), "time zone"),
    ],
)
def test_a_sample_that_cannot_be_is_refused_in_words(make, says):
    with pytest.raises((ValueError, TypeError), match=says):
        make()


def test_a_signature_may_be_empty_and_its_stamps_may_step_back():
    assert SignatureSample([], [], []).t.size == 0
    assert SignatureSample([0, 0, -1], [1, 2, 3], [1, 2, 3]).t.tolist() == [0, 0, -1]


def test_a_sample_prints_a_line_and_no_pixels():
    image = np.zeros((560, 416), np.uint8)
    assert repr(FingerprintSample(image, 500, "right_index")) == "FingerprintSample(right index, 416x560 px, 500 ppi)"
    assert repr(IrisSample(image, "left")) == "IrisSample(left eye, 416x560 px)"
    assert repr(FaceSample(np.zeros((4, 3, 3), np.uint8))) == "FaceSample(3x4 px)"
    assert "2 points" in repr(SignatureSample([0, 1.5], [0, 1], [0, 1]))


def test_capture_times_are_kept_in_utc():
    wita = timezone(timedelta(hours=8))
    info = CaptureInfo(at=datetime(2026, 5, 4, 9, 30, tzinfo=wita), reported={"quality": 60})
    assert info.at is not None
    assert info.at.hour == 1
    assert pickle.loads(pickle.dumps(info)) == info
    assert replace(info, edits=("edit.exif_rotated",)).reported == {"quality": 60}


def test_modalities_are_told_apart():
    grey = np.zeros((2, 3), np.uint8)
    assert modality_of(FingerprintSample(grey, 500)) == "fingerprint"
    assert modality_of(IrisSample(grey)) == "iris"
    with pytest.raises(TypeError, match="str"):
        modality_of("face.png")


def test_the_slaps_hold_all_ten_fingers_once():
    assert sorted(finger for fingers in FINGERS_OF.values() for finger in fingers) == sorted(FINGERS)
    assert POSITIONS.index("right_thumb") == 1
    assert POSITIONS.index("left_little") == 10


def test_what_is_declared_unavailable_is_not_expected():
    request = FingerRequest("right_four", (Unavailable("right_ring", "bandaged"),))
    assert request.expected == ("right_index", "right_middle", "right_little")
    assert IrisRequest(unavailable=(Unavailable("left_eye"),)).expected == ("right",)
    with pytest.raises(ValueError, match="nothing to capture"):
        FingerRequest("right_thumb", (Unavailable("right_thumb"),))
    with pytest.raises(ValueError, match="right_thum"):
        Unavailable("right_thum")
