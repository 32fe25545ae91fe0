from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from ktpel_capture.errors import ProfileError
from ktpel_capture.profiles import WARNED_EDITS, built_in_profiles, load_profile, parse_profile
from ktpel_capture.quality import Measurement, Missing, QualityReport, ReportFacts

KNOWN = ("iris.usable_iris_area", "iris.sharpness", "face.head_pose_yaw", "nfiq2.Mu", "fingerprint.minutiae_count")
ENTRY = '[[require]]\nmeasure = "iris.usable_iris_area"\nat_least = 70\nlow = "quality.take_again"\n'


def profile_of(text):
    return parse_profile(text, Path("kabupaten.toml"), KNOWN)


def report_of(edits=(), eye="left", **natives):
    measurements = {f"iris.{name}": Measurement(native) for name, native in natives.items()}
    return QualityReport((), measurements, ReportFacts("iris", "abc", eye=eye, edits=edits))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_value_passes_exactly_where_it_lies_within_both_bounds(low, high, native):
    low, high = sorted((low, high))
    profile = profile_of(f'[[require]]\nmeasure = "iris.sharpness"\nat_least = {low!r}\nat_most = {high!r}\n')
    verdict = profile.judge(report_of(sharpness=native))
    assert verdict.accepted == (low <= native <= high)
    assert bool(verdict.findings) != verdict.accepted


def test_too_low_and_too_high_get_different_advice():
    profile = profile_of(
        '[[require]]\nmeasure = "iris.sharpness"\nat_least = 1\nat_most = 2\n'
        'low = {id = "rendah", en = "low"}\nhigh = {id = "tinggi", en = "high"}\n'
    )
    assert profile.judge(report_of(sharpness=0.0)).advice.text("id") == "rendah"
    assert profile.judge(report_of(sharpness=3.0)).advice.text("en") == "high"
    assert profile.judge(report_of(sharpness=1.5)).advice is None


def test_missing_fails_and_says_why():
    missing = report_of(usable_iris_area=Missing("quality.not_finite"))
    (finding,) = profile_of(ENTRY).judge(missing).findings
    assert finding.measured == Missing("quality.not_finite")
    assert finding.advice.key == "quality.not_finite"
    assert profile_of(ENTRY).judge(report_of()).findings[0].measured == Missing("quality.not_measured")


def test_another_modalitys_requirements_do_not_apply():
    profile = profile_of('[[require]]\nmeasure = "nfiq2.Mu"\nat_least = 1\n')
    assert profile.requirements[0].modality == "fingerprint"
    assert profile.judge(report_of()).accepted


@pytest.mark.parametrize(("eye", "accepted"), [("left", False), ("right", True)])
def test_a_requirement_applies_under_its_conditions_alone(eye, accepted):
    profile = profile_of(ENTRY + 'when = {eye = ["left"]}\n')
    assert profile.judge(report_of(eye=eye, usable_iris_area=10.0)).accepted == accepted


def test_a_condition_nobody_stated_does_not_apply():
    profile = profile_of(ENTRY + 'when = {backdrop = "red"}\n')
    poor = report_of(usable_iris_area=10.0)
    assert profile.judge(poor).accepted
    assert profile.judge(poor, {"backdrop": "blue"}).accepted
    assert not profile.judge(poor, {"backdrop": "red"}).accepted


@pytest.mark.parametrize(("when", "says"), [({"backdrp": "red"}, "backdrop"), ({"backdrop": "rde"}, "red")])
def test_a_misspelt_condition_is_refused_and_not_skipped(when, says):
    with pytest.raises(ValueError, match=says):
        profile_of(ENTRY).judge(report_of(usable_iris_area=90.0), when)


def test_a_warning_does_not_reject_and_stands_behind_a_rejection():
    warn = '[[require]]\nmeasure = "iris.sharpness"\nat_least = 5\nseverity = "warn"\n'
    verdict = profile_of(warn + ENTRY).judge(report_of(sharpness=1.0, usable_iris_area=1.0))
    assert [finding.severity for finding in verdict.findings] == ["reject", "warn"]
    assert profile_of(warn + ENTRY).judge(report_of(sharpness=1.0, usable_iris_area=90.0)).accepted


@pytest.mark.parametrize("edit", sorted(WARNED_EDITS))
def test_an_assumption_about_the_sample_is_always_a_finding(edit):
    verdict = profile_of(ENTRY).judge(report_of(edits=(edit,), usable_iris_area=90.0))
    assert verdict.accepted
    assert verdict.findings[0].measure == edit


@pytest.mark.parametrize(
    ("text", "field", "nearest"),
    [
        (ENTRY.replace("iris_area", "iris_aera"), "measure", "iris.usable_iris_area"),
        (ENTRY.replace("at_least", "atleast"), "atleast", "at_least"),
        (ENTRY + 'severity = "rejct"\n', "severity", "reject"),
        (ENTRY + 'when = {postion = ["left_little"]}\n', "when.postion", "position"),
        (ENTRY + 'when = {position = ["left_litle"]}\n', "when.position", "left_little"),
        (ENTRY.replace("quality.take_again", "quality.take_agian"), "low", "quality.take_again"),
        ("nmae = 'x'\n" + ENTRY, "nmae", "name"),
        (ENTRY.replace("70", '"70"'), "at_least", ""),
        (ENTRY.replace("70", "nan"), "at_least", ""),
        (ENTRY + "at_most = 60\n", "at_least", ""),
        (ENTRY + 'high = "quality.take_again"\n', "high", ""),
        ('[[require]]\nmeasure = "iris.sharpness"\n', "at_least", ""),
        ("[[require]]\nat_least = 1\n", "measure", ""),
        ("require = 3\n", "require", ""),
        ("name = 'empty'\n", "require", ""),
    ],
)
def test_a_bad_profile_is_refused_with_file_entry_field_and_the_nearest_name(text, field, nearest):
    with pytest.raises(ProfileError) as caught:
        profile_of(text)
    error = caught.value
    assert error.path == Path("kabupaten.toml")
    assert "kabupaten.toml" in str(error)
    assert error.field == field
    assert error.nearest == nearest
    assert nearest in str(error)


def test_the_third_entry_is_called_no_3():
    with pytest.raises(ProfileError, match=r"kabupaten\.toml, \[\[require\]\] no\. 3: unknown measure"):
        profile_of(ENTRY * 2 + ENTRY.replace("area", "aera"))


def test_a_profile_that_is_not_there_names_the_nearest(tmp_path):
    with pytest.raises(ProfileError, match='did you mean "ktpel"'):
        load_profile("ktpl", KNOWN)
    broken = tmp_path / "broken.toml"
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(ProfileError, match="UTF-8"):
        load_profile(broken, KNOWN)


@given(st.text(max_size=60))
def test_no_text_leads_to_anything_but_a_profile_or_its_error(text):
    try:
        profile_of(text)
    except ProfileError as error:
        assert error.path == Path("kabupaten.toml")


@pytest.mark.parametrize("name", built_in_profiles())
def test_the_built_in_profiles_name_measures_there_are(name):
    from ktpel_capture import assessment

    profile = assessment.load_profile(name)
    assert profile.name == name
    for requirement in profile.requirements:
        assert (requirement.low is not None) == (requirement.at_least is not None), requirement.measure
        assert (requirement.high is not None) == (requirement.at_most is not None), requirement.measure
