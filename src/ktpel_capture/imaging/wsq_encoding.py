"""Writing WSQ at any rate: transform, bins by the subbands' variances, Huffman codes.

Source: IAFIS-IC-0110 (V3), WSQ Gray-scale Fingerprint Image Compression Specification, clauses 3 to 5 and annex A; the
segments in the order, and the three blocks with the two Huffman tables, that NIST's public-domain NBIS writes.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np

from ktpel_capture.arrays import F32, F64, I32, U8
from ktpel_capture.imaging.wavelets import Box, split, subbands

USUAL_RATE: Final = 0.75
"""Bits a pixel; what the FBI names 15:1."""
LOW: Final = (0.85269867900940344, 0.3774028556126538, -0.11062440441842342, -0.02384946501938, 0.03782845550699546)
HIGH: Final = (0.78848561640566439, -0.41809227322221221, -0.04068941760955844, 0.06453888262893845)
"""The analysis filters from their middle outwards: the biorthogonal 9/7 pair."""
BIN_CENTER: Final = 0.44
_ZERO_BIN: Final = 1.2
"""Width of the bin around zero, in bins."""
_LOADING: Final = 2.5
_LEAST_VARIANCE: Final = 1.01
_BLOCKS: Final = ((0, 19, 0), (19, 52, 1), (52, 64, 1))
"""(first subband, behind the last, Huffman table) of each block."""
_WEIGHTS: Final = np.concatenate([np.ones(52), [1.32, 1.08, 1.42, 1.08, 1.32, 1.42, 1.08, 1.08], np.zeros(4)])
_SHARES: Final = np.concatenate([np.full(4, 1 / 1024), np.full(47, 1 / 256), np.full(13, 1 / 16)])
"""Share of the pixels that a subband has."""


@dataclass(frozen=True, slots=True, eq=False)
class Transformed:
    """An image taken apart, which can be written at one rate after the other.

    Attributes
    ----------
    plane : (height, width) float32, the coefficients of the 64 subbands in their places.
    shift, scale : of the grey levels, as they are written.
    variances : (64,) of the subbands.
    """

    plane: F32
    shift: float
    scale: float
    variances: F64


def transform(pixels: U8) -> Transformed:
    """The subbands of (height, width) grey pixels."""
    mean = float(pixels.mean())
    shift = _rounded(mean)
    scale = _rounded(max(float(pixels.max()) - mean, mean - float(pixels.min())) / 128 or 1.0)
    plane: F32 = (pixels.astype(np.float32) - np.float32(shift)) / np.float32(scale)
    height, width = pixels.shape
    split(plane, Box(0, 0, width, height), _whole(LOW), _whole(HIGH))
    layout = subbands(width, height)
    variances = np.array([_variance(plane, box, central=True) for box in layout])
    if variances[:4].sum() < 20_000:  # little structure in the middle: the whole band counts
        variances = np.array([_variance(plane, box, central=False) for box in layout])
    return Transformed(plane, shift, scale, variances)


def write(image: Transformed, rate: float = USUAL_RATE, *, ppi: float = 500.0) -> bytes:
    """A WSQ file at a rate of bits a pixel; the length that comes out is near it, not held to it."""
    height, width = image.plane.shape
    q_bins = bins(image.variances, rate)
    layout = subbands(width, height)
    levels = [_quantised(image.plane[box.rows, box.columns], q) for box, q in zip(layout, q_bins, strict=True)]
    blocks = [_symbols([level for level in levels[first:last] if level is not None]) for first, last, _ in _BLOCKS]
    later = np.concatenate([blocks[1][0], blocks[2][0]])
    tables = _code_table(blocks[0][0]), _code_table(later)
    parts = [
        b"\xff\xa0",
        _segment(0xFFA8, _comment(width, height, ppi, rate)),
        _segment(0xFFA4, _filters()),
        _segment(0xFFA5, _bin_table(q_bins)),
        _segment(0xFFA2, _frame(width, height, image)),
    ]
    for number, (symbols, extras) in enumerate(blocks):
        table = _BLOCKS[number][2]
        if number < 2:
            parts.append(_segment(0xFFA6, bytes((table,)) + tables[table].written))
        parts.append(_segment(0xFFA3, bytes((table,))))
        parts.append(_coded(symbols, extras, tables[table]).replace(b"\xff", b"\xff\x00"))
    return b"".join((*parts, b"\xff\xa1"))


# Bins


def bins(variances: F64, rate: float) -> F64:
    """The bin width of each subband, 0 where none of it is written, so that the whole takes about ``rate``.

    Bands that would get less than no bits are left out of the sum and the rest is dealt out anew, until it holds.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(_WEIGHTS > 0, 10 / (_WEIGHTS * np.log(variances)), 0.0)
    relative[:4] = 1.0
    relative[(variances < _LEAST_VARIANCE) | (_WEIGHTS == 0)] = 0.0
    counted = relative > 0
    if not counted.any():
        return np.zeros(len(variances))
    deviations = np.sqrt(variances)
    while True:
        share = _SHARES[counted].sum()
        product = np.exp((_SHARES[counted] * np.log(deviations[counted] / relative[counted])).sum() / share)
        finer = 2 ** (rate / share - 1) / (_LOADING * product)
        empty = counted & (relative / finer >= 2 * _LOADING * deviations)
        if not empty.any() or empty.sum() == counted.sum():
            break
        counted &= ~empty
    return np.array([_rounded(width) for width in relative / finer])


def _variance(plane: F32, box: Box, *, central: bool) -> float:
    band = plane[box.rows, box.columns]
    if central:
        left, top = box.width // 8, 9 * box.height // 32
        band = band[top : top + 7 * box.height // 16, left : left + 3 * box.width // 4]
    return float(band.var(ddof=1, dtype=np.float64)) if band.size > 1 else 0.0


def _quantised(band: F32, q: float) -> I32 | None:
    """Bin numbers of a subband in reading order; None where it is not written."""
    if not q:
        return None
    magnitude = np.abs(band)
    half = np.float32(_rounded(_ZERO_BIN * q) / 2)
    level = np.where(magnitude > half, np.floor((magnitude - half) / np.float32(q)) + 1, 0)
    signed: I32 = (np.sign(band) * np.minimum(level, 65535)).astype(np.int32).ravel()
    return signed


# Symbols and their codes


def _symbols(levels: list[I32]) -> tuple[I32, I32]:
    """(symbol, extra bits) of a block: runs of zeros, small levels by their own symbol, others with 8 or 16 bits."""
    values = np.concatenate(levels) if levels else np.zeros(0, np.int32)
    nonzero = np.flatnonzero(values)
    ends = np.append(nonzero, len(values))
    runs = np.diff(np.concatenate([[-1], ends])) - 1  # zeros before each level, and at the end
    pieces = np.maximum(1, -(-runs // 65535))  # a run of more is told in several
    level = values[nonzero]
    size = np.abs(level)
    own = (level >= -73) & (level <= 74)
    symbol = np.where(own, level + 180, np.where(size < 256, 101, 103) + (level < 0))
    extra = np.where(own, 0, size)
    order = np.repeat(np.arange(len(runs)), pieces)
    first = np.concatenate([[True], np.diff(order) > 0])
    lengths = np.where(first, runs[order] - 65535 * (pieces[order] - 1), 65535)
    run_symbol = np.where(lengths <= 100, lengths, np.where(lengths < 256, 105, 106))
    run_extra = np.where(lengths <= 100, 0, lengths)
    keys = np.concatenate([2 * order, 2 * np.arange(len(level)) + 1])
    kept = np.concatenate([lengths > 0, np.ones(len(level), bool)])
    sequence = np.argsort(keys, kind="stable")
    sequence = sequence[kept[sequence]]
    symbols = np.concatenate([run_symbol, symbol])[sequence].astype(np.int32)
    return symbols, np.concatenate([run_extra, extra])[sequence].astype(np.int32)


_EXTRA_BITS: Final = np.zeros(256, np.int64)
_EXTRA_BITS[[101, 102, 105]] = 8
_EXTRA_BITS[[103, 104, 106]] = 16


@dataclass(frozen=True, slots=True, eq=False)
class _CodeTable:
    lengths: I32
    codes: I32
    written: bytes


def _code_table(symbols: I32) -> _CodeTable:
    """Huffman codes of at most sixteen bits, none of ones alone, for the symbols that occur.

    As ITU-T T.81, annex K.2: a symbol that never occurs takes the code of ones, and codes that came out too long are
    shortened at the cost of others.
    """
    frequencies = np.bincount(symbols, minlength=256)
    present = np.flatnonzero(frequencies)
    heap: list[tuple[int, int, list[int]]] = [
        (int(frequencies[number]), int(number), [int(number)]) for number in present
    ]
    heap.append((0, -1, [-1]))
    heapq.heapify(heap)
    depths = dict.fromkeys([*map(int, present), -1], 0)
    while len(heap) > 1:
        one, other = heapq.heappop(heap), heapq.heappop(heap)
        merged = one[2] + other[2]
        for number in merged:
            depths[number] += 1
        heapq.heappush(heap, (one[0] + other[0], min(one[1], other[1]), merged))
    counts = np.bincount(list(depths.values()), minlength=33)
    for length in range(len(counts) - 1, 16, -1):
        while counts[length] > 0:
            shorter = length - 2
            while counts[shorter] == 0:
                shorter -= 1
            counts[length] -= 2
            counts[length - 1] += 1
            counts[shorter + 1] += 2
            counts[shorter] -= 1
    counts[np.flatnonzero(counts).max()] -= 1  # the symbol that never occurs
    ordered = sorted(map(int, present), key=lambda number: (depths[number], number))
    lengths, codes = np.zeros(256, np.int32), np.zeros(256, np.int32)
    code, place = 0, 0
    for length in range(1, 17):
        for number in ordered[place : place + int(counts[length])]:
            lengths[number], codes[number] = length, code
            code += 1
        place += int(counts[length])
        code <<= 1
    return _CodeTable(lengths, codes, bytes(int(count) for count in counts[1:17]) + bytes(ordered))


def _coded(symbols: I32, extras: I32, table: _CodeTable) -> bytes:
    """The bits of a block, the last octet filled up with ones."""
    if not len(symbols):
        return b""
    more = _EXTRA_BITS[symbols]
    widths = table.lengths[symbols] + more
    words = table.codes[symbols].astype(np.int64) << more | extras
    ends = np.cumsum(widths)
    behind = np.repeat(ends, widths) - np.arange(int(ends[-1])) - 1  # how many bits of its word follow each bit
    bits = (np.repeat(words, widths) >> behind & 1).astype(np.uint8)
    padding = np.ones(-len(bits) % 8, np.uint8)
    return np.packbits(np.concatenate([bits, padding])).tobytes()


# Segments


def _segment(marker: int, content: bytes) -> bytes:
    return marker.to_bytes(2, "big") + (len(content) + 2).to_bytes(2, "big") + content


def _scaled(value: float, octets: int = 2) -> tuple[int, int]:
    """(decimal exponent, whole number) of a positive number, as exactly as the octets hold it."""
    most = (1 << 8 * octets) - 1
    exponent = 0
    while value and exponent < 255 and value * 10 ** (exponent + 1) <= most:
        exponent += 1
    return exponent, min(most, round(value * 10**exponent))


def _rounded(value: float) -> float:
    """A number as it will be read back."""
    exponent, number = _scaled(value)
    return float(number / 10.0**exponent)


def _number(value: float, octets: int = 2) -> bytes:
    exponent, number = _scaled(value, octets)
    return bytes((exponent,)) + number.to_bytes(octets, "big")


def _comment(width: int, height: int, ppi: float, rate: float) -> bytes:
    facts = (
        "NIST_COM 9", f"PIX_WIDTH {width}", f"PIX_HEIGHT {height}", "PIX_DEPTH 8", f"PPI {round(ppi)}", "LOSSY 1",
        "COLORSPACE GRAY", "COMPRESSION WSQ", f"WSQ_BITRATE {rate:f}",
    )  # fmt: skip
    return "\n".join(facts).encode()


def _filters() -> bytes:
    parts = [bytes((2 * len(LOW) - 1, 2 * len(HIGH) - 1))]
    parts += [bytes((tap < 0,)) + _number(abs(tap), 4) for tap in (*LOW, *HIGH)]
    return b"".join(parts)


def _bin_table(q_bins: F64) -> bytes:
    return _number(BIN_CENTER) + b"".join(_number(q) + _number(_ZERO_BIN * q) for q in q_bins)


def _frame(width: int, height: int, image: Transformed) -> bytes:
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return b"\x00\xff" + size + _number(image.shift) + _number(image.scale) + b"\x02" + b"\x00\x00"


def _whole(half: tuple[float, ...]) -> F64:
    """A symmetric filter from its middle outwards."""
    return np.array([*half[:0:-1], *half])
