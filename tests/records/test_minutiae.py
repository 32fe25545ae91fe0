"""ISO/IEC 19794-2 records, against the vectors of another project and our own templates."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture import records
from ktpel_capture.errors import RecordError
from ktpel_capture.records.ansi_nist import AnsiNistTransaction, Field, tagged
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


@settings(max_examples=60, deadline=None)
@given(templates(), st.sampled_from([2007, 2011]))
def test_a_template_comes_back_from_a_type_9_record_within_its_steps(template, edition):
    data = records.encode(records.from_minutiae([template], format="an2k", edition=edition, impression="live_plain"))
    transaction = records.decode(data)
    assert records.encode(transaction) == data
    (back,) = transaction.templates()
    assert len(back) == len(template)
    turn = np.abs(back.angle - template.angle)
    assert np.minimum(turn, 2 * np.pi - turn).max() <= np.deg2rad(1.01 if edition == 2011 else 0.51)
    assert back.position == template.position
    assert transaction.samples() == ()
    if edition == 2011:
        assert (back.size, back.ppi) == (template.size, 500)
        assert np.array_equal(back.kind, template.kind)
        assert np.abs(back.x - template.x).max() <= 0.5
        assert np.abs(back.y - template.y).max() <= 0.5
        assert np.abs(back.quality - template.quality).max() <= 0.0101
    else:  # the legacy fields do not tell the picture's height: only distances come back
        pixel = 0.5 * 500 / 25.4 / 100 + 1e-3
        assert np.abs(back.x - template.x).max() <= pixel
        assert np.abs(np.diff(back.y) - np.diff(template.y)).max(initial=0) <= 2 * pixel
        assert np.abs(back.quality - template.quality).max() <= 0.5 / 61 + 1e-4


def test_the_legacy_fields_count_from_the_lower_left_and_point_the_other_way():
    """As NIST's programs write them: INCITS 378 turned by half, y from below."""
    template = Minutiae([10.0], [20.0], [np.pi / 2], [1], [1.0], ppi=500, size=(100, 300), position="right_index")
    old = records.from_minutiae([template], format="an2k", edition=2007).records[1]
    assert (
        old.text(12) == "1\x1f00511422270\x1f2\x1fA"
    )  # 10 px are 0.51 mm, 280 px from below 14.22 mm; 90 + 180 degrees
    new = records.from_minutiae([template], format="an2k").records[1]
    assert new.text(137) == "1\x1f10\x1f20\x1f45\x1f1\x1f100"


def test_with_its_image_a_legacy_record_gives_positions_on_the_image():
    transaction = records.decode(shared_data("records/an2k/valid1.14.an2").read_bytes())
    (template,) = transaction.templates()  # designation 02, its image 01: it stands alone
    assert (len(template), template.size, template.position) == (1, (0, 0), "left_little")
    assert template.x[0] == pytest.approx(25.0 * 500 / 25.4)
    rows = [
        dataclasses.replace(item, fields=tuple(Field("9.02", b"01") if f.number == 2 else f for f in item.fields))
        if item.type == 9
        else item
        for item in transaction.records
    ]
    (template,) = dataclasses.replace(transaction, records=tuple(rows)).templates()
    assert template.size == (784, 1133)
    assert template.y[0] == pytest.approx(1133 - 25.0 * 500 / 25.4)
    assert template.angle[0] == pytest.approx(np.pi)


def test_a_palms_five_digits_are_read():
    (template,) = records.decode(shared_data("records/an2k/valid1.15.an2").read_bytes()).templates()
    assert template.x[0] == pytest.approx(125.01 * 500 / 25.4, rel=1e-6)
    assert template.angle[0] == pytest.approx(np.deg2rad(231 - 180))


@pytest.mark.parametrize(
    ("number", "content"),
    [(137, b"1\x1f2\x1f3"), (137, b"1\x1f2\x1f3\x1f200\x1f1\x1f9"), (131, b"0"), (130, b"7"), (136, b"9"), (134, b"x")],
)
def test_a_damaged_block_of_minutiae_is_a_typed_error(number, content):
    template = Minutiae([10.0], [20.0], [1.0], [1], [1.0], size=(100, 300), position="right_index")
    transaction = records.from_minutiae([template], format="an2k")
    head, body = transaction.records
    fields = {f.number: f.content for f in body.fields if f.number > 1} | {number: content}
    damaged = AnsiNistTransaction((head, tagged(9, fields)))
    with pytest.raises(RecordError) as caught:
        records.decode(records.encode(damaged)).templates()
    assert caught.value.field.startswith("9.")
