"""Finger minutiae records, ISO/IEC 19794-2:2011."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Final

from ktpel_capture.quality import Missing
from ktpel_capture.records import blocks
from ktpel_capture.records.blocks import (
    UNKNOWN_TIME,
    CaptureDateTime,
    CaptureDevice,
    CertificationBlock,
    QualityBlock,
)
from ktpel_capture.records.codes import CodeTable
from ktpel_capture.records.finger_codes import IMPRESSION_2011, POSITION_2011, pixels_per_inch, sample_position
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

STANDARD: Final = "ISO/IEC 19794-2:2011"
MAGIC: Final = b"FMR\x00030\x00"
ENDING_TYPE = CodeTable("ridge ending type", {0: "valley_skeleton_bifurcation", 1: "ridge_skeleton_endpoint"})


@dataclass(frozen=True, slots=True)
class FingerMinutiaeRepresentation:
    """The minutiae of one finger with their circumstances; names and units are the standard's.

    Attributes
    ----------
    finger_position, impression_type, ridge_ending_type : as the standard's tables name them.
    representation_number : 0 for the first of its position.
    sampling_rate : (horizontal, vertical) pixels per centimetre.
    size : (width, height) of the image, px.
    minutiae : at least one; all with a quality or none (five or six octets each).
    with_quality : whether six octets a minutia are written.
    captured, device, quality, certifications : when, by what, how good, certified by whom.
    extended_data : areas of extended data.
    """

    finger_position: str
    impression_type: str
    size: tuple[int, int]
    minutiae: tuple[Minutia, ...]
    with_quality: bool = True
    representation_number: int = 0
    sampling_rate: tuple[int, int] = (197, 197)
    ridge_ending_type: str = "valley_skeleton_bifurcation"
    captured: CaptureDateTime = UNKNOWN_TIME
    device: CaptureDevice = blocks.UNSPECIFIED_DEVICE
    quality: tuple[QualityBlock, ...] = ()
    certifications: tuple[CertificationBlock, ...] = ()
    extended_data: tuple[ExtendedData, ...] = ()


@dataclass(frozen=True, slots=True)
class FingerMinutiaeRecord2011:
    """A finger minutiae record of the 2011 edition.

    Attributes
    ----------
    representations : at least one finger.
    certified : the device certification flag: whether representations carry certification blocks.
    """

    standard: ClassVar[str] = "ISO/IEC 19794-2"
    edition: ClassVar[int] = 2011

    representations: tuple[FingerMinutiaeRepresentation, ...]
    certified: bool = False

    def samples(self) -> tuple[Sample, ...]:
        """None: minutiae are no image."""
        return ()

    def templates(self) -> tuple[Minutiae, ...]:
        """The minutiae as the library compares them, one value a finger."""
        return tuple(
            to_template(
                item.minutiae,
                pixels_per_inch(item.sampling_rate[0], "pixels_per_centimetre"),
                item.size,
                sample_position(item.finger_position),
            )
            for item in self.representations
        )


_GENERAL = Struct(">8sIHB")
_BODY = Struct(">BBHHBHHBB")
"""Position, number, sampling rates, impression, size, minutia length and ending type, count."""
_MINUTIA = {5: Struct(">HHB"), 6: Struct(">HHBB")}
_AREA = Struct(">HH")


def decode(reader: Reader) -> FingerMinutiaeRecord2011:
    """The record that begins at the reader's place and fills its bytes."""
    reader.clause = STANDARD
    _magic, length, count, flag = reader.unpack(_GENERAL, "general header")
    blocks.check_record_length(reader, length)
    if flag > 1:
        reader.deviates(f"certification flag {flag} is neither 0 nor 1", 14, "device certification block flag")
    representations = blocks.read_representations(
        reader, count, lambda: _decode_representation(reader, flag == 1), "number of representations"
    )
    return FingerMinutiaeRecord2011(representations, flag == 1)


def _decode_representation(reader: Reader, certified: bool) -> FingerMinutiaeRepresentation:
    record_end = reader.end
    captured, device, quality, certifications = blocks.open_representation(reader, 20, certified)
    body = reader.at
    position, number, rate_x, rate_y, impression, width, height, layout, count = reader.unpack(
        _BODY, "representation body"
    )
    blocks.check_code(reader, POSITION_2011, position, body)
    blocks.check_range(reader, number, 0, 15, body + 1, "representation number")
    blocks.check_range(reader, rate_x, 1, 65535, body + 2, "horizontal image spatial sampling rate")
    blocks.check_range(reader, rate_y, 1, 65535, body + 4, "vertical image spatial sampling rate")
    blocks.check_code(reader, IMPRESSION_2011, impression, body + 6)
    blocks.check_range(reader, width, 1, 16384, body + 7, "image width")
    blocks.check_range(reader, height, 1, 16384, body + 9, "image height")
    blocks.check_code(reader, ENDING_TYPE, layout & 15, body + 11)
    if layout >> 4 not in _MINUTIA:
        raise reader.error(f"{layout >> 4} octets a minutia are neither 5 nor 6", body + 11, "minutia field length")
    minutiae = read_minutiae(reader, count, layout >> 4, (width, height))
    if not minutiae:
        reader.deviates("no minutia", body + 12, "number of minutiae")
    extended = read_extended_data(reader, includes_header=True)
    if reader.at != reader.end:
        reader.deviates(f"{reader.end - reader.at} bytes behind the extended data", reader.at, "representation length")
        reader.at = reader.end
    reader.end = record_end
    return FingerMinutiaeRepresentation(
        POSITION_2011.name(position),
        IMPRESSION_2011.name(impression),
        (width, height),
        minutiae,
        layout >> 4 == 6,
        number,
        (rate_x, rate_y),
        ENDING_TYPE.name(layout & 15),
        captured,
        device,
        quality,
        certifications,
        extended,
    )


def read_minutiae(reader: Reader, count: int, octets: int, size: tuple[int, int]) -> tuple[Minutia, ...]:
    """So many minutiae of five octets, or six with their quality (254 not reported, 255 failed)."""
    found = []
    for _ in range(count):
        at = reader.at
        kind_x, y, angle, *rest = reader.unpack(_MINUTIA[octets], "minutia")
        score: int | Missing = rest[0] if rest else 254
        if score in (254, 255):
            score = QUALITY_NOT_REPORTED if score == 254 else blocks.QUALITY_FAILED
        else:
            blocks.check_range(reader, rest[0], 0, 100, at + 5, "minutia quality")
        found.append(_minutia(reader, at, kind_x, y, angle, score, size))
    return tuple(found)


def _minutia(
    reader: Reader, at: int, kind_x: int, y: int, angle: int, score: int | Missing, size: tuple[int, int]
) -> Minutia:
    blocks.check_code(reader, MINUTIA_TYPE, kind_x >> 14, at)
    if y >> 14:
        reader.deviates("reserved bits are set", at + 2, "minutia position y")
    x, y = kind_x & 0x3FFF, y & 0x3FFF
    blocks.check_range(reader, x, 0, size[0] - 1, at, "minutia position x")
    blocks.check_range(reader, y, 0, size[1] - 1, at + 2, "minutia position y")
    return Minutia(MINUTIA_TYPE.name(kind_x >> 14), x, y, angle, score)


def read_extended_data(reader: Reader, *, includes_header: bool) -> tuple[ExtendedData, ...]:
    """The extended data block: its length, then areas whose lengths count their own four octets or do not."""
    at = reader.at
    total = int.from_bytes(reader.take(2, "extended data block length"), "big")
    if total > reader.end - reader.at:
        raise reader.truncated_to(total, at, "extended data block length")
    outer_end, reader.end = reader.end, reader.at + total
    found = []
    while reader.at < reader.end:
        start = reader.at
        kind, length = reader.unpack(_AREA, "extended data area")
        if kind == 0:
            reader.deviates("type 0 is reserved", start, "extended data area type")
        content = length - 4 if includes_header else length
        if not 0 <= content <= reader.end - reader.at:
            other = length if includes_header else length - 4
            if not 0 <= other <= reader.end - reader.at:
                raise reader.truncated_to(length, start, "extended data area length")
            reader.deviates("the length counts its own header otherwise", start + 2, "extended data area length")
            content = other
        found.append(ExtendedData(kind, reader.take(content, "extended data area")))
    reader.end = outer_end
    return tuple(found)


def encode(record: FingerMinutiaeRecord2011) -> Writer:
    """The record's bytes and where each field stands in them."""
    writer = Writer(STANDARD)
    writer.raw("format identifier and version", MAGIC)
    total = writer.length_slot("length of record", 4)
    writer.uint("number of representations", len(record.representations), 2)
    writer.uint("device certification block flag", int(record.certified), 1)
    for number, item in enumerate(record.representations):
        with writer.inside(f"representations[{number}]"):
            _encode_representation(writer, item, record.certified)
    writer.fill(total, writer.size)
    return writer


def _encode_representation(writer: Writer, item: FingerMinutiaeRepresentation, certified: bool) -> None:
    start = writer.size
    length = blocks.begin_representation(writer, item, item.certifications, certified)
    writer.code("finger position", POSITION_2011, item.finger_position, 1)
    writer.uint("representation number", item.representation_number, 1)
    writer.uint("horizontal image spatial sampling rate", item.sampling_rate[0], 2)
    writer.uint("vertical image spatial sampling rate", item.sampling_rate[1], 2)
    writer.code("impression type", IMPRESSION_2011, item.impression_type, 1)
    writer.uint("image width", item.size[0], 2)
    writer.uint("image height", item.size[1], 2)
    octets = 6 if item.with_quality else 5
    writer.uint("minutia field length and ridge ending type", octets << 4 | ENDING_TYPE.code(item.ridge_ending_type), 1)
    writer.uint("number of minutiae", len(item.minutiae), 1)
    for number, minutia in enumerate(item.minutiae):
        with writer.inside(f"minutiae[{number}]"):
            writer.uint("type and position x", MINUTIA_TYPE.code(minutia.type) << 14 | minutia.x, 2)
            writer.uint("position y", minutia.y, 2)
            writer.uint("angle", minutia.angle, 1)
            if item.with_quality:
                score = minutia.quality
                if isinstance(score, Missing):
                    score = 255 if score == blocks.QUALITY_FAILED else 254
                writer.uint("quality", score, 1)
    areas = sum(4 + len(area.content) for area in item.extended_data)
    writer.uint("extended data block length", areas, 2)
    for number, area in enumerate(item.extended_data):
        with writer.inside(f"extended_data[{number}]"):
            writer.uint("extended data area type", area.type, 2)
            writer.uint("extended data area length", 4 + len(area.content), 2)
            writer.raw("extended data area", area.content)
    writer.fill(length, writer.size - start)
