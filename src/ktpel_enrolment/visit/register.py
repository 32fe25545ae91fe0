"""A simulated population register (SIAK) with the papers people would bring: for demonstration only."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from typing import Any

from ktpel_enrolment.domain.persons import Biodata, BirthCertificate, BloodType, Documents, Pupil, RegisterEntry
from ktpel_enrolment.domain.status import NationalStatus

BALANGAN = "6311"

_PLACES = (
    ("Desa Contoh Hulu", "Paringin"),
    ("Desa Contoh Hilir", "Juai"),
    ("Desa Contoh Raya", "Halong"),
    ("Desa Contoh Baru", "Awayan"),
    ("Desa Contoh Lama", "Lampihong"),
)
_BLOOD: tuple[BloodType, ...] = ("A", "B", "O", "AB", "-")
_MOTHERS = ("Hj. Rusmini", "Siti Aminah", "Norhayati", "Masliani", "Rahmawati", "Kartini")
_FATHERS = ("H. Syahrani", "Abdul Hamid", "Suryadi", "Masrani", "Bahrudin", "Junaidi")


class SimulatedRegister:
    """A register made up from a roster: what is not in ``deviations`` agrees with it in every field.

    Parameters
    ----------
    pupils : whom the register knows.
    deviations : by pupil's row in the roster (``row-2``): fields of ``siak``, ``kk``, ``akta``, and ``status``,
        ``national`` (where the recording ends), ``regency``, ``no_birth_certificate``, ``no_family_card``.
    """

    def __init__(self, pupils: tuple[Pupil, ...], deviations: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._deviations = deviations or {}
        self._pupils = {pupil.nik.digits: pupil for pupil in pupils}
        self._corrected: dict[str, Biodata] = {}

    def entry(self, nik: str) -> RegisterEntry | None:
        """What the register holds of a person; None if it does not know the number."""
        pupil = self._pupils.get(nik)
        if pupil is None:
            return None
        own = self._own(pupil)
        biodata = self._corrected.get(nik) or replace(_biodata(pupil, own), **own.get("siak", {}))
        return RegisterEntry(biodata, NationalStatus(own.get("status", "UNREGISTERED")))

    def papers(self, pupil: Pupil) -> Documents:
        """The copies this pupil brings along."""
        own = self._own(pupil)
        chance = random.Random(f"akta {pupil.nik.digits}")
        card = replace(_biodata(pupil, own), **own.get("kk", {}))
        certificate = BirthCertificate(
            f"6311-LT-{chance.randrange(10**8):08}",
            pupil.name,
            pupil.birth_place,
            pupil.born,
            pupil.sex,
            mother=chance.choice(_MOTHERS),
            father=chance.choice(_FATHERS),
        )
        return Documents(
            None if own.get("no_family_card") else card,
            None if own.get("no_birth_certificate") else replace(certificate, **own.get("akta", {})),
        )

    def correct(self, nik: str, corrections: Mapping[str, Any]) -> None:
        """What an officer changes after the birth certificate."""
        entry = self.entry(nik)
        if entry is None:
            raise KeyError("the register does not know this NIK")
        self._corrected[nik] = replace(entry.biodata, **corrections)

    def national_status(self, nik: str) -> NationalStatus:
        """Where the recording of a person ends in the (simulated) national system."""
        pupil = self._pupils[nik]
        return NationalStatus(self._own(pupil).get("national", "PRINT_READY_RECORD"))

    def _own(self, pupil: Pupil) -> Mapping[str, Any]:
        return self._deviations.get(f"row-{pupil.row}", {})


def sample_deviations() -> Mapping[str, Mapping[str, Any]]:
    """How the sample register deviates from the sample roster."""
    text = files("ktpel_enrolment.data").joinpath("register.toml").read_text("utf-8")
    return tomllib.loads(text)


def _biodata(pupil: Pupil, own: Mapping[str, Any]) -> Biodata:
    chance = random.Random(f"siak {pupil.nik.digits}")
    village, district = chance.choice(_PLACES)
    return Biodata(
        nik=pupil.nik.digits,
        family_card=pupil.family_card,
        name=pupil.name,
        birth_place=pupil.birth_place,
        born=pupil.born,
        sex=pupil.sex,
        blood_type=chance.choice(_BLOOD),
        address=f"Jl. Contoh No. {chance.randrange(1, 90)}",
        neighbourhood=f"{chance.randrange(1, 9):03}/{chance.randrange(1, 5):03}",
        village=village,
        district=district,
        regency=own.get("regency", BALANGAN),
        religion="Islam",
        marital_status=pupil.marital_status,
        occupation="Pelajar/Mahasiswa",
        citizenship=pupil.citizenship,
    )
