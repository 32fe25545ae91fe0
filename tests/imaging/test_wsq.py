"""WSQ: our decoder against NIST's C code, and against damage."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture.errors import ImageError
from ktpel_capture.imaging import wsq
from ktpel_capture.imaging.codecs import decode_image, encode_image, read_header
from ktpel_capture.imaging.wavelets import Box, subbands
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
