"""From samples to records and back: nothing is lost that the record can hold."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import ktpel_capture as kc
from ktpel_capture import records
from ktpel_capture.quality import Missing, QualityReport, QualityScore, ReportFacts
from record_strategies import eyes, faces, fingers, same


def through(sample, **options):
    record = records.from_samples([sample], **options)
    data = records.encode(record)
    decoded = records.decode(data)
    assert decoded == record
    assert records.encode(decoded) == data
    (back,) = decoded.samples()
    return back


@settings(max_examples=60, deadline=None)
@given(fingers, st.sampled_from(["raw", "png", "jpeg2000_lossless"]))
def test_a_finger_comes_back_from_a_2011_record(sample, encoding):
    assert same(sample, through(sample, format="19794-4", encoding=encoding))


@settings(max_examples=60, deadline=None)
@given(fingers, st.sampled_from(["raw", "png", "jpeg2000_lossless"]))
def test_a_finger_comes_back_from_a_2005_record_without_its_time(sample, encoding):
    back = through(sample, format="ISO/IEC 19794-4", edition=2005, encoding=encoding)
    assert np.array_equal(back.image, sample.image)
    assert (back.ppi, back.position, back.capture.at) == (sample.ppi, sample.position, None)
    assert back.impression == ("live_plain" if sample.impression == "unknown" else sample.impression)


@settings(max_examples=60, deadline=None)
@given(eyes, st.sampled_from(["raw", "png", "jpeg2000_lossless"]))
def test_an_eye_comes_back_from_a_2011_record(sample, encoding):
    assert same(sample, through(sample, format="19794-6", encoding=encoding))


@settings(max_examples=40, deadline=None)
@given(eyes, st.sampled_from(["raw", "jpeg2000_lossless"]))
def test_an_eye_comes_back_from_a_2005_record(sample, encoding):
    assert through(sample, format="19794-6", edition=2005, encoding=encoding).digest == sample.digest


@settings(max_examples=60, deadline=None)
@given(faces, st.sampled_from(["png", "jpeg2000_lossless"]))
def test_a_face_comes_back_from_a_2011_record(sample, encoding):
    assert same(sample, through(sample, format="19794-5", encoding=encoding))


@settings(max_examples=40, deadline=None)
@given(faces)
def test_a_face_comes_back_from_a_2005_record(sample):
    assert through(sample, format="19794-5", edition=2005).digest == sample.digest


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(fingers, eyes, faces), min_size=1, max_size=5))
def test_a_cbeff_set_holds_every_sample_in_order(samples):
    record = records.from_samples(samples, format="cbeff", others={"EXCEPTION": "false"})
    data = records.encode(record)
    decoded = records.decode(data)
    assert decoded == record
    assert records.encode(decoded) == data
    assert all(same(left, right) for left, right in zip(samples, decoded.samples(), strict=True))


@pytest.mark.parametrize("count", [2, 3])
def test_several_representations_are_numbered_by_the_standard(count):
    samples = [kc.FingerprintSample(np.full((30, 20), 10 * n, np.uint8), 500, "left_index") for n in range(count)]
    latest = records.from_samples(samples, format="19794-4", encoding="raw")
    assert [item.representation_number for item in latest.representations] == list(range(count))
    old = records.from_samples(samples, format="19794-4", edition=2005, encoding="raw")
    assert [(view.views, view.view_number) for view in old.views] == [(count, n + 1) for n in range(count)]
    for record in (latest, old):
        back = records.decode(records.encode(record)).samples()
        assert [sample.image[0, 0] for sample in back] == [10 * number for number in range(count)]


def report(sample, *scores):
    return QualityReport(tuple(scores), {}, ReportFacts("fingerprint", sample.digest))


def test_quality_scores_and_failed_ones_stand_in_the_quality_blocks():
    sample = kc.FingerprintSample(np.full((30, 20), 128, np.uint8), 500)
    scores = (QualityScore("NFIQ 2", 61.6), QualityScore("mine", Missing("fingerprint.no_finger")))
    for form in ("19794-4",):
        record = records.from_samples(
            [sample], format=form, reports=[report(sample, *scores)], identifiers={"NFIQ 2": (15, 7), "mine": (258, 1)}
        )
        data = records.encode(record)
        (item,) = records.decode(data).representations
        assert [(block.score, block.vendor, block.algorithm) for block in item.quality] == [
            (62, 15, 7),
            (Missing("record.quality_failed"), 258, 1),
        ]
        assert b"\xff\x01\x02\x00\x01" in data
        back = records.decode(data).samples()[0]
        assert back.capture.reported["quality"][1]["score"] is None
        again = records.from_samples([back], format=form)
        assert again.representations[0].quality == item.quality


def test_lossy_images_keep_to_their_budget():
    y, x = np.mgrid[:300, :200]
    image = (127 + 100 * np.cos(np.hypot(x - 90, y - 120) / 1.5)).astype(np.uint8)
    sample = kc.FingerprintSample(image, 500, "right_thumb")
    for encoding, budget in (("jpeg2000_lossy", 6000), ("jpeg2000_lossy", 3000), ("jpeg", 9000)):
        record = records.from_samples([sample], format="19794-4", encoding=encoding, max_bytes=budget)
        coded = record.representations[0].image_data
        assert budget * 0.6 < len(coded) <= budget
        assert np.abs(record.samples()[0].image.astype(int) - image).mean() < 30


def test_what_does_not_belong_into_a_record_is_refused_in_words():
    face = kc.FaceSample(np.zeros((30, 20, 3), np.uint8))
    finger = kc.FingerprintSample(np.zeros((30, 20), np.uint8), 500)
    for options, word in (
        ({"format": "19794-99"}, "19794-99"),
        ({"format": "19794-5", "edition": 1999}, "1999"),
        ({"format": "19794-4"}, "fingerprint"),
        ({"format": "19794-5", "encoding": "gif"}, "gif"),
        ({"format": "19794-5", "encoding": "png", "max_bytes": 100}, "lossy"),
        ({"format": "19794-5", "encoding": "wsq"}, "wsq"),
        ({"format": "19794-5", "reports": []}, "reports"),
    ):
        with pytest.raises(ValueError, match=word):
            records.from_samples([face], **options)
    with pytest.raises(ValueError, match="at least one"):
        records.from_samples([], format="19794-5")
    other = kc.FingerprintSample(np.zeros((30, 20), np.uint8), 1000)
    with pytest.raises(ValueError, match="resolution"):
        records.from_samples([finger, other], format="19794-4", edition=2005)
    with pytest.raises(TypeError, match="FaceSample"):
        records.encode(face)
