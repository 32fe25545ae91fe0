"""Every sentence of the application stands in both languages, with the same blanks."""

import re
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

import ktpel_enrolment
from ktpel_enrolment.messages import LANGUAGES, say, sentences, text

SOURCES = list(Path(ktpel_enrolment.__file__).parent.rglob("*.py"))


def blanks(sentence):
    return {name.removesuffix("_en") for _, name, _, _ in Formatter().parse(sentence) if name}


def test_both_languages_hold_the_same_keys_with_the_same_blanks():
    indonesian, english = (sentences(language) for language in LANGUAGES)
    assert indonesian.keys() == english.keys()
    for key, sentence in indonesian.items():
        assert blanks(sentence) == blanks(english[key]), key
        assert sentence.strip()
        assert english[key].strip()


def test_every_key_in_the_code_stands_in_the_catalogue():
    known = sentences("id")
    used = set()
    for path in SOURCES:
        used |= set(re.findall(r'\b(?:say|text)\(\s*"([a-z]+\.[a-z_]+)"', path.read_text("utf-8")))
        used |= {f"report.{name}" for name in re.findall(r'\bword\("([a-z_]+)"', path.read_text("utf-8"))}
    assert len(used) > 60
    assert used - known.keys() == set()


def test_an_unknown_key_is_refused():
    with pytest.raises(KeyError):
        say("identity.no_such_thing")
    assert text("report.target", "en") == "first-time holders"
    assert files("ktpel_enrolment.messages").joinpath("id").is_dir()
