"""Options that several subcommands share, and how their values are refused."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from typing import TypeVar

import typer

from ktpel_capture.messages import LANGUAGES, Language
from ktpel_capture.profiles import WHEN_KEYS

Name = TypeVar("Name", bound=str)

LANG = typer.Option(
    "--lang", metavar="id|en", envvar="KTPEL_LANG", help="Language of advice (else as the environment says)."
)


def chosen_language(given: str | None) -> Language:
    """The language asked for, or Indonesian where the environment is Indonesian, else English."""
    if given is None:
        locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
        return "id" if locale.lower().startswith("id") else "en"
    return one_of(given, LANGUAGES, "--lang")


def one_of(value: str, known: Iterable[Name], option: str) -> Name:
    """The value, if it is known; else a usage error with the nearest known one."""
    names = list(known)
    for name in names:
        if name == value:
            return name
    nearest = next(iter(difflib.get_close_matches(value, names, 1, 0.5)), "")
    guess = f'; did you mean "{nearest}"?' if nearest else f"; one of {', '.join(names)}"
    raise typer.BadParameter(f'"{value}" is not known{guess}', param_hint=option)


def conditions(given: Iterable[str]) -> dict[str, str]:
    """``backdrop=red`` words as a mapping; unknown names and values are usage errors."""
    when = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not value:
            raise typer.BadParameter(f'"{word}" is not of the form NAME=VALUE, as in backdrop=red', param_hint="--when")
        one_of(name, WHEN_KEYS, "--when")
        if WHEN_KEYS[name]:
            one_of(value, WHEN_KEYS[name], f"--when {name}")
        when[name] = value
    return when
