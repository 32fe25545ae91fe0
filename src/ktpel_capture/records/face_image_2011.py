"""Face image records, ISO/IEC 19794-5:2011."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar, Final

from ktpel_capture.records import blocks
from ktpel_capture.records.blocks import UNKNOWN_TIME, CaptureDateTime, CaptureDevice, QualityBlock
from ktpel_capture.records.face_codes import (
    COLOUR_SPACE,
    DATA_TYPE_2011,
    EXPRESSION,
    EYE_COLOUR,
    FACE_TYPE_2011,
    GENDER,
    HAIR_COLOUR,
)
from ktpel_capture.records.pictures import decode_coded
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.sampling import face_sample
from ktpel_capture.records.writer import Writer
from ktpel_capture.samples import FaceSample

STANDARD: Final = "ISO/IEC 19794-5:2011"
MAGIC: Final = b"FAC\x00030\x00"


@dataclass(frozen=True, slots=True)
class LandmarkPoint:
    """One landmark.

    Attributes
    ----------
    type : 1 MPEG-4 feature point, 2 anthropometric 2D, 3 anthropometric 3D; as the standard codes it.
    code : which point, as the type codes it (MPEG-4: major in the upper, minor in the lower four bits).
    x, y, z : px from the upper left corner; z 0 in two dimensions.
    """

    type: int
    code: int
    x: int
    y: int
    z: int = 0


@dataclass(frozen=True, slots=True)
class FaceImageRepresentation:
    """One face image with its circumstances; names and units are the standard's.

    Attributes
    ----------
    face_image_type, image_data_type, colour_space : as the standard's tables name them.
    width, height : px.
    image_data : the coded image.
    captured, device, quality : when, by what, how good.
    gender, eye_colour, hair_colour, expression : as the standard's tables name them.
    subject_height : cm; 0 where unspecified.
    property_mask : bits; bit 0 says whether the others mean anything.
    pose, pose_uncertainty : coded (yaw, pitch, roll): 0 unspecified, else degrees by `pose_degrees`.
    spatial_sampling_rate_level : 0 (head width up to 180 px) .. 7 (beyond 750 px).
    post_acquisition_processing : bits.
    cross_reference : the representation this one was made from, 0 for none.
    landmarks : landmark points.
    three_dimensional : octets behind the image (three-dimensional information), carried through.
    """

    face_image_type: str
    image_data_type: str
    width: int
    height: int
    image_data: bytes = field(repr=False)
    colour_space: str = "rgb_24_bit"
    captured: CaptureDateTime = UNKNOWN_TIME
    device: CaptureDevice = blocks.UNSPECIFIED_DEVICE
    quality: tuple[QualityBlock, ...] = ()
    gender: str = "unspecified"
    eye_colour: str = "unspecified"
    subject_height: int = 0
    hair_colour: str = "unspecified"
    property_mask: int = 0
    expression: str = "unspecified"
    pose: tuple[int, int, int] = (0, 0, 0)
    pose_uncertainty: tuple[int, int, int] = (0, 0, 0)
    landmarks: tuple[LandmarkPoint, ...] = ()
    spatial_sampling_rate_level: int = 0
    post_acquisition_processing: int = 0
    cross_reference: int = 0
    three_dimensional: bytes = field(default=b"", repr=False)

    def sample(self) -> FaceSample:
        """The image as a sample.

        Raises
        ------
        RecordError : the image cannot be decoded.
        """
        edits: list[str] = []
        pixels = decode_coded(self.image_data, self.width, self.height, edits)
        return face_sample(pixels, edits, (self.captured, self.device, self.quality))


@dataclass(frozen=True, slots=True)
class FaceImageRecord2011:
    """A face image record of the 2011 edition.

    Attributes
    ----------
    representations : at least one face image.
    temporal_semantics : 0 one representation, 1 unspecified relation, 2 irregular intervals in one session,
        3 in several, 4 .. 65535 the interval in milliseconds.
    """

    standard: ClassVar[str] = "ISO/IEC 19794-5"
    edition: ClassVar[int] = 2011

    representations: tuple[FaceImageRepresentation, ...]
    temporal_semantics: int = 0

    def samples(self) -> tuple[FaceSample, ...]:
        """The images as samples, in the order of the record."""
        return tuple(representation.sample() for representation in self.representations)


def pose_degrees(coded: int) -> float | None:
    """The angle of a pose octet in degrees, -180..180; None where unspecified.

    Source: ISO/IEC 19794-5, pose angle: 1..91 stand for 0..180 in steps of two, 92..180 for -178..-2.
    """
    if not 1 <= coded <= 180:
        return None
    return float(2 * (coded - 1)) if coded <= 91 else float(2 * (coded - 181))


_LAST_TECHNOLOGY: Final = 6
"""The standard names capture device technologies 0 to 6; from 128 on they are a vendor's own."""
_GENERAL = Struct(">8sIHBH")
_FACE = Struct(">HBBBB3sH3s3s")
"""Landmarks, gender, eye colour, height, hair colour, property mask, expression, pose, pose uncertainty."""
_LANDMARK = Struct(">BBHHH")
_IMAGE = Struct(">BBHHBHBBI")
"""Face type, data type, size, sampling level, processing, cross reference, colour space, data length."""


def decode(reader: Reader) -> FaceImageRecord2011:
    """The record that begins at the reader's place and fills its bytes."""
    reader.clause = STANDARD
    _magic, length, count, flag, temporal = reader.unpack(_GENERAL, "facial record header")
    blocks.check_record_length(reader, length)
    if flag:
        reader.deviates(f"certification flag {flag} is not 0", 14, "certification flag")
    representations = blocks.read_representations(
        reader, count, lambda: _decode_representation(reader), "number of facial representations"
    )
    if (count == 1) != (temporal == 0):
        reader.deviates(f"{temporal} does not suit {count} representations", 15, "temporal semantics")
    return FaceImageRecord2011(representations, temporal)


def _decode_representation(reader: Reader) -> FaceImageRepresentation:
    start, record_end = reader.at, reader.end
    captured, device, quality, _none = blocks.open_representation(reader, 255)
    if _LAST_TECHNOLOGY < device.technology < 0x80:
        reader.deviates(f"code {device.technology} is reserved", start + 13, "capture device technology identifier")
    body = reader.at
    points, gender, eyes, height_cm, hair, mask, expression, pose, uncertainty = reader.unpack(
        _FACE, "facial information"
    )
    if not (GENDER.knows(gender) and EYE_COLOUR.knows(eyes) and HAIR_COLOUR.knows(hair)):
        blocks.check_code(reader, GENDER, gender, body + 2)
        blocks.check_code(reader, EYE_COLOUR, eyes, body + 3)
        blocks.check_code(reader, HAIR_COLOUR, hair, body + 5)
    if not EXPRESSION.knows(expression) and expression < 0x8000:
        reader.deviates(f"code {expression} has no meaning", body + 9, "expression")
    if max(pose) > 180 or max(uncertainty) > 181:
        for offset, value in enumerate(pose):
            blocks.check_range(reader, value, 0, 180, body + 11 + offset, "pose angle")
        for offset, value in enumerate(uncertainty):
            blocks.check_range(reader, value, 0, 181, body + 14 + offset, "pose angle uncertainty")
    landmarks = tuple([LandmarkPoint(*reader.unpack(_LANDMARK, "landmark point")) for _ in range(points)])
    at = reader.at
    kind, form, width, height, level, processing, reference, space, data_length = reader.unpack(
        _IMAGE, "image information"
    )
    blocks.check_code(reader, FACE_TYPE_2011, kind, at)
    blocks.check_code(reader, DATA_TYPE_2011, form, at + 1)
    blocks.check_range(reader, width, 1, 65535, at + 2, "width")
    blocks.check_range(reader, height, 1, 65535, at + 4, "height")
    blocks.check_range(reader, level, 0, 7, at + 6, "spatial sampling rate level")
    if space < 0x80:
        blocks.check_code(reader, COLOUR_SPACE, space, at + 10)
    image_data = reader.take(data_length, "image data")
    rest = reader.take(reader.end - reader.at, "three-dimensional information")
    if rest and kind < 0x80:
        reader.deviates(f"{len(rest)} bytes behind the image data", reader.at - len(rest), "representation length")
    reader.end = record_end
    return FaceImageRepresentation(
        FACE_TYPE_2011.name(kind),
        DATA_TYPE_2011.name(form),
        width,
        height,
        image_data,
        COLOUR_SPACE.name(space),
        captured,
        device,
        quality,
        GENDER.name(gender),
        EYE_COLOUR.name(eyes),
        height_cm,
        HAIR_COLOUR.name(hair),
        int.from_bytes(mask, "big"),
        EXPRESSION.name(expression),
        (pose[0], pose[1], pose[2]),
        (uncertainty[0], uncertainty[1], uncertainty[2]),
        landmarks,
        level,
        processing,
        reference,
        rest,
    )


def encode(record: FaceImageRecord2011) -> Writer:
    """The record's bytes and where each field stands in them."""
    writer = Writer(STANDARD)
    writer.raw("format identifier and version", MAGIC)
    total = writer.length_slot("length of record", 4)
    writer.uint("number of facial representations", len(record.representations), 2)
    writer.uint("certification flag", 0, 1)
    writer.uint("temporal semantics", record.temporal_semantics, 2)
    for number, representation in enumerate(record.representations):
        with writer.inside(f"representations[{number}]"):
            _encode_representation(writer, representation)
    writer.fill(total, writer.size)
    return writer


def _encode_representation(writer: Writer, item: FaceImageRepresentation) -> None:
    start = writer.size
    length = blocks.begin_representation(writer, item)
    writer.uint("number of landmark points", len(item.landmarks), 2)
    writer.code("gender", GENDER, item.gender, 1)
    writer.code("eye colour", EYE_COLOUR, item.eye_colour, 1)
    writer.uint("subject height", item.subject_height, 1)
    writer.code("hair colour", HAIR_COLOUR, item.hair_colour, 1)
    writer.uint("property mask", item.property_mask, 3)
    writer.code("expression", EXPRESSION, item.expression, 2)
    for name, angles in (("pose angle", item.pose), ("pose angle uncertainty", item.pose_uncertainty)):
        for axis, angle in zip(("yaw", "pitch", "roll"), angles, strict=True):
            writer.uint(f"{name} ({axis})", angle, 1)
    for number, point in enumerate(item.landmarks):
        with writer.inside(f"landmarks[{number}]"):
            writer.uint("landmark point type", point.type, 1)
            writer.uint("landmark point code", point.code, 1)
            for axis in ("x", "y", "z"):
                writer.uint(f"{axis} coordinate", getattr(point, axis), 2)
    writer.code("face image type", FACE_TYPE_2011, item.face_image_type, 1)
    writer.code("image data type", DATA_TYPE_2011, item.image_data_type, 1)
    writer.uint("width", item.width, 2)
    writer.uint("height", item.height, 2)
    writer.uint("spatial sampling rate level", item.spatial_sampling_rate_level, 1)
    writer.uint("post-acquisition processing", item.post_acquisition_processing, 2)
    writer.uint("cross reference", item.cross_reference, 1)
    writer.code("image colour space", COLOUR_SPACE, item.colour_space, 1)
    writer.uint("image data length", len(item.image_data), 4)
    writer.raw("image data", item.image_data)
    if item.three_dimensional:
        writer.raw("three-dimensional information", item.three_dimensional)
    writer.fill(length, writer.size - start)
