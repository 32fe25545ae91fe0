"""Time of the face parts; run with ``pytest benchmarks/bench_face.py --benchmark-only``.

Quote ratios: the milliseconds are this machine's. Every row runs in one thread. ``test_networks_alone`` is the floor
of an assessment: detection, landmarks, blendshapes and segmentation without anything around them.
"""

from __future__ import annotations

import itertools
import subprocess
import sys

import cv2
import numpy as np
import pytest

from ktpel_capture.face import SubjectWatch, analyse, assess, crop_portrait, descriptor, watch
from ktpel_capture.face.coverage import find_coverage
from ktpel_capture.face.networks import network, runtime
from ktpel_capture.face.synthesis import grow
from ktpel_capture.requests import FaceRequest, Frame

cv2.setNumThreads(1)
SHAPES = {
    "face_detection_short_range": (1, 128, 128, 3),
    "face_landmarks_detector": (1, 256, 256, 3),
    "face_blendshapes": (1, 146, 2),
    "selfie_segmentation": (1, 256, 256, 3),
}


@pytest.fixture(scope="module")
def portrait():
    return grow(1).capture(seed=1)[0]


@pytest.fixture(scope="module")
def frame():
    return Frame(grow(1).capture(seed=1, size=(1280, 720))[0].image, 0, 0.0)


def test_networks_alone(benchmark):
    inputs = {name: np.random.default_rng(1).random(shape).astype(np.float32) for name, shape in SHAPES.items()}
    benchmark.extra_info["runtime"] = f"{runtime()}, OpenCV {cv2.__version__}"
    benchmark(lambda: [network(name)(batch) for name, batch in inputs.items()])


def test_assess(benchmark, portrait):
    benchmark(assess, portrait)


def test_analyse(benchmark, portrait):
    benchmark(analyse, portrait)


def test_coverage(benchmark, portrait):
    """What chin, cheeks and forehead cost; part of an analysis."""
    analysis = analyse(portrait)
    benchmark(find_coverage, analysis.aligned, analysis.mesh)


def test_landmarks_alone(benchmark):
    """The floor of a look at a preview frame."""
    batch = np.random.default_rng(1).random((1, 256, 256, 3)).astype(np.float32)
    benchmark(network("face_landmarks_detector"), batch)


def test_preview_with_detection(benchmark, frame):
    benchmark(lambda: watch(FaceRequest()).see(frame))


def test_preview_tracked(benchmark, frame):
    """A look that tracks, and now and then looks round; the clock goes on, or the hints would only be repeated."""
    watcher, times = watch(FaceRequest()), itertools.count(1)
    benchmark(lambda: watcher.see(Frame(frame.image, number := next(times), number * 0.1)))


def test_preview_at_30_frames_a_second(benchmark, frame):
    """A second of frames, of which every other is looked at."""
    watcher, times = watch(FaceRequest()), itertools.count(1)
    second = lambda: [watcher.see(Frame(frame.image, number := next(times), number / 30)) for _ in range(30)]  # noqa: E731
    benchmark(second)


def test_attendance(benchmark, frame):
    """A look of the watch over a subject who stays."""
    watching, times = SubjectWatch(), itertools.count(1)
    benchmark(lambda: watching.see(Frame(frame.image, number := next(times), number * 0.25)))


def test_compose(benchmark):
    person = grow(2)
    person.capture(seed=0)
    benchmark(person.capture, seed=1)


def test_finished_photo(benchmark, portrait):
    benchmark(crop_portrait, analyse(portrait))


def test_descriptor(benchmark, portrait):
    benchmark(descriptor, analyse(portrait))


def test_models_load(benchmark):
    """In a fresh process, less the imports."""
    program = (
        "import time, cv2, numpy; from ktpel_capture.face import networks as n; t = time.perf_counter();"
        "[n.network(name) for name in n._OUTPUTS]; print(time.perf_counter() - t)"
    )
    taken = benchmark.pedantic(
        lambda: float(
            subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout
        ),
        rounds=3,
    )
    benchmark.extra_info["seconds to load"] = taken
