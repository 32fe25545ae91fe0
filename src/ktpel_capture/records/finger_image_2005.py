"""Finger image records, ISO/IEC 19794-4:2005."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar, Final

from ktpel_capture.quality import Missing
from ktpel_capture.records import blocks
from ktpel_capture.records.finger_codes import (
    ACQUISITION_LEVELS,
    COMPRESSION_2005,
    IMPRESSION_2005,
    POSITION_2005,
    SCALE_UNITS,
    pixels_per_inch,
    sample_impression,
    sample_position,
)
from ktpel_capture.records.pictures import finger_pixels
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.sampling import finger_sample
from ktpel_capture.records.writer import Writer
from ktpel_capture.samples import FingerprintSample

STANDARD: Final = "ISO/IEC 19794-4:2005"
MAGIC: Final = b"FIR\x00010\x00"
QUALITY_UNDEFINED: Final = Missing("record.quality_undefined")
"""The format's code 254: no quality was computed."""


@dataclass(frozen=True, slots=True)
class FingerImageView:
    """One finger image; names and units are the standard's.

    Attributes
    ----------
    finger_position : such as ``left_index``.
    impression_type : as the standard's table names it.
    width, height : horizontal and vertical line length, px.
    image_data : the coded image; how, stands in the record.
    quality : 0..100, or Missing where undefined (254).
    views, view_number : how many views of this position the record holds, and which this is, from 1.
    """

    finger_position: str
    impression_type: str
    width: int
    height: int
    image_data: bytes = field(repr=False)
    quality: int | Missing = QUALITY_UNDEFINED
    views: int = 1
    view_number: int = 1


@dataclass(frozen=True, slots=True)
class FingerImageRecord2005:
    """A finger image record of the 2005 edition: what the images share, and the images.

    Attributes
    ----------
    views : at least one finger image.
    compression : as the standard's table names it; the same for all images.
    capture_device : the vendor's identifier, 0 where unspecified.
    acquisition_level : image acquisition setting level, 31 for 500 ppi and 8 bits.
    scale_units : ``pixels_per_inch`` or ``pixels_per_centimetre``.
    scan_resolution, image_resolution : (horizontal, vertical) pixels per scale unit.
    pixel_depth : bits of a pixel.
    """

    standard: ClassVar[str] = "ISO/IEC 19794-4"
    edition: ClassVar[int] = 2005

    views: tuple[FingerImageView, ...]
    compression: str
    capture_device: int = 0
    acquisition_level: int = 31
    scale_units: str = "pixels_per_inch"
    scan_resolution: tuple[int, int] = (500, 500)
    image_resolution: tuple[int, int] = (500, 500)
    pixel_depth: int = 8

    def samples(self) -> tuple[FingerprintSample, ...]:
        """The images as samples, in the order of the record.

        Raises
        ------
        RecordError : an image cannot be decoded.
        """
        return tuple(self._sample(view) for view in self.views)

    def _sample(self, view: FingerImageView) -> FingerprintSample:
        edits: list[str] = []
        pixels = finger_pixels(self.compression, view.image_data, view.width, view.height, self.pixel_depth, edits)
        across, down = self.image_resolution
        quality = () if isinstance(view.quality, Missing) else (blocks.QualityBlock(view.quality),)
        return finger_sample(
            pixels,
            edits,
            (pixels_per_inch(across, self.scale_units), pixels_per_inch(down, self.scale_units)),
            sample_position(view.finger_position),
            sample_impression(view.impression_type),
            (None, blocks.CaptureDevice(type=self.capture_device), quality),
        )


_GENERAL = Struct(">8s6sHHBBHHHHBBH")
"""Magic, length, device, level, fingers, units, scan and image resolutions, depth, compression, reserved."""
_VIEW = Struct(">IBBBBBHHB")
"""Block length, position, views, view number, quality, impression, line lengths, reserved."""


def decode(reader: Reader) -> FingerImageRecord2005:
    """The record that begins at the reader's place and fills its bytes."""
    reader.clause = STANDARD
    (
        _magic,
        length,
        device,
        level,
        fingers,
        units,
        scan_x,
        scan_y,
        image_x,
        image_y,
        depth,
        compression,
        reserved,
    ) = reader.unpack(_GENERAL, "general record header")
    blocks.check_record_length(reader, int.from_bytes(length, "big"))
    if level not in ACQUISITION_LEVELS:
        reader.deviates(f"level {level} has no meaning", 16, "image acquisition level")
    blocks.check_code(reader, SCALE_UNITS, units, 19)
    for at, value, name in ((20, scan_x, "scan"), (22, scan_y, "scan"), (24, image_x, "image"), (26, image_y, "image")):
        blocks.check_range(reader, value, 1, 65535, at, f"{name} resolution")
    blocks.check_range(reader, depth, 1, 16, 28, "pixel depth")
    blocks.check_code(reader, COMPRESSION_2005, compression, 29)
    if reserved:
        reader.deviates(f"reserved octets hold {reserved}", 30, "reserved")
    views = []
    while reader.at < reader.end:
        views.append(_decode_view(reader))
    if not views:
        raise reader.error("a record holds at least one finger image", 18, "number of fingers or palms")
    distinct = len({view.finger_position for view in views})
    if fingers not in (distinct, len(views)):  # some writers count the views
        reader.deviates(f"{fingers} stated, {distinct} present", 18, "number of fingers or palms")
    return FingerImageRecord2005(
        tuple(views),
        COMPRESSION_2005.name(compression),
        device,
        level,
        SCALE_UNITS.name(units),
        (scan_x, scan_y),
        (image_x, image_y),
        depth,
    )


def _decode_view(reader: Reader) -> FingerImageView:
    start = reader.at
    length, position, views, number, quality, impression, width, height, reserved = reader.unpack(
        _VIEW, "finger image header"
    )
    if not _VIEW.size <= length <= reader.end - start:
        raise reader.truncated_to(length, start, "length of finger data block")
    blocks.check_code(reader, POSITION_2005, position, start + 4)
    blocks.check_range(reader, views, 1, 255, start + 5, "count of views")
    blocks.check_range(reader, number, 1, views, start + 6, "view number")
    score: int | Missing = quality
    if quality == 254:
        score = QUALITY_UNDEFINED
    else:
        blocks.check_range(reader, quality, 0, 100, start + 7, "finger image quality")
    blocks.check_code(reader, IMPRESSION_2005, impression, start + 8)
    blocks.check_range(reader, width, 1, 65535, start + 9, "horizontal line length")
    blocks.check_range(reader, height, 1, 65535, start + 11, "vertical line length")
    if reserved:
        reader.deviates(f"reserved octet holds {reserved}", start + 13, "reserved")
    return FingerImageView(
        POSITION_2005.name(position),
        IMPRESSION_2005.name(impression),
        width,
        height,
        reader.take(length - _VIEW.size, "image data"),
        score,
        views,
        number,
    )


def encode(record: FingerImageRecord2005) -> Writer:
    """The record's bytes and where each field stands in them."""
    writer = Writer(STANDARD)
    writer.raw("format identifier and version", MAGIC)
    total = writer.length_slot("record length", 6)
    writer.uint("capture device identifier", record.capture_device, 2)
    writer.uint("image acquisition level", record.acquisition_level, 2)
    writer.uint("number of fingers or palms", len({view.finger_position for view in record.views}), 1)
    writer.code("scale units", SCALE_UNITS, record.scale_units, 1)
    for name, rates in (("scan", record.scan_resolution), ("image", record.image_resolution)):
        writer.uint(f"{name} resolution (horizontal)", rates[0], 2)
        writer.uint(f"{name} resolution (vertical)", rates[1], 2)
    writer.uint("pixel depth", record.pixel_depth, 1)
    writer.code("image compression algorithm", COMPRESSION_2005, record.compression, 1)
    writer.uint("reserved", 0, 2)
    for index, view in enumerate(record.views):
        with writer.inside(f"views[{index}]"):
            writer.uint("length of finger data block", _VIEW.size + len(view.image_data), 4)
            writer.code("finger position", POSITION_2005, view.finger_position, 1)
            writer.uint("count of views", view.views, 1)
            writer.uint("view number", view.view_number, 1)
            writer.uint("finger image quality", 254 if isinstance(view.quality, Missing) else view.quality, 1)
            writer.code("impression type", IMPRESSION_2005, view.impression_type, 1)
            writer.uint("horizontal line length", view.width, 2)
            writer.uint("vertical line length", view.height, 2)
            writer.uint("reserved", 0, 1)
            writer.raw("image data", view.image_data)
    writer.fill(total, writer.size)
    return writer
