"""What every 2011 edition of ISO/IEC 19794 holds in each representation: when, by what, how good, certified by whom.

Source: ISO/IEC 19794-1:2011, clause 12.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct
from typing import Final, Protocol, TypeVar

from ktpel_capture.errors import RecordError
from ktpel_capture.quality import Missing
from ktpel_capture.records.codes import CodeTable
from ktpel_capture.records.quick import quickly
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.writer import Writer

T = TypeVar("T")

QUALITY_FAILED: Final = Missing("record.quality_failed")
"""The formats' code for a quality that could not be computed."""

UNASSIGNED: Final = Missing("record.unassigned")
"""The formats' code for a value that nobody filled in."""


@dataclass(frozen=True, slots=True)
class CaptureDateTime:
    """Coordinated universal time of a capture; a part that is not known is None."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    millisecond: int | None = None

    @classmethod
    def of(cls, at: datetime | None) -> CaptureDateTime:
        """The moment of an aware datetime, cut to milliseconds; all parts unknown for None."""
        if at is None:
            return UNKNOWN_TIME
        at = at.astimezone(UTC)
        return cls(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond // 1000)

    @property
    def utc(self) -> datetime | None:
        """As an aware datetime; None unless the date and the hour are known and exist in the calendar."""
        if self.year is None or self.month is None or self.day is None or self.hour is None:
            return None
        try:
            return datetime(
                self.year,
                self.month,
                self.day,
                self.hour,
                self.minute or 0,
                min(self.second or 0, 59),
                (self.millisecond or 0) * 1000,
                UTC,
            )
        except ValueError:
            return None


UNKNOWN_TIME = CaptureDateTime()


@dataclass(frozen=True, slots=True)
class CaptureDevice:
    """What captured.

    Attributes
    ----------
    technology : code of the capture technology, 0 where unspecified; each part of the standard has its own table.
    vendor : the vendor's registered biometric organisation identifier, 0 where unspecified.
    type : the vendor's own product identifier, 0 where unspecified.
    """

    technology: int = 0
    vendor: int = 0
    type: int = 0


@dataclass(frozen=True, slots=True)
class QualityBlock:
    """One quality assessment.

    Attributes
    ----------
    score : 0 (worst) .. 100 (best), or Missing where the assessment failed.
    vendor : registered identifier of the algorithm's vendor.
    algorithm : the vendor's identifier of the algorithm.
    """

    score: int | Missing
    vendor: int = 0
    algorithm: int = 0


@dataclass(frozen=True, slots=True)
class CertificationBlock:
    """One certification of the capture device.

    Attributes
    ----------
    authority : registered identifier of the certification authority.
    scheme : code of the certification scheme.
    """

    authority: int
    scheme: int


UNSPECIFIED_DEVICE: Final = CaptureDevice()

_time, _quality, _certification = quickly(CaptureDateTime), quickly(QualityBlock), quickly(CertificationBlock)
_device = quickly(CaptureDevice)

HEADER = Struct(">IHBBBBBHBHHB")
"""Representation length, capture date and time, device technology, vendor, type, count of quality blocks."""
_QUALITY = Struct(">BHH")
_CERTIFICATION = Struct(">HB")
_LIMITS = ((1, 12, "month"), (1, 31, "day"), (0, 23, "hour"), (0, 59, "minute"), (0, 59, "second"))


def read_time(reader: Reader, at: int, parts: tuple[int, ...]) -> CaptureDateTime:
    """Nine octets, already unpacked into seven numbers that began at byte ``at``."""
    year, month, day, hour, minute, second, millisecond = parts
    if (
        0 < month <= 12
        and 0 < day <= 31
        and hour <= 23
        and minute <= 59
        and second <= 59
        and millisecond <= 999
        and year != 0xFFFF
    ):
        return _time(*parts)
    for position, (value, (least, most, name)) in enumerate(zip(parts[1:6], _LIMITS, strict=True)):
        if value != 0xFF and not least <= value <= most:
            reader.deviates(f"{name} {value} is not in {least}..{most}", at + 2 + position, "capture date and time")
    if millisecond != 0xFFFF and millisecond > 999:
        reader.deviates(f"millisecond {millisecond} is not in 0..999", at + 7, "capture date and time")
    mo, da, ho, mi, se = (None if value == 0xFF else value for value in parts[1:6])
    last = None if millisecond == 0xFFFF else millisecond
    return CaptureDateTime(None if year == 0xFFFF else year, mo, da, ho, mi, se, last)


def read_quality(reader: Reader, count: int) -> tuple[QualityBlock, ...]:
    """The quality blocks, after their count."""
    at = reader.at
    octets = reader.take(5 * count, "quality blocks")
    blocks = []
    for score, vendor, algorithm in _QUALITY.iter_unpack(octets):
        if score > 100:
            if score != 0xFF:
                reader.deviates(f"quality score {score} is neither 0..100 nor 255", at, "quality score")
            else:
                score = QUALITY_FAILED
        blocks.append(_quality(score, vendor, algorithm))
        at += 5
    return tuple(blocks)


def read_certifications(reader: Reader) -> tuple[CertificationBlock, ...]:
    """The count of certification blocks and the blocks; only there where the general header's flag is 1."""
    at = reader.at
    if at >= reader.end:
        raise reader.truncated(1, "number of certification blocks")
    reader.at = at + 1
    octets = reader.take(3 * reader.data[at], "certification blocks")
    return tuple([_certification(*fields) for fields in _CERTIFICATION.iter_unpack(octets)])


def read_representations(reader: Reader, count: int, read_one: Callable[[], T], field: str) -> tuple[T, ...]:
    """The representations behind the general header, at least one; ``field`` is the edition's name of their count."""
    if count == 0:
        raise reader.error("a record holds at least one representation", 12, field)
    found = tuple([read_one() for _ in range(count)])
    if reader.at != reader.end:
        reader.deviates(f"{reader.end - reader.at} bytes behind the last representation", reader.at, "length of record")
    return found


def open_representation(
    reader: Reader, technologies: int, certified: bool = False
) -> tuple[CaptureDateTime, CaptureDevice, tuple[QualityBlock, ...], tuple[CertificationBlock, ...]]:
    """What every representation begins with: when, by what, how good, certified by whom.

    The reader then ends where the representation does; ``technologies`` is the greatest code of the part's table.
    """
    start = reader.at
    header = reader.unpack(HEADER, "representation header")
    length, technology = header[0], header[8]
    if not 0 < length <= reader.end - start:
        raise reader.truncated_to(length, start, "representation length")
    reader.end = start + length
    captured = read_time(reader, start + 4, header[1:8])
    if technology > technologies:
        check_range(reader, technology, 0, technologies, start + 13, "capture device technology identifier")
    quality = read_quality(reader, header[11])
    return captured, _device(*header[8:11]), quality, read_certifications(reader) if certified else ()


def check_record_length(reader: Reader, length: int, at: int = 8) -> None:
    """The stated length of the whole record against the bytes that are there; reading ends at the smaller."""
    if length > len(reader.data):
        raise RecordError(
            f"{length} bytes are stated, {len(reader.data)} are there",
            offset=at,
            field="length of record",
            clause=reader.clause,
            code="record.truncated",
        )
    if length < len(reader.data):
        reader.deviates(f"{len(reader.data) - length} bytes behind the end of the record", length, "length of record")
        reader.end = max(length, reader.at)


def check_code(reader: Reader, table: CodeTable, code: int, at: int) -> None:
    """Complains of a code that the table does not name."""
    if not table.knows(code):
        reader.deviates(f"code {code} has no meaning", at, table.subject)


def check_range(reader: Reader, value: int, least: int, most: int, at: int, field: str) -> None:
    """Complains of a value outside ``least..most``."""
    if not least <= value <= most:
        reader.deviates(f"{value} is not in {least}..{most}", at, field)


def write_time(writer: Writer, time: CaptureDateTime) -> None:
    writer.optional("capture date and time: year", time.year, 2)
    for name in ("month", "day", "hour", "minute", "second"):
        writer.optional(f"capture date and time: {name}", getattr(time, name), 1)
    writer.optional("capture date and time: millisecond", time.millisecond, 2)


def write_device(writer: Writer, device: CaptureDevice) -> None:
    writer.uint("capture device technology identifier", device.technology, 1)
    writer.uint("capture device vendor identifier", device.vendor, 2)
    writer.uint("capture device type identifier", device.type, 2)


def write_quality(writer: Writer, blocks: tuple[QualityBlock, ...]) -> None:
    writer.uint("number of quality blocks", len(blocks), 1)
    for number, block in enumerate(blocks):
        with writer.inside(f"quality[{number}]"):
            writer.uint("quality score", 0xFF if isinstance(block.score, Missing) else block.score, 1)
            writer.uint("quality algorithm vendor identifier", block.vendor, 2)
            writer.uint("quality algorithm identifier", block.algorithm, 2)


class _Circumstances(Protocol):
    @property
    def captured(self) -> CaptureDateTime: ...
    @property
    def device(self) -> CaptureDevice: ...
    @property
    def quality(self) -> tuple[QualityBlock, ...]: ...


def begin_representation(
    writer: Writer, item: _Circumstances, certifications: tuple[CertificationBlock, ...] = (), certified: bool = False
) -> int:
    """Write what every representation begins with; returns the slot of its length."""
    length = writer.length_slot("representation length", 4)
    write_time(writer, item.captured)
    write_device(writer, item.device)
    write_quality(writer, item.quality)
    if certified:
        write_certifications(writer, certifications)
    elif certifications:
        raise RecordError(
            "certification blocks need the certification flag", field="certification flag", clause=writer.clause
        )
    return length


def write_certifications(writer: Writer, blocks: tuple[CertificationBlock, ...]) -> None:
    writer.uint("number of certification blocks", len(blocks), 1)
    for number, block in enumerate(blocks):
        with writer.inside(f"certification[{number}]"):
            writer.uint("certification authority identifier", block.authority, 2)
            writer.uint("certification scheme identifier", block.scheme, 1)
