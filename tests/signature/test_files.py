"""CSV and InkML lose nothing; what is broken is refused by line and field; pictures show the card's picture."""

from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from ktpel_capture.errors import RecordError, UnreadableFile
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature import (
    assess,
    grow,
    read_csv,
    read_inkml,
    render,
    write_csv,
    write_inkml,
    write_png,
    write_svg,
)  # fmt: skip

finite = st.floats(-1e6, 1e6)


@st.composite
def samples(draw, least=0):
    count = draw(st.integers(least, 20))
    row = st.lists(finite, min_size=count, max_size=count)
    share = st.lists(st.floats(0, 1), min_size=count, max_size=count)
    return SignatureSample(
        draw(row),
        draw(row),
        draw(row),
        draw(st.none() | share),
        draw(st.none() | st.lists(st.booleans(), min_size=count, max_size=count)),
        draw(st.none() | row),
        draw(st.none() | row),
        draw(st.none() | st.tuples(st.floats(1, 500), st.floats(1, 500))),
    )


@settings(deadline=None)
@given(samples())
def test_csv_gives_the_same_sample_again(sample):
    assert read_csv(write_csv(sample)).digest == sample.digest


@settings(deadline=None)
@given(samples(least=1))
def test_inkml_gives_the_same_points_again(sample):
    again = read_inkml(write_inkml(sample))
    assert again.digest == sample.digest
    assert again.capture.edits == ()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 300), st.booleans(), st.booleans())
def test_a_grown_signature_travels_through_both(person, force, hover):
    sample, _ = grow(person).capture(seed=1, force=force, hover=hover, stamp_faults=0.05)
    for again in (read_csv(write_csv(sample)), read_inkml(write_inkml(sample))):
        assert again.digest == sample.digest
        assert assess(again).measurements == assess(sample).measurements


@settings(deadline=None, max_examples=200)
@given(samples(least=1), st.integers(0, 2000), st.binary(max_size=3), st.integers(0, 30))
def test_damaged_files_are_refused_and_never_crash(sample, at, put, cut):
    for write, read in ((write_csv, read_csv), (write_inkml, read_inkml)):
        data = write(sample).encode()
        place = at % len(data)
        try:
            found = read(data[:place] + put + data[place + cut :])
        except (RecordError, UnreadableFile) as error:
            assert str(error)
        else:
            assert isinstance(found, SignatureSample)


# CSV as people write it -----------------------------------------------------------------------------------------


def test_csv_of_a_spreadsheet_in_indonesia_is_understood(tmp_path):
    path = tmp_path / "tanda_tangan.csv"
    path.write_bytes("﻿time_ms;x_cm;y_cm;pressure;pen\r\n0;1,25;2;0,5;1\r\n10;1,5;2,5;1;0\r\n".encode())
    sample = read_csv(path)
    assert_allclose(sample.t, [0, 0.01])
    assert_allclose(sample.x, [12.5, 15])
    assert_allclose(sample.y, [20, 25])
    assert_array_equal(sample.pen_down, [True, False])
    assert_allclose(sample.force, [0.5, 1])


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("", "header", "holds no header"),
        ("t,x\n0,1\n", "y", 'column "y" is missing'),
        ("t,x,y,presure\n0,1,2,0\n", "presure", "did you mean"),
        ("t,x,y,x\n0,1,2,3\n", "x", "two columns"),
        ("a,b,c\n1,2,3\n", "a", 'unknown column "a"'),
        ("t,x,y\n0,1,2\n0.01,2\n", "y", "line 3 has 2 of 3 values"),
        ("t,x,y\n0,1,2\n0.01,2,3,4\n", "y", "line 3 has 4 of 3 values"),
        ("t,x,y\n0,1,nan\n", "y", 'line 2: "nan" is not a finite number'),
        ("t,x,y\n0,inf,1\n", "x", 'line 2: "inf"'),
        ("t,x,y\n0,1,1e999\n", "y", "not a finite"),
        ("t,x_cm,y\n0,1e200,1\n", "x", "not a finite"),
        ("t,x,y\n0,1," + "1" * 200_000 + "\n", "line", "line 2: field larger"),
        ("t,x,y\n0,one,1\n", "x", 'line 2: "one" is not a number'),
        ("t,x,y,force\n0,1,1,0.5\n# remark\n0.01,1,1,512\n", "force", "line 4: 512 is not a share"),
        ("t,x,y,pen_down\n0,1,1,2\n", "pen_down", 'line 2: "2" is neither 1 nor 0'),
        ("# pad_size 96\nt,x,y\n0,1,1\n", "pad_size", "two positive lengths"),
    ],
)
def test_a_csv_with_a_fault_is_refused_with_line_and_column(text, field, said):
    with pytest.raises(RecordError, match=said) as caught:
        read_csv(text.encode())
    assert caught.value.field == field


def test_a_csv_with_a_header_alone_is_an_empty_signature():
    assert read_csv("t,x,y\n").t.size == 0


def test_files_that_are_missing_not_text_or_huge_are_named(tmp_path):
    with pytest.raises(UnreadableFile, match="none.csv"):
        read_csv(tmp_path / "none.csv")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xd8")
    with pytest.raises(UnreadableFile, match="not UTF-8"):
        read_csv(tmp_path / "picture.csv")
    with (tmp_path / "huge.inkml").open("wb") as huge:
        huge.truncate(65 * 2**20)
    with pytest.raises(UnreadableFile, match="larger than 64 MiB"):
        read_inkml(tmp_path / "huge.inkml")


# InkML as other programs write it -------------------------------------------------------------------------------

INK = '<ink xmlns="http://www.w3.org/2003/InkML">{}</ink>'


def ink(body):
    return read_inkml(INK.format(body))


def test_differences_are_added_up_as_the_recommendation_shows():
    """The worked example of the Recommendation: 1125 18432, then velocity, then acceleration."""
    found = ink("<trace>1125 18432,'23'43,\"7\"-8,3 -5,7 -3,6 2,6 8,3 6</trace>")
    x = [1125, 1148, 1178, 1211, 1251, 1297, 1349, 1404]
    y = [18432, 18475, 18510, 18540, 18567, 18596, 18633, 18676]
    assert_allclose(found.x, np.array(x) * 0.01)
    assert_allclose(found.y, np.array(y) * 0.01)
    assert found.capture.edits == ("signature.rate_assumed", "signature.unit_assumed")


def test_millimetres_are_the_default_where_they_can_be():
    assert_allclose(ink("<trace>10 20, 11 21, * 23</trace>").x, [10, 11, 11])
    assert ink("<trace>10 20, 11 21</trace>").capture.edits == ("signature.rate_assumed",)


OFFICE = """
<inkml:ink xmlns:inkml="http://www.w3.org/2003/InkML">
  <inkml:definitions>
    <inkml:context xml:id="ctx0">
      <inkml:inkSource xml:id="src">
        <inkml:traceFormat>
          <inkml:channel name="X" type="integer" max="9600" units="cm"/>
          <inkml:channel name="Y" type="integer" max="7200" units="cm"/>
          <inkml:channel name="F" type="integer" max="256" units="dev"/>
        </inkml:traceFormat>
        <inkml:channelProperties>
          <inkml:channelProperty channel="X" name="resolution" value="400" units="1/cm"/>
          <inkml:channelProperty channel="Y" name="resolution" value="500" units="1/cm"/>
        </inkml:channelProperties>
        <inkml:sampleRate value="200"/>
      </inkml:inkSource>
    </inkml:context>
  </inkml:definitions>
  <inkml:traceGroup contextRef="#ctx0">
    <inkml:trace>400 500 64,'40'0'0,40 0 0</inkml:trace>
    <inkml:trace>800 500 128,'40'0'0</inkml:trace>
  </inkml:traceGroup>
</inkml:ink>
"""


def test_ink_of_an_office_program_comes_in_millimetres_with_its_lifts():
    found = read_inkml(OFFICE)
    assert_allclose(found.x, [10, 11, 12, 12, 20, 21])
    assert_allclose(found.y, 10)
    assert_allclose(found.force, [0.25, 0.25, 0.25, 0, 0.5, 0.5])
    assert_array_equal(found.pen_down, [1, 1, 1, 0, 1, 1])
    assert (np.diff(found.t) > 0).all()
    assert_allclose(found.t[:3], [0, 0.005, 0.01])
    assert found.capture.edits == ()


def test_channels_come_in_any_order_unit_and_direction():
    format_ = (
        '<traceFormat><channel name="Y" units="in" orientation="-ve"/><channel name="T" units="ms"/>'
        '<channel name="OA" units="deg"/><channel name="X" units="cm"/><channel name="S" type="boolean"/></traceFormat>'
    )
    found = ink(format_ + "<trace>1 0 90 1 T, 2 10 180 2 F, 3 20 180 2 T</trace>")
    assert_allclose(found.x, [10, 20, 20])
    assert_allclose(found.y, [-25.4, -50.8, -76.2])
    assert_allclose(found.t, [0, 0.01, 0.02])
    assert_allclose(found.azimuth, [np.pi / 2, np.pi, np.pi])
    assert_array_equal(found.pen_down, [True, False, True])


def test_time_offsets_place_traces_that_count_from_their_own_start():
    format_ = '<traceFormat><channel name="X"/><channel name="Y"/><channel name="T"/></traceFormat>'
    found = ink(format_ + '<trace timeOffset="0">1 1 0,2 2 10</trace><trace timeOffset="500">3 3 0,4 4 10</trace>')
    assert_allclose(found.t[[0, 1, 3, 4]], [0, 0.01, 0.5, 0.51])


CHAIN = "".join(f'<context xml:id="c{at}" contextRef="#c{at + 1}"/>' for at in range(5000)) + (
    '<context xml:id="c5000"/><trace contextRef="#c0">1 2</trace>'
)
BOMB = '<!DOCTYPE ink [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE ink [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("head", [BOMB, OUTSIDE, '<!DOCTYPE ink SYSTEM "http://example.org/ink.dtd">'])
def test_document_types_and_their_entities_are_refused_before_anything_is_fetched(head):
    with pytest.raises(RecordError, match="document type declaration, which is refused") as caught:
        read_inkml(head + INK.format("<trace>&b;&secret; 1 2</trace>"))
    assert caught.value.field == "DOCTYPE"


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("", "ink", "not well-formed"),
        (INK.format("<trace>1 2")[:-6], "ink", "not well-formed XML at line 1"),
        ("<svg/>", "ink", "root element is <svg>"),
        (INK.format(""), "trace", "no trace with a point"),
        (INK.format("<trace> </trace>"), "trace", "no trace with a point"),
        (INK.format("<trace>1 2 3</trace>"), "trace", "more values than 2 channels"),
        (INK.format("<trace>1 2, 3</trace>"), "Y", "cut off"),
        (INK.format("<trace>1 zwei</trace>"), "trace", '"zwei" is not a value'),
        (INK.format("<trace>1 ?</trace>"), "Y", "unknown or not finite"),
        (INK.format("<trace>1 1e999</trace>"), "Y", "not finite"),
        (INK.format("<trace>1 1e300</trace>"), "Y", "not finite"),
        (INK.format("<trace>#" + "F" * 400 + " 1</trace>"), "trace", "more values than 2"),
        (INK.format(CHAIN), "context", "circle"),
        (INK.format('<trace type="pen">1 2</trace>'), "trace", 'type="pen"'),
        (INK.format('<trace contextRef="#none">1 2</trace>'), "context", "not in this file"),
        (INK.format('<trace contextRef="http://x.org/#c">1 2</trace>'), "context", "not fetched"),
        (INK.format('<context xml:id="a" contextRef="#a"/><trace>1 2</trace>'), "context", "circle"),
        (INK.format('<traceFormat><channel name="X"/></traceFormat><trace>1</trace>'), "Y", "no channel Y"),
        (INK.format('<traceFormat><channel name="X" max="x"/></traceFormat><trace>1</trace>'), "channel", 'max="x"'),
        (INK.format("<traceFormat><channel/></traceFormat><trace>1</trace>"), "channel", "no name"),
    ],
)
def test_an_inkml_with_a_fault_is_refused_with_the_field(text, field, said):
    with pytest.raises(RecordError, match=said) as caught:
        read_inkml(text.encode() if text else b"")
    assert caught.value.field == field


# Pictures -------------------------------------------------------------------------------------------------------


def test_the_png_is_the_cards_picture_with_its_resolution():
    sample, _ = grow(5).capture(seed=1)
    picture = Image.open(BytesIO(write_png(sample)))
    assert_array_equal(np.asarray(picture), render(sample, 472, 189))
    assert_allclose(picture.info["dpi"], 600, atol=0.1)


@pytest.mark.parametrize("kind", ["signature", "dot", "blank"])
def test_the_svg_shows_what_the_cards_picture_shows(kind):
    sample, _ = grow(5).capture(seed=1, kind=kind)
    root = ET.fromstring(write_svg(sample).encode())
    assert (root.get("width"), root.get("height")) == ("20mm", "8mm")
    drawn = np.zeros((800, 2000), np.uint8)
    for path in root:
        numbers = path.get("d")[1:].replace(" h0", "").split()
        points = np.array([[float(v) for v in pair.split(",")] for pair in numbers]) * 100
        points = np.round(np.repeat(points, 2, axis=0) if len(points) == 1 else points).astype(np.int32)
        cv2.polylines(drawn, [points], False, 255, round(float(path.get("stroke-width")) * 100))
    picture = cv2.resize(render(sample, 1000, 400)[..., 3], (2000, 800))
    assert np.abs(drawn.astype(int) - picture).mean() < 1.5
    assert bool(len(root)) == (kind != "blank")


def test_deeply_nested_ink_is_read():
    found = ink("<traceGroup>" * 2000 + "<trace>1 2, 3 4</trace>" + "</traceGroup>" * 2000)
    assert_allclose(found.x, [1, 3])


def test_the_pad_size_travels():
    sample, _ = grow(5).capture(seed=1, pad_size=(95.25, 47.0))
    assert read_csv(write_csv(sample)).pad_size == read_inkml(write_inkml(sample)).pad_size == (95.25, 47.0)
    bare = replace(sample, pad_size=None)
    assert read_csv(write_csv(bare)).pad_size is None
