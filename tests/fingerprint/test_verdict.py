"""The capture-time verdict: more to compare is better, and what cannot be judged says why."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint import synthesis, verdict as subject
from ktpel_capture.quality import Missing, measure_all
from ktpel_capture.samples import FingerprintSample


def judged(sample):
    return subject.verdict(fingerprint.analyse(sample))


def cropped(sample, share):
    rows = round(sample.image.shape[0] * share)
    return FingerprintSample(sample.image[:rows], 500)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 7), take=st.integers(0, 999), share=st.floats(0.4, 0.65))
def test_part_of_a_print_is_worse_than_all_of_it(seed, take, share):
    sample, _ = synthesis.grow(seed).capture(seed=take, pressure=0.7)
    whole, part = judged(sample), judged(cropped(sample, share))
    assert 0 <= part.value <= 100
    assert part.value < whole.value


def test_prints_that_are_compared_well_are_judged_better_than_those_that_are_not():
    good, poor = [], []
    for seed in range(4):
        finger = synthesis.grow(seed)
        good.append(judged(finger.capture(seed=1, pressure=0.7)[0]).value)
        poor.append(judged(finger.capture(seed=1, pressure=0.1, moisture=0.05, shift=(6.0, -7.0))[0]).value)
    assert min(good) > max(poor)


def test_measurements_taken_already_give_the_same():
    analysis = fingerprint.analyse(synthesis.grow(3).capture(seed=1)[0])
    taken = measure_all(analysis, fingerprint.MEASURES)
    assert subject.verdict(analysis, taken) == subject.verdict(analysis)


def test_the_average_print_gets_fifty_and_each_weight_pulls_its_way(monkeypatch):
    analysis = fingerprint.analyse(synthesis.grow(3).capture(seed=1)[0])
    terms = subject.terms()
    assert set(terms) == set(subject.features(analysis))
    average = {name: term.mean for name, term in terms.items()}
    monkeypatch.setattr(subject, "features", lambda *_: average)
    assert subject.verdict(analysis).value == 50
    for name, term in terms.items():
        average[name] = term.mean + term.spread
        assert (subject.verdict(analysis).value > 50) == (term.weight > 0)
        average[name] = term.mean


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.full((300, 250), 250, np.uint8), "fingerprint.blank"),
        (np.zeros((300, 250), np.uint8), "fingerprint.black"),
        (np.full((10, 12), 250, np.uint8), "fingerprint.too_small"),
    ],
)
def test_no_print_has_no_verdict_and_a_reason(image, reason):
    score = judged(FingerprintSample(image, 500))
    assert score.value == Missing(reason)
    assert score.algorithm == subject.ALGORITHM
