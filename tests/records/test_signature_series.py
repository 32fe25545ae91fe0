"""ISO/IEC 19794-7:2007."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import ktpel_capture as kc
from ktpel_capture import records
from ktpel_capture.errors import RecordError
from ktpel_capture.records.signature_series import CHANNELS, Channel, SignatureRecord, scaling_of


@st.composite
def series(draw):
    names = ["X", "Y", *draw(st.lists(st.sampled_from(CHANNELS[2:]), unique=True))]
    if not {"T", "DT"} & set(names):
        names.append("T")
    names.sort(key=CHANNELS.index)
    count = draw(st.integers(0, 20))
    octets = st.none() | st.integers(0, 65535)
    channels, values = [], []
    for name in names:
        constant = name not in ("X", "Y") and draw(st.booleans())
        channels.append(
            Channel(
                name,
                draw(octets),
                draw(octets),
                draw(octets),
                draw(octets),
                draw(octets),
                constant,
                draw(st.booleans()),
            )
        )
        most = 255 if name == "S" else 65535
        column = st.lists(st.integers(0, most), min_size=count, max_size=count)
        values.append(() if constant else tuple(draw(column)))
    return SignatureRecord(tuple(channels), tuple(values), draw(st.none() | st.binary(max_size=9)))


@settings(max_examples=150, deadline=None)
@given(series())
def test_any_series_is_read_as_it_was_written(record):
    data = records.encode(record)
    assert records.decode(data) == record
    assert records.encode(records.decode(data)) == data


@given(st.floats(2.0**-16, 65504))
def test_a_scaling_value_is_coded_within_its_eleven_bits(scale):
    coded = Channel("X", scaling_of(scale)).scale
    assert scale * (1 - 1 / 1024) <= coded <= scale * (1 + 1e-12)


@pytest.mark.parametrize("force", [True, False])
def test_a_grown_signature_comes_back_within_the_formats_steps(force):
    sample, _truth = kc.signature.grow(3).capture(seed=5, force=force)
    record = records.from_samples([sample], format="19794-7")
    (back,) = records.decode(records.encode(record)).samples()
    assert np.abs(back.x - sample.x).max() < 0.02
    assert np.abs(back.y - sample.y).max() < 0.02
    assert np.abs(back.t - (sample.t - sample.t.min())).max() < 0.001
    if force:
        assert np.abs(back.force - sample.force).max() < 1e-4
    if sample.pen_down is not None:
        assert np.array_equal(back.pen_down, sample.pen_down)


def test_the_head_of_a_public_file_of_300_dpi_and_200_points_a_second_is_understood():
    head = bytes.fromhex("53444900 20313000 c0c0 80eb89 80eb89 84bc80 6000000200 00 00 000002")
    points = bytes.fromhex("828b81600000 828b81600100")
    record = records.decode(head + points)
    assert [channel.name for channel in record.channels] == ["X", "Y", "DT", "F"]
    assert record.channels[0].scale == pytest.approx(300 / 0.0254, rel=2e-4)  # values per metre
    assert record.channels[2].scale == 200
    (sample,) = record.samples()
    assert sample.x == pytest.approx([651 / 300 * 25.4] * 2, rel=1e-3)
    assert sample.t[1] - sample.t[0] == pytest.approx(0.005)
    assert sample.force == pytest.approx([0, 0.5])


def test_every_truncation_and_flipped_byte_is_a_record_or_a_typed_error():
    sample, _truth = kc.signature.grow(1).capture(seed=2)
    data = records.encode(records.from_samples([sample], format="19794-7"))
    for length in (*range(min(200, len(data))), len(data) - 1):
        for decode in (records.decode, records.decode_tolerantly):
            with pytest.raises(RecordError):
                decode(data[:length])
    for at in range(60):
        for flip in (1, 0x20, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[at] ^= flip
            try:
                record, deviations = records.decode_tolerantly(bytes(damaged))
                record.samples()
            except RecordError:
                continue
            assert deviations or records.encode(record) == bytes(damaged)


def test_a_signature_travels_in_a_cbeff_set():
    sample, _truth = kc.signature.grow(1).capture(seed=2)
    record = records.from_samples([sample], format="cbeff")
    (back,) = records.decode(records.encode(record)).samples()
    assert back.t.size == sample.t.size
