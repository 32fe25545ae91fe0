"""Speed of the iris: one assessment by size, one frame's focus, one-to-many, and iris-iqm beside us where it is.

``OPENBLAS_NUM_THREADS=1 pytest benchmarks/bench_iris.py`` (pytest-benchmark); quote ratios, machines differ.
"""

import tracemalloc

import cv2
import numpy as np
import pytest

from ktpel_capture import Frame, IrisRequest, iris
from ktpel_capture.iris import comparison, synthesis

SIZES = [(320, 240), (640, 480), (1280, 960), (2560, 1920)]


@pytest.fixture(autouse=True)
def one_thread():
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_assess(benchmark, size):
    sample, _ = synthesis.grow(1).capture(seed=1, size=size)
    benchmark(iris.assess, sample)


def test_focus_of_a_frame(benchmark):
    image = synthesis.grow(1).capture(seed=1)[0].image
    benchmark(iris.focus, [image])


@pytest.mark.parametrize("lid_opening", [1.0, 0.7], ids=["clear", "hidden in part"])
def test_assess_by_how_clear_the_eye_is(benchmark, lid_opening):
    sample, _ = synthesis.grow(1).capture(seed=1, lid_opening=lid_opening)
    benchmark(iris.assess, sample)


def test_memory_of_an_assessment(benchmark):
    """Most that one assessment holds at a time, by image size."""
    held = {}
    for size in SIZES:
        sample, _ = synthesis.grow(1).capture(seed=1, size=size)
        iris.assess(sample)
        tracemalloc.start()
        iris.assess(sample)
        held[f"{size[0]}x{size[1]}"] = round(tracemalloc.get_traced_memory()[1] / 2**20, 1)
        tracemalloc.stop()
    benchmark.extra_info["megabytes"] = held
    print("\nmegabytes an assessment holds at most:", held)
    benchmark.pedantic(iris.assess, (sample,), rounds=3)


@pytest.mark.parametrize("found", [True, False], ids=["followed", "searched"])
def test_hints_of_a_frame(benchmark, found):
    """An eye that is followed from the last frame, and a first frame in which it is searched."""
    frame = Frame(synthesis.grow(1).capture(seed=1)[0].image, 1, 0.0)
    request = IrisRequest(("right",))
    watcher = iris.watch(request)
    watcher.see(frame)
    benchmark(lambda: (watcher if found else iris.watch(request)).see(frame))


def test_hints_of_a_binocular_frame(benchmark):
    image, _ = synthesis.capture_binocular(synthesis.grow_pair(1), seed=1)
    watcher = iris.watch(IrisRequest())
    benchmark(watcher.see, Frame(image, 1, 0.0))


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
