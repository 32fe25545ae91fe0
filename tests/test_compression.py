"""What an encoding does to a picture, against transfer functions that are known beforehand."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import ndimage

import ktpel_capture as kc
from ktpel_capture.assessment import DETAIL_LIMITS
from ktpel_capture.imaging.codecs import decode_image, encode_image, encode_within
from ktpel_capture.imaging.modulation import modulation_kept
from ktpel_capture.quality import present
from shared import shared_data

BANDS = (1, 2, 3, 4, 5)
PER_MM = 500 / 25.4


def noise(seed, shape=(240, 190)):
    return np.random.default_rng(seed).normal(128, 30, shape)


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=20, deadline=None)
@given(seeds, st.floats(0.05, 3), st.floats(-40, 40))
def test_contrast_that_is_scaled_is_the_share_that_is_kept_whatever_the_brightness(seed, contrast, brightness):
    before = noise(seed)
    assert modulation_kept(before, before * contrast + brightness, BANDS, PER_MM) == pytest.approx([contrast] * 5)


@settings(max_examples=20, deadline=None)
@given(seeds, st.floats(0.5, 1.5))
def test_a_gaussian_blur_keeps_what_its_transfer_function_says(seed, sigma):
    before = noise(seed, (520, 430))
    kept = modulation_kept(before, ndimage.gaussian_filter(before, sigma, mode="wrap"), BANDS, PER_MM)
    expected = [np.exp(-2 * (np.pi * sigma * frequency / PER_MM) ** 2) for frequency in BANDS]
    assert kept == pytest.approx(expected, abs=0.05)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_what_is_added_is_not_taken_for_detail(seed):
    before = noise(seed, (520, 430))
    added = modulation_kept(before, before + noise(seed + 1, before.shape), BANDS, PER_MM)
    assert added == pytest.approx([1] * 5, abs=0.15)
    assert modulation_kept(before, noise(seed + 1, before.shape), BANDS, PER_MM) == pytest.approx([0] * 5, abs=0.15)


def test_detail_that_the_picture_cannot_hold_is_missing():
    before = noise(1)
    assert not any(present(value) for value in modulation_kept(before, before, (6, 8), 10))
    flat = np.full((40, 30), 90.0)
    assert not any(present(value) for value in modulation_kept(flat, flat, BANDS, PER_MM))


FINGERS = ("fingerprint/nist_images/b158.png", "fingerprint/nist_images/cmp00001.png")


def coded(sample, data):
    return type(sample)(decode_image(data).pixels, sample.ppi, sample.position)


@pytest.mark.parametrize("name", FINGERS)
def test_a_mild_budget_does_no_harm_to_a_print_and_a_strong_one_does(name):
    finger = kc.read(shared_data(name), kind="fingerprint")
    size = finger.image.size
    mild = kc.compression_harm(finger, coded(finger, encode_within(finger.image, "jpeg2000", size // 8).data))
    assert not mild.harmful, mild.findings
    strong = kc.compression_harm(finger, coded(finger, encode_within(finger.image, "jpeg2000", size // 40).data))
    assert strong.harmful
    assert {finding.advice.key for finding in strong.findings} >= {"quality.compression_lost_detail"}
    assert all(one.kept < other.kept for one, other in zip(strong.detail[2:], mild.detail[2:], strict=True))


@pytest.mark.parametrize("name", FINGERS)
def test_wsq_at_the_rate_of_the_fbi_does_no_harm_and_held_to_a_strong_budget_it_does(name):
    finger = kc.read(shared_data(name), kind="fingerprint")
    assert not kc.compression_harm(finger, coded(finger, encode_image(finger.image, "wsq"))).harmful
    strong = encode_within(finger.image, "wsq", finger.image.size // 80).data
    assert kc.compression_harm(finger, coded(finger, strong)).harmful


def test_an_eye_and_a_face_lose_their_detail_to_a_strong_budget_alone():
    eye = kc.read(shared_data("records/mosip/Default/Registration/Left_Iris.iso"))
    face = kc.read(shared_data("records/mosip/Default/Registration/Face.iso"))
    for sample, mild, strong in ((eye, 10, 300), (face, 15, 200)):
        for ratio, harmful in ((mild, False), (strong, True)):
            pixels = decode_image(encode_image(sample.image, "jpeg2000", ratio=ratio)).pixels
            after = kc.IrisSample(pixels, "left") if sample is eye else kc.FaceSample(pixels)
            harm = kc.compression_harm(sample, after)
            assert harm.harmful is harmful, (ratio, harm.findings)
            assert [(item.frequency, item.at_least) for item in harm.detail] == list(
                DETAIL_LIMITS[kc.modality_of(sample)][1]
            )


def test_nothing_is_harmed_by_nothing_and_what_does_not_compare_is_refused():
    finger = kc.FingerprintSample(noise(3).clip(0, 255).astype(np.uint8), 500)
    harm = kc.compression_harm(finger, finger)
    assert not harm.harmful
    assert all(item.kept == pytest.approx(1) for item in harm.detail)
    eye = kc.IrisSample(finger.image)
    assert not any(present(item.kept) for item in kc.compression_harm(eye, eye).detail), "no iris, no scale"
    with pytest.raises(TypeError, match="IrisSample"):
        kc.compression_harm(finger, eye)
    with pytest.raises(ValueError, match="sizes"):
        kc.compression_harm(finger, kc.FingerprintSample(finger.image[1:], 500))
    pen = kc.SignatureSample([0, 1], [0, 1], [0, 1])
    with pytest.raises(ValueError, match="pen points"):
        kc.compression_harm(pen, pen)
