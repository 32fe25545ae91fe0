"""Real records: each decodes, and what is decoded encodes to the same bytes."""

import numpy as np
import pytest

from ktpel_capture import records
from ktpel_capture.errors import RecordError
from ktpel_capture.samples import FaceSample, FingerprintSample, IrisSample
from shared import SHARED, shared_data

ISO = sorted((SHARED / "records/mosip/Default").glob("*/*.iso"))
NAMES = [f"{path.parent.name}/{path.name}" for path in ISO] or ["absent"]
KINDS = {"FIR": FingerprintSample, "IIR": IrisSample, "FAC": FaceSample}


def content(name: str) -> bytes:
    return shared_data(f"records/mosip/Default/{name}").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_decoded_strictly_and_encodes_to_its_bytes(name):
    data = content(name)
    record = records.decode(data)
    assert records.encode(record) == data
    assert records.decode_tolerantly(data) == (record, ())
    assert record.edition == 2011


@pytest.mark.parametrize("name", NAMES)
def test_its_samples_have_the_size_the_record_states(name):
    data = content(name)
    record = records.decode(data)
    (sample,) = record.samples()
    assert isinstance(sample, KINDS[data[:3].decode()])
    (representation,) = record.representations
    assert sample.image.shape[:2] == (representation.height, representation.width)
    assert sample.capture.edits == ()
    assert sample.capture.at is not None
    assert sample.capture.reported["quality"][0]["score"] == representation.quality[0].score


@pytest.mark.parametrize("name", NAMES)
def test_the_layout_names_every_byte_once(name):
    data = content(name)
    spans = records.layout(records.decode(data))
    assert [span.offset for span in spans] == list(np.cumsum([0, *(span.length for span in spans)])[:-1])
    assert spans[-1].offset + spans[-1].length == len(data)


def test_registration_fingers_carry_their_certifications_and_extended_data():
    record = records.decode(content("Registration/Left_Index.iso"))
    (finger,) = record.representations
    assert record.certified
    assert [(block.authority, block.scheme) for block in finger.certifications] == [(64, 2), (64, 2)]
    assert [block.type for block in finger.extended_data] == [1, 2, 3]
    assert finger.extended_data[2].content == b"This is of Finger (7)"
    assert finger.compression == "jpeg2000_lossless"
    assert finger.impression_type == "unknown"


@pytest.mark.parametrize("name", ["Registration/Left_Index.iso", "Auth/Left_Iris.iso", "Auth/Face.iso"])
def test_every_truncation_is_a_typed_error_with_an_offset(name):
    data = content(name)
    head = data.index(b"\x00\x00\x00\x0cjP  ") + 64
    for length in (*range(head), *range(head, len(data), 997), len(data) - 1):
        for decode in (records.decode, records.decode_tolerantly):
            with pytest.raises(RecordError) as caught:
                decode(data[:length])
            assert caught.value.offset is not None


@pytest.mark.parametrize("name", ["Registration/Left_Index.iso", "Auth/Left_Iris.iso", "Auth/Face.iso"])
def test_every_flipped_byte_of_the_headers_is_a_record_or_a_typed_error(name):
    data = content(name)
    start = data.index(b"\x00\x00\x00\x0cjP  ")
    tail = range(start + 5000, len(data)) if len(data) < start + 5100 else range(len(data) - 70, len(data))
    for at in (*range(start), *tail):
        for flip in (0x01, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[at] ^= flip
            try:
                record, deviations = records.decode_tolerantly(bytes(damaged))
            except RecordError as error:
                assert error.offset is not None
                continue
            if not deviations:
                assert records.encode(record) == bytes(damaged)
            else:
                with pytest.raises(RecordError):
                    records.decode(bytes(damaged))
