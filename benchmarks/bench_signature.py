"""How long a signature takes: all measures of 2,000 points, the card's picture, three signings compared, the rest.

One thread, the least of many rounds counts: ``pytest benchmarks/bench_signature.py --benchmark-columns=min,median``.
"""

import cv2
import numpy as np
import pytest

from ktpel_capture.quality import measure_all
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature import (
    MEASURES,
    analyse,
    assess,
    compare,
    consistency,
    draw,
    grow,
    read_csv,
    read_inkml,
    render,
    write_csv,
    write_inkml,
)

cv2.setNumThreads(1)


def of_length(points):
    """A grown signature of just so many points, as a fast pad delivers it."""
    writer = grow(1)
    usual, _ = writer.capture(seed=1)
    sample, _ = writer.capture(seed=1, rate=100.0 * 1.02 * points / usual.t.size)
    part = slice(0, points)
    channels = (sample.t, sample.x, sample.y, sample.force, sample.pen_down)
    return SignatureSample(*(channel[part] for channel in channels), pad_size=sample.pad_size)


@pytest.mark.benchmark(group="measures")
@pytest.mark.parametrize("points", [200, 2000])
def test_all_measures(benchmark, points):
    sample = of_length(points)
    benchmark(lambda: measure_all(analyse(sample), MEASURES))


@pytest.mark.benchmark(group="measures")
def test_assess_2000_points(benchmark):
    sample = of_length(2000)
    benchmark(lambda: assess(sample))


@pytest.mark.benchmark(group="pictures")
@pytest.mark.parametrize("seed", [1, 10, 14, 15])
def test_render_900x360(benchmark, seed):
    sample, _ = grow(seed).capture(seed=1)
    benchmark(lambda: render(sample, 900, 360))


@pytest.mark.benchmark(group="pictures")
def test_overlay(benchmark):
    analysis = analyse(grow(15).capture(seed=1)[0])
    benchmark(lambda: draw(analysis))


@pytest.mark.benchmark(group="comparison")
@pytest.mark.parametrize("seed", [10, 15, 17])
def test_three_signings_compared(benchmark, seed):
    signings = [grow(seed).capture(seed=number)[0] for number in range(3)]
    benchmark.extra_info["seconds signed"] = float(np.ptp(signings[0].t))
    benchmark(lambda: consistency(signings))


@pytest.mark.benchmark(group="comparison")
def test_a_fourth_compared_with_three(benchmark):
    *references, sample = [grow(10).capture(seed=number)[0] for number in range(4)]
    benchmark(lambda: compare(references, sample))


@pytest.mark.benchmark(group="files")
@pytest.mark.parametrize(("write", "read"), [(write_csv, read_csv), (write_inkml, read_inkml)])
def test_write_and_read(benchmark, write, read):
    sample = of_length(2000)
    benchmark(lambda: read(write(sample).encode()))


@pytest.mark.benchmark(group="grown writers")
def test_grow_and_sign(benchmark):
    benchmark(lambda: grow(15).capture(seed=1))
