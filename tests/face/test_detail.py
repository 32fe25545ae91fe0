"""Sharpness, blocks of JPEG and enlarged pixels: each moves with its own defect and with no other."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import ktpel_capture as kc
from ktpel_capture.face import analyse
from ktpel_capture.face.detail import blocking, eye_strip, flat_share, pixelation, sharpness
from ktpel_capture.face.landmarks import Landmarks
from ktpel_capture.face.synthesis import PORTRAITS, grow
from ktpel_capture.quality import Missing
from shared import shared_data

people = st.integers(0, 2 * PORTRAITS - 1)


def portrait(seed, **condition):
    return grow(seed).capture(seed=1, size=(600, 800), **condition)[0].image


def measured(image):
    analysis = analyse(kc.FaceSample(np.ascontiguousarray(image)))
    return sharpness(analysis.eye_strip), blocking(analysis.close_up), pixelation(analysis.close_up)


def as_jpeg(image, quality):
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


@given(people, st.sampled_from([(3.0, 5.0), (5.0, 9.0)]))
@settings(max_examples=6, deadline=None)
def test_a_softer_picture_is_less_sharp_and_nothing_else(seed, blurs):
    less, more = (measured(portrait(seed, blur=blur)) for blur in blurs)
    assert more[0] < less[0]
    assert max(less[1], more[1]) < 0.3
    assert max(less[2], more[2]) < 1.5


@given(people, st.sampled_from([(75, 40), (40, 20), (20, 10)]))
@settings(max_examples=6, deadline=None)
def test_stronger_jpeg_shows_more_blocks_and_no_larger_pixels(seed, qualities):
    image = portrait(seed)
    less, more = (measured(as_jpeg(image, quality)) for quality in qualities)
    assert less[1] < more[1]
    assert max(less[2], more[2]) < 1.9


@pytest.mark.parametrize("size", [(600, 800), (1200, 1600)])
@pytest.mark.parametrize(("quality", "least", "most"), [(90, 0.2, 0.8), (50, 0.9, 2.0), (15, 2.6, 4.8)])
def test_blocks_tell_the_quality_whatever_the_picture(quality, least, most, size):
    for seed in (0, 3, 5):
        image = as_jpeg(grow(seed).capture(seed=1, size=size)[0].image, quality)
        assert least < measured(image)[1] < most


@given(people, st.sampled_from([2, 3, 4]))
@settings(max_examples=6, deadline=None)
def test_repeated_pixels_are_counted_and_bring_no_blocks(seed, factor):
    small = cv2.resize(portrait(seed), None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    _, blocks, pixels = measured(cv2.resize(small, None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST))
    assert pixels == pytest.approx(factor, rel=0.15)
    assert factor in (2, 4) or blocks < 1.5  # repeated pixels of 2 and 4 px end where blocks of 8 do


@given(people, st.floats(0.6, 1.4))
@settings(max_examples=4, deadline=None)
def test_light_changes_none_of_them(seed, exposure):
    here, there = measured(portrait(seed)), measured(portrait(seed, exposure=exposure))
    assert there[0] == pytest.approx(here[0], rel=0.3)
    assert there[1] < 0.3
    assert there[2] < 1.5


@given(st.floats(1.0, 4.0), st.floats(0.0, 0.3))
@settings(max_examples=20, deadline=None)
def test_the_blur_of_a_step_is_its_blur(deviation, angle):
    """Edges of known softness, far apart, about eyes 160 px apart: sharpness is 160 over the softness.

    The slope is taken over two pixels, which softens by a box of variance 1/3.
    """
    y, x = np.mgrid[:400, :600]
    away = (x - 300) * np.cos(angle) + (y - 200) * np.sin(angle)
    edge = cv2.GaussianBlur(np.where(away % 80 > 40, 190, 60).astype(np.float32), (0, 0), deviation)
    points = np.zeros((478, 2))
    for index, place in {33: 205, 25: 205, 133: 235, 112: 235, 362: 365, 341: 365, 263: 395, 255: 395}.items():
        points[index] = place, 200
    image = np.repeat(np.round(edge).astype(np.uint8)[..., None], 3, 2)
    strip = eye_strip(image, Landmarks(points, np.zeros(478), 1.0))
    assert sharpness(strip) == pytest.approx(160 / np.sqrt(deviation**2 + 1 / 3), rel=0.12)


def test_a_flat_strip_has_no_sharpness():
    assert sharpness(np.full((192, 320), 90, np.uint8)) == 0.0


def test_a_portrait_that_a_person_accepts_is_not_refused_for_its_compression():
    """A photograph at JPEG quality 50 in an ANSI/NIST-ITL record; no block is to be seen in print."""
    sample = kc.read(shared_data("records/an2k/face_jpb_DOM_GMT_DCS.an2"))
    report = kc.assess(sample)
    for profile in ("ktpel", "icao"):
        findings = kc.load_profile(profile).judge(report).findings
        assert "face.compression_artifacts" not in [finding.measure for finding in findings]


def with_few_colours(image, count):
    """A drawing made of a photograph: fills of one colour each."""
    pixels = cv2.medianBlur(image, 7).reshape(-1, 3).astype(np.float32)
    cv2.setRNGSeed(1)
    _, _, colours = cv2.kmeans(pixels[::11].copy(), count, None, (3, 8, 1), 1, cv2.KMEANS_PP_CENTERS)
    nearest = ((pixels[:, None] - colours[None]) ** 2).sum(2).argmin(1)
    return colours[nearest].reshape(image.shape).astype(np.uint8)


@pytest.mark.parametrize("seed", [0, 2, 5])
def test_a_drawing_with_flat_fills_is_told_from_every_smoothed_photograph(seed):
    image = grow(seed).capture(seed=1, size=(450, 600))[0].image
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 25])
    compressed, denoised = cv2.imdecode(jpeg, cv2.IMREAD_COLOR), cv2.bilateralFilter(image, 15, 60, 15)
    photographs = (image, cv2.medianBlur(image, 9), compressed, denoised)
    share = [flat_share(analyse(kc.FaceSample(each)).aligned) for each in (with_few_colours(image, 7), *photographs)]
    assert share[0] > 0.2
    assert max(share[1:]) < 0.1


def test_in_the_dark_nothing_is_called_a_drawing():
    sample, _ = grow(4).capture(seed=1, size=(450, 600), exposure=0.05)
    assert isinstance(flat_share(analyse(sample).aligned), Missing)
