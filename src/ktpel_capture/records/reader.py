"""Walking over bytes with a name for every place: the base of all binary decoders.

A breach of a format is either fatal (the bytes cannot be followed any further) or a deviation: strict decoding raises
for both, tolerant decoding keeps the deviations and goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Any

from ktpel_capture.errors import RecordError


@dataclass(frozen=True, slots=True)
class Deviation:
    """A place where a record breaks its standard and can be read all the same.

    Attributes
    ----------
    reason : what is wrong, with the value.
    offset : index of the first byte at fault, None where no single byte is.
    field : the standard's name of the field.
    clause : standard and clause.
    """

    reason: str
    offset: int | None
    field: str
    clause: str = ""

    def __str__(self) -> str:
        where = self.field if self.offset is None else f"byte {self.offset}, {self.field}"
        return f"{where}: {self.reason}" + (f" ({self.clause})" if self.clause else "")


class Reader:
    """A place in a record's bytes.

    Attributes
    ----------
    data : the whole record.
    at : index of the next byte.
    end : index behind the last byte that may be read.
    clause : standard (and clause) named in complaints.
    deviations : what was met so far when reading tolerantly; None when reading strictly.
    """

    __slots__ = ("at", "clause", "data", "deviations", "end")

    def __init__(self, data: bytes, clause: str, deviations: list[Deviation] | None = None) -> None:
        self.data = data
        self.at = 0
        self.end = len(data)
        self.clause = clause
        self.deviations = deviations

    def unpack(self, layout: Struct, field: str) -> tuple[Any, ...]:
        """The values of a fixed layout."""
        start = self.at
        behind = start + layout.size
        if behind > self.end:
            raise self.truncated(layout.size, field)
        self.at = behind
        return layout.unpack_from(self.data, start)

    def take(self, length: int, field: str) -> bytes:
        """The next ``length`` bytes."""
        start = self.at
        behind = start + length
        if behind > self.end:
            raise self.truncated(length, field)
        self.at = behind
        return self.data[start:behind]

    def truncated(self, length: int, field: str) -> RecordError:
        """The error for a field that does not fit into what is left."""
        return RecordError(
            f"{length} bytes are needed, {max(0, self.end - self.at)} are left",
            offset=self.at,
            field=field,
            clause=self.clause,
            code="record.truncated",
        )

    def truncated_to(self, length: int, start: int, field: str) -> RecordError:
        """The error for a block that is said to be longer than what is left, or to be empty."""
        return RecordError(
            f"a block of {length} bytes does not fit into {self.end - start}",
            offset=start,
            field=field,
            clause=self.clause,
            code="record.truncated" if length > self.end - start else "record.invalid",
        )

    def error(self, reason: str, offset: int, field: str) -> RecordError:
        """The error for a breach that cannot be read past."""
        return RecordError(reason, offset=offset, field=field, clause=self.clause)

    def deviates(self, reason: str, offset: int | None, field: str) -> None:
        """A breach that can be read past: raised when strict, kept when tolerant."""
        if self.deviations is None:
            raise RecordError(reason, offset=offset, field=field, clause=self.clause)
        self.deviations.append(Deviation(reason, offset, field, self.clause))
