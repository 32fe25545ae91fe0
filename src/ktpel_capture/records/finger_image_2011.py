"""Finger image records, ISO/IEC 19794-4:2011."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar, Final

from ktpel_capture.records import blocks
from ktpel_capture.records.blocks import (
    UNKNOWN_TIME,
    CaptureDateTime,
    CaptureDevice,
    CertificationBlock,
    QualityBlock,
)
from ktpel_capture.records.finger_codes import (
    COMPRESSION_2011,
    IMPRESSION_2011,
    POSITION_2011,
    SCALE_UNITS,
    pixels_per_inch,
    sample_impression,
    sample_position,
)
from ktpel_capture.records.pictures import finger_pixels
from ktpel_capture.records.quick import quickly
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.sampling import finger_sample
from ktpel_capture.records.writer import Writer
from ktpel_capture.samples import FingerprintSample

STANDARD: Final = "ISO/IEC 19794-4:2011"
MAGIC: Final = b"FIR\x00020\x00"
SEGMENTATION, ANNOTATION, COMMENT = 1, 2, 3


@dataclass(frozen=True, slots=True)
class ExtendedData:
    """One block of extended data, carried through as it is.

    Attributes
    ----------
    type : 1 segmentation, 2 annotation, 3..255 comment, 256 and more of a vendor.
    content : the octets after type and length.
    """

    type: int
    content: bytes


@dataclass(frozen=True, slots=True)
class FingerImageRepresentation:
    """One finger image with its circumstances; names and units are the standard's.

    Attributes
    ----------
    captured : when.
    device : by what.
    quality : one block a quality assessment algorithm.
    certifications : of the device; written only where the record's flag is set.
    finger_position : such as ``left_index``.
    representation_number : 0 for the first of its position.
    scale_units : ``pixels_per_inch`` or ``pixels_per_centimetre``.
    scan_sampling_rate, image_sampling_rate : (horizontal, vertical) pixels per scale unit.
    bit_depth : bits of a pixel.
    compression, impression_type : as the standard's tables name them.
    width, height : horizontal and vertical line length, px.
    image_data : the coded image.
    extended_data : blocks behind the image.
    """

    finger_position: str
    impression_type: str
    compression: str
    width: int
    height: int
    image_data: bytes = field(repr=False)
    representation_number: int = 0
    scale_units: str = "pixels_per_inch"
    scan_sampling_rate: tuple[int, int] = (500, 500)
    image_sampling_rate: tuple[int, int] = (500, 500)
    bit_depth: int = 8
    captured: CaptureDateTime = UNKNOWN_TIME
    device: CaptureDevice = blocks.UNSPECIFIED_DEVICE
    quality: tuple[QualityBlock, ...] = ()
    certifications: tuple[CertificationBlock, ...] = ()
    extended_data: tuple[ExtendedData, ...] = ()

    def sample(self) -> FingerprintSample:
        """The image as a sample.

        Raises
        ------
        RecordError : the image cannot be decoded.
        """
        edits: list[str] = []
        pixels = finger_pixels(self.compression, self.image_data, self.width, self.height, self.bit_depth, edits)
        across, down = self.image_sampling_rate
        return finger_sample(
            pixels,
            edits,
            (pixels_per_inch(across, self.scale_units), pixels_per_inch(down, self.scale_units)),
            sample_position(self.finger_position),
            sample_impression(self.impression_type),
            (self.captured, self.device, self.quality),
        )


@dataclass(frozen=True, slots=True)
class FingerImageRecord2011:
    """A finger image record of the 2011 edition.

    Attributes
    ----------
    representations : at least one finger image.
    certified : the certification flag: whether representations carry certification blocks.
    """

    standard: ClassVar[str] = "ISO/IEC 19794-4"
    edition: ClassVar[int] = 2011

    representations: tuple[FingerImageRepresentation, ...]
    certified: bool = False

    def samples(self) -> tuple[FingerprintSample, ...]:
        """The images as samples, in the order of the record."""
        return tuple(representation.sample() for representation in self.representations)


_made_record, _made_representation = quickly(FingerImageRecord2011), quickly(FingerImageRepresentation)
_made_extended_data = quickly(ExtendedData)
_GENERAL = Struct(">8sIHBB")
_BODY = Struct(">BBBHHHHBBBHHI")
"""Position, number, scale units, scan rates, image rates, bit depth, compression, impression, lengths, data length."""
_EXTENDED = Struct(">HH")
_POSITIONS, _IMPRESSIONS = POSITION_2011.by_code, IMPRESSION_2011.by_code
_COMPRESSIONS, _UNITS = COMPRESSION_2011.by_code, SCALE_UNITS.by_code


def decode(reader: Reader) -> FingerImageRecord2011:
    """The record that begins at the reader's place and fills its bytes."""
    reader.clause = STANDARD
    _magic, length, count, flag, positions = reader.unpack(_GENERAL, "general header")
    blocks.check_record_length(reader, length)
    if flag > 1:
        reader.deviates(f"certification flag {flag} is neither 0 nor 1", 14, "certification flag")
    representations = blocks.read_representations(
        reader, count, lambda: _decode_representation(reader, flag == 1), "number of representations"
    )
    distinct = 1 if count == 1 else len({item.finger_position for item in representations})
    if positions != distinct:
        reader.deviates(f"{positions} stated, {distinct} present", 15, "number of finger or palm positions")
    return _made_record(representations, flag == 1)


def _decode_representation(reader: Reader, certified: bool) -> FingerImageRepresentation:
    record_end = reader.end
    captured, device, quality, certifications = blocks.open_representation(reader, 20, certified)
    body = reader.at
    (
        position,
        number,
        units,
        scan_x,
        scan_y,
        image_x,
        image_y,
        depth,
        compression,
        impression,
        width,
        height,
        data_length,
    ) = reader.unpack(_BODY, "finger image header")
    try:  # all codes known, as nearly always
        names = _POSITIONS[position], _IMPRESSIONS[impression], _COMPRESSIONS[compression], _UNITS[units]
    except KeyError:
        blocks.check_code(reader, POSITION_2011, position, body)
        blocks.check_code(reader, SCALE_UNITS, units, body + 2)
        blocks.check_code(reader, COMPRESSION_2011, compression, body + 12)
        blocks.check_code(reader, IMPRESSION_2011, impression, body + 13)
        names = (
            POSITION_2011.name(position),
            IMPRESSION_2011.name(impression),
            COMPRESSION_2011.name(compression),
            SCALE_UNITS.name(units),
        )
    if not (1 <= depth <= 16 and number <= 15):
        blocks.check_range(reader, depth, 1, 16, body + 11, "bit-depth")
        blocks.check_range(reader, number, 0, 15, body + 1, "representation number")
    if not (width and height and scan_x and scan_y and image_x and image_y):
        blocks.check_range(reader, width, 1, 65535, body + 14, "horizontal line length")
        blocks.check_range(reader, height, 1, 65535, body + 16, "vertical line length")
        for offset, value, name in (
            (3, scan_x, "scan"),
            (5, scan_y, "scan"),
            (7, image_x, "image"),
            (9, image_y, "image"),
        ):
            blocks.check_range(reader, value, 1, 65535, body + offset, f"{name} spatial sampling rate")
    image_data = reader.take(data_length, "image data")
    extended = _decode_extended_data(reader) if reader.at < reader.end else ()
    reader.end = record_end
    return _made_representation(
        names[0],
        names[1],
        names[2],
        width,
        height,
        image_data,
        number,
        names[3],
        (scan_x, scan_y),
        (image_x, image_y),
        depth,
        captured,
        device,
        quality,
        certifications,
        extended,
    )


def _decode_extended_data(reader: Reader) -> tuple[ExtendedData, ...]:
    found = []
    at, end, data = reader.at, reader.end, reader.data
    while at < end:
        if at + 4 > end:
            reader.at = at
            raise reader.truncated(4, "extended data")
        kind, length = _EXTENDED.unpack_from(data, at)
        if length < 4:
            raise reader.error(f"length {length} is shorter than its own header", at + 2, "extended data length")
        if kind == 0:
            reader.deviates("type 0 is reserved", at, "extended data type")
        if at + length > end:
            reader.at = at + 4
            raise reader.truncated(length - 4, "extended data")
        found.append(_made_extended_data(kind, data[at + 4 : at + length]))
        at += length
    reader.at = at
    return tuple(found)


def encode(record: FingerImageRecord2011) -> Writer:
    """The record's bytes and where each field stands in them."""
    writer = Writer(STANDARD)
    writer.raw("format identifier and version", MAGIC)
    total = writer.length_slot("length of record", 4)
    writer.uint("number of representations", len(record.representations), 2)
    writer.uint("certification flag", int(record.certified), 1)
    positions = {representation.finger_position for representation in record.representations}
    writer.uint("number of finger or palm positions", len(positions), 1)
    for number, representation in enumerate(record.representations):
        with writer.inside(f"representations[{number}]"):
            _encode_representation(writer, representation, record.certified)
    writer.fill(total, writer.size)
    return writer


def _encode_representation(writer: Writer, item: FingerImageRepresentation, certified: bool) -> None:
    start = writer.size
    length = blocks.begin_representation(writer, item, item.certifications, certified)
    writer.code("finger position", POSITION_2011, item.finger_position, 1)
    writer.uint("representation number", item.representation_number, 1)
    writer.code("scale units", SCALE_UNITS, item.scale_units, 1)
    for name, rates in (("scan", item.scan_sampling_rate), ("image", item.image_sampling_rate)):
        writer.uint(f"{name} spatial sampling rate (horizontal)", rates[0], 2)
        writer.uint(f"{name} spatial sampling rate (vertical)", rates[1], 2)
    writer.uint("bit-depth", item.bit_depth, 1)
    writer.code("image compression algorithm", COMPRESSION_2011, item.compression, 1)
    writer.code("impression type", IMPRESSION_2011, item.impression_type, 1)
    writer.uint("horizontal line length", item.width, 2)
    writer.uint("vertical line length", item.height, 2)
    writer.uint("image data length", len(item.image_data), 4)
    writer.raw("image data", item.image_data)
    for number, block in enumerate(item.extended_data):
        with writer.inside(f"extended_data[{number}]"):
            writer.uint("extended data type", block.type, 2)
            writer.uint("extended data length", len(block.content) + 4, 2)
            writer.raw("extended data", block.content)
    writer.fill(length, writer.size - start)
