"""Putting a record's bytes together, remembering which field stands where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ktpel_capture.errors import RecordError


@dataclass(frozen=True, slots=True)
class Span:
    """Where a field stands in the encoded record: its path, its first byte, how many bytes."""

    field: str
    offset: int
    length: int


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
        self.raw(field, encoded)

    def optional(self, field: str, value: int | None, octets: int) -> None:
        """A number whose absence is written as all ones."""
        self.uint(field, (1 << 8 * octets) - 1 if value is None else value, octets)

    def raw(self, field: str, value: bytes) -> None:
        self.spans.append(Span(self._path + field, self.size, len(value)))
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

    def data(self) -> bytes:
        return b"".join(self.parts)
