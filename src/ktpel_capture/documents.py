"""Reports, verdicts, notes of events and what else travels as JSON: one stable, versioned document a value, both ways.

``{"kind": "report", "version": 1, "content": {...}}``. A reader refuses a version it does not know; a new optional
field does not raise the version, a changed or removed one does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec

from ktpel_capture.messages import Advice
from ktpel_capture.profiles import Finding, Verdict
from ktpel_capture.quality import Hint, Measurement, QualityReport, QualityScore

VERSION = 1


@dataclass(frozen=True, slots=True)
class EventNote:
    """What an event of the capture loop says, without its pictures; `acquisition.note` makes it.

    Attributes
    ----------
    event : name of the event's class, such as ``Judged``.
    attempt : presentation it belongs to, counted from 1; 0 where the event does not say.
    sequence, monotonic : of the live frame.
    hints : of the live frame, worst first.
    advice : what was said.
    digests : identities of the samples, in order.
    verdicts : by finger or eye.
    error : what went wrong, in words.
    """

    event: str
    attempt: int = 0
    sequence: int | None = None
    monotonic: float | None = None
    hints: tuple[Hint, ...] = ()
    advice: Advice | None = None
    digests: tuple[str, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    error: str = ""


KINDS: Mapping[str, type] = MappingProxyType(
    {
        "report": QualityReport,
        "verdict": Verdict,
        "finding": Finding,
        "measurement": Measurement,
        "score": QualityScore,
        "event": EventNote,
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
