"""Every valid iris record that can be read or made gets a report: the C++ of BIQT-Iris crashes on one.

A report has every measure, each a number or a reason; an eye that its record says is there is found.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture import IrisSample, Missing, RecordError, iris, records
from ktpel_capture.iris import synthesis
from ktpel_capture.records.iris_image_2011 import IrisImageRecord2011, IrisImageRepresentation
from shared import SHARED, shared_data

MEASURES = {name for measure in iris.MEASURES for name in measure.ids}
KINDS = {
    "uncropped": lambda analysis: analysis.sample,
    "vga": iris.vga,
    "cropped": iris.cropped,
    "cropped_and_masked": iris.cropped_and_masked,
}


shifts = st.floats(-0.7, 0.7)


def reported(sample):
    report = iris.assess(sample)
    assert set(report.measurements) == MEASURES
    assert isinstance(report.score, Missing) or 0 <= report.score <= 100
    return report


def read_back(record):
    """The samples of a record after it was written and read."""
    return records.decode(records.encode(record)).samples()


def of_pixels(data, width, height, *, depth=8, colour=False, flipped=(False, False), kind="uncropped"):
    """A record of raw pixels, made field by field."""
    ways = ["flipped" if each else "base" for each in flipped]
    form = "rgb_raw" if colour else "mono_raw"
    one = IrisImageRepresentation("left", kind, form, width, height, data, 1, *ways, bit_depth=depth)
    return IrisImageRecord2011((one,))


def shared_records():
    folder = SHARED / "records"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) or ["mosip"]


def test_every_shared_record_that_holds_an_iris_is_assessed():
    scores = []
    for name in shared_records():
        data = shared_data(f"records/{name}").read_bytes()
        try:
            samples = records.decode(data).samples()
        except (RecordError, AttributeError, ValueError):  # another kind of file, or one that holds no sample
            continue
        scores += [reported(sample).score for sample in samples if isinstance(sample, IrisSample)]
    assert len(scores) >= 5
    assert sum(isinstance(score, Missing) for score in scores) <= 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("edition", "encoding"),
    [
        (2005, "raw"),
        (2005, "jpeg"),
        (2005, "jpeg2000_lossless"),
        (2011, "raw"),
        (2011, "png"),
        (2011, "jpeg2000_lossless"),
    ],
)
def test_every_image_kind_in_every_coding_is_assessed(kind, edition, encoding):
    for seed in (91, 92):
        analysis = iris.analyse(synthesis.grow(seed).capture(seed=1, scale=0.8, shift=(0.04, -0.03))[0])
        made = KINDS[kind](analysis)
        (sample,) = read_back(records.from_samples([made], format="19794-6", edition=edition, encoding=encoding))
        assert sample.image.shape == made.image.shape
        assert not isinstance(reported(sample).score, Missing)


@pytest.mark.parametrize("flipped", [(False, False), (True, False), (False, True), (True, True)], ids=str)
def test_an_eye_stored_flipped_is_the_same_eye(flipped):
    image = synthesis.grow(93).capture(seed=1, size=(401, 303))[0].image
    stored = np.ascontiguousarray(image[:: -1 if flipped[1] else 1, :: -1 if flipped[0] else 1])
    (sample,) = read_back(of_pixels(stored.tobytes(), 401, 303, flipped=flipped))
    assert np.array_equal(sample.image, image)
    assert not isinstance(reported(sample).score, Missing)


@pytest.mark.parametrize("depth", [8, 9, 10, 12, 16])
def test_an_eye_of_any_depth_is_assessed(depth):
    image = synthesis.grow(94).capture(seed=1, size=(322, 241))[0].image.astype(np.uint32)
    levels = image << (depth - 8)
    data = levels.astype(">u2" if depth > 8 else np.uint8).tobytes()
    (sample,) = read_back(of_pixels(data, 322, 241, depth=depth))
    assert not isinstance(reported(sample).score, Missing)


def test_an_eye_in_three_equal_channels_is_assessed():
    image = synthesis.grow(95).capture(seed=1, size=(322, 241))[0].image
    (sample,) = read_back(of_pixels(np.repeat(image[..., None], 3, 2).tobytes(), 322, 241, colour=True))
    assert not isinstance(reported(sample).score, Missing)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 700),
    st.integers(1, 500),
    st.sampled_from(["even", "noise", "ramp", "disc"]),
    st.sampled_from(list(KINDS)),
    st.integers(0, 1000),
)
def test_a_record_of_any_size_and_content_is_assessed(width, height, content, kind, seed):
    """Odd sizes, slivers, single pixels; a disc may be taken for an eye or not, but it is answered."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((height, width))
    middle, radius = rng.uniform(0, 1, 2) * (width, height), rng.uniform(1, max(2, min(width, height)))
    image = {
        "even": np.full((height, width), seed % 256),
        "noise": rng.integers(0, 256, (height, width)),
        "ramp": (x + seed) % 256,
        "disc": np.where(np.hypot(*(np.stack([x, y]) - middle[:, None, None])) < radius, 20, 190),
    }[content].astype(np.uint8)
    (sample,) = read_back(of_pixels(image.tobytes(), width, height, kind=kind))
    reported(sample)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 300), (300, 1), (2, 50), (15, 15), (4000, 9), (40, 4000)])
def test_a_sliver_is_assessed(width, height):
    noise = np.random.default_rng(3).integers(0, 256, (height, width)).astype(np.uint8)
    assert reported(*read_back(of_pixels(noise.tobytes(), width, height))).score == Missing("iris.no_eye")


@settings(max_examples=25, deadline=None)
@given(
    st.integers(16, 420),
    st.integers(16, 420),
    st.floats(0.1, 4.0),
    st.tuples(st.floats(-0.7, 0.7), st.floats(-0.7, 0.7)),
)
def test_an_eye_of_any_size_wherever_it_lies_is_assessed(width, height, scale, shift):
    """Also one that is larger than the picture, or that lies outside it."""
    sample, _ = synthesis.grow(96).capture(seed=1, size=(width, height), scale=scale, shift=shift)
    (sample,) = read_back(of_pixels(sample.image.tobytes(), width, height))
    reported(sample)


@pytest.mark.parametrize("order", ["strided", "reversed", "column by column", "read-only"])
def test_pixels_laid_out_in_memory_in_any_way_measure_the_same(order):
    image = synthesis.grow(97).capture(seed=1, size=(401, 303))[0].image
    wide = np.zeros((606, 1203), np.uint8)
    wide[::2, ::3] = image
    laid = {
        "strided": wide[::2, ::3],
        "reversed": np.ascontiguousarray(image[::-1, ::-1])[::-1, ::-1],
        "column by column": np.asfortranarray(image),
        "read-only": np.frombuffer(image.tobytes(), np.uint8).reshape(image.shape),
    }[order]
    assert iris.assess(IrisSample(laid)).measurements == iris.assess(IrisSample(image)).measurements


def test_two_eyes_of_two_sizes_in_one_record_are_assessed_each():
    pair = synthesis.grow_pair(98)
    both = [pair["right"].capture(seed=1)[0], pair["left"].capture(seed=1, size=(423, 317))[0]]
    found = read_back(records.from_samples(both, format="19794-6"))
    assert [reported(sample).facts.eye for sample in found] == ["right", "left"]
    again = [replace(sample, capture=None) for sample in found]
    assert [reported(sample).score for sample in again] == [reported(sample).score for sample in both]
