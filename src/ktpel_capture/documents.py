"""Reports, verdicts and what else travels as JSON: one stable, versioned document a value, both ways.

``{"kind": "report", "version": 1, "content": {...}}``. A reader refuses a version it does not know; a new optional
field does not raise the version, a changed or removed one does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from ktpel_capture.profiles import Finding, Verdict
from ktpel_capture.quality import Measurement, QualityReport, QualityScore

VERSION = 1
KINDS: Mapping[str, type] = MappingProxyType(
    {
        "report": QualityReport,
        "verdict": Verdict,
        "finding": Finding,
        "measurement": Measurement,
        "score": QualityScore,
    }
)


def _plain(value: object) -> object:
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


def to_json(value: object, kinds: Mapping[str, type] = KINDS) -> str:
    """A value as its versioned JSON document.

    Raises
    ------
    TypeError : the value is of no kind in ``kinds``; samples travel as records, not as JSON.
    """
    kind = next((name for name, known in kinds.items() if type(value) is known), None)
    if kind is None:
        raise TypeError(f"{type(value).__name__} has no JSON document; known are {', '.join(kinds)}")
    document = {"kind": kind, "version": VERSION, "content": value}
    return msgspec.json.encode(document, enc_hook=_plain).decode()


def from_json(text: str | bytes, kinds: Mapping[str, type] = KINDS) -> Any:
    """The value of a versioned JSON document.

    Raises
    ------
    ValueError : not JSON, an unknown kind or version, or a field of the wrong type; the message names the path.
    """
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(f"not a JSON document: {error}") from error
    if not isinstance(document, dict) or set(document) != {"kind", "version", "content"}:
        raise ValueError("a document holds kind, version and content")
    if document["kind"] not in kinds:
        raise ValueError(f"unknown kind {document['kind']!r}; known are {', '.join(kinds)}")
    if document["version"] != VERSION:
        raise ValueError(f"version {document['version']!r} is not known; this program reads version {VERSION}")
    try:
        return msgspec.convert(document["content"], kinds[document["kind"]])
    except msgspec.ValidationError as error:
        raise ValueError(f"{document['kind']}: {error}") from error
