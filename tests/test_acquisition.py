"""The capture loop on a scripted binocular scanner: what it asks, says, keeps and gives up on.

Quality is written into the pictures (their first pixel), so that the script alone decides; the loop on simulated
devices and real measures is tested in ``test_stations.py``.
"""

import types
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from ktpel_capture import acquisition
from ktpel_capture.acquisition import (
    Accepted,
    Advised,
    Cancelled,
    Captured,
    Exhausted,
    Judged,
    Policy,
    Previewed,
    TimedOut,
    acquire,
    note,
    run,
)
from ktpel_capture.cancel import CancelToken
from ktpel_capture.devices.protocols import DeviceInfo, Kind, Trigger
from ktpel_capture.documents import from_json, to_json
from ktpel_capture.errors import CaptureCancelled, CaptureTimeout, DeviceDisconnected
from ktpel_capture.profiles import parse_profile
from ktpel_capture.quality import Hint, Measurement, QualityReport, QualityScore, ReportFacts
from ktpel_capture.requests import Frame, IrisRequest, Unavailable
from ktpel_capture.samples import IrisSample

WANTED = 50
PROFILE = parse_profile(
    f'[[require]]\nmeasure = "iris.sharpness"\nat_least = {WANTED}\nlow = "quality.take_again"\n',
    Path("test.toml"),
    ["iris.sharpness"],
)
GOOD = (Hint(good=True),)
AWAY = (Hint("quality.take_again"),)
OUTCOMES = (Accepted, Exhausted, Cancelled)


def eye(which, quality):
    image = np.zeros((6, 8), np.uint8)
    image[0, 0] = quality
    return IrisSample(image, which)


def quality_of(sample):
    return int(sample.image[0, 0])


@pytest.fixture(autouse=True)
def _scripted_measures(monkeypatch):
    def assess(sample):
        native = float(quality_of(sample))
        return QualityReport(
            (QualityScore("scripted", native),),
            {"iris.sharpness": Measurement(native)},
            ReportFacts("iris", sample.digest, eye=sample.eye),
        )

    watcher = types.SimpleNamespace(see=lambda frame: frame.reported["hints"])
    monkeypatch.setattr(acquisition, "assess", assess)
    monkeypatch.setattr(acquisition, "import_module", lambda name: types.SimpleNamespace(watch=lambda request: watcher))


class Scripted:
    """A scanner that plays presentations: each the hints of its frames (32 a second) and its samples or its error."""

    def __init__(self, *script, trigger=Trigger.DEVICE, rate=32.0):
        self.info = DeviceInfo("scripted:", Kind.IRIS_SCANNER, trigger=trigger, frame_rate=rate)
        self.script = list(script)
        self.taken = []
        self.open_presentations = 0

    @contextmanager
    def present(self, request, *, timeout, cancel):
        hints, result = self.script.pop(0)
        self.open_presentations += 1
        device = self

        class Playing:
            samples = ()

            def take(self):
                device.taken.append(self.at)

            def __iter__(self):
                image = np.zeros((6, 8), np.uint8)
                for number, hint in enumerate(hints):
                    if cancel.cancelled:
                        raise CaptureCancelled(device.info, "called off")
                    self.at = number / 32
                    yield Frame(image, number, self.at, reported={"hints": hint})
                if isinstance(result, Exception):
                    raise result
                self.samples = result

            at = -1.0

        try:
            yield Playing()
        finally:
            self.open_presentations -= 1


def timeout_of(device="scripted:"):
    return CaptureTimeout(device, "nobody looked into the scanner", waited=30)


qualities = st.integers(0, 100)
presentations = st.one_of(
    st.tuples(qualities, qualities), st.tuples(qualities, st.none()), st.tuples(st.none(), qualities), st.none()
)


def samples_of(pair):
    return tuple(eye(which, quality) for which, quality in zip(("right", "left"), pair) if quality is not None)


@given(st.lists(presentations, min_size=1, max_size=5))
def test_it_accepts_exactly_when_both_eyes_were_once_good_and_keeps_the_best_of_each(script):
    device = Scripted(*(((), timeout_of() if pair is None else samples_of(pair)) for pair in script))
    events = list(acquire(device, IrisRequest(), PROFILE, policy=Policy(attempts=len(script))))
    assert [type(event) in OUTCOMES for event in events] == [False] * (len(events) - 1) + [True]
    for event in events:
        assert from_json(to_json(note(event))) == note(event)
    outcome = events[-1]
    best = {}
    needed = 0
    for pair in script:
        needed += 1
        for sample in samples_of(pair or ()):
            best[sample.eye] = max(best.get(sample.eye, -1), quality_of(sample))
        if len(best) == 2 and min(best.values()) >= WANTED:
            break
    if len(best) == 2 and min(best.values()) >= WANTED:
        assert isinstance(outcome, Accepted)
        assert [sample.eye for sample in outcome.samples] == ["right", "left"]
        assert {sample.eye: quality_of(sample) for sample in outcome.samples} == best
        assert [report.facts.digest for report in outcome.reports] == [sample.digest for sample in outcome.samples]
        assert outcome.attempts == needed
    else:
        assert isinstance(outcome, Exhausted)
        assert {name: quality_of(sample) for name, sample in outcome.best.items()} == best
        assert set(outcome.verdicts) == {"right", "left"}
    assert len(script) - len(device.script) == needed


def test_what_is_wrong_is_said_once_for_the_eye_it_is_about():
    device = Scripted(((), samples_of((90, 10))), ((), samples_of((20, 80))))
    events = list(acquire(device, IrisRequest(), PROFILE))
    assert [type(event) for event in events] == [Captured, Judged, Advised, Captured, Judged, Accepted]
    assert events[1].verdicts["right"].accepted
    assert not events[1].verdicts["left"].accepted
    assert [quality_of(sample) for sample in events[-1].samples] == [90, 80]


def test_an_eye_that_is_missing_without_being_declared_is_a_finding_with_its_name():
    device = Scripted(((), samples_of((90, None))))
    outcome = run(device, IrisRequest(), PROFILE, policy=Policy(attempts=1))
    assert isinstance(outcome, Exhausted)
    (finding,) = outcome.verdicts["left"].findings
    assert finding.measure == "left"
    assert "Mata kiri" in finding.advice.text("id")


def test_a_declared_eye_is_not_waited_for():
    device = Scripted(((), samples_of((90, None))))
    outcome = run(device, IrisRequest(unavailable=(Unavailable("left_eye"),)), PROFILE)
    assert isinstance(outcome, Accepted)
    assert [sample.eye for sample in outcome.samples] == ["right"]


def test_an_eye_nobody_asked_for_is_named_and_not_kept():
    device = Scripted(((), samples_of((90, 95))))
    outcome = run(device, IrisRequest(unavailable=(Unavailable("left_eye"),)), PROFILE)
    assert isinstance(outcome, Accepted)
    assert len(outcome.samples) == 1


@given(st.lists(st.booleans(), min_size=30, max_size=90), st.sampled_from([Trigger.HOST, Trigger.DEVICE]))
def test_it_takes_once_and_only_after_nothing_stood_against_it_for_the_time_to_hold(goods, trigger):
    hints = [GOOD if good else AWAY for good in goods]
    device = Scripted((hints, samples_of((90, 90))), trigger=trigger)
    run(device, IrisRequest(), PROFILE, policy=Policy(hold=0.5))
    held = [all(goods[end - 16 : end + 1]) for end in range(16, len(goods))]
    expected = [(16 + held.index(True)) / 32] if any(held) else []
    assert device.taken == pytest.approx(expected)


@given(st.lists(st.sampled_from(["quality.take_again", "quality.no_score", ""]), min_size=1, max_size=120))
def test_advice_is_said_only_when_it_has_stood_and_not_again_too_soon(keys):
    hints = [(Hint(key),) if key else GOOD for key in keys]
    device = Scripted((hints, samples_of((90, 90))))
    policy = Policy(steady=22 / 32, repeat=2.0)
    said, at = [], 0
    for event in acquire(device, IrisRequest(), PROFILE, policy=policy):
        match event:
            case Previewed(frame, _):
                at = frame.sequence
            case Advised(advice):
                said.append((at, advice.key))
    for number, key in said:
        assert set(keys[number - 22 : number + 1]) == {key}
    for (before, first), (after, second) in pairwise(said):
        assert first != second or (after - before) / 32 >= 2


def test_without_automatic_capture_only_the_operators_ok_takes():
    finish = CancelToken()
    device = Scripted(([GOOD] * 60, samples_of((90, 90))), trigger=Trigger.HOST)
    policy = Policy(auto_capture=False, finish=finish)
    with closing(acquire(device, IrisRequest(), PROFILE, policy=policy)) as events:
        for event in events:
            if isinstance(event, Previewed) and event.frame.sequence == 40:
                assert device.taken == []
                finish.cancel()
    assert device.taken == pytest.approx([40 / 32])


def test_a_scanner_without_live_view_is_told_at_once():
    device = Scripted(((), samples_of((90, 90))), trigger=Trigger.HOST, rate=0)
    assert isinstance(run(device, IrisRequest(), PROFILE), Accepted)
    assert len(device.taken) == 1


def test_best_of_two_goes_on_after_the_first_good_one_and_keeps_the_better():
    device = Scripted(((), samples_of((60, 90))), ((), samples_of((70, 55))), ((), samples_of((99, 99))))
    outcome = run(device, IrisRequest(), PROFILE, policy=Policy(best_of=2))
    assert isinstance(outcome, Accepted)
    assert [quality_of(sample) for sample in outcome.samples] == [70, 90]
    assert len(device.script) == 1


def test_best_of_two_is_content_with_one_good_when_attempts_run_out():
    device = Scripted(((), samples_of((60, 90))), ((), timeout_of()))
    outcome = run(device, IrisRequest(), PROFILE, policy=Policy(best_of=2, attempts=2))
    assert isinstance(outcome, Accepted)
    assert outcome.attempts == 2


def test_calling_it_off_keeps_what_there_was():
    cancel = CancelToken()
    device = Scripted(((), samples_of((90, 10))), ([AWAY] * 90, samples_of((90, 90))))
    seen = []
    for event in acquire(device, IrisRequest(), PROFILE, cancel=cancel):
        seen.append(event)
        if isinstance(event, Previewed):
            cancel.cancel()
    assert isinstance(seen[-1], Cancelled)
    assert quality_of(seen[-1].best["right"]) == 90
    assert device.open_presentations == 0


def test_leaving_the_loop_ends_the_presentation():
    device = Scripted(([AWAY] * 90, samples_of((90, 90))))
    with closing(acquire(device, IrisRequest(), PROFILE)) as events:
        next(events)
        assert device.open_presentations == 1
    assert device.open_presentations == 0


def test_a_spare_goes_on_where_the_broken_device_stopped():
    broken = Scripted(((), samples_of((90, 10))), ([AWAY], DeviceDisconnected("scripted:", "was unplugged")))
    captured = []

    def note(event):
        if isinstance(event, Captured):
            captured.extend(event.samples)

    with pytest.raises(DeviceDisconnected):
        run(broken, IrisRequest(), PROFILE, note)
    spare = Scripted(((), samples_of((None, 80))))
    outcome = run(spare, IrisRequest(), PROFILE, earlier=captured)
    assert isinstance(outcome, Accepted)
    assert [quality_of(sample) for sample in outcome.samples] == [90, 80]


def test_a_timeout_counts_and_its_error_goes_out():
    device = Scripted(((), timeout_of()), ((), samples_of((90, 90))))
    events = list(acquire(device, IrisRequest(), PROFILE))
    assert isinstance(events[0], TimedOut)
    assert events[0].error.waited == 30
    assert events[-1].attempts == 2


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"best_of": 4}, {"best_of": 0}, {"timeout": 0}])
def test_a_policy_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        Policy(**wrong)


def test_fingers_that_cannot_be_told_apart_are_asked_for_and_not_misnamed(monkeypatch):
    import ktpel_capture as kc
    from ktpel_capture import fingerprint

    hand = fingerprint.grow_hand(2)
    sample, _ = fingerprint.slap(hand, "right_four", seed=1, absent=("right_index", "right_little"))
    whole = fingerprint.segment(sample)
    doubtful = tuple(fingerprint.SegmentedFinger("unknown", finger.box, finger.sample) for finger in whole)
    monkeypatch.setattr(fingerprint, "segment", lambda slap, absent=(): doubtful)
    profile = kc.load_profile("ktpel")
    judged = acquisition._Keeper(kc.FingerRequest("right_four"), profile, {}, 1, None).judge((sample,))
    assert set(judged.verdicts) == set(kc.FINGERS_OF["right_four"])
    for name, verdict in judged.verdicts.items():
        assert verdict.advice.key == "acquisition.finger_in_doubt"
        assert name.split("_")[1] in verdict.advice.en
