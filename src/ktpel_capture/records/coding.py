"""Bytes to records and back; the format is found from the content."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, Protocol

from ktpel_capture.errors import RecordError
from ktpel_capture.records.reader import Deviation, Reader
from ktpel_capture.records.recognition import FORMATS, Format, format_of
from ktpel_capture.records.writer import Span
from ktpel_capture.samples import Sample


class Record(Protocol):
    """What every record is: a frozen value of one standard and one edition."""

    @property
    def standard(self) -> str:
        """Such as ``ISO/IEC 19794-4``."""
        ...

    @property
    def edition(self) -> int | None:
        """Year of the edition, None where the standard counts otherwise."""
        ...

    def samples(self) -> tuple[Sample, ...]:
        """The images (or pen points) in it as samples, in its order.

        Raises
        ------
        RecordError : one of them cannot be decoded.
        """
        ...


def decode(data: bytes) -> Record:
    """The record in the bytes, which must keep its standard to the letter.

    Raises
    ------
    RecordError : no known format, truncated, or any rule of the format broken; ``offset``, ``field`` and ``clause``
        say where.
    """
    known, module = _decoder(data)
    record: Record = module.decode(Reader(data, known.standard))
    return record


def decode_tolerantly(data: bytes) -> tuple[Record, tuple[Deviation, ...]]:
    """The record in the bytes, and where they break its standard without hiding the content.

    Raises
    ------
    RecordError : no known format, truncated, or broken beyond reading.
    """
    known, module = _decoder(data)
    deviations: list[Deviation] = []
    record: Record = module.decode(Reader(data, known.standard, deviations))
    return record, tuple(deviations)


def encode(record: Record) -> bytes:
    """The record's canonical bytes.

    Raises
    ------
    RecordError : a value does not fit its field.
    ValueError : a name that the standard's tables do not hold.
    TypeError : not a record.
    """
    encoded: bytes = _encoder(record).encode(record).data()
    return encoded


def layout(record: Record) -> tuple[Span, ...]:
    """Where each field stands in the record's canonical bytes, in their order."""
    return tuple(_encoder(record).encode(record).spans)


def _decoder(data: bytes) -> tuple[Format, Any]:
    known = format_of(data)
    if known is None:
        raise RecordError(
            "not a record of a known format", offset=0, field="format identifier", code="record.unknown_format"
        )
    if not known.module:
        raise RecordError(
            f"{known} is recognised but not decoded", offset=0, field="format identifier", code="record.unsupported"
        )
    return known, _module(known.module)


def _encoder(record: Record) -> Any:
    try:
        name = (record.standard, record.edition)
    except AttributeError:
        name = ("", None)
    module = next((known.module for known in FORMATS if (known.standard, known.edition) == name), "")
    if not module:
        raise TypeError(f"{type(record).__name__} is not a record that can be encoded")
    return _module(module)


@cache
def _module(name: str) -> Any:
    return import_module(f"{__package__}.{name}")
