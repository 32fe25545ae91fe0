"""Iris image records, ISO/IEC 19794-6:2011."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar, Final

from ktpel_capture.quality import Missing
from ktpel_capture.records import blocks
from ktpel_capture.records.blocks import UNKNOWN_TIME, CaptureDateTime, CaptureDevice, QualityBlock
from ktpel_capture.records.iris_codes import (
    COMPRESSION_HISTORY,
    EYE,
    FORMAT_2011,
    IMAGE_TYPE_2011,
    ORIENTATION,
    sample_eye,
)
from ktpel_capture.records.pictures import iris_pixels
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.sampling import iris_sample
from ktpel_capture.records.writer import Writer
from ktpel_capture.samples import IrisSample

STANDARD: Final = "ISO/IEC 19794-6:2011"
MAGIC: Final = b"IIR\x00020\x00"
FULL_TURN: Final = 65536
"""Roll angles are counted in this many parts of a turn."""


@dataclass(frozen=True, slots=True)
class IrisGeometry:
    """Where the iris lies in the image: smallest and largest estimates, px; 0 where undefined."""

    centre_smallest_x: int = 0
    centre_largest_x: int = 0
    centre_smallest_y: int = 0
    centre_largest_y: int = 0
    diameter_smallest: int = 0
    diameter_largest: int = 0


UNKNOWN_GEOMETRY = IrisGeometry()


@dataclass(frozen=True, slots=True)
class IrisImageRepresentation:
    """One iris image with its circumstances; names and units are the standard's.

    Attributes
    ----------
    captured, device, quality : when, by what, how good.
    representation_number : from 1.
    eye : ``right``, ``left`` or ``unknown``.
    image_type : ``uncropped``, ``vga``, ``cropped``, ``cropped_and_masked``.
    image_format : as the standard's table names it.
    horizontal_orientation, vertical_orientation : ``undefined``, ``base`` or ``flipped``.
    compression_history : what the image went through before.
    reserved_properties : the two unused bits of the image properties, carried through.
    width, height : px.
    bit_depth : bits of a channel.
    range : camera to subject, mm; Missing where unassigned (0) or failed (1); 65535 stands for overflow.
    roll_angle, roll_angle_uncertainty : parts of a turn of 65536; None where undefined.
    geometry : where the iris lies.
    image_data : the coded image.
    """

    eye: str
    image_type: str
    image_format: str
    width: int
    height: int
    image_data: bytes = field(repr=False)
    representation_number: int = 1
    horizontal_orientation: str = "undefined"
    vertical_orientation: str = "undefined"
    compression_history: str = "undefined"
    reserved_properties: int = 0
    bit_depth: int = 8
    range: int | Missing = blocks.UNASSIGNED
    roll_angle: int | None = None
    roll_angle_uncertainty: int | None = None
    geometry: IrisGeometry = UNKNOWN_GEOMETRY
    captured: CaptureDateTime = UNKNOWN_TIME
    device: CaptureDevice = blocks.UNSPECIFIED_DEVICE
    quality: tuple[QualityBlock, ...] = ()

    def sample(self) -> IrisSample:
        """The image as a sample, turned back where it is stored flipped.

        Raises
        ------
        RecordError : the image cannot be decoded.
        """
        edits: list[str] = []
        flipped = self.horizontal_orientation == "flipped", self.vertical_orientation == "flipped"
        pixels = iris_pixels(
            self.image_format, self.image_data, self.width, self.height, self.bit_depth, flipped, edits
        )
        origin = self.captured, self.device, self.quality
        return iris_sample(pixels, edits, sample_eye(self.eye), origin, self.image_type)


@dataclass(frozen=True, slots=True)
class IrisImageRecord2011:
    """An iris image record of the 2011 edition.

    Attributes
    ----------
    representations : at least one iris image.
    eyes : number of eyes represented as the header states it: 0 unknown, 1 or 2.
    """

    standard: ClassVar[str] = "ISO/IEC 19794-6"
    edition: ClassVar[int] = 2011

    representations: tuple[IrisImageRepresentation, ...]
    eyes: int = 1

    def samples(self) -> tuple[IrisSample, ...]:
        """The images as samples, in the order of the record."""
        return tuple(representation.sample() for representation in self.representations)


_GENERAL = Struct(">8sIHBB")
_BODY = Struct(">HBBBBHHBHHHHHHHHHI")
"""Number, eye, type, format, properties, width, height, depth, range, roll angle and uncertainty, geometry, length."""


def decode(reader: Reader) -> IrisImageRecord2011:
    """The record that begins at the reader's place and fills its bytes."""
    reader.clause = STANDARD
    _magic, length, count, flag, eyes = reader.unpack(_GENERAL, "iris general header")
    blocks.check_record_length(reader, length)
    if flag:
        reader.deviates(f"certification flag {flag} is not 0", 14, "certification flag")
    blocks.check_range(reader, eyes, 0, 2, 15, "number of eyes represented")
    representations = blocks.read_representations(
        reader, count, lambda: _decode_representation(reader, count), "number of representations"
    )
    labels = {representation.eye for representation in representations} - {"unknown"}
    if eyes and len(labels) > eyes:
        reader.deviates(f"{eyes} stated, {len(labels)} present", 15, "number of eyes represented")
    return IrisImageRecord2011(representations, eyes)


def _decode_representation(reader: Reader, count: int) -> IrisImageRepresentation:
    record_end = reader.end
    captured, device, quality, _none = blocks.open_representation(reader, 1)
    body = reader.at
    (
        number,
        eye,
        kind,
        form,
        properties,
        width,
        height,
        depth,
        distance,
        roll,
        uncertainty,
        *geometry,
        data_length,
    ) = reader.unpack(_BODY, "iris representation header")
    blocks.check_range(reader, number, 1, count, body, "representation number")
    blocks.check_code(reader, EYE, eye, body + 2)
    blocks.check_code(reader, IMAGE_TYPE_2011, kind, body + 3)
    blocks.check_code(reader, FORMAT_2011, form, body + 4)
    horizontal, vertical, history = properties & 3, properties >> 2 & 3, properties >> 6
    blocks.check_code(reader, ORIENTATION, horizontal, body + 5)
    blocks.check_code(reader, ORIENTATION, vertical, body + 5)
    blocks.check_code(reader, COMPRESSION_HISTORY, history, body + 5)
    if properties & 0x30:
        reader.deviates("reserved bits are set", body + 5, "image properties")
    blocks.check_range(reader, width, 1, 65535, body + 6, "image width")
    blocks.check_range(reader, height, 1, 65535, body + 8, "image height")
    blocks.check_range(reader, depth, 8, 16, body + 10, "bit-depth")
    image_data = reader.take(data_length, "image data")
    if reader.at != reader.end:
        reader.deviates(f"{reader.end - reader.at} bytes behind the image data", reader.at, "representation length")
        reader.at = reader.end
    reader.end = record_end
    return IrisImageRepresentation(
        EYE.name(eye),
        IMAGE_TYPE_2011.name(kind),
        FORMAT_2011.name(form),
        width,
        height,
        image_data,
        number,
        ORIENTATION.name(horizontal),
        ORIENTATION.name(vertical),
        COMPRESSION_HISTORY.name(history),
        properties >> 4 & 3,
        depth,
        blocks.UNASSIGNED if distance == 0 else blocks.QUALITY_FAILED if distance == 1 else distance,
        None if roll == 0xFFFF else roll,
        None if uncertainty == 0xFFFF else uncertainty,
        IrisGeometry(*geometry),
        captured,
        device,
        quality,
    )


def encode(record: IrisImageRecord2011) -> Writer:
    """The record's bytes and where each field stands in them."""
    writer = Writer(STANDARD)
    writer.raw("format identifier and version", MAGIC)
    total = writer.length_slot("length of record", 4)
    writer.uint("number of representations", len(record.representations), 2)
    writer.uint("certification flag", 0, 1)
    writer.uint("number of eyes represented", record.eyes, 1)
    for number, representation in enumerate(record.representations):
        with writer.inside(f"representations[{number}]"):
            _encode_representation(writer, representation)
    writer.fill(total, writer.size)
    return writer


def _encode_representation(writer: Writer, item: IrisImageRepresentation) -> None:
    start = writer.size
    length = blocks.begin_representation(writer, item)
    writer.uint("representation number", item.representation_number, 2)
    writer.code("eye label", EYE, item.eye, 1)
    writer.code("image type", IMAGE_TYPE_2011, item.image_type, 1)
    writer.code("image format", FORMAT_2011, item.image_format, 1)
    properties = (
        ORIENTATION.code(item.horizontal_orientation)
        | ORIENTATION.code(item.vertical_orientation) << 2
        | item.reserved_properties << 4
        | COMPRESSION_HISTORY.code(item.compression_history) << 6
    )
    writer.uint("image properties", properties, 1)
    writer.uint("image width", item.width, 2)
    writer.uint("image height", item.height, 2)
    writer.uint("bit-depth", item.bit_depth, 1)
    distance = item.range
    if isinstance(distance, Missing):
        distance = 1 if distance == blocks.QUALITY_FAILED else 0
    writer.uint("range", distance, 2)
    writer.optional("roll angle of eye", item.roll_angle, 2)
    writer.optional("roll angle uncertainty", item.roll_angle_uncertainty, 2)
    for name in IrisGeometry.__slots__:
        writer.uint(f"iris {name.replace('_', ' ')}", getattr(item.geometry, name), 2)
    writer.uint("image length", len(item.image_data), 4)
    writer.raw("image data", item.image_data)
    writer.fill(length, writer.size - start)
