"""CBEFF XML: the three forms that are about, and what is refused."""

import base64

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import ktpel_capture as kc
from ktpel_capture import records
from ktpel_capture.errors import RecordError
from ktpel_capture.records import cbeff_values as cbeff
from ktpel_capture.requests import UNAVAILABLE_REASONS
from ktpel_capture.samples import FINGERS
from shared import shared_data

ISO = "http://standards.iso.org/iso-iec/19785/-3/ed-2/"
OASIS = "http://docs.oasis-open.org/bias/ns/biaspatronformat-1.0/"


def document(body: str, namespace: str = ISO) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><BIR xmlns="{namespace}">{body}</BIR>'.encode()


INFO = "<BIRInfo><Integrity>false</Integrity></BIRInfo>"
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
registered = st.builds(cbeff.Registered, words, words)
dates = st.just("2019-06-27T13:40:06.209Z")
infos = st.builds(
    cbeff.BdbInfo,
    challenge_response=st.none() | st.binary(max_size=9),
    index=st.none() | st.uuids().map(str),
    format=st.none() | registered,
    encryption=st.none() | st.booleans(),
    creation_date=st.none() | dates,
    type=st.lists(st.sampled_from(cbeff.TYPES), max_size=2).map(tuple),
    subtype=st.lists(st.sampled_from(cbeff.SUBTYPES), max_size=2).map(tuple),
    level=st.none() | st.sampled_from(cbeff.LEVELS),
    product=st.none() | registered,
    purpose=st.none() | st.sampled_from(cbeff.PURPOSES),
    quality=st.none()
    | st.builds(cbeff.Quality, registered, st.integers(0, 100))
    | st.builds(cbeff.Quality, registered, st.none(), words),
)
numbered = st.builds(cbeff.Registered, *[st.integers(1, 65535).map(str)] * 2)
oasis_infos = st.builds(
    cbeff.BdbInfo,
    challenge_response=st.none() | st.binary(max_size=9),
    format=st.none() | numbered,
    encryption=st.none() | st.booleans(),
    type=st.lists(st.sampled_from(cbeff.TYPES), max_size=2).map(tuple),
    subtype=st.lists(st.sampled_from(cbeff.SUBTYPES), max_size=2).map(tuple),
    level=st.none() | st.sampled_from(cbeff.LEVELS),
    product=st.none() | numbered,
    purpose=st.none() | st.sampled_from(cbeff.PURPOSES),
    quality=st.none()
    | st.builds(cbeff.Quality, st.just(cbeff.Registered("", "")), st.integers(0, 100))
    | st.builds(cbeff.Quality, st.just(cbeff.Registered("", "")), st.none(), st.sampled_from(["-1", "-2"])),
)


def tree(info):
    leaf = leaf_of(info)
    return st.recursive(leaf, lambda inner: st.builds(cbeff.Bir, children=st.lists(inner, max_size=3).map(tuple)))


def leaf_of(info):
    return st.builds(
        cbeff.Bir,
        version=st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)),
        bdb_info=st.none() | info,
        bdb=st.none() | st.binary(max_size=30),
        sb=st.none() | st.binary(max_size=5),
        others=st.lists(st.tuples(words, words), max_size=3).map(tuple),
    )


def has_others(bir):
    return bool(bir.others) or any(has_others(child) for child in bir.children)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(["iso", "oasis"]), st.sampled_from(["Others", "others"]))
def test_every_document_is_read_as_it_was_written(data, namespace, form):
    root = data.draw(tree(infos if namespace == "iso" else oasis_infos))
    record = cbeff.CbeffRecord(root, namespace, form if has_others(root) else "Others")
    data = records.encode(record)
    assert records.decode(data) == record
    assert records.encode(records.decode(data)) == data


def test_the_two_forms_of_other_facts_are_told_apart():
    pairs = document(INFO + "<Others><Key>A</Key><Value>1</Value></Others><Others><Key>B</Key><Value/></Others>")
    entries = document(INFO + '<others><entry key="A">1</entry><entry key="B"></entry></others>')
    for data, form in ((pairs, "Others"), (entries, "others")):
        record = records.decode(data)
        assert record.root.others == (("A", "1"), ("B", ""))
        assert record.others_form == form
    mixed = document(INFO + '<Others><Key>A</Key><Value>1</Value></Others><others><entry key="B">2</entry></others>')
    with pytest.raises(RecordError, match="one document"):
        records.decode(mixed)
    assert records.decode_tolerantly(mixed)[0].root.others == (("A", "1"), ("B", "2"))


@pytest.mark.parametrize(
    ("body", "word", "field"),
    [
        ("", "BIRInfo is missing", "BIR"),
        ("<BIRInfo/>", "Integrity", "BIRInfo"),
        ("<BIRInfo><Integrity>maybe</Integrity></BIRInfo>", "maybe", "Integrity"),
        (INFO + "<BDBInfo><Type>Fingr</Type></BDBInfo>", "Fingr", "Type"),
        (INFO + "<BDBInfo><Subtype>Left Toe</Subtype></BDBInfo>", "Toe", "Subtype"),
        (INFO + "<BDBInfo><Purpose>Fun</Purpose></BDBInfo>", "Fun", "Purpose"),
        (INFO + "<BDBInfo><CreationDate>2019-02-31T10:00:00Z</CreationDate></BDBInfo>", "2019-02-31", "CreationDate"),
        (INFO + "<BDBInfo><Index>12</Index></BDBInfo>", "UUID", "Index"),
        (INFO + "<BDBInfo><Type>Iris</Type><Format/></BDBInfo>", "behind", "Format"),
        (INFO + "<Toe/>", "not allowed", "Toe"),
        (INFO + INFO, "twice", "BIRInfo"),
        (INFO + "<Version><Major>-1</Major><Minor>0</Minor></Version>", "behind", "Version"),
    ],
)
def test_what_the_schema_does_not_allow_is_named_with_its_place(body, word, field):
    data = document(body)
    with pytest.raises(RecordError, match=word) as caught:
        records.decode(data)
    assert caught.value.field == field
    assert caught.value.offset is not None
    assert data[caught.value.offset : caught.value.offset + 1] == b"<"
    _record, deviations = records.decode_tolerantly(data)
    assert any(word in deviation.reason for deviation in deviations)


def test_bytes_that_are_no_base_64_are_refused_in_both_ways():
    for decode in (records.decode, records.decode_tolerantly):
        with pytest.raises(RecordError, match="base 64"):
            decode(document(INFO + "<BDB>RklSAD...</BDB>"))


def test_document_types_and_entities_are_refused():
    bomb = b'<!DOCTYPE BIR [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + document(INFO)[38:]
    bomb = b'<?xml version="1.0"?>' + bomb
    remote = b'<?xml version="1.0"?><!DOCTYPE BIR SYSTEM "file:///etc/passwd">' + document(INFO)[38:]
    from ktpel_capture.records.xml_tree import parse

    for data in (bomb, remote):
        with pytest.raises(RecordError, match="refused"):
            parse(data, "CBEFF")


def test_deep_nesting_is_refused_in_bounded_time():
    deep = document("<BIR>" * 5000 + "</BIR>" * 5000)
    with pytest.raises(RecordError, match="deep"):
        records.decode(deep)


def test_an_encrypted_block_is_said_to_be_encrypted():
    body = INFO + "<BDBInfo><Encryption>true</Encryption></BDBInfo><BDB>AAAA</BDB>"
    with pytest.raises(RecordError) as caught:
        records.decode(document(body)).samples()
    assert caught.value.code == "record.encrypted"


def test_the_subtype_names_a_finger_that_its_block_does_not():
    block = base64.b64encode(shared_data("records/mosip/Default/Auth/Finger_UKNOWN.iso").read_bytes()).decode()
    info = "<BDBInfo><Type>Finger</Type><Subtype>Left IndexFinger</Subtype></BDBInfo>"
    (sample,) = records.decode(document(f"{INFO}<BIR>{INFO}{info}<BDB>{block}</BDB></BIR>")).samples()
    assert sample.position == "left_index"


def test_every_truncation_is_a_typed_error():
    data = document(INFO + "<BIR>" + INFO + "<BDB>AAECAwQFBgcICQ==</BDB></BIR>")
    for length in range(len(data)):
        for decode in (records.decode, records.decode_tolerantly):
            with pytest.raises(RecordError):
                decode(data[:length])


def test_isos_elements_in_the_oasis_namespace_are_read_tolerantly():
    data = document(
        INFO + "<BDBInfo><Format><Organization>Mosip</Organization><Type>7</Type></Format></BDBInfo>", OASIS
    )
    with pytest.raises(RecordError, match="OASIS namespace"):
        records.decode(data)
    record, deviations = records.decode_tolerantly(data)
    assert record.root.bdb_info.format == cbeff.Registered("Mosip", "7")
    assert deviations


@given(st.lists(st.sampled_from([*FINGERS, "left_eye", "right_eye"]), max_size=4, unique=True), st.data())
def test_a_finger_or_eye_that_could_not_be_captured_comes_back_as_an_exception(positions, data):
    declared = [kc.Unavailable(position, data.draw(st.sampled_from(UNAVAILABLE_REASONS))) for position in positions]
    face = kc.FaceSample(np.zeros((8, 6, 3), np.uint8))
    for form in ("Others", "others"):
        record = records.from_samples([face], format="cbeff", unavailable=declared, others_form=form)
        content = records.encode(record)
        back = records.decode(content)
        assert back == record
        assert back.unavailable == tuple(declared)
        assert len(back.samples()) == 1
        assert records.validate(content, "mosip-registration").valid


def test_an_empty_block_that_is_no_exception_is_a_violation():
    bare = document(f"{INFO}<BIR>{INFO}<BDB></BDB></BIR>")
    assert not records.validate(bare).valid
    with pytest.raises(RecordError):
        records.decode(bare).samples()


@pytest.mark.parametrize("kind", ["cropped", "vga", "cropped_and_masked", "uncropped"])
def test_the_kind_of_an_iris_picture_travels_with_the_sample(kind):
    eye = kc.IrisSample(np.zeros((40, 30), np.uint8), "left")
    (back,) = records.from_samples([eye], format="19794-6", image_type=kind).samples()
    again = records.from_samples([back], format="cbeff")
    (block,) = [records.decode(bir.bdb) for bir in again.root.blocks()]
    assert block.representations[0].image_type == kind


def test_an_iris_cropped_here_says_so_in_its_record():
    from ktpel_capture.iris.synthesis import grow

    eye, _truth = grow(3).capture(seed=1, eye="left")
    cropped = kc.iris.cropped(kc.iris.analyse(eye))
    content = records.encode(records.from_samples([cropped], format="19794-6"))
    assert records.decode(content).representations[0].image_type == "cropped"
    assert records.validate(content, "mosip-registration").valid
    assert not records.validate(
        records.encode(records.from_samples([eye], format="19794-6")), "mosip-registration"
    ).valid
