"""NIK, the population number, and No. KK, the number of a family card."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

Sex: TypeAlias = Literal["female", "male"]

LENGTH = 16
WOMEN_ADD = 40
"""A woman's day of birth is written as day + 40."""


@dataclass(frozen=True, slots=True)
class Nik:
    """A population number: region of first registration, date of birth, serial.

    It is given once and never changed to match a corrected date of birth, and says nothing about where its holder
    lives now. Printing it shows the region only.

    Attributes
    ----------
    digits : all 16.
    region : province, regency and district **of first registration**, 2 digits each.
    day, month, year : of birth as written, day without the 40 of women, year with its last two digits.
    sex : as the day of birth tells it.
    serial : 1..9999, counts those of one region and day.

    Source: Law 23/2006 art. 13 (given once, for life); the layout is Perpres 25/2008 art. 37, quoted second-hand.
    """

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        if reason := fault(self.digits):
            raise ValueError(reason)

    @property
    def region(self) -> str:
        return self.digits[:6]

    @property
    def day(self) -> int:
        written = int(self.digits[6:8])
        return written - WOMEN_ADD if written > WOMEN_ADD else written

    @property
    def month(self) -> int:
        return int(self.digits[8:10])

    @property
    def year(self) -> int:
        return int(self.digits[10:12])

    @property
    def sex(self) -> Sex:
        return "female" if int(self.digits[6:8]) > WOMEN_ADD else "male"

    @property
    def serial(self) -> int:
        return int(self.digits[12:])

    def agrees_with(self, born: date) -> bool:
        """Whether the number was made from this date of birth.

        False is a warning, not an error: the number stays when a court corrects the date.
        """
        return (self.day, self.month, self.year) == (born.day, born.month, born.year % 100)

    def __str__(self) -> str:
        return masked(self.digits)

    def __repr__(self) -> str:
        return f"Nik({masked(self.digits)})"


def masked(number: str) -> str:
    """A NIK or No. KK as it may stand in a message: its region, the rest hidden."""
    return f"{number[:6]}{'*' * max(0, len(number) - 6)}"


def fault(digits: str) -> str:
    """Why this is no NIK, in one clause; empty when it is one.

    A date that its century makes impossible (29 February) is not looked at here, because two digits do not tell the
    century; `Nik.agrees_with` finds it.
    """
    if problem := _not_sixteen_digits(digits):
        return problem
    day, month = int(digits[6:8]), int(digits[8:10])
    if not (1 <= day <= 31 or WOMEN_ADD + 1 <= day <= WOMEN_ADD + 31):
        return f"digits 7-8 are {digits[6:8]}; a day of birth is 01-31, for women 41-71"
    if not 1 <= month <= 12:
        return f"digits 9-10 are {digits[8:10]}; a month of birth is 01-12"
    if day % WOMEN_ADD > _LONGEST[month - 1]:
        return f"digits 7-10 are {digits[6:10]}; that month has no day {day % WOMEN_ADD}"
    if digits[:2] == "00" or digits[2:4] == "00" or digits[4:6] == "00":
        return f"digits 1-6 are {digits[:6]}; province, regency and district are never 00"
    if digits[12:] == "0000":
        return "digits 13-16 are 0000; the serial begins at 0001"
    return ""


def family_card_fault(digits: str) -> str:
    """Why this is no No. KK (16 digits: region, date of issue, serial), in one clause; empty when it is one."""
    return _not_sixteen_digits(digits)


_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _not_sixteen_digits(digits: str) -> str:
    if not digits:
        return "it is empty"
    if wrong := next((sign for sign in digits if sign not in "0123456789"), None):
        return f"it holds {wrong!r}; only the digits 0-9 are allowed"
    if len(digits) != LENGTH:
        return f"it has {len(digits)} digits instead of {LENGTH}"
    return ""
