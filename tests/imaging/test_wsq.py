"""WSQ: our decoder and encoder against NIST's C code, and against damage."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture.errors import ImageError
from ktpel_capture.imaging import wsq, wsq_encoding
from ktpel_capture.imaging.codecs import decode_image, encode_image, encode_within, read_header
from ktpel_capture.imaging.wavelets import Box, join, split, subbands
from shared import shared_data

reference = pytest.importorskip("_wsq", reason="needs the extra wsq")


def ridges(height: int, width: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    wave = np.cos(np.hypot(x - rng.uniform(0, width), y - rng.uniform(0, height)) / rng.uniform(1, 3))
    return np.clip(127 + 90 * wave + rng.normal(0, 8, (height, width)), 0, 255).astype(np.uint8)


def decoded_by_nist(data: bytes) -> np.ndarray:
    pixels, width, height, _ppi = reference.decompress(data)
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


# Below 96 px the deepest subbands are shorter than the filters, and NBIS extends them in a way of its own.
@settings(max_examples=60, deadline=None)
@given(st.integers(96, 210), st.integers(96, 210), st.integers(0, 10**6))
def test_any_size_of_a_print_decodes_as_nists_code_decodes_it(height, width, seed):
    image = ridges(height, width, seed)
    data = reference.compress(image.tobytes(), height, width, 0.75)
    ours, theirs = wsq.decode(data), decoded_by_nist(data)
    difference = np.abs(ours.astype(int) - theirs)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.002  # a value that rounding may take either way
    assert np.abs(ours.astype(int) - image).mean() < 25


def test_real_files_decode_as_nists_code_decodes_them():
    for path in sorted(shared_data("records/mosip/Default/Auth").glob("*wsq.iso"))[:4]:
        record = path.read_bytes()
        data = record[record.index(b"\xff\xa0") :]
        assert np.abs(wsq.decode(data).astype(int) - decoded_by_nist(data)).max() <= 1
        assert wsq.read_header(data).ppi == 500


@given(st.integers(1, 400), st.integers(1, 400))
def test_the_subbands_tile_the_image(width, height):
    cover = np.zeros((height, width), int)
    boxes = subbands(width, height)
    assert len(boxes) == 64
    for box in boxes:
        cover[box.rows, box.columns] += 1
    assert (cover == 1).all()
    assert Box(0, 0, width, height).area == sum(box.area for box in boxes)


@pytest.mark.parametrize("ppi", [500, 569, 1000])
def test_the_resolution_stands_in_the_nist_comment(ppi):
    data = encode_image(ridges(90, 70, 1), "wsq", ppi=ppi)
    assert read_header(data).ppi == (ppi, ppi)
    assert decode_image(data).pixels.shape == (90, 70)


SMALL = reference.compress(ridges(80, 64, 7).tobytes(), 80, 64, 0.75)


def test_no_truncation_decodes():
    for length in range(len(SMALL)):
        with pytest.raises(ImageError):
            wsq.decode(SMALL[:length])


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=5))
def test_damage_gives_pixels_or_a_typed_error(changes):
    damaged = bytearray(SMALL)
    for at, value in changes:
        damaged[at] = value
    try:
        pixels = wsq.decode(bytes(damaged))
    except ImageError as error:
        assert error.code.startswith("image.")
    else:
        assert pixels.dtype == np.uint8


def test_a_huge_image_is_refused_before_it_is_decoded():
    at = SMALL.index(b"\xff\xa2") + 6
    damaged = SMALL[:at] + b"\xff\xff\xff\xff" + SMALL[at + 4 :]
    with pytest.raises(ImageError) as caught:
        wsq.decode(damaged)
    assert caught.value.code == "image.too_large"


# Writing

sizes = st.integers(2, 230)


@settings(max_examples=40, deadline=None)
@given(sizes, sizes, st.integers(0, 10**6))
def test_the_transform_and_the_way_back_give_the_same_plane(height, width, seed):
    plane = np.random.default_rng(seed).normal(0, 50, (height, width)).astype(np.float32)
    parted = plane.copy()
    whole = Box(0, 0, width, height)
    low, high = (wsq_encoding._whole(half) for half in (wsq_encoding.LOW, wsq_encoding.HIGH))
    split(parted, whole, low, high)
    alternating = [(-1.0) ** np.abs(np.arange(len(taps)) - len(taps) // 2) for taps in (low, high)]
    join(parted, whole, high * alternating[1], low * alternating[0])
    assert np.abs(parted - plane).max() < 2e-3


@settings(max_examples=40, deadline=None)
@given(st.integers(96, 260), st.integers(96, 260), st.integers(0, 10**6))
def test_bins_and_length_are_those_of_nists_encoder(height, width, seed):
    image = ridges(height, width, seed)
    theirs = reference.compress(image.tobytes(), height, width, 0.75)
    tables = wsq._Tables()
    for marker, start, end in wsq._segments(theirs):
        if marker == wsq.DQT:
            wsq._read_bins(theirs, start, end, tables)
    ours = wsq_encoding.bins(wsq_encoding.transform(image).variances, 0.75)
    assert np.array_equal(ours > 0, tables.q_bins > 0)
    assert np.allclose(ours, tables.q_bins, rtol=5e-4)
    assert len(wsq.encode(image)) == pytest.approx(len(theirs), rel=0.01, abs=40)


@settings(max_examples=60, deadline=None)
@given(st.integers(96, 210), st.integers(96, 210), st.integers(0, 10**6), st.floats(0.05, 6))
def test_what_we_write_at_any_rate_is_read_alike_by_nists_code(height, width, seed, rate):
    image = ridges(height, width, seed)
    data = wsq.encode(image, rate=rate)
    assert np.abs(wsq.decode(data).astype(int) - decoded_by_nist(data)).max() <= 1


@settings(max_examples=60, deadline=None)
@given(sizes, sizes, st.sampled_from(["flat", "noise", "ridges", "two"]), st.floats(0.02, 8), st.integers(0, 99))
def test_any_picture_is_written_and_read_back(height, width, kind, rate, seed):
    rng = np.random.default_rng(seed)
    image = {
        "flat": np.full((height, width), seed, np.uint8),
        "noise": rng.integers(0, 256, (height, width), dtype=np.uint8),
        "ridges": ridges(height, width, seed),
        "two": np.where(rng.random((height, width)) < 0.001, 255, 0).astype(np.uint8),
    }[kind]
    back = wsq.decode(wsq.encode(image, rate=rate))
    assert back.shape == image.shape
    if kind == "flat":
        assert np.abs(back.astype(int) - image).max() <= 1


def test_more_bits_keep_more_of_the_picture():
    image = ridges(300, 260, 5)
    errors = [
        np.abs(wsq.decode(wsq.encode(image, rate=rate)).astype(int) - image).mean() for rate in (0.1, 0.4, 1.5, 5)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 3


@settings(max_examples=8, deadline=None)
@given(st.integers(900, 60_000), st.integers(0, 10**6))
def test_a_budget_is_kept_and_used(budget, seed):
    image = ridges(300, 260, seed)
    try:
        coded = encode_within(image, "wsq", budget, ppi=1000)
    except ValueError:
        assert budget < 2000
        return
    assert len(coded.data) <= budget
    assert coded.ratio == image.size / len(coded.data)
    assert len(coded.data) > 0.8 * budget or budget > 40_000, "there is no more to tell at the highest rate"
    assert read_header(coded.data).ppi == (1000, 1000)


def test_a_rate_that_is_none_is_refused():
    for rate in (0, -1, 9, float("nan")):
        with pytest.raises(ValueError, match="rate"):
            wsq.encode(ridges(20, 30, 1), rate=rate)
    with pytest.raises(ValueError, match="grey"):
        wsq.encode(np.zeros((20, 30, 3), np.uint8))
