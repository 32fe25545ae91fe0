"""HTML from values: what is text is escaped, what is markup is said to be."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TypeAlias

from ktpel_enrolment.messages import LANGUAGES, Language, text


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child: TypeAlias = "str | Markup | Iterable[Child] | None"
_VOID = frozenset({"img", "br", "meta", "rect", "circle", "path", "line"})


def tag(name: str, /, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """An element; ``class_`` is written ``class``, underscores in names become hyphens, None and False are left out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>") if name in ("img", "br", "meta") else Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Child) -> Markup:
    """Children one after another, text escaped."""
    if children is None:
        return Markup("")
    if isinstance(children, Markup):
        return children
    if isinstance(children, str):
        return Markup(escape(children))
    return Markup("".join(join(child) for child in children))


def both(indonesian: str, english: str) -> Markup:
    """One sentence in both languages; the page shows the one that is chosen."""
    if indonesian == english:
        return join(indonesian)
    return join((tag("span", indonesian, class_="in-id", lang="id"), tag("span", english, class_="in-en", lang="en")))


def told(advice: Mapping[str, str]) -> Markup:
    """A sentence as it is kept in the store."""
    return both(advice.get("id", ""), advice.get("en", ""))


def word(key: str, **values: object) -> Markup:
    """A sentence of the page itself, by its name in ``messages/*/report.toml``."""
    indonesian, english = (
        text(f"report.{key}", language, **{name: _figure(value, language) for name, value in values.items()})
        for language in LANGUAGES
    )
    return both(indonesian, english)


def _figure(value: object, language: Language) -> object:
    """A number with one decimal, which Indonesian parts by a comma."""
    if not isinstance(value, float):
        return value
    return f"{value:.1f}".replace(".", "," if language == "id" else ".")


def picture(path: Path, alt: str, class_: str = "") -> Markup:
    """A JPEG as part of the page itself; nothing where the file is gone."""
    if not path.is_file():
        return Markup("")
    content = base64.b64encode(path.read_bytes()).decode()
    return tag("img", src=f"data:image/jpeg;base64,{content}", alt=alt, class_=class_ or None, loading="lazy")
