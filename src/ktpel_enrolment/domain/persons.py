"""What is known of a person: the roster's line, the family card, the birth certificate, the register."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from ktpel_enrolment.domain.eligibility import Citizenship, MaritalStatus
from ktpel_enrolment.domain.nik import Nik, Sex
from ktpel_enrolment.domain.status import NationalStatus

BloodType: TypeAlias = Literal["-", "A", "B", "AB", "O"]


@dataclass(frozen=True, slots=True)
class Pupil:
    """One line of a school's roster.

    Attributes
    ----------
    row : of the file, the header being row 1.
    nik, family_card : population number and No. KK.
    name, birth_place, born, sex : as the school has them.
    school_class : such as ``XII IPA 1``, empty where the roster does not say.
    marital_status : ``single`` where the roster does not say.
    """

    row: int
    nik: Nik
    family_card: str = field(repr=False)
    name: str
    birth_place: str
    born: date
    sex: Sex
    school_class: str = ""
    marital_status: MaritalStatus = "single"
    citizenship: Citizenship = "WNI"


@dataclass(frozen=True, slots=True)
class Biodata:
    """A person's entry in a register (SIAK) or on a family card (KK).

    Attributes
    ----------
    nik, family_card : digits.
    regency : code of the regency of residence, 4 digits; **not** the NIK's prefix.
    neighbourhood : RT/RW.
    """

    nik: str = field(repr=False)
    family_card: str = field(repr=False)
    name: str
    birth_place: str
    born: date
    sex: Sex
    blood_type: BloodType
    address: str
    neighbourhood: str
    village: str
    district: str
    regency: str
    religion: str
    marital_status: MaritalStatus
    occupation: str
    citizenship: Citizenship = "WNI"


@dataclass(frozen=True, slots=True)
class BirthCertificate:
    """What a birth certificate (akta kelahiran) testifies."""

    number: str
    name: str
    birth_place: str
    born: date
    sex: Sex
    mother: str
    father: str = ""


@dataclass(frozen=True, slots=True)
class Documents:
    """The copies a pupil brings: family card and birth certificate; None is one left at home."""

    family_card: Biodata | None
    birth_certificate: BirthCertificate | None


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One person in the register, with the state of the recording in the national system."""

    biodata: Biodata
    status: NationalStatus = NationalStatus.UNREGISTERED
