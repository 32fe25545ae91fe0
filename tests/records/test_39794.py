"""ISO/IEC 39794-5: against asn1tools on the public sample, and every value there and back."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import ktpel_capture as kc
from ktpel_capture import records
from ktpel_capture.errors import RecordError
from ktpel_capture.records import der, face_image_39794 as face
from shared import shared_data

EXPECTED = Path(__file__).parents[1] / "expected" / "records" / "asn1tools_39794_5.json"


def sample() -> bytes:
    return shared_data("records/lds/ICAO_39794_5_AP_MandFields.dat").read_bytes()


def test_the_public_sample_is_byte_equal_and_agrees_with_asn1tools():
    data = sample()
    record = records.decode(data)
    assert records.encode(record) == data
    expected = json.loads(EXPECTED.read_text())
    assert dataclasses.asdict(record.version)["generation"] == expected["versionBlock"]["generation"]
    assert record.version.year == expected["versionBlock"]["year"]
    (representation,) = record.representations
    (want,) = expected["representationBlocks"]
    assert representation.representation_id == want["representationId"]
    image = want["imageRepresentation"]["base"]["imageRepresentation2DBlock"]
    assert hashlib.sha256(representation.image.image_data).hexdigest() == image["representationData2D"]["sha256"]
    assert image["imageInformation2DBlock"]["imageDataFormat"] == {"code": "jpeg2000Lossy"}
    assert representation.image.image_information.image_data_format == "jpeg2000_lossy"
    assert set(want) == {"representationId", "imageRepresentation"}
    assert record.samples()[0].image.shape == (531, 413, 3)


def test_the_outer_tag_of_icao_is_kept_and_not_needed():
    data = sample()
    bare = data[4:]
    record = records.decode(bare)
    assert not record.icao_wrapped
    assert records.encode(record) == bare
    assert dataclasses.replace(record, icao_wrapped=True) == records.decode(data)


def values(kind):
    """Any value of an ASN.1 type of ours."""
    match kind:
        case der.Integer(least, most):
            return st.integers(least, 10**9 if most is None else most)
        case der.Boolean():
            return st.booleans()
        case der.OctetString():
            return st.binary(max_size=20)
        case der.Code(names, has_fallback):
            known = st.sampled_from(sorted(names.values()))
            return known | st.builds(
                der.ExtensionCode, known if has_fallback else st.just(""), st.just((b"\x85\x01\x07",))
            )
        case der.Sequence(of):
            return st.deferred(lambda: blocks(of()))
        case der.SequenceOf(inner, least):
            return st.lists(values(inner), min_size=least, max_size=3).map(tuple)
        case der.Choice(alternatives):
            return st.one_of([st.tuples(st.just(name), values(inner)) for name, inner in alternatives.values()])
    raise TypeError(kind)


def blocks(of):
    known = {}
    for item in dataclasses.fields(of):
        if item.metadata.get("extensions"):
            known[item.name] = st.sampled_from([(), (b"\x9e\x01\x00",), (b"\xbe\x02\x05\x00", b"\x9e\x00")])
        elif "tag" in item.metadata:
            value = values(item.metadata["kind"])
            known[item.name] = st.none() | value if item.metadata["optional"] else value
        else:
            known[item.name] = st.booleans()
    return st.builds(of, **known)


@settings(max_examples=200, deadline=None)
@given(blocks(face.FaceImageDataBlock))
def test_every_block_is_read_as_it_was_written(block):
    data = records.encode(block)
    assert records.decode(data) == block
    assert records.encode(records.decode(data)) == data


def test_a_portrait_comes_back():
    rng = np.random.default_rng(3)
    portrait = kc.FaceSample(rng.integers(0, 256, (40, 30, 3), dtype=np.uint8))
    record = records.from_samples([portrait], format="39794-5")
    (back,) = records.decode(records.encode(record)).samples()
    assert back.digest == portrait.digest
    assert back.capture.edits == ()


def test_every_truncation_and_flipped_byte_is_a_record_or_a_typed_error():
    data = sample()
    start = data.index(b"\x00\x00\x00\x0cjP  ")
    for length in (*range(start + 30), *range(start + 30, len(data), 499), len(data) - 1):
        for decode in (records.decode, records.decode_tolerantly):
            with pytest.raises(RecordError) as caught:
                decode(data[:length])
            assert caught.value.offset is not None
    for at in (*range(start + 4), *range(len(data) - 30, len(data))):
        for flip in (1, 2, 4, 0x20, 0x40, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[at] ^= flip
            try:
                record, deviations = records.decode_tolerantly(bytes(damaged))
            except RecordError as error:
                assert error.offset is not None
            else:
                assert deviations or records.encode(record) == bytes(damaged)


def wrapped(content: bytes) -> bytes:
    return der.value(face.APPLICATION_5, content)


VERSION = bytes.fromhex("a007 8001 03 8102 07e3".replace(" ", ""))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (bytes.fromhex("a008800200038102 07e3".replace(" ", "")) + b"\xa1\x00", "shortest"),
        (VERSION + b"\xa1\x00", "0 of them"),
        (VERSION, "representations is missing"),
        (VERSION + b"\xa1\x02\x30\x00", "representation_id is missing"),
        (bytes.fromhex("a007800102810207e3") + b"\xa1\x00", "2 is not in 3..65535"),
    ],
)
def test_what_breaks_the_encoding_rules_or_the_schema_is_named(content, word):
    with pytest.raises(RecordError, match=word):
        records.decode(wrapped(content))


def test_deep_nesting_ends_in_a_typed_error():
    content = b""
    for _ in range(3000):
        content = der.value(0xA1, content)
    with pytest.raises(RecordError):
        records.decode(wrapped(VERSION + content))
