"""WSQ, the FBI's wavelet scalar quantisation for fingerprints at 500 ppi.

Source: IAFIS-IC-0110 (V3), WSQ Gray-scale Fingerprint Image Compression Specification.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ktpel_capture.arrays import U8
from ktpel_capture.errors import DependencyMissing, ImageError

SOI, EOI, SOF, SOB, DTT, DQT, DHT, DRI, COM = 0xFFA0, 0xFFA1, 0xFFA2, 0xFFA3, 0xFFA4, 0xFFA5, 0xFFA6, 0xFFA7, 0xFFA8


@dataclass(frozen=True, slots=True)
class WsqHeader:
    """What a WSQ file says of itself.

    Attributes
    ----------
    width, height : pixels.
    ppi : from the NIST comment, None where there is none.
    comments : the comment segments, as they came.
    """

    width: int
    height: int
    ppi: float | None
    comments: tuple[bytes, ...]


def _damaged(reason: str, *, truncated: bool = False) -> ImageError:
    if truncated:
        return ImageError("the wsq image is truncated", remedy="Copy or export it again.", code="image.truncated")
    return ImageError(f"the wsq image cannot be decoded ({reason})", remedy="Export it again.", code="image.damaged")


def _segments(data: bytes) -> list[tuple[int, int, int]]:
    """(marker, start of its parameters, their end) of every segment up to the first block's entropy-coded data."""
    if data[:2] != b"\xff\xa0":
        raise _damaged("no start mark")
    at, segments = 2, []
    while True:
        if at + 4 > len(data):
            raise _damaged("", truncated=True)
        marker, length = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        if not SOF <= marker <= COM or length < 2:
            raise _damaged(f"marker {marker:04X} at byte {at}")
        if at + 2 + length > len(data):
            raise _damaged("", truncated=True)
        segments.append((marker, at + 4, at + 2 + length))
        at += 2 + length
        if marker == SOB:
            return segments


def read_header(data: bytes) -> WsqHeader:
    """Size, resolution and comments, from the segments before the first block.

    Raises
    ------
    ImageError : not WSQ, truncated or damaged.
    """
    size: tuple[int, int] | None = None
    comments = []
    for marker, start, end in _segments(data):
        if marker == SOF:
            if end - start < 6:
                raise _damaged("a short frame header")
            size = (
                int.from_bytes(data[start + 4 : start + 6], "big"),
                int.from_bytes(data[start + 2 : start + 4], "big"),
            )
        elif marker == COM:
            comments.append(data[start:end])
    if size is None:
        raise _damaged("no frame header")
    return WsqHeader(*size, _nist_ppi(comments), tuple(comments))


def _nist_ppi(comments: list[bytes]) -> float | None:
    for comment in comments:
        if comment.startswith(b"NIST_COM"):
            for line in comment.split(b"\n"):
                name, _, value = line.strip(b"\0 \r").partition(b" ")
                if name == b"PPI" and value.isdigit() and 0 < int(value) < 20_000:
                    return float(value)
    return None


def _library() -> object:
    try:
        import _wsq  # type: ignore[import-not-found]  # what the `wsq` package brings
    except ImportError as error:
        raise DependencyMissing("WSQ needs the package wsq", remedy="pip install 'ktpel-capture[wsq]'") from error
    return _wsq


def decode(data: bytes) -> U8:
    """(height, width) uint8 pixels."""
    header = read_header(data)
    if data.rstrip(b"\0")[-2:] != b"\xff\xa1":
        raise _damaged("", truncated=True)
    try:
        pixels, width, height, _ppi = _library().decompress(data)  # type: ignore[attr-defined]
    except (RuntimeError, ValueError, MemoryError) as error:
        raise _damaged(str(error)) from error
    if (width, height) != (header.width, header.height):
        raise _damaged("sizes disagree")
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


def encode(pixels: U8, *, ppi: float = 500.0) -> bytes:
    """Encode with the `wsq` package at its one rate, 0.75 bit a pixel, the rate the FBI names 15:1.

    The NIST comment states ``ppi``; the package itself always writes 500.
    """
    if pixels.ndim != 2:
        raise ValueError("WSQ holds grey pixels only")
    height, width = pixels.shape
    encoded: bytes = _library().compress(np.ascontiguousarray(pixels).tobytes(), height, width, 0.75)  # type: ignore[attr-defined]
    return _with_ppi(encoded, ppi)


def _with_ppi(encoded: bytes, ppi: float) -> bytes:
    for marker, start, end in _segments(encoded):
        if marker == COM and encoded[start:end].startswith(b"NIST_COM"):
            comment = encoded[start:end].replace(b"\nPPI 500\n", b"\nPPI %d\n" % round(ppi))
            return encoded[: start - 2] + (len(comment) + 2).to_bytes(2, "big") + comment + encoded[end:]
    return encoded
