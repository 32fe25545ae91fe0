"""WSQ, the FBI's wavelet scalar quantisation for fingerprints at 500 ppi.

Decoding is safe on damaged bytes: every length is checked, what is decoded is bounded by the image's size. Encoding
stands in `wsq_encoding`.
Source: IAFIS-IC-0110 (V3), WSQ Gray-scale Fingerprint Image Compression Specification; the subband layout as in NIST's
public-domain NBIS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ktpel_capture.arrays import F32, F64, I32, I64, U8
from ktpel_capture.errors import ImageError
from ktpel_capture.imaging.wavelets import Box, join, subbands
from ktpel_capture.imaging.wsq_encoding import USUAL_RATE, transform, write

SOI, EOI, SOF, SOB, DTT, DQT, DHT, DRI, COM = 0xFFA0, 0xFFA1, 0xFFA2, 0xFFA3, 0xFFA4, 0xFFA5, 0xFFA6, 0xFFA7, 0xFFA8
SUBBANDS = 64
MAX_PIXELS = 128_000_000
MOST_RATE = 8.0
_BISECTIONS = 12
_CHUNK = 1 << 20
"""Bits of entropy-coded data that are looked at in one go."""


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


@dataclass(slots=True)
class _Tables:
    """What the segments before a block have defined so far."""

    low: F64 | None = None
    high: F64 | None = None
    bin_center: float = 0.44
    q_bins: F64 | None = None
    z_bins: F64 | None = None
    huffman: dict[int, tuple[I32, I32]] = field(default_factory=dict)


def _damaged(reason: str) -> ImageError:
    return ImageError(f"the wsq image cannot be decoded ({reason})", remedy="Export it again.", code="image.damaged")


def _truncated() -> ImageError:
    return ImageError("the wsq image is truncated", remedy="Copy or export it again.", code="image.truncated")


def _segment(data: bytes, at: int) -> tuple[int, int, int]:
    """(marker, start of its parameters, their end) of the segment at byte ``at``."""
    if at + 4 > len(data):
        if data[at : at + 2] == b"\xff\xa1":
            return EOI, at + 2, at + 2
        raise _truncated()
    marker, length = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
    if marker == EOI:
        return EOI, at + 2, at + 2
    if not SOF <= marker <= COM or length < 2:
        raise _damaged(f"marker {marker:04X} at byte {at}")
    if at + 2 + length > len(data):
        raise _truncated()
    return marker, at + 4, at + 2 + length


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The segments up to the end mark; entropy-coded data behind a block header is passed over."""
    if data[:2] != b"\xff\xa0":
        raise _damaged("no start mark")
    at = 2
    while True:
        marker, start, end = _segment(data, at)
        yield marker, start, end
        if marker == EOI:
            return
        at = _end_of_block(data, end) if marker == SOB else end


def _end_of_block(data: bytes, at: int) -> int:
    """Where the next marker stands: the first FF that no stuffed zero follows."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _truncated()
        if data[at + 1]:
            return at
        at += 2


def _size(data: bytes, start: int, end: int) -> tuple[int, int]:
    if end - start < 15:
        raise _damaged("a short frame header")
    height, width = (int.from_bytes(data[at : at + 2], "big") for at in (start + 2, start + 4))
    if not width or not height:
        raise _damaged("no pixels")
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{width}x{height} pixels are too many", remedy="Give a smaller image.", code="image.too_large"
        )
    return width, height


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
            size = _size(data, start, end)
        elif marker == COM:
            comments.append(data[start:end])
        elif marker in (SOB, EOI):
            break
    if size is None:
        raise _damaged("no frame header")
    return WsqHeader(*size, _nist_ppi(comments), tuple(comments))


def _nist_ppi(comments: list[bytes]) -> float | None:
    for comment in comments:
        if comment.startswith(b"NIST_COM"):
            for line in comment.split(b"\n"):
                name, _, value = line.strip(b"\0 \r").partition(b" ")
                if name == b"PPI" and value.isdigit() and len(value) < 6 and 0 < int(value) < 20_000:
                    return float(value)
    return None


def decode(data: bytes) -> U8:
    """(height, width) uint8 pixels.

    Raises
    ------
    ImageError : truncated, damaged or too large.
    """
    tables, frame = _Tables(), None
    parts: list[tuple[I32, I32]] = []
    layout: list[Box] = []
    expected, found = 0, 0
    for marker, start, end in _segments(data):
        if marker == SOF:
            frame = _size(data, start, end), _scaled(data, start + 6), _scaled(data, start + 9)
            layout = subbands(*frame[0])
        elif marker == DTT:
            _read_filters(data, start, end, tables)
        elif marker == DQT:
            _read_bins(data, start, end, tables)
        elif marker == DHT:
            _read_huffman(data, start, end, tables)
        elif marker == SOB:
            if frame is None or tables.q_bins is None or tables.low is None:
                raise _damaged("a block before its tables")
            expected = sum(box.area for box, q in zip(layout, tables.q_bins, strict=True) if q)
            table = tables.huffman.get(data[start] if start < end else -1)
            if table is None:
                raise _damaged("no Huffman table for a block")
            values, counts = _symbols(data[end : _end_of_block(data, end)].replace(b"\xff\x00", b"\xff"), *table)
            parts.append((values, counts))
            found += int(counts.sum())
            if found > expected:
                raise _damaged("more coefficients than the image has")
    if frame is None or tables.q_bins is None or tables.z_bins is None or tables.low is None or tables.high is None:
        raise _damaged("no frame or no tables")
    if found != expected:
        raise _truncated() if found < expected else _damaged("coefficients are left over")
    coefficients = np.concatenate([_expand(values, counts) for values, counts in parts]) if parts else np.zeros(0, "f4")
    with np.errstate(all="ignore"):
        plane = _dequantised(coefficients, layout, frame[0], tables)
        _reconstruct(plane, tables.low, tables.high)
        _, shift, scale = frame
        level = np.nan_to_num(plane * np.float32(scale) + np.float32(shift))
        pixels: U8 = np.clip(np.floor(level + 0.5), 0, 255).astype(np.uint8)
    return pixels


def _scaled(data: bytes, at: int) -> float:
    """A number as two octets with a decimal exponent in front."""
    return float(int.from_bytes(data[at + 1 : at + 3], "big") / 10.0 ** data[at])


def _read_filters(data: bytes, start: int, end: int, tables: _Tables) -> None:
    """The synthesis filters, from the centre halves of the analysis filters (low-pass first)."""
    if end - start < 2:
        raise _damaged("a short transform table")
    sizes = data[start], data[start + 1]
    if not all(size % 2 and size <= 31 for size in sizes):
        raise _damaged("filters of an even length")
    halves, at = [], start + 2
    for size in sizes:
        half = []
        for _ in range(size // 2 + 1):
            if at + 6 > end:
                raise _damaged("a short transform table")
            magnitude = int.from_bytes(data[at + 2 : at + 6], "big") / 10.0 ** data[at + 1]
            half.append(-magnitude if data[at] else magnitude)
            at += 6
        signed = np.array(half) * (-1.0) ** np.arange(len(half))  # analysis to synthesis: every second sign
        halves.append(np.concatenate([signed[:0:-1], signed]))
    tables.high, tables.low = halves


def _read_bins(data: bytes, start: int, end: int, tables: _Tables) -> None:
    if end - start < 3 + 6 * SUBBANDS:
        raise _damaged("a short quantisation table")
    tables.bin_center = _scaled(data, start)
    numbers = np.array([_scaled(data, start + 3 + 3 * index) for index in range(2 * SUBBANDS)])
    tables.q_bins, tables.z_bins = numbers[::2], numbers[1::2]


def _read_huffman(data: bytes, start: int, end: int, tables: _Tables) -> None:
    """Tables as JPEG writes them: how many codes of each length, then their values; several may follow each other."""
    at = start
    while at < end:
        if at + 17 > end:
            raise _damaged("a short Huffman table")
        counts = data[at + 1 : at + 17]
        total = sum(counts)
        if at + 17 + total > end:
            raise _damaged("a short Huffman table")
        lengths, values = np.zeros(1 << 16, np.int32), np.zeros(1 << 16, np.int32)
        code, place = 0, at + 17
        for length, count in enumerate(counts, 1):
            for _ in range(count):
                first, last = code << 16 - length, (code + 1) << 16 - length
                if last > 1 << 16:
                    raise _damaged("Huffman codes overflow")
                lengths[first:last], values[first:last] = length, data[place]
                code, place = code + 1, place + 1
            code <<= 1
        tables.huffman[data[at]] = lengths, values
        at = place


_EXTRA = np.zeros(256, np.int32)
_EXTRA[[101, 102, 105]] = 8
_EXTRA[[103, 104, 106]] = 16


def _symbols(coded: bytes, lengths: I32, values: I32) -> tuple[I32, I32]:
    """The coefficients of a block as (value, how often): every bit is looked at as a code's first, then codes are
    followed from one to the next."""
    size = 8 * len(coded)
    octets = np.frombuffer(coded + b"\xff" * 8, np.uint8).astype(np.int64)
    place, found, symbols = 0, [], []
    while place < size:
        bits = np.arange(place, min(place + _CHUNK, size))
        window = _sixteen(octets, bits)
        symbol = values[window]
        step = lengths[window]
        step = np.where(step > 0, step + _EXTRA[symbol], 0)
        steps, start, last = step.tolist(), place, place + len(bits)
        visited = []
        while place < last:
            advance = steps[place - start]
            if not advance or place + advance > size:
                break
            visited.append(place - start)
            place += advance
        found.append(bits[visited])
        symbols.append(symbol[visited])
        if place < last:
            if size - place >= 8 or not _only_ones(coded, place):
                raise _damaged("an undefined Huffman code")
            break
    at = np.concatenate(found) if found else np.zeros(0, np.int64)
    symbol = np.concatenate(symbols) if symbols else np.zeros(0, np.int32)
    return _meaning(symbol, at + lengths[_sixteen(octets, at)], octets)


def _sixteen(octets: I64, bits: I64) -> I64:
    """The sixteen bits that begin at each place."""
    first = bits >> 3
    wide = octets[first] << 16 | octets[first + 1] << 8 | octets[first + 2]
    window: I64 = wide >> 8 - (bits & 7) & 0xFFFF
    return window


def _only_ones(coded: bytes, place: int) -> bool:
    """Whether the rest of the last octet is padding."""
    left = 8 * len(coded) - place
    return coded[-1] & (1 << left) - 1 == (1 << left) - 1


def _meaning(symbol: I32, behind: I64, octets: I64) -> tuple[I32, I32]:
    """Values and repetitions of Huffman symbols; ``behind`` is the bit after each code."""
    sixteen = _sixteen(octets, behind)
    extra = np.where(_EXTRA[symbol] == 8, sixteen >> 8, sixteen)
    value = np.where(symbol > 106, symbol - 180, 0)
    value = np.where((symbol == 101) | (symbol == 103), extra, value)
    value = np.where((symbol == 102) | (symbol == 104), -extra, value)
    count = np.where(symbol <= 100, symbol, 1)
    count = np.where((symbol == 105) | (symbol == 106), extra, count)
    if ((symbol == 0) | (symbol == 255)).any():
        raise _damaged("a reserved symbol")
    return value.astype(np.int32), count.astype(np.int32)


def _expand(values: I32, counts: I32) -> F32:
    expanded: F32 = np.repeat(values, counts).astype(np.float32)
    return expanded


def _dequantised(coefficients: F32, layout: list[Box], size: tuple[int, int], tables: _Tables) -> F32:
    """The subbands in their places."""
    assert tables.q_bins is not None
    assert tables.z_bins is not None
    width, height = size
    plane = np.zeros((height, width), np.float32)
    at = 0
    for box, q, z in zip(layout, tables.q_bins, tables.z_bins, strict=True):
        if not q:
            continue
        level = coefficients[at : at + box.area].reshape(box.height, box.width)
        at += box.area
        sign = np.sign(level)
        plane[box.rows, box.columns] = q * (level - sign * tables.bin_center) + sign * z / 2
    return plane


def _reconstruct(plane: F32, low: F64, high: F64) -> None:
    height, width = plane.shape
    join(plane, Box(0, 0, width, height), low, high)


def encode(pixels: U8, *, ppi: float = 500.0, rate: float = USUAL_RATE) -> bytes:
    """A WSQ file of grey pixels.

    The bins are NIST's to four digits, which a test holds against its program; the FBI certifies encoders, and has not
    seen this one.

    Parameters
    ----------
    pixels : (height, width) uint8.
    ppi : written into the NIST comment.
    rate : aimed at, bits a pixel; 0.75 is what the FBI names 15:1.
    """
    if pixels.ndim != 2:
        raise ValueError("WSQ holds grey pixels only")
    if not 0 < rate <= MOST_RATE:
        raise ValueError(f"a rate lies above 0 and at most at {MOST_RATE:g} bits a pixel, not {rate:g}")
    return write(transform(pixels), rate, ppi=ppi)


def encode_within(pixels: U8, max_bytes: int, *, ppi: float = 500.0) -> bytes:
    """The WSQ file at the highest rate that fits into so many bytes; empty where not even the lowest does."""
    image, best = transform(pixels), b""
    low, high = 0.0, min(MOST_RATE, 16.0 * max_bytes / pixels.size)
    for _ in range(_BISECTIONS):
        rate = (low + high) / 2
        data = write(image, rate, ppi=ppi)
        if len(data) <= max_bytes:
            best, low = data, rate
        else:
            high = rate
    return best
