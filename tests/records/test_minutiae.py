"""ISO/IEC 19794-2 records, against the vectors of another project and our own templates."""

import json

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture import records
from ktpel_capture.errors import RecordError
from ktpel_capture.samples import FINGERS
from ktpel_capture.templates import Minutiae
from shared import shared_data

KINDS = {"ENDING": "ridge_ending", "BIFURCATION": "ridge_bifurcation", "OTHER": "other"}


@pytest.mark.parametrize("edition", [2005, 2011])
def test_the_vectors_are_read_as_their_makers_say_and_written_back(edition):
    data = shared_data(f"records/minutiae/iso19794p2v{edition}-sample.dat").read_bytes()
    expected = json.loads(shared_data(f"records/minutiae/iso19794p2v{edition}-sample.json").read_text())
    record = records.decode(data)
    assert records.encode(record) == data
    fingers = record.views if edition == 2005 else record.representations
    for finger, want in zip(fingers, expected["fingerprints"], strict=True):
        assert finger.finger_position == want["position"].lower()
        got = [(m.type, m.x, m.y, m.angle, m.quality) for m in finger.minutiae]
        assert got == [
            (KINDS[m["type"]], m["positionX"], m["positionY"], m["angle"], m["quality"]) for m in want["minutiae"]
        ]
        assert [area.type for area in finger.extended_data] == [area["type"] for area in want["extensions"]]
    assert record.templates()[0].ppi == 500
    assert record.samples() == ()


@pytest.mark.parametrize("edition", [2005, 2011])
def test_every_truncation_and_every_flipped_byte_is_a_record_or_a_typed_error(edition):
    data = shared_data(f"records/minutiae/iso19794p2v{edition}-sample.dat").read_bytes()
    for length in range(len(data)):
        for decode in (records.decode, records.decode_tolerantly):
            with pytest.raises(RecordError) as caught:
                decode(data[:length])
            assert caught.value.offset is not None
    for at in range(len(data)):
        for flip in (1, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[at] ^= flip
            try:
                record, deviations = records.decode_tolerantly(bytes(damaged))
            except RecordError as error:
                assert error.offset is not None
            else:
                assert deviations or records.encode(record) == bytes(damaged)


@st.composite
def templates(draw):
    count = draw(st.integers(1, 300))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    width, height = draw(st.integers(30, 900)), draw(st.integers(30, 900))
    return Minutiae(
        rng.uniform(0, width - 1, count),
        rng.uniform(0, height - 1, count),
        rng.uniform(0, 2 * np.pi, count),
        rng.integers(0, 3, count),
        rng.uniform(0, 1, count),
        ppi=500,
        size=(width, height),
        position=draw(st.sampled_from(FINGERS)),
    )


@settings(max_examples=60, deadline=None)
@given(templates(), st.sampled_from([2005, 2011]))
def test_a_template_comes_back_within_the_formats_steps(template, edition):
    data = records.encode(records.from_minutiae([template], edition=edition))
    (back,) = records.decode(data).templates()
    kept = np.sort(np.argsort(-template.quality, kind="stable")[:255]) if len(template) > 255 else slice(None)
    assert np.abs(back.x - template.x[kept]).max() <= 0.5
    assert np.abs(back.y - template.y[kept]).max() <= 0.5
    turn = np.abs(back.angle - template.angle[kept])
    assert np.minimum(turn, 2 * np.pi - turn).max() <= np.pi / 256 + 1e-5
    assert np.array_equal(back.kind, template.kind[kept])
    assert np.abs(back.quality - template.quality[kept]).max() <= 0.0101
    assert (back.size, back.ppi, back.position) == (template.size, 500, template.position)


def test_templates_that_do_not_fit_are_refused_in_words():
    unsized = Minutiae([1.0], [1.0], [0.0], [1], [1.0])
    with pytest.raises(ValueError, match="size"):
        records.from_minutiae([unsized])
    sized = [Minutiae([1.0], [1.0], [0.0], [1], [1.0], size=(9, side)) for side in (8, 7)]
    with pytest.raises(ValueError, match="one image size"):
        records.from_minutiae(sized, edition=2005)
    assert len(records.from_minutiae(sized).representations) == 2
