# ruff: noqa: RUF009 - `asn` describes a field as `dataclasses.field` does
"""Face image data, ISO/IEC 39794-5:2019 in its tagged binary encoding.

This software makes use of the schema of ISO/IEC 39794-5 within modifications permitted in that standard; the schema is
provided by its copyright holders "as is", without warranty of any kind.
Codes of enumerations that the application profile of ICAO leaves out read as ``code_N``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Final

from ktpel_capture.errors import RecordError
from ktpel_capture.quality import Missing
from ktpel_capture.records import blocks
from ktpel_capture.records.der import (
    Boolean,
    Choice,
    Code,
    ExtensionCode,
    Integer,
    OctetString,
    Sequence,
    SequenceOf,
    asn,
    read_members,
    read_tlv,
    unknown_extensions,
    value,
    write_sequence,
)
from ktpel_capture.records.iso39794 import (
    CoordinateCartesian2D,
    CoordinateCartesian3D,
    DateTimeBlock,
    PadDataBlock,
    QualityBlock,
    RegistryIdBlock,
    VersionBlock,
)
from ktpel_capture.records.landmarks_39794 import (
    ANTHROPOMETRIC_NAME,
    ANTHROPOMETRIC_POINT_ID,
    ANTHROPOMETRIC_POINT_NAME,
    MPEG4_FEATURE_POINT,
)
from ktpel_capture.records.pictures import RECORD_DEVIATES, decode_coded
from ktpel_capture.records.quick import quickly
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.sampling import face_sample
from ktpel_capture.records.writer import Writer
from ktpel_capture.samples import FaceSample

STANDARD: Final = "ISO/IEC 39794-5:2019"
APPLICATION_5: Final = 0x65
ICAO_WRAPPER: Final = 0xA1

_FLAG = Boolean()
_UNSIGNED = Integer(0)
Coded = str | ExtensionCode

GENDER: Final = Code({1: "other", 2: "male", 3: "female"})
EYE_COLOUR: Final = Code(
    {
        0: "unknown",
        1: "other",
        2: "black",
        3: "blue",
        4: "brown",
        5: "grey",
        6: "green",
        7: "hazel",
        8: "multi_coloured",
        9: "pink",
    }
)
HAIR_COLOUR: Final = Code(
    {
        0: "unknown",
        1: "other",
        2: "bald",
        3: "black",
        4: "blonde",
        5: "brown",
        6: "grey",
        7: "white",
        8: "red",
        9: "known_coloured",
    }
)
TECHNOLOGY: Final = Code(
    {
        0: "unknown",
        1: "static_photograph_from_unknown_source",
        2: "static_photograph_from_digital_still_image_camera",
        3: "static_photograph_from_scanner",
        4: "video_frame_from_unknown_source",
        5: "video_frame_from_analogue_video_camera",
        6: "video_frame_from_digital_video_camera",
    }
)
FACE_IMAGE_KIND: Final = Code({0: "mrtd"})
LOSSY_ATTEMPTS: Final = Code({0: "unknown", 1: "zero", 2: "one", 3: "more_than_one"})
IMAGE_FORMAT: Final = Code({2: "jpeg", 3: "jpeg2000_lossy", 4: "jpeg2000_lossless"}, has_fallback=False)
COLOUR_SPACE: Final = Code(
    {
        0: "unknown",
        1: "other",
        2: "rgb_24_bit",
        3: "rgb_48_bit",
        4: "yuv_422",
        5: "greyscale_8_bit",
        6: "greyscale_16_bit",
    }
)


@dataclass(frozen=True, slots=True)
class Extension:
    """An alternative of a later edition, as it came."""

    unknown: tuple[bytes, ...] = unknown_extensions()


_EXTENSION = Sequence(lambda: Extension)


@dataclass(frozen=True, slots=True)
class PropertiesBlock:
    """What is seen in the face; None where nothing is said."""

    glasses: bool | None = asn(0, _FLAG, optional=True)
    moustache: bool | None = asn(1, _FLAG, optional=True)
    beard: bool | None = asn(2, _FLAG, optional=True)
    teeth_visible: bool | None = asn(3, _FLAG, optional=True)
    pupil_or_iris_not_visible: bool | None = asn(4, _FLAG, optional=True)
    mouth_open: bool | None = asn(5, _FLAG, optional=True)
    left_eye_patch: bool | None = asn(6, _FLAG, optional=True)
    right_eye_patch: bool | None = asn(7, _FLAG, optional=True)
    dark_glasses: bool | None = asn(8, _FLAG, optional=True)
    biometric_absent: bool | None = asn(9, _FLAG, optional=True)
    head_coverings_present: bool | None = asn(10, _FLAG, optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class ExpressionBlock:
    """The expression; None where nothing is said."""

    neutral: bool | None = asn(0, _FLAG, optional=True)
    smile: bool | None = asn(1, _FLAG, optional=True)
    raised_eyebrows: bool | None = asn(2, _FLAG, optional=True)
    eyes_looking_away_from_the_camera: bool | None = asn(3, _FLAG, optional=True)
    squinting: bool | None = asn(4, _FLAG, optional=True)
    frowning: bool | None = asn(5, _FLAG, optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class AngleDataBlock:
    """An angle and its uncertainty, degrees."""

    angle_value: int = asn(0, Integer(-180, 180))
    angle_uncertainty: int | None = asn(1, Integer(0, 180), optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


_ANGLE = Sequence(lambda: AngleDataBlock)


@dataclass(frozen=True, slots=True)
class PoseAngleBlock:
    """How the head is turned."""

    yaw: AngleDataBlock | None = asn(0, _ANGLE, optional=True)
    pitch: AngleDataBlock | None = asn(1, _ANGLE, optional=True)
    roll: AngleDataBlock | None = asn(2, _ANGLE, optional=True)


@dataclass(frozen=True, slots=True)
class IdentityMetadataBlock:
    """What is said of the person; ``subject_height`` in centimetres."""

    gender: Coded | None = asn(0, GENDER, optional=True)
    eye_colour: Coded | None = asn(1, EYE_COLOUR, optional=True)
    hair_colour: Coded | None = asn(2, HAIR_COLOUR, optional=True)
    subject_height: int | None = asn(3, Integer(1, 65535), optional=True)
    properties: PropertiesBlock | None = asn(4, Sequence(lambda: PropertiesBlock), optional=True)
    expression: ExpressionBlock | None = asn(5, Sequence(lambda: ExpressionBlock), optional=True)
    pose_angle: PoseAngleBlock | None = asn(6, Sequence(lambda: PoseAngleBlock), optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


_ANTHROPOMETRIC: Final = Choice(
    MappingProxyType(
        {
            0: ("anthropometric_landmark_name", Code(ANTHROPOMETRIC_NAME)),
            1: ("anthropometric_landmark_point_name", Code(ANTHROPOMETRIC_POINT_NAME)),
            2: ("anthropometric_landmark_point_id", Code(ANTHROPOMETRIC_POINT_ID)),
        }
    )
)
LANDMARK_KIND: Final = Choice(
    MappingProxyType(
        {
            0: (
                "base",
                Choice(
                    MappingProxyType(
                        {
                            0: ("mpeg4_feature_point", Code(MPEG4_FEATURE_POINT)),
                            1: (
                                "anthropometric_landmark",
                                Choice(MappingProxyType({0: ("base", _ANTHROPOMETRIC), 1: ("extension", _EXTENSION)})),
                            ),
                        }
                    )
                ),
            ),
            1: ("extension", _EXTENSION),
        }
    )
)


@dataclass(frozen=True, slots=True)
class CoordinateTextureImage:
    """A point of a texture image, px."""

    u: int = asn(0, _UNSIGNED)
    v: int = asn(1, _UNSIGNED)


LANDMARK_COORDINATES: Final = Choice(
    MappingProxyType(
        {
            0: (
                "base",
                Choice(
                    MappingProxyType(
                        {
                            0: ("cartesian_2d", Sequence(lambda: CoordinateCartesian2D)),
                            1: ("texture_image", Sequence(lambda: CoordinateTextureImage)),
                            2: ("cartesian_3d", Sequence(lambda: CoordinateCartesian3D)),
                        }
                    )
                ),
            ),
            1: ("extension", _EXTENSION),
        }
    )
)


@dataclass(frozen=True, slots=True)
class LandmarkBlock:
    """One landmark: which, as nested ``(alternative, value)``, and where."""

    kind: tuple[str, Any] = asn(0, LANDMARK_KIND)
    coordinates: tuple[str, Any] | None = asn(1, LANDMARK_COORDINATES, optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class CaptureDeviceBlock:
    """The capture device: its registered model and certifications."""

    model: RegistryIdBlock | None = asn(0, Sequence(lambda: RegistryIdBlock), optional=True)
    certifications: tuple[RegistryIdBlock, ...] | None = asn(
        1, SequenceOf(Sequence(lambda: RegistryIdBlock)), optional=True
    )
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class CaptureDeviceSpectral2DBlock:
    """The light in which it was captured."""

    white_light: bool | None = asn(0, _FLAG, optional=True)
    near_infrared: bool | None = asn(1, _FLAG, optional=True)
    thermal: bool | None = asn(2, _FLAG, optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class CaptureDevice2DBlock:
    """Light and technology of the capture device."""

    spectral: CaptureDeviceSpectral2DBlock | None = asn(
        0, Sequence(lambda: CaptureDeviceSpectral2DBlock), optional=True
    )
    technology: Coded | None = asn(1, TECHNOLOGY, optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class PostAcquisitionProcessingBlock:
    """What was done to the image after its capture; None where nothing is said."""

    rotated: bool | None = asn(0, _FLAG, optional=True)
    cropped: bool | None = asn(1, _FLAG, optional=True)
    down_sampled: bool | None = asn(2, _FLAG, optional=True)
    white_balance_adjusted: bool | None = asn(3, _FLAG, optional=True)
    multiply_compressed: bool | None = asn(4, _FLAG, optional=True)
    interpolated: bool | None = asn(5, _FLAG, optional=True)
    contrast_stretched: bool | None = asn(6, _FLAG, optional=True)
    pose_corrected: bool | None = asn(7, _FLAG, optional=True)
    multi_view_image: bool | None = asn(8, _FLAG, optional=True)
    age_progressed: bool | None = asn(9, _FLAG, optional=True)
    super_resolution_processed: bool | None = asn(10, _FLAG, optional=True)
    normalised: bool | None = asn(11, _FLAG, optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class ImageSizeBlock:
    """Width and height, px."""

    width: int = asn(0, Integer(0, 65535))
    height: int = asn(1, Integer(0, 65535))


@dataclass(frozen=True, slots=True)
class ImageFaceMeasurementsBlock:
    """Distances in the face, px."""

    head_width: int | None = asn(0, _UNSIGNED, optional=True)
    inter_eye_distance: int | None = asn(1, _UNSIGNED, optional=True)
    eye_to_mouth_distance: int | None = asn(2, _UNSIGNED, optional=True)
    head_length: int | None = asn(3, _UNSIGNED, optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class ReferenceColourBlock:
    """One reference colour: its definition and its value."""

    definition: bytes | None = asn(0, OctetString(), optional=True)
    value: bytes | None = asn(1, OctetString(), optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class ReferenceColourMappingBlock:
    """How colours map to reference colours."""

    schema: bytes | None = asn(0, OctetString(), optional=True)
    colours: tuple[ReferenceColourBlock, ...] | None = asn(
        1, SequenceOf(Sequence(lambda: ReferenceColourBlock)), optional=True
    )
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class ImageInformation2DBlock:
    """What is said of the image; distances in millimetres (sensor diagonal and focal length in tenths)."""

    image_data_format: Coded = asn(0, IMAGE_FORMAT)
    face_image_kind: Coded | None = asn(1, FACE_IMAGE_KIND, optional=True)
    post_acquisition_processing: PostAcquisitionProcessingBlock | None = asn(
        2, Sequence(lambda: PostAcquisitionProcessingBlock), optional=True
    )
    lossy_transformation_attempts: Coded | None = asn(3, LOSSY_ATTEMPTS, optional=True)
    camera_to_subject_distance: int | None = asn(4, Integer(0, 50000), optional=True)
    sensor_diagonal: int | None = asn(5, Integer(0, 2000), optional=True)
    lens_focal_length: int | None = asn(6, Integer(0, 2000), optional=True)
    image_size: ImageSizeBlock | None = asn(7, Sequence(lambda: ImageSizeBlock), optional=True)
    face_measurements: ImageFaceMeasurementsBlock | None = asn(
        8, Sequence(lambda: ImageFaceMeasurementsBlock), optional=True
    )
    colour_space: Coded | None = asn(9, COLOUR_SPACE, optional=True)
    reference_colour_mapping: ReferenceColourMappingBlock | None = asn(
        10, Sequence(lambda: ReferenceColourMappingBlock), optional=True
    )
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class ImageRepresentation2DBlock:
    """The coded image and what is said of it."""

    image_data: bytes = field(repr=False, metadata={"tag": 0, "kind": OctetString(), "optional": False})
    image_information: ImageInformation2DBlock = asn(1, Sequence(lambda: ImageInformation2DBlock))
    capture_device: CaptureDevice2DBlock | None = asn(2, Sequence(lambda: CaptureDevice2DBlock), optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


IMAGE_REPRESENTATION: Final = Choice(
    MappingProxyType(
        {
            0: (
                "base",
                Choice(MappingProxyType({0: ("image_2d", Sequence(lambda: ImageRepresentation2DBlock))})),
            ),
            1: ("extension", _EXTENSION),
        }
    )
)


@dataclass(frozen=True, slots=True)
class RepresentationBlock:
    """One face image with its circumstances.

    ``image_representation`` is ``("base", ("image_2d", ImageRepresentation2DBlock))`` in this edition.
    """

    representation_id: int = asn(0, _UNSIGNED)
    image_representation: tuple[str, Any] = asn(1, IMAGE_REPRESENTATION)
    captured: DateTimeBlock | None = asn(2, Sequence(lambda: DateTimeBlock), optional=True)
    quality: tuple[QualityBlock, ...] | None = asn(3, SequenceOf(Sequence(lambda: QualityBlock)), optional=True)
    pad_data: PadDataBlock | None = asn(4, Sequence(lambda: PadDataBlock), optional=True)
    session_id: int | None = asn(5, _UNSIGNED, optional=True)
    derived_from: int | None = asn(6, _UNSIGNED, optional=True)
    capture_device: CaptureDeviceBlock | None = asn(7, Sequence(lambda: CaptureDeviceBlock), optional=True)
    identity_metadata: IdentityMetadataBlock | None = asn(8, Sequence(lambda: IdentityMetadataBlock), optional=True)
    landmarks: tuple[LandmarkBlock, ...] | None = asn(9, SequenceOf(Sequence(lambda: LandmarkBlock)), optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()

    @property
    def image(self) -> ImageRepresentation2DBlock | None:
        """The two-dimensional image, None where a later edition put something else here."""
        match self.image_representation:
            case ("base", ("image_2d", ImageRepresentation2DBlock() as image)):
                return image
        return None

    def sample(self) -> FaceSample:
        """The image as a sample.

        Raises
        ------
        RecordError : the image cannot be decoded, or is none of this edition.
        """
        image = self.image
        if image is None:
            raise RecordError("no image of a known kind", field="imageRepresentation", clause=STANDARD)
        edits: list[str] = []
        size = image.image_information.image_size
        pixels = decode_coded(image.image_data, -1, -1, edits)
        if RECORD_DEVIATES in edits:  # the size is optional here and checked when it is there
            edits.remove(RECORD_DEVIATES)
        if size is not None and pixels.shape[:2] != (size.height, size.width):
            edits.append(RECORD_DEVIATES)
        return face_sample(pixels, edits, (self._time(), None, self._quality()))

    def _time(self) -> blocks.CaptureDateTime | None:
        at = self.captured
        if at is None:
            return None
        return blocks.CaptureDateTime(at.year, at.month, at.day, at.hour, at.minute, at.second, at.millisecond)

    def _quality(self) -> tuple[blocks.QualityBlock, ...]:
        found = []
        for block in self.quality or ():
            kind, score = block.score_or_error
            value_: int | Missing = score if kind == "score" else blocks.QUALITY_FAILED
            found.append(blocks.QualityBlock(value_, block.algorithm.organization, block.algorithm.id))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class FaceImageDataBlock:
    """A face image data block of ISO/IEC 39794-5.

    Attributes
    ----------
    version : generation and year.
    representations : exactly one in ICAO's profile, at least one in the standard.
    icao_wrapped : the block stands in an outer context tag 1, as in ICAO's data group 2.
    """

    standard: ClassVar[str] = "ISO/IEC 39794-5"
    edition: ClassVar[int] = 2019

    version: VersionBlock = asn(0, Sequence(lambda: VersionBlock))
    representations: tuple[RepresentationBlock, ...] = asn(
        1, SequenceOf(Sequence(lambda: RepresentationBlock), least=1)
    )
    unknown: tuple[bytes, ...] = unknown_extensions()
    icao_wrapped: bool = False

    def samples(self) -> tuple[FaceSample, ...]:
        """The images as samples, in the order of the record."""
        return tuple(representation.sample() for representation in self.representations)


_made = quickly(FaceImageDataBlock)


def decode(reader: Reader) -> FaceImageDataBlock:
    """The block that begins at the reader's place and fills its bytes."""
    reader.clause = STANDARD
    at = reader.at
    tag, start, end = read_tlv(reader, at, reader.end, "FaceImageDataBlock")
    _check_end(reader, end, reader.end)
    wrapped = tag == ICAO_WRAPPER
    if wrapped:
        outer, at = end, start
        tag, start, end = read_tlv(reader, at, outer, "FaceImageDataBlock")
        _check_end(reader, end, outer)
    if tag != APPLICATION_5:
        raise reader.error(f"tag {tag:02X} where 65 belongs", at, "FaceImageDataBlock")
    reader.at = reader.end
    version, representations, unknown, _wrapped = read_members(
        reader, FaceImageDataBlock, start, end, "FaceImageDataBlock"
    )
    return _made(version, representations, unknown, wrapped)


def _check_end(reader: Reader, end: int, outer: int) -> None:
    if end != outer:
        reader.deviates(f"{outer - end} bytes behind the block", end, "FaceImageDataBlock")


def encode(record: FaceImageDataBlock) -> Writer:
    """The block's bytes."""
    writer = Writer(STANDARD)
    encoded = value(APPLICATION_5, write_sequence(record, "FaceImageDataBlock"))
    writer.raw("FaceImageDataBlock", value(ICAO_WRAPPER, encoded) if record.icao_wrapped else encoded)
    return writer
