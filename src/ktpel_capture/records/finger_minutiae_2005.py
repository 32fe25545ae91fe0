"""Finger minutiae records, ISO/IEC 19794-2:2005, the record format (not the compact ones of cards)."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Final

from ktpel_capture.quality import Missing
from ktpel_capture.records import blocks
from ktpel_capture.records.finger_codes import IMPRESSION_2005, POSITION_2005, pixels_per_inch, sample_position
from ktpel_capture.records.finger_minutiae_2011 import read_extended_data
from ktpel_capture.records.minutiae_values import (
    MINUTIA_TYPE,
    QUALITY_NOT_REPORTED,
    ExtendedData,
    Minutia,
    to_template,
)
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.writer import Writer
from ktpel_capture.samples import Sample
from ktpel_capture.templates import Minutiae

STANDARD: Final = "ISO/IEC 19794-2:2005"
MAGIC: Final = b"FMR\x00 20\x00"


@dataclass(frozen=True, slots=True)
class FingerMinutiaeView:
    """The minutiae of one finger; names and units are the standard's.

    Attributes
    ----------
    finger_position, impression_type : as the standard's tables name them.
    minutiae : up to 255.
    quality : 0..100.
    view_number : 0 for the first of its position.
    extended_data : areas of extended data.
    """

    finger_position: str
    impression_type: str
    minutiae: tuple[Minutia, ...]
    quality: int = 100
    view_number: int = 0
    extended_data: tuple[ExtendedData, ...] = ()


@dataclass(frozen=True, slots=True)
class FingerMinutiaeRecord2005:
    """A finger minutiae record of the 2005 edition.

    Attributes
    ----------
    views : the fingers.
    size : (width, height) of the images, px.
    resolution : (horizontal, vertical) pixels per centimetre.
    equipment_certification : four bits; the highest says compliance with an image quality specification.
    capture_equipment : the vendor's identifier, 12 bits, 0 where unspecified.
    """

    standard: ClassVar[str] = "ISO/IEC 19794-2"
    edition: ClassVar[int] = 2005

    views: tuple[FingerMinutiaeView, ...]
    size: tuple[int, int]
    resolution: tuple[int, int] = (197, 197)
    equipment_certification: int = 0
    capture_equipment: int = 0

    def samples(self) -> tuple[Sample, ...]:
        """None: minutiae are no image."""
        return ()

    def templates(self) -> tuple[Minutiae, ...]:
        """The minutiae as the library compares them, one value a finger."""
        ppi = pixels_per_inch(self.resolution[0], "pixels_per_centimetre")
        return tuple(
            to_template(view.minutiae, ppi, self.size, sample_position(view.finger_position)) for view in self.views
        )


_GENERAL = Struct(">8sIHHHHHBB")
_VIEW = Struct(">BBBB")
_MINUTIA = Struct(">HHBB")


def decode(reader: Reader) -> FingerMinutiaeRecord2005:
    """The record that begins at the reader's place and fills its bytes."""
    reader.clause = STANDARD
    _magic, length, equipment, width, height, rate_x, rate_y, count, reserved = reader.unpack(_GENERAL, "record header")
    blocks.check_record_length(reader, length)
    if equipment & 0x7000:
        reader.deviates("reserved bits are set", 12, "capture equipment certification")
    blocks.check_range(reader, width, 1, 65535, 14, "image size in x")
    blocks.check_range(reader, height, 1, 65535, 16, "image size in y")
    blocks.check_range(reader, rate_x, 1, 65535, 18, "resolution in x")
    blocks.check_range(reader, rate_y, 1, 65535, 20, "resolution in y")
    if reserved:
        reader.deviates(f"reserved octet holds {reserved}", 23, "reserved")
    views = tuple([_decode_view(reader, (width, height)) for _ in range(count)])
    if reader.at != reader.end:
        reader.deviates(f"{reader.end - reader.at} bytes behind the last view", reader.at, "record length")
    return FingerMinutiaeRecord2005(views, (width, height), (rate_x, rate_y), equipment >> 12, equipment & 0xFFF)


def _decode_view(reader: Reader, size: tuple[int, int]) -> FingerMinutiaeView:
    start = reader.at
    position, number_and_impression, quality, count = reader.unpack(_VIEW, "finger view header")
    blocks.check_range(reader, position, 0, 10, start, "finger position")
    blocks.check_code(reader, IMPRESSION_2005, number_and_impression & 15, start + 1)
    blocks.check_range(reader, quality, 0, 100, start + 2, "finger quality")
    minutiae = []
    for _ in range(count):
        at = reader.at
        kind_x, y, angle, score = reader.unpack(_MINUTIA, "minutia")
        blocks.check_code(reader, MINUTIA_TYPE, kind_x >> 14, at)
        if y >> 14:
            reader.deviates("reserved bits are set", at + 2, "minutia position y")
        blocks.check_range(reader, kind_x & 0x3FFF, 0, size[0] - 1, at, "minutia position x")
        blocks.check_range(reader, y & 0x3FFF, 0, size[1] - 1, at + 2, "minutia position y")
        blocks.check_range(reader, score, 0, 100, at + 5, "minutia quality")
        reported = QUALITY_NOT_REPORTED if score == 0 else score
        minutiae.append(Minutia(MINUTIA_TYPE.name(kind_x >> 14), kind_x & 0x3FFF, y & 0x3FFF, angle, reported))
    return FingerMinutiaeView(
        POSITION_2005.name(position),
        IMPRESSION_2005.name(number_and_impression & 15),
        tuple(minutiae),
        quality,
        number_and_impression >> 4,
        read_extended_data(reader, includes_header=False),
    )


def encode(record: FingerMinutiaeRecord2005) -> Writer:
    """The record's bytes and where each field stands in them."""
    writer = Writer(STANDARD)
    writer.raw("format identifier and version", MAGIC)
    total = writer.length_slot("record length", 4)
    equipment = record.equipment_certification << 12 | record.capture_equipment
    writer.uint("capture equipment certification and type", equipment, 2)
    writer.uint("image size in x", record.size[0], 2)
    writer.uint("image size in y", record.size[1], 2)
    writer.uint("resolution in x", record.resolution[0], 2)
    writer.uint("resolution in y", record.resolution[1], 2)
    writer.uint("number of finger views", len(record.views), 1)
    writer.uint("reserved", 0, 1)
    for index, view in enumerate(record.views):
        with writer.inside(f"views[{index}]"):
            _encode_view(writer, view)
    writer.fill(total, writer.size)
    return writer


def _encode_view(writer: Writer, view: FingerMinutiaeView) -> None:
    writer.code("finger position", POSITION_2005, view.finger_position, 1)
    impression = IMPRESSION_2005.code(view.impression_type)
    writer.uint("view number and impression type", view.view_number << 4 | impression, 1)
    writer.uint("finger quality", view.quality, 1)
    writer.uint("number of minutiae", len(view.minutiae), 1)
    for number, minutia in enumerate(view.minutiae):
        with writer.inside(f"minutiae[{number}]"):
            writer.uint("type and position x", MINUTIA_TYPE.code(minutia.type) << 14 | minutia.x, 2)
            writer.uint("position y", minutia.y, 2)
            writer.uint("angle", minutia.angle, 1)
            writer.uint("quality", 0 if isinstance(minutia.quality, Missing) else minutia.quality, 1)
    writer.uint("extended data block length", sum(4 + len(area.content) for area in view.extended_data), 2)
    for number, area in enumerate(view.extended_data):
        with writer.inside(f"extended_data[{number}]"):
            writer.uint("extended data area type", area.type, 2)
            writer.uint("extended data area length", len(area.content), 2)
            writer.raw("extended data area", area.content)
