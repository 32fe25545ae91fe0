"""The image data of a record and its pixels, both ways, through the one door to image codecs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ktpel_capture.arrays import U8
from ktpel_capture.errors import ImageError, RecordError
from ktpel_capture.imaging.codecs import MAX_PIXELS, decode_image

RECORD_DEVIATES = "edit.record_deviates"


def decode_coded(data: bytes, width: int, height: int, edits: list[str]) -> U8:
    """Pixels of a compressed image; a size other than the record states is named as a deviation and taken.

    Raises
    ------
    RecordError : the image data cannot be decoded.
    """
    try:
        image = decode_image(data)
    except ImageError as error:
        raise RecordError(error.message, field="image data", remedy=error.remedy, code=error.code) from error
    edits.extend(image.edits)
    if (image.header.width, image.header.height) != (width, height) and RECORD_DEVIATES not in edits:
        edits.append(RECORD_DEVIATES)
    return image.pixels


def decode_raw(
    data: bytes, width: int, height: int, depth: int, edits: list[str], *, channels: int = 1, packed: bool = False
) -> U8:
    """Pixels of uncompressed image data, row by row from the top left.

    Parameters
    ----------
    depth : bits of a pixel (of a channel, for colour); above 8 a pixel takes two octets, most significant first.
    packed : pixels follow each other without unused bits.

    Raises
    ------
    RecordError : the length is not what the size says.
    """
    count = width * height * channels
    if width * height > MAX_PIXELS:
        raise RecordError(f"{width}x{height} pixels are too many", field="image data", code="image.too_large")
    octets = (count * depth + 7) // 8 if packed else count * (2 if depth > 8 else 1)
    if len(data) < octets:
        raise RecordError(
            f"{width}x{height} pixels of {depth} bits take {octets} bytes, there are {len(data)}",
            field="image data",
            code="record.truncated",
        )
    if len(data) > octets and RECORD_DEVIATES not in edits:
        edits.append(RECORD_DEVIATES)
    data = data[:octets]
    values: Any
    if packed and depth not in (8, 16):
        bits = np.unpackbits(np.frombuffer(data, np.uint8))[: count * depth].reshape(count, depth)
        values = bits.astype(np.uint32) @ (1 << np.arange(depth - 1, -1, -1, dtype=np.uint32))
    else:
        values = np.frombuffer(data, ">u2" if depth > 8 else np.uint8)
    if depth != 8:
        edits.append("edit.sixteen_bit_scaled" if depth > 8 else "edit.bilevel_expanded" if depth == 1 else _FEW_BITS)
        most = (1 << depth) - 1
        values = (np.minimum(values.astype(np.uint32), most) * 255 + most // 2) // most
    shape = (height, width) if channels == 1 else (height, width, channels)
    pixels: U8 = values.astype(np.uint8).reshape(shape)
    return pixels


def finger_pixels(compression: str, data: bytes, width: int, height: int, depth: int, edits: list[str]) -> U8:
    """Pixels of a finger record's image data, whatever its compression algorithm.

    Raises
    ------
    RecordError : the image data cannot be decoded.
    """
    if compression in ("raw", "raw_bit_packed"):
        return decode_raw(data, width, height, depth, edits, packed=compression == "raw_bit_packed")
    return decode_coded(data, width, height, edits)


def iris_pixels(
    image_format: str, data: bytes, width: int, height: int, depth: int, flipped: tuple[bool, bool], edits: list[str]
) -> U8:
    """Pixels of an iris record's image data, turned back where it is stored flipped (horizontally, vertically).

    Raises
    ------
    RecordError : the image data cannot be decoded.
    """
    if image_format in ("mono_raw", "rgb_raw"):
        pixels = decode_raw(data, width, height, depth, edits, channels=1 if image_format == "mono_raw" else 3)
    else:
        pixels = decode_coded(data, width, height, edits)
    if any(flipped):
        edits.append("edit.flip_undone")
    return pixels[:: -1 if flipped[1] else 1, :: -1 if flipped[0] else 1]


_FEW_BITS = "edit.few_bits_scaled"
