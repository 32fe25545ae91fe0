"""Ages, the duty to hold a card, recording and printing: on the day."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from ktpel_enrolment.domain.eligibility import (
    age_on,
    backdrop_for,
    may_be_printed,
    may_be_recorded,
    must_hold,
    turns,
)

births = st.dates(date(1950, 1, 1), date(2015, 12, 31))
statuses = st.sampled_from(["single", "married", "divorced", "widowed"])


@given(births, st.integers(0, 100))
def test_a_year_is_completed_on_the_birthday_and_not_the_day_before(born, years):
    birthday = turns(years, born)
    assert age_on(birthday, born) == years
    assert age_on(birthday - timedelta(days=1), born) == years - 1


@given(births, births, statuses)
def test_who_must_hold_a_card_may_be_recorded_and_printed(day, born, status):
    if must_hold(day, born, status):
        assert may_be_recorded(day, born, status)
        assert may_be_printed(day, born, status)


@given(births, births)
def test_an_unmarried_person_is_recorded_from_16_and_printed_from_17(day, born):
    assert may_be_recorded(day, born, "single") == (day >= turns(16, born))
    assert may_be_printed(day, born, "single") == (day >= turns(17, born))


@pytest.mark.parametrize("status", ["married", "divorced", "widowed"])
def test_whoever_is_or_was_married_must_hold_a_card_at_any_age(status):
    assert must_hold(date(2026, 2, 10), date(2010, 2, 10), status)
    assert may_be_printed(date(2026, 2, 10), date(2010, 2, 10), status)


def test_foreigners_hold_a_card_with_a_permanent_permit_only():
    day, born = date(2026, 2, 10), date(2000, 1, 1)
    assert must_hold(day, born, "single", "permanent_permit")
    assert not must_hold(day, born, "married", "other")
    assert not may_be_recorded(day, born, "single", "other")


def test_born_on_a_leap_day_one_turns_17_on_the_first_of_march():
    assert turns(17, date(2008, 2, 29)) == date(2025, 3, 1)
    assert not may_be_printed(date(2025, 2, 28), date(2008, 2, 29), "single")
    assert may_be_printed(date(2025, 3, 1), date(2008, 2, 29), "single")


def test_the_cloth_is_red_for_odd_years_blue_for_even_ones_orange_for_foreigners():
    assert backdrop_for(date(2009, 5, 1)) == "red"
    assert backdrop_for(date(2008, 5, 1)) == "blue"
    assert backdrop_for(date(2009, 5, 1), "permanent_permit") == "orange"
