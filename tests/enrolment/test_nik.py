"""NIK: the layout, the women's 40, and what a mismatch means."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from ktpel_enrolment.domain.nik import Nik, fault, masked

births = st.dates(date(1940, 1, 1), date(2030, 12, 31))
regions = st.builds("{:02}{:02}{:02}".format, *[st.integers(1, 99)] * 3)


def nik_of(region, born, sex, serial):
    return f"{region}{born.day + (40 if sex == 'female' else 0):02}{born:%m%y}{serial:04}"


@given(regions, births, st.sampled_from(["female", "male"]), st.integers(1, 9999))
def test_a_number_gives_back_what_it_was_made_of(region, born, sex, serial):
    nik = Nik(nik_of(region, born, sex, serial))
    assert (nik.region, nik.sex, nik.serial) == (region, sex, serial)
    assert nik.agrees_with(born)


@given(births, births)
def test_a_number_agrees_with_no_other_day_within_a_century(born, other):
    nik = Nik(nik_of("631101", born, "male", 7))
    assert nik.agrees_with(other) == (
        (born.day, born.month, born.year % 100) == (other.day, other.month, other.year % 100)
    )


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_has_a_fault_and_never_anything_else(text):
    if reason := fault(text):
        with pytest.raises(ValueError) as caught:
            Nik(text)
        assert str(caught.value) == reason
    else:
        assert len(text) == 16
        assert text.isascii()
        assert text.isdigit()


@given(regions, births, st.integers(1, 9999))
def test_printing_a_number_shows_its_region_only(region, born, serial):
    digits = nik_of(region, born, "female", serial)
    for shown in (str(Nik(digits)), repr(Nik(digits)), f"{Nik(digits)}"):
        assert region in shown
        assert digits[6:] not in shown
        assert "*" * 10 in shown
    assert masked(digits) == region + "*" * 10


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("", "empty"),
        ("631101150109900", "15 digits instead of 16"),
        ("63110115010990011", "17 digits instead of 16"),
        ("63110115010A9001", "'A'"),
        ("6311010001099001", "digits 7-8 are 00"),
        ("6311013201099001", "digits 7-8 are 32"),
        ("6311014001099001", "digits 7-8 are 40"),
        ("6311017201099001", "digits 7-8 are 72"),
        ("6311011513099001", "digits 9-10 are 13"),
        ("6311013002099001", "no day 30"),
        ("6311017104099001", "no day 31"),
        ("6311001501099001", "never 00"),
        ("6311011501090000", "serial"),
        ("６３１１０１１５０１０９９００１", "only the digits 0-9"),
    ],
)
def test_a_bad_number_says_which_digits_are_wrong(digits, words):
    assert words in fault(digits)


def test_the_twenty_ninth_of_february_is_a_day():
    assert not fault("6311012902089001")
    assert not fault("6311016902089001")
