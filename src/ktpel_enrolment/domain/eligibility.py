"""Who may be recorded, who must hold a card, whose card may be printed: all of it on a given day."""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

MaritalStatus: TypeAlias = Literal["single", "married", "divorced", "widowed"]
Citizenship: TypeAlias = Literal["WNI", "permanent_permit", "other"]
"""Indonesian citizen; foreigner with a permanent residence permit (ITAP); anyone else."""

HOLDING_AGE = 17
RECORDING_AGE = 16


def age_on(day: date, born: date) -> int:
    """Completed years of life; who was born on 29 February completes a year on 1 March of a common year."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def turns(age: int, born: date) -> date:
    """The day on which somebody completes that many years."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def ever_married(status: MaritalStatus) -> bool:
    """Married now or before (kawin, cerai hidup, cerai mati)."""
    return status != "single"


def must_hold(day: date, born: date, status: MaritalStatus, citizenship: Citizenship = "WNI") -> bool:
    """Whether somebody must hold a KTP-el on that day.

    Citizens and foreigners with a permanent permit who are 17, or married, or were ever married.

    Source: Law 24/2013 art. 63 (1).
    """
    if citizenship == "other":
        return False
    return age_on(day, born) >= HOLDING_AGE or ever_married(status)


def may_be_recorded(day: date, born: date, status: MaritalStatus, citizenship: Citizenship = "WNI") -> bool:
    """Whether somebody may be recorded on that day: from 16 on, or as soon as a card must be held.

    Source: practice of the registry offices (press), so that the card is ready at 17.
    """
    if citizenship == "other":
        return False
    return age_on(day, born) >= RECORDING_AGE or must_hold(day, born, status, citizenship)


def may_be_printed(day: date, born: date, status: MaritalStatus, citizenship: Citizenship = "WNI") -> bool:
    """Whether the card may be printed on that day; the same rule as the duty to hold it."""
    return must_hold(day, born, status, citizenship)


def backdrop_for(born: date, citizenship: Citizenship = "WNI") -> Literal["red", "blue", "orange"]:
    """The cloth behind the portrait: red for an odd year of birth, blue for an even one, orange for foreigners.

    Source: office pages and press; no regulation was found.
    """
    if citizenship != "WNI":
        return "orange"
    return "red" if born.year % 2 else "blue"
