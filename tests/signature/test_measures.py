"""Measures of a signature: moving, scaling, another rate and another tempo change only what they should."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose

from ktpel_capture.profiles import load_profile
from ktpel_capture.quality import Missing
from ktpel_capture.samples import CaptureInfo, SignatureSample
from ktpel_capture.signature import ALGORITHM, MEASURES, analyse, assess, grow
from ktpel_capture.signature.measures import CARD_BOX

few = settings(deadline=None, max_examples=25)
signed = st.builds(
    lambda person, seed: grow(person).capture(seed=seed, pad_size=(300.0, 200.0))[0],
    st.integers(0, 300),
    st.integers(0, 50),
)
IDS = [identifier for measure in MEASURES for identifier in measure.ids]
LENGTHS = ("width", "height", "extent", "path_length", "speed_mean", "speed_peak")
TIMED = ("duration", "speed_mean", "speed_peak", "speed_variation", "jerk", "rate", "jitter", "dropped_samples",
         "pen_up_ratio", "repaired_stamps")  # fmt: skip


def natives(sample):
    return {name.split(".")[1]: m.native for name, m in assess(sample).measurements.items()}


def ktpel():
    return load_profile("ktpel", _KnowsAll())


class _KnowsAll(frozenset):
    def __contains__(self, name):
        return True


def judge(sample):
    return ktpel().judge(assess(sample))


def keys(sample):
    return [finding.advice.key for finding in judge(sample).findings]


# What always holds ----------------------------------------------------------------------------------------------


@few
@given(signed, st.floats(-900, 900), st.floats(-900, 900))
def test_moving_a_signature_changes_nothing(sample, right, down):
    moved = replace(sample, x=sample.x + right, y=sample.y + down, pad_size=None)
    before, after = natives(replace(sample, pad_size=None)), natives(moved)
    for name, value in before.items():
        if name in ("border_clipping", "legibility"):  # exact coordinates and grid cells round
            assert abs(after[name] - value) < 0.02
        else:
            assert_allclose(after[name], value, rtol=1e-6, atol=1e-6, err_msg=name)


@few
@given(signed, st.floats(0.25, 4.0))
def test_scaling_changes_lengths_and_speeds_in_proportion_and_nothing_else(sample, factor):
    scaled = replace(sample, x=sample.x * factor, y=sample.y * factor, pad_size=None)
    before, after = natives(replace(sample, pad_size=None)), natives(scaled)
    for name, value in before.items():
        if name in LENGTHS:
            assert_allclose(after[name], value * factor, rtol=1e-6, err_msg=name)
        elif name == "legibility":
            fits = before["width"] * factor >= CARD_BOX[0] and before["width"] >= CARD_BOX[0]
            if fits:
                assert abs(after[name] - value) < 0.02
        elif name != "border_clipping":
            assert_allclose(after[name], value, rtol=1e-6, atol=1e-6, err_msg=name)


@few
@given(signed, st.floats(0.5, 2.0))
def test_another_tempo_changes_only_what_is_about_time(sample, factor):
    slower = replace(sample, t=sample.t * factor)
    before, after = natives(sample), natives(slower)
    for name, value in before.items():
        if name not in TIMED and name != "path_length":
            assert_allclose(after[name], value, rtol=0.05, atol=0.02, err_msg=name)
    assert_allclose(after["path_length"], before["path_length"], rtol=0.05)
    assert_allclose(after["duration"], before["duration"] * factor, rtol=1e-9)
    assert_allclose(after["speed_mean"], before["speed_mean"] / factor, rtol=0.05)
    assert_allclose(after["rate"], before["rate"] / factor, rtol=1e-6)
    for name in ("pen_up_ratio", "jitter", "dropped_samples"):
        assert_allclose(after[name], before[name], atol=1e-9)


@few
@given(st.integers(0, 300), st.sampled_from([75.0, 133.0, 200.0, 500.0, 1000.0]))
def test_another_rate_of_the_pad_changes_only_the_rate(person, rate):
    usual, _ = grow(person).capture(seed=1, pad_size=(300.0, 200.0), stamp_faults=0)
    other, _ = grow(person).capture(seed=1, pad_size=(300.0, 200.0), rate=rate)
    before, after = natives(usual), natives(other)
    assert_allclose(after["rate"], rate, rtol=0.12)  # stamps in milliseconds
    for name, tolerance in {
        "width": 0.04, "height": 0.04, "extent": 0.04, "duration": 0.06, "path_length": 0.06, "straightness": 0.08,
        "speed_mean": 0.1, "speed_peak": 0.1, "legibility": 0.08,
    }.items():  # fmt: skip
        assert_allclose(after[name], before[name], rtol=tolerance, err_msg=name)
    assert after["strokes"] == before["strokes"]
    assert abs(after["jerk"] - before["jerk"]) < 1.5


@few
@given(signed)
def test_mirroring_and_going_backwards_keep_the_form(sample):
    mirrored = natives(replace(sample, x=300.0 - sample.x))
    backwards = natives(replace(
        sample, t=sample.t.max() - sample.t[::-1], x=sample.x[::-1], y=sample.y[::-1],
        force=sample.force[::-1], pen_down=sample.pen_down[::-1],
    ))  # fmt: skip
    plain = natives(sample)
    for name in ("width", "height", "path_length", "straightness", "complexity", "strokes", "duration"):
        assert_allclose(mirrored[name], plain[name], rtol=1e-9, err_msg=name)
        assert_allclose(backwards[name], plain[name], rtol=0.1 if name == "complexity" else 0.03, err_msg=name)


@few
@given(signed)
def test_native_values_lie_in_the_range_their_row_says(sample):
    report = assess(sample)
    for measure in MEASURES:
        native = report.measurements[measure.id].native
        assert isinstance(native, Missing) or measure.range[0] <= native <= measure.range[1], measure.id


# The hard cases -------------------------------------------------------------------------------------------------

NOTHING = SignatureSample([], [], [])
ONE_POINT = SignatureSample([0.0], [10.0], [10.0])
NEVER_DOWN = SignatureSample([0.0, 0.01], [1.0, 2.0], [1.0, 2.0], pen_down=[False, False])
FAR_OUT = SignatureSample([0.0, 0.01], [1e300, -1e300], [0.0, 1e308])
LONG_AGO = SignatureSample([0.0, 1e12], [1.0, 2.0], [1.0, 2.0])
STANDING_CLOCK = SignatureSample(np.zeros(300), *np.random.default_rng(1).uniform(0, 50, (2, 300)))
RUNNING_BACK = SignatureSample(-np.arange(300.0), *np.random.default_rng(1).uniform(0, 50, (2, 300)))
RESTING_PEN = SignatureSample(np.arange(100) / 100, np.full(100, 5.0), np.full(100, 5.0), np.full(100, 1.0))


@pytest.mark.parametrize(
    "sample", [NOTHING, ONE_POINT, NEVER_DOWN, FAR_OUT, LONG_AGO, STANDING_CLOCK, RUNNING_BACK, RESTING_PEN]
)
def test_every_sample_that_can_be_made_gets_a_whole_report_and_is_judged(sample):
    report = assess(sample)
    assert list(report.measurements) == IDS
    assert report.scores[0].algorithm == ALGORITHM
    verdict = ktpel().judge(report)
    assert not verdict.accepted or sample in (STANDING_CLOCK, RUNNING_BACK)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(-1e308, 1e308), st.floats(-1e308, 1e308), st.floats(-1e308, 1e308), st.floats(0, 1), st.booleans()
        ),
        max_size=40,
    )
)
def test_no_series_of_numbers_breaks_the_assessment(points):
    t, x, y, force, down = zip(*points) if points else ([], [], [], [], [])
    judge(SignatureSample(t, x, y, force, down))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-50, 50), st.floats(-50, 50), st.booleans()), max_size=40))
def test_no_short_series_breaks_the_assessment(points):
    t, x, y, down = zip(*points) if points else ([], [], [], [])
    judge(SignatureSample(t, x, y, None, down))
    judge(SignatureSample(t, x, y))


def test_ten_minutes_of_noise_are_rejected_for_their_length():
    random = np.random.default_rng(5)
    noise = SignatureSample(random.uniform(0, 600, 60_000), *random.uniform(0, 60, (2, 60_000)))
    assert not judge(noise).accepted
    assert "signature.took_too_long" in keys(replace(noise, t=np.sort(noise.t)))


@pytest.mark.parametrize(("sample", "reason"), [(NOTHING, "signature.blank"), (NEVER_DOWN, "signature.blank"),
                                                (FAR_OUT, "signature.out_of_range")])  # fmt: skip
def test_where_there_is_no_ink_all_is_missing_for_one_reason(sample, reason):
    report = assess(sample)
    assert {m.native for m in report.measurements.values()} == {Missing(reason)}
    assert report.score == Missing(reason)


# What the profile ktpel says ------------------------------------------------------------------------------------


@few
@given(st.integers(0, 400), st.integers(0, 20), st.booleans(), st.booleans())
def test_signatures_are_accepted_with_and_without_force_and_hover(person, seed, force, hover):
    sample, truth = grow(person).capture(seed=seed, force=force, hover=hover)
    if truth.outside == 0:
        verdict = judge(sample)
        assert verdict.accepted
        assert verdict.findings == ()


@few
@given(st.integers(0, 300))
def test_a_plain_line_is_accepted_and_recorded_a_dot_is_not(person):
    line, _ = grow(person).capture(seed=1, kind="line")
    assert judge(line).accepted
    assert "signature.plain_line_recorded" in keys(line)
    dot, _ = grow(person).capture(seed=1, kind="dot")
    assert not judge(dot).accepted
    assert keys(dot)[0] == "signature.only_a_dot"


def test_scribbles_are_noticed_and_signatures_are_not_taken_for_scribbles():
    told = {"signature.scribbled_over", "signature.blot_on_the_card"}
    noticed = [bool(told & set(keys(grow(person).capture(seed=1, kind="scribble")[0]))) for person in range(40)]
    mistaken = [bool(told & set(keys(grow(person).capture(seed=1)[0]))) for person in range(40)]
    assert np.mean(noticed) > 0.9
    assert np.mean(mistaken) < 0.02


@few
@given(st.integers(0, 300), st.booleans())
def test_a_signature_beyond_the_border_is_sent_back_to_the_middle(person, size_known):
    sample, truth = grow(person).capture(seed=1, shift=(0.0, 38.0))
    sample = sample if size_known else replace(sample, pad_size=None)
    if 0.15 < truth.outside < 0.9:
        assert keys(sample)[0] == "signature.cut_at_the_border"


def test_bad_stamps_lost_points_and_a_hard_hand_are_told():
    person = grow(4)
    assert keys(person.capture(seed=1, stamp_faults=0.1)[0]) == ["signature.stamps_repaired"]
    assert "signature.points_lost" in keys(person.capture(seed=1, dropped=0.4)[0])
    assert keys(person.capture(seed=1, pressure=2.8)[0]) == ["signature.press_lighter"]
    assert "signature.pad_too_slow" in keys(person.capture(seed=1, rate=25.0)[0])
    assert "signature.write_larger" in keys(person.capture(seed=1, scale=0.12)[0])
    sample, _ = person.capture(seed=1)
    assert keys(replace(sample, force=sample.pen_down * 0.5)) == ["signature.force_is_flat"]


# Independent ways to the numbers --------------------------------------------------------------------------------


def test_a_circle_drawn_evenly_has_the_values_geometry_gives():
    t = np.arange(0, 2.0001, 0.01)
    circle = SignatureSample(t, 50 + 20 * np.cos(np.pi * t), 40 + 20 * np.sin(np.pi * t))
    values = natives(circle)
    assert_allclose([values["width"], values["height"]], 40, rtol=1e-3)
    assert_allclose(values["path_length"], 2 * np.pi * 20, rtol=1e-3)
    assert_allclose([values["speed_mean"], values["speed_peak"]], 20 * np.pi, rtol=5e-3)
    assert_allclose(values["complexity"], 2, atol=0.05)
    assert_allclose(values["straightness"], 1 / np.pi, rtol=0.01)
    assert values["speed_variation"] < 0.01
    # the jerk of uniform circular motion is r w^3, and T w = 2 pi
    expected = -np.log((20 * np.pi**3) ** 2 * 2**4 / (20 * np.pi) ** 2)
    assert_allclose(values["jerk"], expected, rtol=0.05)
    assert values["strokes"] == 1
    assert values["pen_up_ratio"] == 0


def test_lost_points_and_jitter_are_counted_as_they_were_made():
    t = np.delete(np.arange(200) / 100, [50, 51, 52, 120])
    sample = SignatureSample(t, t * 20, np.sin(t * 9))
    assert_allclose(natives(sample)["dropped_samples"], 4 / 200, rtol=1e-6)
    uneven = np.arange(200) / 100 + np.where(np.arange(200) % 2, 0.002, 0.0)
    assert_allclose(natives(SignatureSample(uneven, t[:1] + uneven, uneven))["jitter"], 0.2, rtol=0.7)


def test_the_pen_in_the_air_is_counted_by_time():
    t = np.arange(0, 3.001, 0.01)
    down = (t <= 1.0) | (t >= 2.0)
    sample = SignatureSample(t, t * 10, np.sin(t), pen_down=down)
    assert_allclose(natives(sample)["pen_up_ratio"], 1 / 3, atol=0.01)
    assert natives(sample)["strokes"] == 2


def test_without_pen_states_a_gap_parts_two_strokes():
    t = np.concatenate([np.arange(0, 1, 0.01), np.arange(1.4, 2, 0.01)])
    values = natives(SignatureSample(t, t * 10, np.sin(9 * t)))
    assert values["strokes"] == 2
    assert values["dropped_samples"] == 0
    assert_allclose(values["pen_up_ratio"], 0.41 / 1.99, atol=0.01)


def test_a_line_along_the_paper_is_not_cut_and_an_edge_is():
    t = np.arange(0, 1, 0.01)
    assert natives(SignatureSample(t, t * 50, np.full(100, 20.0)))["border_clipping"] == 0
    x = np.minimum(t * 90, 60.0)
    assert natives(SignatureSample(t, x, 10 * np.sin(9 * t)))["border_clipping"] > 0.2


def test_edits_and_digest_are_in_the_facts():
    sample, _ = grow(1).capture(seed=1)
    sample = replace(sample, capture=CaptureInfo(edits=("edit.resolution_assumed",)))
    facts = assess(analyse(sample)).facts
    assert (facts.modality, facts.digest, facts.edits) == ("signature", sample.digest, ("edit.resolution_assumed",))


def test_every_message_the_measures_give_stands_in_both_catalogues():
    root = Path(__file__).parents[2] / "src" / "ktpel_capture"
    from ktpel_capture.messages import advice

    found = set()
    for path in (root / "signature").glob("*.py"):
        found |= {part.split('"')[0] for part in path.read_text("utf-8").split('Missing("')[1:]}
    assert found
    for key in found:
        assert advice(key).id != advice(key).en
