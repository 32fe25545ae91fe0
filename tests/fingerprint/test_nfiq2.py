"""NFIQ 2.3: equal to NIST's program where minutiae play no part, close to it where they do."""

import atexit
import functools
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint import synthesis
from ktpel_capture.fingerprint.nfiq2.features import nfiq2_features
from ktpel_capture.fingerprint.nfiq2.forest import forest, unified_quality
from ktpel_capture.fingerprint.nfiq2.minutiae import IDENTIFIERS
from ktpel_capture.fingerprint.nfiq2.region import gaussian_blur
from ktpel_capture.quality import Missing
from ktpel_capture.samples import FingerprintSample
from shared import SHARED, shared_data

atexit.register(lambda: oracle_program.cache_clear())
PRINTS = sorted(SHARED.glob("fingerprint/nfiq2/*.pgm"))


def grey(path):
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)


@functools.cache
def oracle_program():
    nbis = pytest.importorskip("nbis", reason="needs nbis-py, NIST's own programs (development only)")
    settings_ = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=True, ppi=500.0
    )
    return nbis, nbis.new_nbis_extractor(settings_)


def oracle(image):
    """NIST's features, actionable values and score; None where NIST's program refuses the picture."""
    nbis, program = oracle_program()
    try:
        result = program.extract_minutiae(cv2.imencode(".png", image)[1].tobytes()).quality()
    except nbis.NbisError:
        return None
    values = {value.name: value.value for value in result.features}
    return values, {value.name: value.value for value in result.actionable}, result.score


def assert_equal_to_nist(image):
    expected = oracle(image)
    found = nfiq2_features(image)
    if isinstance(found, Missing):
        assert expected is None
        return
    if expected is None:  # NIST's minutiae extractor found too little
        return
    values, actionable, _ = expected
    for name, value in found.values.items():
        if "Bin10" in name and name[-1].isdigit():
            assert value == values[name], name
        else:
            assert value == pytest.approx(values[name], rel=1e-12, abs=0), name
    assert found.foreground == actionable["SufficientFingerprintForeground"]
    assert found.mean == pytest.approx(actionable["EmptyImageOrContrastTooLow"], rel=1e-12)
    assert found.deviation == pytest.approx(actionable["UniformImage"], rel=1e-12)


@pytest.mark.parametrize("path", PRINTS, ids=lambda path: path.stem)
def test_nist_s_published_values_are_met(path):
    published = dict(line.split(": ") for line in path.with_name(f"{path.stem}_output.txt").read_text().splitlines())
    score = int(published.pop("UnifiedQualityScore"))
    values = nfiq2_features(grey(path)).values
    for name, value in values.items():
        assert value == pytest.approx(float(published[name]), rel=1e-5), name
    assert unified_quality({name: float(value) for name, value in published.items() if name in forest().names}) == score


def test_real_prints_give_nist_s_values():
    for folder in ("nist_images", "nist_records"):
        for path in sorted(shared_data(f"fingerprint/{folder}").glob("*.png"))[::6]:
            assert_equal_to_nist(grey(path))


@pytest.mark.long
def test_every_real_print_and_many_distortions_give_nist_s_values():
    for number, path in enumerate([*PRINTS, *sorted(shared_data("fingerprint").glob("nist_*/*.png"))]):
        assert_equal_to_nist(grey(path))
        for step, kind in enumerate(KINDS):
            assert_equal_to_nist(distorted(grey(path), kind, (0.17 * step + 0.31 * number) % 1, number))


def distorted(image, kind, amount, seed):
    random = np.random.default_rng(seed)
    height, width = image.shape
    match kind:
        case "crop":
            return image[int(height * amount / 2) : height - seed % 50, int(width * amount / 3) : width - seed % 37]
        case "turn":
            turn = cv2.getRotationMatrix2D((width / 2, height / 2), 360 * amount, 1)
            return cv2.warpAffine(image, turn, (width, height), borderValue=seed % 256)
        case "invert":
            return 255 - image
        case "lighten":
            return np.clip(image.astype(int) + int(200 * amount) - 100, 0, 255).astype(np.uint8)
        case "blur":
            return cv2.GaussianBlur(image, (0, 0), 0.3 + 4 * amount)
        case "noise":
            return np.clip(image + random.normal(0, 60 * amount, image.shape), 0, 255).astype(np.uint8)
        case "blank":
            patched = image.copy()
            patched[: int(height * amount), : seed % width] = 255
            return patched
        case "two levels":
            return np.where(image > 60 + 150 * amount, 255, 0).astype(np.uint8)
        case "few levels":
            return (image // int(3 + 60 * amount) * 3).astype(np.uint8)
        case "size":
            return cv2.resize(image, None, fx=0.4 + amount, fy=0.5 + amount * 0.8)
    raise AssertionError(kind)


KINDS = ("crop", "turn", "invert", "lighten", "blur", "noise", "blank", "two levels", "few levels", "size")


@settings(max_examples=10, deadline=None)
@given(
    which=st.integers(0, 4),
    kind=st.sampled_from(KINDS),
    amount=st.floats(0, 1),
    then=st.sampled_from(KINDS),
    seed=st.integers(0, 9999),
)
def test_distorted_prints_give_nist_s_values(which, kind, amount, then, seed):
    assume(PRINTS)
    image = distorted(distorted(grey(PRINTS[which]), kind, amount, seed), then, amount, seed)
    assume(min(image.shape) > 2)
    assert_equal_to_nist(np.ascontiguousarray(image))


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 99), moisture=st.floats(0, 1), pressure=st.floats(0.1, 1))
def test_grown_prints_give_nist_s_values(seed, moisture, pressure):
    sample, _ = synthesis.grow(seed % 5).capture(seed=seed, moisture=moisture, pressure=pressure)
    assert_equal_to_nist(sample.image)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 9999), size=st.sampled_from((41, 91)), two=st.booleans())
def test_the_fast_blur_is_opencv_s_blur(seed, size, two):
    image = np.random.default_rng(seed).integers(0, 256, (97, 130)).astype(np.uint8)
    image = np.where(image > 127, 255, 0).astype(np.uint8) if two else image
    assert (gaussian_blur(image, size) == cv2.GaussianBlur(image, (size, size), 0)).all()


EXPECTED = json.loads((Path(__file__).parents[1] / "expected" / "fingerprint" / "nfiq2.json").read_text())


@pytest.mark.parametrize("path", PRINTS, ids=lambda path: path.stem)
def test_the_result_is_the_same_with_every_opencv(path):
    """The file was written with OpenCV 5.0.0; 4.14.0 gave it to the last digit."""
    report = fingerprint.assess(FingerprintSample(grey(path), 500))
    assert f"OpenCV {cv2.__version__}" in report.scores[0].version
    expected = dict(EXPECTED[path.stem])
    assert report.score == expected.pop("score")
    for name, value in expected.items():
        assert report.measurements[f"nfiq2.{name}"].native == pytest.approx(value, rel=1e-12, abs=0), name


@pytest.mark.parametrize("path", PRINTS, ids=lambda path: path.stem)
def test_the_score_comes_close_to_nist_s(path):
    report = fingerprint.assess(FingerprintSample(grey(path), 500))
    published = int(path.with_name(f"{path.stem}_output.txt").read_text().splitlines()[0].split(": ")[1])
    assert report.scores[0].algorithm == "NFIQ 2"
    assert abs(report.score - published) <= 4
    assert cv2.__version__ in report.scores[0].version


def test_what_nist_refuses_is_refused_by_name():
    wide, _ = synthesis.slap(synthesis.grow_hand(1), "right_four", seed=1)
    assert fingerprint.assess(wide).score == Missing("fingerprint.nfiq2_too_large")
    white = FingerprintSample(np.full((400, 300), 255, np.uint8), 500)
    assert nfiq2_features(white.image) == Missing("fingerprint.nfiq2_blank")
    assert isinstance(fingerprint.assess(white).score, Missing)
    few = synthesis.grow(3).capture(seed=1, shift=(0.0, 21.0))[0]
    assert fingerprint.assess(few).score == Missing("fingerprint.nfiq2_too_few_minutiae")
    small = nfiq2_features(grey(PRINTS[0])[:90, :80]) if PRINTS else Missing("fingerprint.nfiq2_too_few_blocks")
    assert small == Missing("fingerprint.nfiq2_too_few_blocks")


def test_components_are_nist_s():
    sample, _ = synthesis.grow(2).capture(seed=4)
    measurements = fingerprint.assess(sample).measurements
    assert measurements["nfiq2.Mu"].component == int(101 * measurements["nfiq2.Mu"].native / 255)
    assert measurements["nfiq2.FDA_Bin10_3"].component is None
    count = measurements["nfiq2.FingerJetFX_MinutiaeCount"]
    assert count.component == min(100, count.native)
    assert 0 <= measurements["nfiq2.RVUP_Bin10_Mean"].component <= 100
    assert {name for name in measurements if name.startswith("nfiq2.")} >= {f"nfiq2.{name}" for name in IDENTIFIERS}
