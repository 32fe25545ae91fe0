"""Face image records, ISO/IEC 19794-5:2005; what DG2 of a passport holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar, Final

from ktpel_capture.records import blocks
from ktpel_capture.records.blocks import CaptureDevice, QualityBlock
from ktpel_capture.records.face_codes import (
    COLOUR_SPACE,
    DATA_TYPE_2005,
    EXPRESSION,
    EYE_COLOUR,
    FACE_TYPE_2005,
    GENDER,
    HAIR_COLOUR,
    SOURCE_TYPE,
)
from ktpel_capture.records.pictures import decode_coded
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.sampling import face_sample
from ktpel_capture.records.writer import Writer
from ktpel_capture.samples import FaceSample

STANDARD: Final = "ISO/IEC 19794-5:2005"
MAGIC: Final = b"FAC\x00010\x00"


@dataclass(frozen=True, slots=True)
class FeaturePoint:
    """One feature point.

    Attributes
    ----------
    type : 1, a point in two dimensions.
    code : MPEG-4's major point in the upper, minor point in the lower four bits.
    x, y : px from the upper left corner.
    reserved : carried through.
    """

    type: int
    code: int
    x: int
    y: int
    reserved: int = 0


@dataclass(frozen=True, slots=True)
class FaceImage2005:
    """One face image with its circumstances; names and units are the standard's.

    Attributes
    ----------
    face_image_type, image_data_type, colour_space, source_type : as the standard's tables name them.
    width, height : px.
    image_data : the coded image.
    gender, eye_colour, hair_colour, expression : as the standard's tables name them.
    property_mask : bits; bit 0 says whether the others mean anything.
    pose, pose_uncertainty : coded (yaw, pitch, roll), 0 unspecified.
    feature_points : feature points.
    device_type : the vendor's identifier, 0 where unspecified.
    quality : 1..100, 0 where unspecified; two octets.
    """

    face_image_type: str
    image_data_type: str
    width: int
    height: int
    image_data: bytes = field(repr=False)
    colour_space: str = "rgb_24_bit"
    source_type: str = "unspecified"
    device_type: int = 0
    quality: int = 0
    gender: str = "unspecified"
    eye_colour: str = "unspecified"
    hair_colour: str = "unspecified"
    property_mask: int = 0
    expression: str = "unspecified"
    pose: tuple[int, int, int] = (0, 0, 0)
    pose_uncertainty: tuple[int, int, int] = (0, 0, 0)
    feature_points: tuple[FeaturePoint, ...] = ()

    def sample(self) -> FaceSample:
        """The image as a sample.

        Raises
        ------
        RecordError : the image cannot be decoded.
        """
        edits: list[str] = []
        pixels = decode_coded(self.image_data, self.width, self.height, edits)
        quality = (QualityBlock(self.quality),) if 1 <= self.quality <= 100 else ()
        return face_sample(pixels, edits, (None, CaptureDevice(type=self.device_type), quality))


@dataclass(frozen=True, slots=True)
class FaceImageRecord2005:
    """A face image record of the 2005 edition: at least one image."""

    standard: ClassVar[str] = "ISO/IEC 19794-5"
    edition: ClassVar[int] = 2005

    images: tuple[FaceImage2005, ...]

    def samples(self) -> tuple[FaceSample, ...]:
        """The images as samples, in the order of the record."""
        return tuple(image.sample() for image in self.images)


_GENERAL = Struct(">8sIH")
_FACE = Struct(">IHBBB3sH3s3s")
"""Block length, points, gender, eye colour, hair colour, property mask, expression, pose, pose uncertainty."""
_POINT = Struct(">BBHHH")
_IMAGE = Struct(">BBHHBBHH")
"""Face type, data type, size, colour space, source type, device type, quality."""


def decode(reader: Reader) -> FaceImageRecord2005:
    """The record that begins at the reader's place and fills its bytes."""
    reader.clause = STANDARD
    _magic, length, count = reader.unpack(_GENERAL, "facial record header")
    blocks.check_record_length(reader, length)
    if count == 0:
        raise reader.error("a record holds at least one facial image", 12, "number of facial images")
    images = tuple([_decode_image(reader) for _ in range(count)])
    if reader.at != reader.end:
        reader.deviates(f"{reader.end - reader.at} bytes behind the last image", reader.at, "record length")
    return FaceImageRecord2005(images)


def _decode_image(reader: Reader) -> FaceImage2005:
    start, record_end = reader.at, reader.end
    length, points, gender, eyes, hair, mask, expression, pose, uncertainty = reader.unpack(_FACE, "facial information")
    if not 0 < length <= record_end - start:
        raise reader.truncated_to(length, start, "block length")
    reader.end = start + length
    blocks.check_code(reader, GENDER, gender, start + 6)
    blocks.check_code(reader, EYE_COLOUR, eyes, start + 7)
    blocks.check_code(reader, HAIR_COLOUR, hair, start + 8)
    if not EXPRESSION.knows(expression) and expression < 0x8000:
        reader.deviates(f"code {expression} has no meaning", start + 12, "expression")
    for offset, value in enumerate(pose):
        blocks.check_range(reader, value, 0, 180, start + 14 + offset, "pose angle")
    for offset, value in enumerate(uncertainty):
        blocks.check_range(reader, value, 0, 181, start + 17 + offset, "pose angle uncertainty")
    feature_points = tuple([FeaturePoint(*reader.unpack(_POINT, "feature point")) for _ in range(points)])
    at = reader.at
    kind, form, width, height, space, source, device, quality = reader.unpack(_IMAGE, "image information")
    if kind < 0x80:
        blocks.check_code(reader, FACE_TYPE_2005, kind, at)
    blocks.check_code(reader, DATA_TYPE_2005, form, at + 1)
    blocks.check_range(reader, width, 1, 65535, at + 2, "width")
    blocks.check_range(reader, height, 1, 65535, at + 4, "height")
    if space < 0x80:
        blocks.check_code(reader, COLOUR_SPACE, space, at + 6)
    if source < 0x80:
        blocks.check_code(reader, SOURCE_TYPE, source, at + 7)
    image_data = reader.take(reader.end - reader.at, "image data")
    reader.end = record_end
    return FaceImage2005(
        FACE_TYPE_2005.name(kind),
        DATA_TYPE_2005.name(form),
        width,
        height,
        image_data,
        COLOUR_SPACE.name(space),
        SOURCE_TYPE.name(source),
        device,
        quality,
        GENDER.name(gender),
        EYE_COLOUR.name(eyes),
        HAIR_COLOUR.name(hair),
        int.from_bytes(mask, "big"),
        EXPRESSION.name(expression),
        (pose[0], pose[1], pose[2]),
        (uncertainty[0], uncertainty[1], uncertainty[2]),
        feature_points,
    )


def encode(record: FaceImageRecord2005) -> Writer:
    """The record's bytes and where each field stands in them."""
    writer = Writer(STANDARD)
    writer.raw("format identifier and version", MAGIC)
    total = writer.length_slot("length of record", 4)
    writer.uint("number of facial images", len(record.images), 2)
    for number, image in enumerate(record.images):
        with writer.inside(f"images[{number}]"):
            _encode_image(writer, image)
    writer.fill(total, writer.size)
    return writer


def _encode_image(writer: Writer, image: FaceImage2005) -> None:
    start = writer.size
    length = writer.length_slot("block length", 4)
    writer.uint("number of feature points", len(image.feature_points), 2)
    writer.code("gender", GENDER, image.gender, 1)
    writer.code("eye colour", EYE_COLOUR, image.eye_colour, 1)
    writer.code("hair colour", HAIR_COLOUR, image.hair_colour, 1)
    writer.uint("property mask", image.property_mask, 3)
    writer.code("expression", EXPRESSION, image.expression, 2)
    for name, angles in (("pose angle", image.pose), ("pose angle uncertainty", image.pose_uncertainty)):
        for axis, angle in zip(("yaw", "pitch", "roll"), angles, strict=True):
            writer.uint(f"{name} ({axis})", angle, 1)
    for number, point in enumerate(image.feature_points):
        with writer.inside(f"feature_points[{number}]"):
            writer.uint("feature point type", point.type, 1)
            writer.uint("feature point code", point.code, 1)
            writer.uint("x coordinate", point.x, 2)
            writer.uint("y coordinate", point.y, 2)
            writer.uint("reserved", point.reserved, 2)
    writer.code("face image type", FACE_TYPE_2005, image.face_image_type, 1)
    writer.code("image data type", DATA_TYPE_2005, image.image_data_type, 1)
    writer.uint("width", image.width, 2)
    writer.uint("height", image.height, 2)
    writer.code("image colour space", COLOUR_SPACE, image.colour_space, 1)
    writer.code("source type", SOURCE_TYPE, image.source_type, 1)
    writer.uint("device type", image.device_type, 2)
    writer.uint("quality", image.quality, 2)
    writer.raw("image data", image.image_data)
    writer.fill(length, writer.size - start)
