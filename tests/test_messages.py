import ast
import re
import string
from importlib.resources import files
from pathlib import Path

import pytest

from ktpel_capture.messages import advice, catalogue

SOURCES = Path(str(files("ktpel_capture")))


def _fields(sentence):
    return sorted(name for _, name, _, _ in string.Formatter().parse(sentence) if name)


def test_both_languages_hold_the_same_keys_with_the_same_placeholders():
    indonesian, english = catalogue("id"), catalogue("en")
    assert set(indonesian) == set(english)
    for key in indonesian:
        assert _fields(indonesian[key]) == _fields(english[key]), key


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_sentence_says_something(language):
    for key, sentence in catalogue(language).items():
        assert sentence.strip() == sentence, key
        assert len(sentence) > 2, key


def test_no_sentence_is_left_untranslated():
    indonesian, english = catalogue("id"), catalogue("en")
    same = [key for key in indonesian if indonesian[key] == english[key] and " " in indonesian[key]]
    assert not same


def _keys_in_the_code():
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Missing", "advice", "Hint")
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                key = node.args[0].value
                if re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+", key):
                    yield path.name, key


def test_every_reason_and_advice_of_the_code_stands_in_the_catalogues():
    found = list(_keys_in_the_code())
    assert len(found) > 10
    unknown = sorted({f"{name}: {key}" for name, key in found if key not in catalogue("en")})
    assert not unknown


def test_an_unknown_key_and_an_unknown_language_are_refused_by_name():
    with pytest.raises(KeyError, match="iris.no_such_thing"):
        advice("iris.no_such_thing")
    with pytest.raises(ValueError, match="'fr'"):
        catalogue("fr")
