"""Every sentence a person is told, in Indonesian and English.

The catalogues are TOML files, one a subject, under ``messages/id`` and ``messages/en``; both languages hold the same
keys (a test says so). A key is ``<subject>.<name>``: ``fingerprint.press_lighter`` stands in ``fingerprint.toml`` as
``press_lighter``. Values may hold ``{placeholders}``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All sentences of one language by key."""
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r} is not known; one of {', '.join(LANGUAGES)}")
    sentences: dict[str, str] = {}
    for path in sorted(files(__package__).joinpath(language).iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            subject = path.name.removesuffix(".toml")
            for name, text in tomllib.loads(path.read_text("utf-8")).items():
                sentences[f"{subject}.{name}"] = text
    return sentences


@dataclass(frozen=True, slots=True)
class Advice:
    """One sentence for a person.

    Attributes
    ----------
    key : where it stands in the catalogues, empty for a profile's own words.
    id, en : the sentence in Indonesian and English.
    """

    key: str
    id: str
    en: str

    def text(self, language: Language = "id") -> str:
        """The sentence in one language."""
        if language not in LANGUAGES:
            raise ValueError(f"language {language!r} is not known; one of {', '.join(LANGUAGES)}")
        return self.id if language == "id" else self.en

    def __str__(self) -> str:
        return self.en


def advice(key: str, **values: object) -> Advice:
    """The sentence of a key in both languages, its placeholders filled with ``values``.

    An unknown key is a `KeyError` that names it: catalogues are complete by test.
    """
    texts = []
    for language in LANGUAGES:
        sentence = catalogue(language).get(key)
        if sentence is None:
            raise KeyError(f"message {key!r} is not in the {language!r} catalogue")
        texts.append(sentence.format(**values) if values else sentence)
    return Advice(key, *texts)
