"""Iris image records, ISO/IEC 19794-6:2005."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar, Final

from ktpel_capture.errors import RecordError
from ktpel_capture.quality import Missing
from ktpel_capture.records import blocks
from ktpel_capture.records.iris_codes import EYE, FORMAT_2005, ORIENTATION, SCAN_TYPE, sample_eye
from ktpel_capture.records.pictures import iris_pixels
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.sampling import iris_sample
from ktpel_capture.records.writer import Writer
from ktpel_capture.samples import IrisSample

STANDARD: Final = "ISO/IEC 19794-6:2005"
MAGIC: Final = b"IIR\x00010\x00"
HEADER_LENGTH: Final = 45
QUALITY_UNDEFINED: Final = Missing("record.quality_undefined")
"""The format's code 254: no quality was computed."""


@dataclass(frozen=True, slots=True)
class IrisImage2005:
    """One iris image; names and units are the standard's.

    Attributes
    ----------
    image_data : the coded image; how, stands in the record.
    image_number : from 1 within its eye.
    quality : 0..100, or Missing where undefined (254) or failed (255).
    rotation_angle, rotation_uncertainty : parts of a turn of 65536; None where undefined.
    """

    image_data: bytes = field(repr=False)
    image_number: int = 1
    quality: int | Missing = QUALITY_UNDEFINED
    rotation_angle: int | None = None
    rotation_uncertainty: int | None = None


@dataclass(frozen=True, slots=True)
class IrisSubtype2005:
    """The images of one eye, ``right``, ``left`` or ``unknown``."""

    eye: str
    images: tuple[IrisImage2005, ...]


@dataclass(frozen=True, slots=True)
class IrisImageRecord2005:
    """An iris image record of the 2005 edition: what the images share, and the images by eye.

    Attributes
    ----------
    subtypes : the eyes with their images.
    image_format : as the standard's table names it; the same for all images.
    width, height : px.
    intensity_depth : bits of a channel.
    capture_device : the vendor's identifier, 0 where unspecified.
    horizontal_orientation, vertical_orientation : ``undefined``, ``base`` or ``flipped``.
    scan_type : as the standard's table names it.
    other_properties : bits 6 and up of the image properties (occlusions, their filling, boundary extraction).
    iris_diameter : px; 0 where undefined.
    image_transformation : 0 undefined, 1 standard (rectilinear).
    device_unique_identifier : 16 octets.
    """

    standard: ClassVar[str] = "ISO/IEC 19794-6"
    edition: ClassVar[int] = 2005

    subtypes: tuple[IrisSubtype2005, ...]
    image_format: str
    width: int
    height: int
    intensity_depth: int = 8
    capture_device: int = 0
    horizontal_orientation: str = "undefined"
    vertical_orientation: str = "undefined"
    scan_type: str = "progressive"
    other_properties: int = 0
    iris_diameter: int = 0
    image_transformation: int = 0
    device_unique_identifier: bytes = bytes(16)

    def samples(self) -> tuple[IrisSample, ...]:
        """The images as samples, in the order of the record, turned back where they are stored flipped.

        Raises
        ------
        RecordError : an image cannot be decoded.
        """
        return tuple(self._sample(subtype.eye, image) for subtype in self.subtypes for image in subtype.images)

    def _sample(self, eye: str, image: IrisImage2005) -> IrisSample:
        edits: list[str] = []
        if self.image_format.endswith("jpeg_ls"):
            raise RecordError("JPEG-LS is not read", field="image format", clause=STANDARD, code="record.unsupported")
        flipped = self.horizontal_orientation == "flipped", self.vertical_orientation == "flipped"
        pixels = iris_pixels(
            self.image_format, image.image_data, self.width, self.height, self.intensity_depth, flipped, edits
        )
        quality = () if isinstance(image.quality, Missing) else (blocks.QualityBlock(image.quality),)
        return iris_sample(
            pixels, edits, sample_eye(eye), (None, blocks.CaptureDevice(type=self.capture_device), quality)
        )


_GENERAL = Struct(">8sIHBHHHHHHBB16s")
"""Magic, length, device, eyes, header length, properties, diameter, format, size, depth, transformation, identifier."""
_SUBTYPE = Struct(">BH")
_IMAGE = Struct(">HBHHI")
"""Number, quality, rotation angle and uncertainty, image length."""


def decode(reader: Reader) -> IrisImageRecord2005:
    """The record that begins at the reader's place and fills its bytes."""
    reader.clause = STANDARD
    (
        _magic,
        length,
        device,
        eyes,
        header_length,
        properties,
        diameter,
        form,
        width,
        height,
        depth,
        transformation,
        identifier,
    ) = reader.unpack(_GENERAL, "iris record header")
    blocks.check_record_length(reader, length)
    if header_length != HEADER_LENGTH:
        reader.deviates(f"{header_length} is not {HEADER_LENGTH}", 15, "record header length")
    blocks.check_range(reader, eyes, 1, 2, 14, "number of iris biometric subtypes")
    blocks.check_code(reader, ORIENTATION, properties & 3, 18)
    blocks.check_code(reader, ORIENTATION, properties >> 2 & 3, 18)
    blocks.check_code(reader, FORMAT_2005, form, 21)
    blocks.check_range(reader, width, 1, 65535, 23, "image width")
    blocks.check_range(reader, height, 1, 65535, 25, "image height")
    blocks.check_range(reader, depth, 1, 16, 27, "intensity depth")
    blocks.check_range(reader, transformation, 0, 1, 28, "image transformation")
    subtypes = tuple([_decode_subtype(reader) for _ in range(eyes)])
    if not any(subtype.images for subtype in subtypes):
        raise reader.error("a record holds at least one iris image", 14, "number of iris biometric subtypes")
    if reader.at != reader.end:
        reader.deviates(f"{reader.end - reader.at} bytes behind the last image", reader.at, "record length")
    return IrisImageRecord2005(
        subtypes,
        FORMAT_2005.name(form),
        width,
        height,
        depth,
        device,
        ORIENTATION.name(properties & 3),
        ORIENTATION.name(properties >> 2 & 3),
        SCAN_TYPE.name(properties >> 4 & 3),
        properties >> 6,
        diameter,
        transformation,
        identifier,
    )


def _decode_subtype(reader: Reader) -> IrisSubtype2005:
    at = reader.at
    eye, count = reader.unpack(_SUBTYPE, "iris biometric subtype header")
    blocks.check_code(reader, EYE, eye, at)
    return IrisSubtype2005(EYE.name(eye), tuple([_decode_image(reader) for _ in range(count)]))


def _decode_image(reader: Reader) -> IrisImage2005:
    at = reader.at
    number, quality, angle, uncertainty, length = reader.unpack(_IMAGE, "iris image header")
    blocks.check_range(reader, number, 1, 65535, at, "image number")
    score: int | Missing = quality
    if quality in (254, 255):
        score = QUALITY_UNDEFINED if quality == 254 else blocks.QUALITY_FAILED
    else:
        blocks.check_range(reader, quality, 0, 100, at + 2, "image quality")
    return IrisImage2005(
        reader.take(length, "image data"),
        number,
        score,
        None if angle == 0xFFFF else angle,
        None if uncertainty == 0xFFFF else uncertainty,
    )


def encode(record: IrisImageRecord2005) -> Writer:
    """The record's bytes and where each field stands in them."""
    writer = Writer(STANDARD)
    writer.raw("format identifier and version", MAGIC)
    total = writer.length_slot("record length", 4)
    writer.uint("capture device identifier", record.capture_device, 2)
    writer.uint("number of iris biometric subtypes", len(record.subtypes), 1)
    writer.uint("record header length", HEADER_LENGTH, 2)
    properties = (
        ORIENTATION.code(record.horizontal_orientation)
        | ORIENTATION.code(record.vertical_orientation) << 2
        | SCAN_TYPE.code(record.scan_type) << 4
        | record.other_properties << 6
    )
    writer.uint("image properties", properties, 2)
    writer.uint("iris diameter", record.iris_diameter, 2)
    writer.code("image format", FORMAT_2005, record.image_format, 2)
    writer.uint("image width", record.width, 2)
    writer.uint("image height", record.height, 2)
    writer.uint("intensity depth", record.intensity_depth, 1)
    writer.uint("image transformation", record.image_transformation, 1)
    if len(record.device_unique_identifier) != 16:
        raise RecordError("it takes 16 octets", field="device unique identifier", clause=STANDARD)
    writer.raw("device unique identifier", record.device_unique_identifier)
    for index, subtype in enumerate(record.subtypes):
        with writer.inside(f"subtypes[{index}]"):
            writer.code("eye label", EYE, subtype.eye, 1)
            writer.uint("number of images", len(subtype.images), 2)
            for number, image in enumerate(subtype.images):
                with writer.inside(f"images[{number}]"):
                    _encode_image(writer, image)
    writer.fill(total, writer.size)
    return writer


def _encode_image(writer: Writer, image: IrisImage2005) -> None:
    writer.uint("image number", image.image_number, 2)
    quality = image.quality
    if isinstance(quality, Missing):
        quality = 255 if quality == blocks.QUALITY_FAILED else 254
    writer.uint("image quality", quality, 1)
    writer.optional("rotation angle", image.rotation_angle, 2)
    writer.optional("rotation uncertainty", image.rotation_uncertainty, 2)
    writer.uint("image length", len(image.image_data), 4)
    writer.raw("image data", image.image_data)
