"""ANSI/NIST-ITL transactions: NIST's files, our own, and damaged ones."""

import pytest
from hypothesis import given, settings, strategies as st

import ktpel_capture as kc
from ktpel_capture import records
from ktpel_capture.errors import RecordError
from ktpel_capture.records.ansi_nist import AnsiNistTransaction, BinaryRecord, Field, TaggedRecord, tagged
from record_strategies import samples
from shared import SHARED, shared_data

NAMES = [path.name for path in sorted((SHARED / "records/an2k").glob("*.an2"))] or ["absent"]


def content(name: str) -> bytes:
    return shared_data(f"records/an2k/{name}").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_transaction_is_decoded_strictly_and_encodes_to_its_bytes(name):
    data = content(name)
    record = records.decode(data)
    assert records.encode(record) == data
    assert records.decode_tolerantly(data) == (record, ())
    spans = records.layout(record)
    assert sum(span.length for span in spans) == len(data)


def test_what_nists_files_hold():
    record = records.decode(content("valid1.1.an2"))
    assert [item.type for item in record.records] == [1, 2, 4]
    (finger,) = record.samples()
    assert (finger.position, finger.ppi, finger.image.shape) == ("left_little", 500, (512, 512))
    portrait = records.decode(content("face_jpb_DOM_GMT_DCS.an2"))
    assert portrait.version == "0400"
    assert portrait.samples()[0].image.shape == (1024, 768, 3)
    (eye,) = records.decode(content("valid1.10.an2")).samples()
    assert (eye.eye, eye.image.shape, eye.capture.edits) == ("right", (201, 201), ("edit.colour_to_grey",))
    assert eye.image.std() > 10


@settings(max_examples=25, deadline=None)
@given(st.lists(samples, min_size=1, max_size=4), st.sampled_from(["png", "jpeg2000_lossless", "raw"]))
def test_samples_come_back_from_a_transaction(kept, encoding):
    if encoding == "raw":
        kept = [sample for sample in kept if not isinstance(sample, kc.FaceSample)] or [kept[0]]
        encoding = "png" if isinstance(kept[0], kc.FaceSample) else encoding
    record = records.from_samples(kept, format="an2k", encoding=encoding)
    data = records.encode(record)
    assert records.decode(data) == record
    back = records.decode(data).samples()
    for left, right in zip(kept, back, strict=True):
        assert left.digest == right.digest
        assert right.capture.edits == ()


texts = st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=15).map(str.encode)
bodies = st.builds(
    lambda number, fields, image: tagged(number, {2: b"01"} | fields | ({999: image} if image is not None else {})),
    st.sampled_from([2, 9, 10, 13, 14, 15, 17]),
    st.dictionaries(st.integers(3, 998), texts, max_size=5),
    st.none() | st.binary(max_size=60),
)
binaries = st.builds(BinaryRecord, st.just(7), st.just(1), st.binary(max_size=40))


@settings(max_examples=150, deadline=None)
@given(st.lists(bodies | binaries, max_size=4))
def test_any_transaction_is_read_as_it_was_written(items):
    announced = [f"1\x1f{len(items)}"] + [f"{item.type}\x1f01" for item in items]
    head = tagged(1, {2: b"0500", 3: "\x1e".join(announced).encode(), 4: b"CAR"})
    record = AnsiNistTransaction((head, *items))
    data = records.encode(record)
    assert records.decode(data) == record
    assert records.encode(records.decode(data)) == data


def test_a_record_whose_length_is_wrong_is_read_tolerantly():
    head = tagged(1, {2: b"0500", 3: b"1\x1f1\x1e2\x1f00"})
    body = TaggedRecord(2, (Field("2.001", b"99"), Field("2.002", b"00"), Field("2.018", b"budi")))
    data = records.encode(AnsiNistTransaction((head, body))) + bytes(80)
    with pytest.raises(RecordError, match="separator"):
        records.decode(data)
    record, deviations = records.decode_tolerantly(data)
    assert record.records[1].text(18) == "budi"
    assert deviations[0].field == "2.001 LEN"


@pytest.mark.parametrize("name", ["sign_vec.an2", "valid1.15.an2", "valid1.1.an2"])
def test_every_truncation_and_flipped_byte_is_a_record_or_a_typed_error(name):
    data = content(name)
    for length in (*range(min(len(data), 700)), len(data) - 1):
        for decode in (records.decode, records.decode_tolerantly):
            with pytest.raises(RecordError):
                decode(data[:length])
    for at in range(min(len(data), 700)):
        for flip in (1, 0x10, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[at] ^= flip
            try:
                record, deviations = records.decode_tolerantly(bytes(damaged))
                if at % 60 == 0:  # decoding the image takes a thousand times longer
                    record.samples()
            except RecordError:
                continue
            assert deviations or records.encode(record) == bytes(damaged)
