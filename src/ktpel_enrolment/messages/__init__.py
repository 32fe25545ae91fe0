"""Every sentence of the application, in Indonesian and English: ``<subject>.<name>`` as in `ktpel_capture`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

from ktpel_capture import Advice

Language: TypeAlias = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")


@cache
def sentences(language: Language) -> dict[str, str]:
    """All sentences of one language by key."""
    found: dict[str, str] = {}
    for path in sorted(files(__package__).joinpath(language).iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            subject = path.name.removesuffix(".toml")
            for name, text in tomllib.loads(path.read_text("utf-8")).items():
                found[f"{subject}.{name}"] = text
    return found


def say(key: str, **values: object) -> Advice:
    """The sentence of a key in both languages; an unknown key is a `KeyError`."""
    indonesian, english = (sentences(language)[key] for language in LANGUAGES)
    return Advice(key, indonesian.format(**values), english.format(**values))


def text(key: str, language: Language, **values: object) -> str:
    """The sentence of a key in one language."""
    return sentences(language)[key].format(**values)
