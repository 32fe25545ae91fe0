"""Family card, birth certificate and register, field by field."""

from dataclasses import replace
from datetime import date

from hypothesis import given, strategies as st

from enrolment.world import pupil
from ktpel_enrolment.domain.identity import CERTIFIED, ON_FAMILY_CARD, check_identity, same_text
from ktpel_enrolment.domain.persons import Documents
from ktpel_enrolment.visit.register import BALANGAN, SimulatedRegister

PUPIL = pupil()
REGISTER = SimulatedRegister((PUPIL,))
ENTRY = REGISTER.entry(PUPIL.nik.digits)
PAPERS = REGISTER.papers(PUPIL)
OTHER = {
    "name": "Rahmad",
    "birth_place": "Juai",
    "born": date(2008, 6, 15),
    "sex": "female",
    "marital_status": "married",
    "religion": "Kristen",
    "blood_type": "AB" if ENTRY.biodata.blood_type != "AB" else "O",
    "family_card": "6311010101120000",
}


def check(papers=PAPERS, entry=ENTRY):
    return check_identity(PUPIL, papers, entry, regency=BALANGAN)


def test_papers_that_agree_pass_without_a_word():
    result = check()
    assert result.passed
    assert (result.differences, dict(result.corrections), result.warnings) == ((), {}, ())
    assert result.biodata == ENTRY.biodata


@given(st.sets(st.sampled_from(sorted(OTHER))))
def test_every_field_of_the_register_that_deviates_is_found_and_only_certified_ones_are_corrected(fields):
    wrong = replace(ENTRY, biodata=replace(ENTRY.biodata, **{name: OTHER[name] for name in fields}))
    result = check(entry=wrong)
    assert {difference.field for difference in result.differences} == fields
    assert set(result.corrections) == fields & set(CERTIFIED)
    assert result.passed
    for name in CERTIFIED:
        assert getattr(result.biodata, name) == getattr(PAPERS.birth_certificate, name)
    for name in fields - set(CERTIFIED):
        assert getattr(result.biodata, name) == OTHER[name], "without a certificate the register holds"


@given(st.sets(st.sampled_from(["birth_place", "born", "sex"]), min_size=1))
def test_a_family_card_that_deviates_is_a_warning_and_the_certificate_wins(fields):
    card = replace(PAPERS.family_card, **{name: OTHER[name] for name in fields})
    result = check(Documents(card, PAPERS.birth_certificate))
    assert result.passed
    assert dict(result.corrections) == {}
    assert "identity.family_card_outdated" in [told.key for told in result.warnings]
    assert result.biodata == ENTRY.biodata


def test_case_and_spaces_are_no_difference_and_letters_are():
    assert same_text("SITI  Nurhaliza ", "Siti nurhaliza")
    assert not same_text("Siti Nurhaliza", "Siti Nurhalisa")
    assert set(CERTIFIED) <= set(ON_FAMILY_CARD)
