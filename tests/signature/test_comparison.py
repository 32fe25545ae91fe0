"""How alike signings are: what must not count does not, another person is told, the arithmetic is Sakoe and Chiba's."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose

from ktpel_capture.quality import Missing
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature import compare, consistency, grow, same_person
from ktpel_capture.signature.comparison import ANOTHER, _distances

few = settings(deadline=None, max_examples=15)
people = st.integers(0, 300).map(grow)


def signings(person, count, first=0, **conditions):
    return [person.capture(seed=first + number, pad_size=(300.0, 200.0), **conditions)[0] for number in range(count)]


def by_hand(a, b):
    """The recurrence as the paper writes it, cell by cell."""
    cost = np.linalg.norm(a[:, None] - b[None], axis=2)
    total = np.full((len(a) + 1, len(b) + 1), np.inf)
    total[0, 0] = 0
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            c = cost[i - 1, j - 1]
            total[i, j] = min(total[i - 1, j] + c, total[i, j - 1] + c, total[i - 1, j - 1] + 2 * c)
    return total[-1, -1] / (len(a) + len(b))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 12), min_size=2, max_size=5), st.integers(1, 4))
def test_all_pairs_at_once_give_what_one_pair_gives_cell_by_cell(seed, lengths, channels):
    random = np.random.default_rng(seed)
    rows = [random.normal(0, 1, (length, channels)).astype(np.float32) for length in lengths]
    pairs = [*pairwise(range(len(rows))), (0, 0)]
    assert_allclose(_distances(rows, pairs), [by_hand(rows[a], rows[b]) for a, b in pairs], rtol=1e-3, atol=2e-3)


@few
@given(people, st.floats(-200, 200), st.floats(0.3, 3.0))
def test_place_and_size_do_not_count(person, shift, factor):
    *references, sample = signings(person, 4)
    moved = replace(sample, x=sample.x * factor + shift, y=sample.y * factor - shift)
    assert_allclose(compare(references, moved), compare(references, sample), rtol=1e-3)


@few
@given(people, st.floats(0.8, 1.25))
def test_an_even_change_of_tempo_counts_about_as_half_its_logarithm(person, factor):
    *references, sample = signings(person, 4)
    slower = replace(sample, t=sample.t * factor)
    change = abs(np.log(compare(references, slower) / compare(references, sample)))
    assert change <= 0.5 * abs(np.log(factor)) + 0.25


@few
@given(people, st.permutations([0, 1, 2]))
def test_the_order_of_the_references_does_not_count(person, order):
    *references, sample = signings(person, 4)
    shuffled = [references[at] for at in order]
    assert_allclose(compare(shuffled, sample), compare(references, sample), rtol=1e-5)


@few
@given(people, st.sampled_from([75.0, 133.0, 200.0]))
def test_the_rate_of_the_pad_hardly_counts(person, rate):
    references = signings(person, 3)
    (usual,), (other,) = signings(person, 1, 5), signings(person, 1, 5, rate=rate)
    assert_allclose(compare(references, other), compare(references, usual), rtol=0.3)


def error_rates(genuine, others):
    """Equal error rate in percent."""
    scores = np.sort(np.concatenate([genuine, others]))
    missed = np.array([(genuine < s).mean() for s in scores])
    passed = np.array([(others >= s).mean() for s in scores])
    at = np.abs(missed - passed).argmin()
    return 50 * (missed[at] + passed[at])


def test_other_people_are_told_and_most_imitations():
    """Three references, 36 grown writers: random forgeries at most 1.2 %, practised ones at most 9 %."""
    writers = [grow(seed) for seed in range(36)]
    genuine, others, forged = [], [], []
    for at, writer in enumerate(writers):
        references = signings(writer, 3)
        genuine += [compare(references, sample) for sample in signings(writer, 2, first=3)]
        others += [compare(references, writers[at - step].capture(seed=9)[0]) for step in (1, 2)]
        forged += [compare(references, writers[at - step].imitate(writer).capture(seed=9)[0]) for step in (1, 2)]
    genuine, others, forged = map(np.array, (genuine, others, forged))
    assert error_rates(genuine, others) <= 1.2
    assert error_rates(genuine, forged) <= 9
    assert np.median(others) < ANOTHER < np.median(genuine)


@few
@given(people, people)
def test_without_force_people_are_still_told_apart(one, other):
    references = signings(one, 3, force=False)
    (again,) = signings(one, 1, 7)
    if one.seed != other.seed:
        assert compare(references, again) > compare(references, other.capture(seed=1)[0])


def test_a_signing_is_most_alike_to_itself_and_a_person_steadier_than_two():
    person, other = grow(1), grow(2)
    references = signings(person, 3)
    assert compare(references[:1], references[0]) > 5
    assert compare([references[0]], references[1]) > 2 * compare([references[0]], other.capture(seed=1)[0])
    steady = consistency(references)
    assert steady > 0.6
    assert consistency([references[0], other.capture(seed=1)[0]]) < 0.8 * steady
    assert consistency(references[:1]) == Missing("signature.one_signing_only")


def test_what_is_told_comes_with_its_limits():
    person, other = grow(1), grow(2)
    references = signings(person, 3)
    told = same_person(references, other.capture(seed=1)[0])
    assert told.another_person
    assert not same_person(references, person.capture(seed=8)[0]).another_person
    assert "tidak" not in told.limits.en
    assert "pemalsuan" in told.limits.id


EMPTY = SignatureSample([], [], [])
DOT = SignatureSample([0.0], [1.0], [1.0])
REST = SignatureSample([0.0, 0.01, 0.02], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [0.5, 0.5, 0.5])


@pytest.mark.parametrize("odd", [DOT, REST, grow(1).capture(seed=1, kind="line")[0]])
def test_odd_samples_have_a_likeness(odd):
    references = signings(grow(1), 3)
    assert 0 < compare(references, odd) < ANOTHER
    assert compare([odd, odd, odd], odd) > 1
    assert compare([odd], references[0]) < ANOTHER


def test_no_ink_is_like_nothing_and_no_reference_is_the_callers_error():
    references = signings(grow(1), 2)
    assert compare(references, EMPTY) == 0
    assert compare([EMPTY], references[0]) == 0
    assert consistency([EMPTY, references[0]]) == Missing("signature.blank")
    with pytest.raises(ValueError, match="at least one"):
        compare([], references[0])
