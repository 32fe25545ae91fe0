"""Data groups 2, 3, 4 and 7 of a travel document's logical data structure.

Groups 2 to 4 hold biometric templates (ISO/IEC 7816-11 nested in CBEFF's header), group 7 pictures of a signature.
Source: ICAO Doc 9303-10, 8th edition, 4.7.2 to 4.7.4 and 4.7.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from ktpel_capture.errors import RecordError
from ktpel_capture.records.der import read_tlv, value
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.writer import Writer
from ktpel_capture.samples import Sample

STANDARD: Final = "ICAO Doc 9303-10"
GROUPS: Final = {0x75: 2, 0x63: 3, 0x76: 4, 0x67: 7}
TAGS: Final = {number: tag for tag, number in GROUPS.items()}
TEMPLATE_GROUP, TEMPLATE, HEADER = 0x7F61, 0x7F60, 0xA1
DATA_BLOCK, DATA_BLOCK_CONSTRUCTED = 0x5F2E, 0x7F2E
COUNT, SIGNATURE = 0x02, 0x5F43
HEADER_NAMES: Final = {
    0x80: "ICAO header version",
    0x81: "biometric type",
    0x82: "biometric subtype",
    0x83: "creation date and time",
    0x84: "biometric reference identifier",
    0x85: "validity period",
    0x86: "creator of the biometric reference data",
    0x87: "format owner",
    0x88: "format type",
}


@dataclass(frozen=True, slots=True)
class BiometricTemplate:
    """One biometric information template.

    Attributes
    ----------
    header : (tag, content) of the biometric header's elements, in their order; tags as `HEADER_NAMES` lists them.
    data : the biometric data block.
    constructed : the block is an ISO/IEC 39794 one, under tag 7F2E instead of 5F2E.
    """

    header: tuple[tuple[int, bytes], ...]
    data: bytes = field(repr=False)
    constructed: bool = False

    def element(self, tag: int) -> bytes | None:
        """The content of a header element, None where there is none."""
        return next((content for known, content in self.header if known == tag), None)

    @property
    def format_owner(self) -> int | None:
        """Registered identifier of the format's owner, 257 for ISO/IEC JTC 1/SC 37."""
        content = self.element(0x87)
        return None if content is None else int.from_bytes(content, "big")

    @property
    def format_type(self) -> int | None:
        """Registered identifier of the format: 7 finger image, 8 face image, 9 iris image."""
        content = self.element(0x88)
        return None if content is None else int.from_bytes(content, "big")


@dataclass(frozen=True, slots=True)
class DataGroup:
    """A data group.

    Attributes
    ----------
    number : 2 face, 3 fingers, 4 irises, 7 displayed signature.
    templates : of groups 2 to 4; group 3 and 4 may hold none.
    signatures : of group 7: pictures, JPEG or JPEG 2000.
    """

    edition: ClassVar[None] = None

    number: int
    templates: tuple[BiometricTemplate, ...] = ()
    signatures: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def standard(self) -> str:
        return f"{STANDARD} DG{self.number}"

    def inner_records(self) -> Iterator[tuple[str, bytes]]:
        """(where, octets) of the record in every template."""
        for index, template in enumerate(self.templates):
            yield f"templates[{index}]", template.data

    def samples(self) -> tuple[Sample, ...]:
        """The samples of all templates, in order; a signature's pictures hold no pen points and give none.

        Raises
        ------
        RecordError : a template is of no known format, or damaged.
        """
        from ktpel_capture.records.coding import decode_tolerantly

        found: list[Sample] = []
        for template in self.templates:
            record, _deviations = decode_tolerantly(template.data)
            found.extend(record.samples())
        return tuple(found)


def decode(reader: Reader) -> DataGroup:
    """The data group that begins at the reader's place and fills its bytes."""
    reader.clause = STANDARD
    tag, at, end = read_tlv(reader, reader.at, reader.end, "data group")
    if end != reader.end:
        reader.deviates(f"{reader.end - end} bytes behind the data group", end, "data group")
    reader.at = reader.end
    number = GROUPS.get(tag, 0)
    if number == 7:
        count, at = _count(reader, at, end)
        pictures = tuple(content for _tag, content in _elements(reader, at, end, SIGNATURE, "displayed signature"))
        _check_count(reader, count, len(pictures), at)
        return DataGroup(7, signatures=pictures)
    inner, at_inner, end_inner = read_tlv(reader, at, end, "biometric information group template")
    if inner != TEMPLATE_GROUP:
        raise reader.error(f"tag {inner:04X} where 7F61 belongs", at, "biometric information group template")
    if end_inner != end:
        reader.deviates(f"{end - end_inner} bytes behind the templates", end_inner, "data group")
    count, at = _count(reader, at_inner, end_inner)
    templates = []
    while at < end_inner:
        inner, start, stop = read_tlv(reader, at, end_inner, "biometric information template")
        if inner != TEMPLATE:
            raise reader.error(f"tag {inner:04X} where 7F60 belongs", at, "biometric information template")
        templates.append(_template(reader, start, stop))
        at = stop
    _check_count(reader, count, len(templates), at_inner)
    return DataGroup(number, tuple(templates))


def _count(reader: Reader, at: int, end: int) -> tuple[int, int]:
    tag, start, stop = read_tlv(reader, at, end, "number of instances")
    if tag != COUNT or stop - start != 1:
        raise reader.error("the number of instances is missing", at, "number of instances")
    return reader.data[start], stop


def _check_count(reader: Reader, stated: int, found: int, at: int) -> None:
    if stated != found:
        reader.deviates(f"{stated} stated, {found} present", at, "number of instances")


def _elements(reader: Reader, at: int, end: int, wanted: int, name: str) -> Iterator[tuple[int, bytes]]:
    """(tag, content) of the values in a range, all of one tag; any tag for 0."""
    while at < end:
        tag, start, stop = read_tlv(reader, at, end, name)
        if wanted and tag != wanted:
            raise reader.error(f"tag {tag:02X} where {wanted:02X} belongs", at, name)
        yield tag, reader.data[start:stop]
        at = stop


def _template(reader: Reader, at: int, end: int) -> BiometricTemplate:
    tag, start, stop = read_tlv(reader, at, end, "biometric header template")
    if tag != HEADER:
        raise reader.error(f"tag {tag:02X} where A1 belongs", at, "biometric header template")
    header = tuple(_elements(reader, start, stop, 0, "biometric header template"))
    known = {element for element, _content in header}
    for needed in (0x87, 0x88):
        if needed not in known:
            reader.deviates(f"{HEADER_NAMES[needed]} is missing", start, "biometric header template")
    tag, start, behind = read_tlv(reader, stop, end, "biometric data block")
    if tag not in (DATA_BLOCK, DATA_BLOCK_CONSTRUCTED):
        raise reader.error(f"tag {tag:04X} where 5F2E or 7F2E belongs", stop, "biometric data block")
    if behind != end:
        reader.deviates(f"{end - behind} bytes behind the data block", behind, "biometric information template")
    return BiometricTemplate(header, reader.data[start:behind], tag == DATA_BLOCK_CONSTRUCTED)


def encode(record: DataGroup) -> Writer:
    """The data group's bytes."""
    if record.number not in TAGS:
        raise RecordError(f"data group {record.number} is not written", field="data group", clause=STANDARD)
    if record.number == 7:
        parts = [value(COUNT, bytes((len(record.signatures),)))]
        parts += [value(SIGNATURE, picture) for picture in record.signatures]
        content = b"".join(parts)
    else:
        parts = [value(COUNT, bytes((len(record.templates),)))]
        for template in record.templates:
            header = value(HEADER, b"".join(value(tag, item) for tag, item in template.header))
            block = value(DATA_BLOCK_CONSTRUCTED if template.constructed else DATA_BLOCK, template.data)
            parts.append(value(TEMPLATE, header + block))
        content = value(TEMPLATE_GROUP, b"".join(parts))
    writer = Writer(STANDARD)
    writer.raw("data group", value(TAGS[record.number], content))
    return writer
