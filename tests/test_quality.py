import math

import pytest
from hypothesis import given, strategies as st

from ktpel_capture.documents import from_json, to_json
from ktpel_capture.messages import Advice
from ktpel_capture.profiles import Finding, Verdict
from ktpel_capture.quality import (
    Measurement,
    Missing,
    QualityMeasure,
    QualityReport,
    QualityScore,
    ReportFacts,
    measure_all,
)

finite = st.floats(allow_nan=False, allow_infinity=False)
natives = finite | st.builds(Missing, st.text(min_size=1))
measurements = st.builds(Measurement, natives, st.none() | st.integers(0, 100), st.sampled_from(["", "px", "mm"]))
scores = st.builds(QualityScore, st.text(), natives)
reports = st.builds(
    QualityReport,
    st.lists(scores, max_size=3).map(tuple),
    st.dictionaries(st.text(), measurements, max_size=5),
    st.builds(ReportFacts, st.sampled_from(["fingerprint", "iris", "face", "signature"]), st.text()),
)
bounds = st.none() | finite
findings = st.builds(
    Finding,
    st.text(),
    natives,
    bounds,
    bounds,
    st.sampled_from(["reject", "warn"]),
    st.builds(Advice, *[st.text()] * 3),
)
verdicts = st.builds(Verdict, st.text(), st.booleans(), st.lists(findings, max_size=3).map(tuple), st.text())


@given(reports | verdicts | findings | measurements | scores)
def test_json_documents_round_trip(value):
    assert from_json(to_json(value)) == value
    assert to_json(from_json(to_json(value))) == to_json(value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a JSON document"),
        ("[]", "kind, version and content"),
        ('{"kind": "report", "version": 2, "content": {}}', "version 2 is not known"),
        ('{"kind": "rapport", "version": 1, "content": {}}', "rapport"),
        ('{"kind": "measurement", "version": 1, "content": {"native": "high"}}', r"\$.native"),
    ],
)
def test_a_document_that_is_none_is_refused_in_words(text, says):
    with pytest.raises(ValueError, match=says):
        from_json(text)


def test_what_has_no_document_is_a_type_error():
    with pytest.raises(TypeError, match="object has no JSON document"):
        to_json(object())


@given(st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_measurement_is_finite_or_missing(native):
    with pytest.raises(ValueError, match="finite or Missing"):
        Measurement(native)


class _Stages:
    ridges = 3.0
    pupil = Missing("iris.no_pupil")


def _double(ridges):
    """Twice the ridges."""
    return 2 * ridges


def _measure(identifier, function=_double, takes=("ridges",), component=None):
    return QualityMeasure(identifier, function, takes, "px", (0, 10), "ours", component)


def test_a_missing_stage_makes_every_measure_on_it_missing_for_its_reason():
    results = measure_all(_Stages(), [_measure(("a", "b"), takes=("ridges", "pupil")), _measure("c")])
    assert list(results) == ["a", "b", "c"]
    assert results["a"].native == results["b"].native == Missing("iris.no_pupil")
    assert results["c"] == Measurement(6.0, None, "px")


def test_a_value_that_is_not_finite_is_missing_never_a_number():
    assert measure_all(_Stages(), [_measure("a", lambda ridges: math.nan)])["a"].native == Missing("quality.not_finite")


def test_a_group_fills_its_ids_in_order_and_must_fill_them_all():
    assert measure_all(_Stages(), [_measure(("a", "b"), lambda r: (1, 2))])["b"].native == 2
    with pytest.raises(ValueError, match="shorter"):
        measure_all(_Stages(), [_measure(("a", "b", "c"), lambda r: (1, 2))])


@given(finite)
def test_components_stay_in_range(slope):
    component = measure_all(_Stages(), [_measure("a", component=lambda native: slope)])["a"].component
    assert component is not None
    assert 0 <= component <= 100


def test_the_summary_of_a_measure_is_what_its_docstring_says_first():
    assert _measure("a").summary == "Twice the ridges."


def test_the_score_is_the_modalitys_own_and_missing_where_there_is_none():
    report = QualityReport((QualityScore("ours", 7.0), QualityScore("NFIQ 2", 50.0)), {}, ReportFacts("iris", ""))
    assert report.score == 7
    assert QualityReport((), {}, ReportFacts("iris", "")).score == Missing("quality.no_score")
