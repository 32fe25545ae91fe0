"""Data groups of a travel document."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture import records
from ktpel_capture.errors import RecordError
from ktpel_capture.records.lds import BiometricTemplate, DataGroup
from record_strategies import eyes, faces, fingers
from shared import shared_data

headers = st.lists(
    st.tuples(st.integers(0x80, 0x86), st.binary(max_size=8)), max_size=4, unique_by=lambda item: item[0]
)
templates = st.builds(
    lambda head, data, constructed: BiometricTemplate(
        (*head, (0x87, b"\x01\x01"), (0x88, b"\x00\x08")), data, constructed
    ),
    headers,
    st.binary(max_size=300),
    st.booleans(),
)
groups = st.one_of(
    st.builds(DataGroup, st.sampled_from([2, 3, 4]), st.lists(templates, max_size=4).map(tuple)),
    st.builds(DataGroup, st.just(7), st.just(()), st.lists(st.binary(max_size=300), max_size=3).map(tuple)),
)


@settings(max_examples=200, deadline=None)
@given(groups)
def test_any_group_is_read_as_it_was_written(group):
    data = records.encode(group)
    assert records.decode(data) == group
    assert records.encode(records.decode(data)) == data


@settings(max_examples=10, deadline=None)
@given(faces, st.lists(fingers, min_size=1, max_size=3), st.lists(eyes, min_size=1, max_size=2))
def test_samples_come_back_from_their_groups(face, prints, irises):
    for name, samples in (("dg2", [face]), ("dg3", prints), ("dg4", irises)):
        group = records.decode(records.encode(records.from_samples(samples, format=name)))
        back = group.samples()
        assert [np.array_equal(left.image, right.image) for left, right in zip(samples, back, strict=True)]
        assert [getattr(sample, "position", None) for sample in back] == [
            getattr(sample, "position", None) for sample in samples
        ]
        assert records.validate(records.encode(group)).valid


def test_a_39794_face_stands_in_data_group_2():
    block = shared_data("records/lds/ICAO_39794_5_AP_MandFields.dat").read_bytes()
    group = DataGroup(2, (BiometricTemplate(((0x87, b"\x01\x01"), (0x88, b"\x00\x1b")), block, True),))
    data = records.encode(group)
    decoded = records.decode(data)
    assert decoded == group
    assert decoded.samples()[0].image.shape == (531, 413, 3)
    assert records.validate(data, "icao").valid


def test_every_truncation_and_flipped_byte_is_a_group_or_a_typed_error():
    template = BiometricTemplate(((0x80, b"\x01\x01"), (0x87, b"\x01\x01"), (0x88, b"\x00\x08")), bytes(range(140)))
    for group in (DataGroup(2, (template,)), DataGroup(7, signatures=(bytes(200),))):
        data = records.encode(group)
        for length in range(len(data)):
            for decode in (records.decode, records.decode_tolerantly):
                with pytest.raises(RecordError):
                    decode(data[:length])
        for at in range(len(data)):
            for flip in (1, 0x20, 0x80, 0xFF):
                damaged = bytearray(data)
                damaged[at] ^= flip
                try:
                    record, deviations = records.decode_tolerantly(bytes(damaged))
                except RecordError:
                    continue
                assert deviations or records.encode(record) == bytes(damaged)


def test_a_wrong_count_is_named():
    data = bytearray(records.encode(DataGroup(7, signatures=(b"a", b"b"))))
    data[4] = 3
    with pytest.raises(RecordError, match="3 stated, 2 present"):
        records.decode(bytes(data))
