"""Speed of the iris: one assessment by size and kind, focus, hints, one-to-many, and iris-iqm beside us where it is.

``OPENBLAS_NUM_THREADS=1 pytest benchmarks/bench_iris.py`` (pytest-benchmark); quote ratios, machines differ.
"""

import tracemalloc
from functools import cache
from itertools import count

import cv2
import numpy as np
import pytest

from ktpel_capture import Frame, IrisRequest, IrisSample, iris
from ktpel_capture.iris import comparison, synthesis

SIZES = [(320, 240), (640, 480), (1280, 960), (2560, 1920), (4000, 3000)]


@cache
def eye_of(size):
    """A grown eye of that size; the largest ones are enlarged, as growing them takes long."""
    width = size[0]
    image = synthesis.grow(1).capture(seed=1, size=size if width <= 1280 else (1280, 960))[0].image
    return IrisSample(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC))


def sizes(test):
    return pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")(test)


@pytest.fixture(autouse=True)
def one_thread():
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@sizes
def test_assess(benchmark, size):
    benchmark(iris.assess, eye_of(size))


def test_assess_from_pixels(benchmark):
    """With the copy of the pixels that a sample keeps and the digest that a report names."""
    image = eye_of((640, 480)).image
    benchmark(lambda: iris.assess(IrisSample(image)))


@sizes
def test_focus_of_a_frame(benchmark, size):
    benchmark(iris.focus, [eye_of(size).image])


@pytest.mark.parametrize("lid_opening", [1.0, 0.85, 0.7, 0.55, 0.0], ids="{:.0%} open".format)
def test_assess_by_how_far_the_eye_is_open(benchmark, lid_opening):
    """An eye that is not seen at first glance is searched for everywhere."""
    sample, _ = synthesis.grow(1).capture(seed=1, lid_opening=lid_opening)
    benchmark(iris.assess, sample)


def test_assess_of_noise(benchmark):
    noise = np.random.default_rng(1).integers(0, 256, (480, 640)).astype(np.uint8)
    benchmark(iris.assess, IrisSample(noise))


def test_memory_of_an_assessment(benchmark):
    """Most that one assessment holds at a time, by image size."""
    held = {}
    for size in SIZES:
        sample = eye_of(size)
        iris.assess(sample)
        tracemalloc.start()
        iris.assess(sample)
        held[f"{size[0]}x{size[1]}"] = round(tracemalloc.get_traced_memory()[1] / 2**20, 1)
        tracemalloc.stop()
    benchmark.extra_info["megabytes"] = held
    print("\nmegabytes an assessment holds at most:", held)
    benchmark.pedantic(iris.assess, (sample,), rounds=3)


def at_30_a_second(image):
    """The same picture again and again, as frames of a live view."""
    return (Frame(image, number, number / 30) for number in count())


def test_hints_of_a_followed_eye(benchmark):
    """The mean counts: lids, blur, glare and gaze are looked at in every second frame."""
    frames = at_30_a_second(eye_of((640, 480)).image)
    watcher = iris.watch(IrisRequest(("right",)))
    benchmark(lambda: watcher.see(next(frames)))


def test_hints_of_a_first_frame(benchmark):
    """The eye is searched for in the whole picture."""
    frame = Frame(eye_of((640, 480)).image, 1, 0.0)
    benchmark(lambda: iris.watch(IrisRequest(("right",))).see(frame))


@pytest.mark.parametrize("size", [(640, 240), (1280, 480)], ids=["2 x 320x240", "2 x 640x480"])
def test_hints_of_a_binocular_frame(benchmark, size):
    image, _ = synthesis.capture_binocular(synthesis.grow_pair(1), seed=1, size=size)
    frames, watcher = at_30_a_second(image), iris.watch(IrisRequest())
    benchmark(lambda: watcher.see(next(frames)))


def test_capture_of_a_grown_eye(benchmark):
    eye = synthesis.grow(1)
    benchmark(lambda: eye.capture(seed=1))


def test_one_to_many(benchmark):
    """65 turns against 20,000 codes: 1.3 million rotated comparisons a round."""
    rng = np.random.default_rng(1)
    probe = iris.encode(iris.analyse(synthesis.grow(1).capture(seed=1)[0]))
    bits, mask = (rng.integers(0, 2**63, (20_000, comparison.BITS // 64), dtype=np.uint64) for _ in range(2))
    benchmark.pedantic(iris.closest, (probe, bits, mask), rounds=3)


def test_iris_iqm_beside_us(benchmark):
    peer = pytest.importorskip("iris_iqm", reason="the oracle is installed in an environment of its own")
    image = synthesis.grow(1).capture(seed=1)[0].image
    peer.evaluate_array(image)
    benchmark(peer.evaluate_array, image)
