"""Putting a record's bytes together, remembering which field stands where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ktpel_capture.errors import RecordError
from ktpel_capture.records.codes import CodeTable


@dataclass(frozen=True, slots=True)
class Span:
    """Where a field stands in the encoded record.

    Attributes
    ----------
    field : its path, ``representations[0].image compression algorithm``.
    offset, length : its first byte, how many bytes.
    value : what it holds, in words or digits; empty for octets that are no text.
    """

    field: str
    offset: int
    length: int
    value: str = ""


class Writer:
    """Bytes in the making. A value that its field cannot hold is a `RecordError` that names the field."""

    __slots__ = ("_path", "clause", "parts", "size", "spans")

    def __init__(self, clause: str) -> None:
        self.clause = clause
        self.parts: list[bytes] = []
        self.spans: list[Span] = []
        self.size = 0
        self._path = ""

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Fields written meanwhile stand under ``name``."""
        outer, self._path = self._path, f"{self._path}{name}."
        try:
            yield
        finally:
            self._path = outer

    def uint(self, field: str, value: int, octets: int) -> None:
        """An unsigned number, most significant octet first."""
        try:
            encoded = value.to_bytes(octets, "big")
        except (OverflowError, AttributeError, TypeError) as error:
            raise RecordError(
                f"{value!r} does not fit into {octets} octets", field=self._path + field, clause=self.clause
            ) from error
        self.raw(field, encoded, str(value))

    def code(self, field: str, table: CodeTable, name: str, octets: int) -> None:
        """A code by its name."""
        self.raw(field, table.code(name).to_bytes(octets, "big"), name)

    def optional(self, field: str, value: int | None, octets: int) -> None:
        """A number whose absence is written as all ones."""
        if value is None:
            self.raw(field, b"\xff" * octets, "unknown")
        else:
            self.uint(field, value, octets)

    def raw(self, field: str, value: bytes, meaning: str | None = None) -> None:
        """Octets as they are; short ASCII text is its own meaning."""
        if meaning is None:
            meaning = value.decode() if len(value) <= 60 and value.isascii() and value.decode().isprintable() else ""
        self.spans.append(Span(self._path + field, self.size, len(value), meaning))
        self.parts.append(value)
        self.size += len(value)

    def length_slot(self, field: str, octets: int) -> int:
        """Room for a length that is known later; returns what `fill` wants."""
        self.raw(field, bytes(octets))
        return len(self.parts) - 1

    def fill(self, slot: int, length: int) -> None:
        octets = len(self.parts[slot])
        if length >= 1 << 8 * octets:
            raise RecordError(f"{length} bytes do not fit a length of {octets} octets", clause=self.clause)
        self.parts[slot] = length.to_bytes(octets, "big")
        self.spans[slot] = replace(self.spans[slot], value=str(length))

    def data(self) -> bytes:
        return b"".join(self.parts)
