"""Records made to harm: bombs inside, and every shared record damaged everywhere."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image

import ktpel_capture as kc
from ktpel_capture import records
from ktpel_capture.errors import RecordError
from ktpel_capture.records.face_image_2011 import FaceImageRecord2011, FaceImageRepresentation
from ktpel_capture.records.finger_image_2011 import FingerImageRecord2011, FingerImageRepresentation
from shared import SHARED


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG that inflates to far more than it holds, its header and checksum right."""
    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, "PNG")
    data = bytearray(stream.getvalue())
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


def jpeg2000_that_claims(width: int, height: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.zeros((40, 30), np.uint8)).save(stream, "JPEG2000", no_jp2=True)
    data = bytearray(stream.getvalue())
    data[8:16] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize("image", [png_that_claims(60_000, 60_000), jpeg2000_that_claims(1 << 20, 1 << 20)])
def test_an_image_bomb_in_a_record_is_refused_before_it_is_decoded(image):
    for record in (
        FingerImageRecord2011((FingerImageRepresentation("unknown", "unknown", "png", 100, 100, image),)),
        FaceImageRecord2011((FaceImageRepresentation("basic", "png", 100, 100, image),)),
    ):
        decoded = records.decode(records.encode(record))
        with pytest.raises(RecordError) as caught:
            decoded.samples()
        assert caught.value.code == "image.too_large"


def test_raw_images_are_bounded_by_the_bytes_that_are_there():
    tiny = FingerImageRepresentation("unknown", "unknown", "raw", 65535, 65535, b"\0" * 8)
    packed = FingerImageRepresentation("unknown", "unknown", "raw_bit_packed", 65535, 65535, b"\0" * 8, bit_depth=1)
    for item in (tiny, packed):
        with pytest.raises(RecordError):
            item.sample()


def test_counts_that_promise_more_than_is_there_end_at_once():
    sample = kc.FingerprintSample(np.zeros((20, 30), np.uint8), 500)
    data = bytearray(records.encode(records.from_samples([sample], format="19794-4", encoding="raw")))
    data[12:14] = b"\xff\xff"
    for decode in (records.decode, records.decode_tolerantly):
        with pytest.raises(RecordError):
            decode(bytes(data))


ALL = [*(SHARED / "records/mosip/Default").glob("*/*.iso"), *(SHARED / "records").glob("*/*.an2")]
ALL += [*(SHARED / "records").glob("*/*.dat")]


@pytest.mark.long
@pytest.mark.parametrize("path", sorted(ALL) or [None], ids=lambda path: "absent" if path is None else path.name)
def test_every_truncation_and_every_flipped_byte_of_every_shared_record(path):
    """Every byte, headers and image data alike: some ten minutes for all files."""
    if path is None:
        pytest.skip("needs ../shared/data/records")
    data = path.read_bytes()
    for length in range(len(data)):
        with pytest.raises(RecordError) as caught:
            records.decode(data[:length])
        assert caught.value.offset is not None
        assert caught.value.field
    for at in range(len(data)):
        damaged = bytearray(data)
        damaged[at] ^= 0xFF
        is_read_or_refused(bytes(damaged))


def is_read_or_refused(data: bytes) -> None:
    """A record that is written back as it came, a record whose deviations strict decoding refuses, or a typed error."""
    try:
        record, deviations = records.decode_tolerantly(data)
    except RecordError as error:
        assert error.offset is not None
        with pytest.raises(RecordError):
            records.decode(data)
    else:
        if deviations:
            with pytest.raises(RecordError) as caught:
                records.decode(data)
            assert caught.value.message
        else:
            assert records.encode(record) == data
