"""ANSI/NIST-ITL transactions in the traditional encoding: logical records of tagged fields, and the older binary ones.

Source: ANSI/NIST-ITL 1-2011 (NIST Special Publication 500-290), clauses 7 and 8 and annex B.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar, Final

from ktpel_capture.errors import RecordError
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.writer import Writer
from ktpel_capture.samples import Sample
from ktpel_capture.templates import Minutiae

STANDARD: Final = "ANSI/NIST-ITL 1"
FS, GS, RS, US = b"\x1c", b"\x1d", b"\x1e", b"\x1f"
BINARY_TYPES: Final = (3, 4, 5, 6, 7, 8)
KNOWN_TYPES: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 98, 99)
MAX_RECORDS: Final = 10_000


def is_number(text: str) -> bool:
    """Whether text is an unsigned number of at most nine ASCII digits."""
    return text.isascii() and text.isdigit() and len(text) <= 9


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its tag as written (``1.01`` or ``14.999``) and its octets.

    Attributes
    ----------
    tag : type and number with a point; older files write two digits for the number.
    content : the octets between the colon and the separator; an image field (999) holds any octets.
    """

    tag: str
    content: bytes = field(repr=False)

    @property
    def number(self) -> int:
        """The field's number within its record."""
        return int(self.tag.partition(".")[2])

    @property
    def text(self) -> str:
        """The content as text: UTF-8, or Latin-1 where it is not."""
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            return self.content.decode("latin-1")

    @property
    def subfields(self) -> tuple[tuple[str, ...], ...]:
        """Subfields, each of information items."""
        return tuple(tuple(part.split("\x1f")) for part in self.text.split("\x1e"))

    def __str__(self) -> str:
        return f"{self.tag}: {len(self.content)} bytes" if self.number == 999 else f"{self.tag}: {self.text}"


@dataclass(frozen=True, slots=True)
class TaggedRecord:
    """A logical record of tagged fields, in their order."""

    type: int
    fields: tuple[Field, ...]

    def get(self, number: int) -> Field | None:
        """The field of a number, None where the record does not hold it."""
        return next((item for item in self.fields if item.number == number), None)

    def text(self, number: int, default: str = "") -> str:
        """A field's text."""
        found = self.get(number)
        return default if found is None else found.text

    @property
    def idc(self) -> int | None:
        """The information designation character, None for type 1 or where it is none."""
        text = self.text(2)
        return int(text) if self.type != 1 and is_number(text) else None


@dataclass(frozen=True, slots=True)
class BinaryRecord:
    """A logical record of types 3 to 8: length, designation, and octets.

    Attributes
    ----------
    type : 3, 5 low resolution; 4, 6 high resolution; 7 user-defined; 8 signature.
    idc : information designation character.
    content : the octets behind length and designation; see `ImageHeader`.
    """

    type: int
    idc: int
    content: bytes = field(repr=False)

    @property
    def image_header(self) -> ImageHeader | None:
        """The header of a fingerprint image of types 3 to 6, None for other types or too few octets."""
        if self.type not in (3, 4, 5, 6) or len(self.content) < _IMAGE.size:
            return None
        return ImageHeader(*_IMAGE.unpack_from(self.content))

    @property
    def image_data(self) -> bytes:
        """The octets behind the image header."""
        return self.content[_IMAGE.size :] if self.image_header is not None else b""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """The fixed fields of a binary fingerprint record.

    Attributes
    ----------
    impression_type : code.
    finger_positions : six codes; 255 where unused.
    image_scanning_resolution : 0 the minimum of 19.69 pixels a millimetre, 1 the native one of field 1.011.
    width, height : horizontal and vertical line length, px.
    compression : 0 none, 1 WSQ, 2 JPEG, 3 lossless JPEG, 4 JPEG 2000, 5 lossless JPEG 2000, 6 PNG.
    """

    impression_type: int
    finger_positions: bytes
    image_scanning_resolution: int
    width: int
    height: int
    compression: int


_IMAGE = Struct(">B6sBHHB")

LogicalRecord = TaggedRecord | BinaryRecord


@dataclass(frozen=True, slots=True)
class AnsiNistTransaction:
    """A transaction: the header (type 1) and the logical records it announces, in their order."""

    standard: ClassVar[str] = "ANSI/NIST-ITL"
    edition: ClassVar[None] = None

    records: tuple[LogicalRecord, ...]

    @property
    def version(self) -> str:
        """Field 1.002, such as ``0500`` for the edition of 2011."""
        head = self.records[0]
        return head.text(2) if isinstance(head, TaggedRecord) else ""

    def of_type(self, number: int) -> tuple[LogicalRecord, ...]:
        """The records of one type."""
        return tuple(record for record in self.records if record.type == number)

    def samples(self) -> tuple[Sample, ...]:
        """The fingerprints (types 4, 13, 14), faces (type 10) and irises (type 17) as samples, in their order.

        Raises
        ------
        RecordError : one of them cannot be decoded.
        """
        from ktpel_capture.records.ansi_nist_samples import samples_of

        return samples_of(self)

    def templates(self) -> tuple[Minutiae, ...]:
        """The minutiae of the type 9 records as templates, in their order.

        Raises
        ------
        RecordError : one of them is not what the standard says.
        """
        from ktpel_capture.records.ansi_nist_minutiae import templates_of

        return templates_of(self)


def decode(reader: Reader) -> AnsiNistTransaction:
    """The transaction that the reader's bytes are."""
    reader.clause = STANDARD
    header = _tagged(reader, 1)
    announced = _announced(reader, header)
    records: list[LogicalRecord] = [header]
    for number, idc in announced:
        at = reader.at
        if at >= reader.end:
            raise reader.truncated(1, f"record of type {number}")
        record = _binary(reader, number) if number in BINARY_TYPES else _tagged(reader, number)
        if idc is not None and record.idc != idc:
            reader.deviates(f"designation {record.idc} is not the announced {idc}", at, f"{number}.002 IDC")
        records.append(record)
    if reader.at != reader.end:
        reader.deviates(f"{reader.end - reader.at} bytes behind the last announced record", reader.at, "1.003 CNT")
        reader.at = reader.end
    return AnsiNistTransaction(tuple(records))


def _announced(reader: Reader, header: TaggedRecord) -> list[tuple[int, int | None]]:
    """(type, designation) of the records that follow the header."""
    content = header.get(3)
    if content is None:
        raise reader.error("the header announces no content", 0, "1.003 CNT")
    first, *rest = content.subfields
    found = []
    for item in rest:
        if not (is_number(item[0].strip()) and int(item[0]) in KNOWN_TYPES):
            raise reader.error(f"{item[0][:20]!r} is no record type", 0, "1.003 CNT")
        designation = item[1].strip() if len(item) > 1 else ""
        if not (len(item) == 2 and is_number(designation)):
            reader.deviates("an entry names a type and a designation", 0, "1.003 CNT")
        found.append((int(item[0]), int(designation) if is_number(designation) else None))
    if len(found) > MAX_RECORDS:
        raise reader.error(f"{len(found)} records are announced", 0, "1.003 CNT")
    if first[0].strip() != "1" or len(first) != 2 or not is_number(first[1]) or int(first[1]) != len(found):
        reader.deviates(f"{first} announces, {len(found)} are listed", 0, "1.003 CNT")
    return found


def _binary(reader: Reader, number: int) -> BinaryRecord:
    start = reader.at
    length = int.from_bytes(reader.take(4, f"{number}.001 LEN"), "big")
    least = 5 + (_IMAGE.size if number in (3, 4, 5, 6) else 0)
    if not least <= length <= reader.end - start:
        raise reader.truncated_to(length, start, f"{number}.001 LEN")
    idc = reader.take(1, f"{number}.002 IDC")[0]
    return BinaryRecord(number, idc, reader.take(length - 5, f"{number} content"))


def _tagged(reader: Reader, number: int) -> TaggedRecord:
    """A record of tagged fields: its first field says how long it is."""
    start, data = reader.at, reader.data
    tag, content, _at = _field(reader, number, reader.end)
    length = int(content) if content.isdigit() and len(content) < 12 else -1
    if length < 0 or Field(tag, content).number != 1:
        raise reader.error("a record begins with its length", start, f"{number}.001 LEN")
    end = start + length
    if end > reader.end:
        raise reader.truncated_to(length, start, f"{number}.001 LEN")
    if length < reader.at - start or data[end - 1 : end] != FS:
        end = _end_without_length(reader, start, length, number)
    found = [Field(tag, content)]
    while reader.at < end:
        at = reader.at
        if data[at - 1 : at] != GS:
            reader.deviates("a record separator stands within the record", at - 1, found[-1].tag)
        tag, content, _at = _field(reader, number, end)
        item = Field(tag, content)
        if item.number <= found[-1].number:
            reader.deviates(f"{tag} stands behind {found[-1].tag}", at, tag)
        found.append(item)
    return TaggedRecord(number, tuple(found))


def _end_without_length(reader: Reader, start: int, length: int, number: int) -> int:
    """Where a record ends whose stated length is wrong: at its separator, which an image field would hide."""
    reader.deviates(f"no separator at the end of the {length} bytes stated", start, f"{number}.001 LEN")
    end = reader.data.find(FS, start, reader.end)
    if end < 0:
        raise reader.error("the record has no end", start, f"{number}.001 LEN")
    return end + 1


def _field(reader: Reader, number: int, end: int) -> tuple[str, bytes, int]:
    """Tag and content of the field at the reader's place; it ends at a group separator or at the record's end."""
    start, data = reader.at, reader.data
    colon = data.find(b":", start, min(end, start + 12))
    if colon < 0:
        truncated = end - start < 12 and end == len(data)
        raise RecordError(
            "no tag where a field begins",
            offset=start,
            field=f"record of type {number}",
            clause=STANDARD,
            code="record.truncated" if truncated else "record.invalid",
        )
    raw = data[start:colon]
    kind, point, digits = raw.partition(b".")
    if not (point and kind.isdigit() and digits.isdigit() and raw.isascii() and int(kind) == number):
        raise reader.error(f"{raw[:12]!r} is no tag of type {number}", start, f"record of type {number}")
    first = colon + 1
    if int(digits) == 999:
        last = end - 1
    else:
        last = min((at for at in (data.find(GS, first, end), data.find(FS, first, end)) if at >= 0), default=-1)
        if last < 0:
            raise reader.truncated(1, raw.decode())
    reader.at = last + 1
    return raw.decode(), data[first:last], first


def encode(record: AnsiNistTransaction) -> Writer:
    """The transaction's bytes and where each field stands in them."""
    writer = Writer(STANDARD)
    for index, logical in enumerate(record.records):
        with writer.inside(f"records[{index}]"):
            if isinstance(logical, BinaryRecord):
                writer.uint(f"{logical.type}.001 LEN", len(logical.content) + 5, 4)
                writer.uint(f"{logical.type}.002 IDC", logical.idc, 1)
                writer.raw(f"{logical.type} content", logical.content)
                continue
            for number, item in enumerate(logical.fields):
                last = number == len(logical.fields) - 1
                writer.raw(item.tag, item.tag.encode() + b":" + item.content + (FS if last else GS), _meaning(item))
    return writer


def _meaning(item: Field) -> str:
    """A field's text for the layout: items parted by commas, subfields by semicolons; empty for an image."""
    if item.number == 999 or len(item.content) > 200:
        return ""
    text = "; ".join(", ".join(subfield) for subfield in item.subfields)
    return text if text.isprintable() else ""


def tagged(number: int, fields: dict[int, bytes]) -> TaggedRecord:
    """A record of a type from its fields by number, with the length field in front.

    The length counts itself, so it is found by trying.
    """
    rest = [Field(f"{number}.{key:03}", content) for key, content in sorted(fields.items())]
    size = sum(len(item.tag) + 2 + len(item.content) for item in rest)
    tag = f"{number}.001"
    for digits in range(1, 12):
        length = size + len(tag) + 2 + digits
        if len(str(length)) == digits:
            return TaggedRecord(number, (Field(tag, str(length).encode()), *rest))
    raise RecordError("the record is too long", field=tag, clause=STANDARD)
