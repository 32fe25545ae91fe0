"""Is the person the one on the family card, and do family card, birth certificate and register agree?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ktpel_capture import Advice
from ktpel_enrolment.domain.persons import Biodata, BirthCertificate, Documents, Pupil, RegisterEntry
from ktpel_enrolment.messages import say

CERTIFIED = ("name", "birth_place", "born", "sex")
"""Fields that a birth certificate testifies: there it wins over register and family card."""
ON_FAMILY_CARD = ("family_card", "name", "birth_place", "born", "sex", "marital_status", "religion", "blood_type")
"""Fields that must be the same on the family card and in the register."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which the papers and the register do not agree.

    Attributes
    ----------
    field : name of the field of `Biodata`.
    family_card, birth_certificate, register : what each says, None where it is silent on it.
    wins : the value to be kept.
    """

    field: str
    family_card: str | None
    birth_certificate: str | None
    register: str | None
    wins: str


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """What came of comparing a person's papers with the register.

    Attributes
    ----------
    biodata : as it will be recorded, the birth certificate's values where it testifies; None when blocked.
    differences : field by field.
    corrections : fields of the register that an officer has to bring in line with the birth certificate.
    blockers : why this person cannot be recorded now; nothing is captured while one stands.
    warnings : what should be known and does not hinder.
    """

    biodata: Biodata | None
    differences: tuple[Difference, ...] = ()
    corrections: Mapping[str, Any] | None = None
    blockers: tuple[Advice, ...] = ()
    warnings: tuple[Advice, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.blockers


def check_identity(pupil: Pupil, papers: Documents, entry: RegisterEntry | None, *, regency: str) -> IdentityCheck:
    """Compare roster, family card, birth certificate and register.

    In the order of the guide: both papers are there; the person is the one on the family card; family card and birth
    certificate match the register; residents of this regency only (by family card and register, never by the NIK).

    Parameters
    ----------
    regency : code of the regency that records, such as ``6311`` (Balangan).
    """
    blockers = list(_missing(papers, entry))
    if blockers or papers.family_card is None or papers.birth_certificate is None or entry is None:
        return IdentityCheck(None, blockers=tuple(blockers))
    card, certificate, register = papers.family_card, papers.birth_certificate, entry.biodata
    if card.nik != pupil.nik.digits or not same_text(card.name, pupil.name):
        blockers.append(say("identity.not_on_family_card", name=pupil.name))
    if register.nik != pupil.nik.digits:
        blockers.append(say("identity.other_in_register"))
    if card.regency != regency or register.regency != regency:
        blockers.append(say("identity.not_a_resident"))
    if not entry.status.to_be_recorded:
        blockers.append(say("identity.already_recorded", status=entry.status.value))
    differences = tuple(_differences(card, certificate, register))
    corrections = {
        name: getattr(certificate, name)
        for name in CERTIFIED
        if not _same(getattr(certificate, name), getattr(register, name))
    }
    if blockers:
        return IdentityCheck(None, differences, corrections, tuple(blockers))
    biodata = replace(register, **corrections)
    return IdentityCheck(biodata, differences, corrections, warnings=tuple(_warnings(pupil, biodata, card)))


def same_text(one: str, other: str) -> bool:
    """Whether two spellings are one: case and spaces do not count, letters do."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def _same(one: object, other: object) -> bool:
    return same_text(one, other) if isinstance(one, str) and isinstance(other, str) else one == other


def _missing(papers: Documents, entry: RegisterEntry | None) -> Iterator[Advice]:
    if papers.family_card is None:
        yield say("identity.no_family_card")
    if papers.birth_certificate is None:
        yield say("identity.no_birth_certificate")
    if entry is None:
        yield say("identity.not_in_register")


def _differences(card: Biodata, certificate: BirthCertificate, register: Biodata) -> Iterator[Difference]:
    for name in ON_FAMILY_CARD:
        certified = getattr(certificate, name) if name in CERTIFIED else None
        on_card, registered = getattr(card, name), getattr(register, name)
        if _same(on_card, registered) and (certified is None or _same(certified, registered)):
            continue
        wins = registered if certified is None else certified
        yield Difference(name, _shown(on_card), _shown(certified), _shown(registered), _shown(wins) or "")


def _warnings(pupil: Pupil, biodata: Biodata, card: Biodata) -> Iterator[Advice]:
    if not pupil.nik.agrees_with(biodata.born):
        yield say("identity.nik_and_birth_date")
    if pupil.nik.sex != biodata.sex:
        yield say("identity.nik_and_sex")
    if any(not _same(getattr(card, name), getattr(biodata, name)) for name in ON_FAMILY_CARD):
        yield say("identity.family_card_outdated")


def _shown(value: object) -> str | None:
    if value is None:
        return None
    return value.strftime("%d-%m-%Y") if isinstance(value, date) else str(value)
