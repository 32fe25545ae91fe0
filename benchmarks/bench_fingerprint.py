"""Fingerprints beside their peers, one thread, one print, one run: `pytest benchmarks/bench_fingerprint.py`.

Quote ratios between rows of a group, never the milliseconds. NIST's programs come from nbis-py.
"""

from pathlib import Path

import cv2
import numpy as np
import pytest

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint import live, synthesis
from ktpel_capture.fingerprint.nfiq2.features import nfiq2_features
from ktpel_capture.requests import FingerRequest, Frame
from ktpel_capture.samples import FingerprintSample

SHARED = Path(__file__).parents[1] / ".." / "shared" / "data" / "fingerprint" / "nfiq2"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(threads)


@pytest.fixture(scope="module")
def sample():
    path = SHARED / "SFinGe_Test01.pgm"
    if path.exists():
        return FingerprintSample(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), 500)
    return synthesis.grow(1).capture(seed=1, pressure=0.9)[0]


@pytest.fixture(scope="module")
def prints():
    return [synthesis.grow(seed).capture(seed=take)[0] for seed, take in ((1, 1), (1, 2), (2, 1))]


def nist(*, nfiq2):
    nbis = pytest.importorskip("nbis")
    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=nfiq2, ppi=500.0
    )
    return nbis.new_nbis_extractor(settings)


def png(sample):
    return cv2.imencode(".png", sample.image)[1].tobytes()


@pytest.mark.benchmark(group="whole report")
def test_assess(benchmark, sample):
    benchmark(fingerprint.assess, sample)


@pytest.mark.benchmark(group="whole report")
def test_nist_with_nfiq2(benchmark, sample):
    benchmark(nist(nfiq2=True).extract_minutiae, png(sample))


@pytest.mark.benchmark(group="65 features (NIST's share: the row above less mindtct)")
def test_features(benchmark, sample):
    benchmark(nfiq2_features, sample.image)


@pytest.mark.benchmark(group="minutiae")
def test_minutiae(benchmark, sample):
    benchmark(fingerprint.minutiae, sample)


@pytest.mark.benchmark(group="minutiae")
def test_mindtct(benchmark, sample):
    benchmark(nist(nfiq2=False).extract_minutiae, png(sample))


@pytest.mark.benchmark(group="comparison")
@pytest.mark.parametrize("other", [1, 2], ids=["genuine", "impostor"])
def test_compare(benchmark, prints, other):
    ready = [fingerprint.prepare(print_) for print_ in prints]
    benchmark(fingerprint.compare, ready[0], ready[other])


@pytest.mark.benchmark(group="comparison")
@pytest.mark.parametrize("other", [1, 2], ids=["genuine", "impostor"])
def test_bozorth3(benchmark, prints, other):
    program = nist(nfiq2=False)
    ready = [program.extract_minutiae(png(print_)) for print_ in prints]
    benchmark(ready[0].compare, ready[other])


@pytest.mark.benchmark(group="slap")
def test_segment(benchmark):
    slap, _ = synthesis.slap(synthesis.grow_hand(1), "right_four", seed=1, rotation=0.3)
    benchmark(fingerprint.segment, slap)


@pytest.mark.benchmark(group="slap")
def test_segment_at_1000_ppi(benchmark):
    slap, _ = synthesis.slap(synthesis.grow_hand(1), "right_four", seed=1, rotation=0.3)
    fine = FingerprintSample(slap.image.repeat(2, 0).repeat(2, 1), 1000, "right_four")
    benchmark(fingerprint.segment, fine)


@pytest.mark.benchmark(group="comparison")
def test_prepare(benchmark, prints):
    template = fingerprint.minutiae(prints[0])
    benchmark(fingerprint.prepare, template)


@pytest.mark.benchmark(group="comparison")
def test_one_against_a_hundred(benchmark, prints):
    ready = [fingerprint.prepare(print_) for print_ in prints]
    benchmark(fingerprint.compare_many, ready[0], ready[1:] * 50)


@pytest.mark.benchmark(group="live")
def test_live_frame(benchmark):
    slap, _ = synthesis.slap(synthesis.grow_hand(1), "right_four", seed=1)
    half = cv2.resize(slap.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    watcher = live.watch(FingerRequest("right_four"))
    benchmark(watcher.see, Frame(half, 1, 0.0, 0.5))


@pytest.mark.benchmark(group="linear in area")
@pytest.mark.parametrize("side", [0.5, 1, 2])
def test_features_by_area(benchmark, side):
    sample, _ = synthesis.grow(1).capture(seed=1, pressure=0.9)
    image = cv2.resize(sample.image, None, fx=side, fy=side)
    if image.shape[1] > 800 or image.shape[0] > 1000:
        image = np.ascontiguousarray(image[:1000, :800])
    benchmark(nfiq2_features, image)


@pytest.mark.benchmark(group="synthesis")
def test_grow(benchmark):
    seeds = iter(range(10_000, 20_000))
    benchmark(lambda: synthesis.grow(next(seeds)))


@pytest.mark.benchmark(group="synthesis")
def test_capture(benchmark):
    finger = synthesis.grow(1)
    benchmark(finger.capture, seed=1)
