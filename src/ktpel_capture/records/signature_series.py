"""Signature time series, ISO/IEC 19794-7:2007, the full format.

Sources: the standard's ASN.1 annex and header table as the identical GOST R ISO/IEC 19794-7-2009 prints them; the
scaling (excess-16 exponent, metres, seconds) checked against a public file of 300 dpi at 200 points a second. The
binary format of the 2014 edition was not found in public and is recognised, not decoded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import Any, ClassVar, Final

import numpy as np

from ktpel_capture.arrays import F64
from ktpel_capture.errors import RecordError
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.writer import Writer
from ktpel_capture.samples import CaptureInfo, SignatureSample

STANDARD: Final = "ISO/IEC 19794-7:2007"
MAGIC: Final = b"SDI\x00 10\x00"
CHANNELS: Final = ("X", "Y", "Z", "VX", "VY", "AX", "AY", "T", "DT", "F", "S", "TX", "TY", "Az", "El", "R")
"""In the order of the inclusion field, the highest bit first."""
SIGNED: Final = frozenset({"X", "Y", "VX", "VY", "AX", "AY", "TX", "TY"})
"""Channels whose values are written with 32768 added."""
MAX_POINTS: Final = (1 << 24) - 1
_SCALING, _MINIMUM, _MAXIMUM, _MEAN, _DEVIATION, _CONSTANT, _DETRENDED, _RESERVED = (
    1 << bit for bit in range(7, -1, -1)
)
_ATTRIBUTES = (
    (_SCALING, "scaling"),
    (_MINIMUM, "minimum"),
    (_MAXIMUM, "maximum"),
    (_MEAN, "mean"),
    (_DEVIATION, "standard_deviation"),
)


@dataclass(frozen=True, slots=True)
class Channel:
    """How one channel is written; the attributes are raw octet pairs, as they stand.

    Attributes
    ----------
    name : as `CHANNELS` lists them.
    scaling : exponent (5 bits, excess 16) and fraction (11 bits) of the scaling value; None for 1.
    minimum, maximum, mean, standard_deviation : of the values, None where not given.
    constant : every value is 1 and none is written.
    detrended : the linear component was removed.
    """

    name: str
    scaling: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    mean: int | None = None
    standard_deviation: int | None = None
    constant: bool = False
    detrended: bool = False

    @property
    def scale(self) -> float:
        """Values per unit: metre, second, newton or degree."""
        if self.scaling is None:
            return 1.0
        return (1 + (self.scaling & 0x7FF) / 2048) * 2.0 ** ((self.scaling >> 11) - 16)

    @property
    def octets(self) -> int:
        """Octets of a value: one for the pen tip switch, else two."""
        return 1 if self.name == "S" else 2


def scaling_of(scale: float) -> int:
    """The coded scaling value that comes nearest from below.

    Raises
    ------
    ValueError : outside 2^-16 .. 65504.
    """
    if not 2.0**-16 <= scale < 2.0**16:
        raise ValueError(f"a scaling value lies between 2^-16 and 65504, not {scale!r}")
    exponent = int(np.floor(np.log2(scale)))
    fraction = min(2047, int((scale / 2.0**exponent - 1) * 2048))
    return (exponent + 16) << 11 | fraction


@dataclass(frozen=True, slots=True)
class SignatureRecord:
    """A signature as a series of sample points.

    Attributes
    ----------
    channels : what is recorded, in the order of the inclusion field; X and Y must be among them.
    values : one tuple a channel, raw; empty for a constant channel.
    extended_data : octets behind the points, None where there are none.
    """

    standard: ClassVar[str] = "ISO/IEC 19794-7"
    edition: ClassVar[int] = 2007

    channels: tuple[Channel, ...]
    values: tuple[tuple[int, ...], ...] = field(repr=False)
    extended_data: bytes | None = field(default=None, repr=False)

    @property
    def points(self) -> int:
        """How many sample points there are."""
        return max((len(column) for column in self.values), default=0)

    def channel(self, name: str) -> F64 | None:
        """A channel in its unit, None where it is not recorded."""
        for channel, column in zip(self.channels, self.values, strict=True):
            if channel.name == name:
                if channel.constant:
                    return np.full(self.points, 1 / channel.scale)
                raw = np.asarray(column, np.float64)
                return (raw - 32768 if name in SIGNED else raw) / channel.scale
        return None

    def samples(self) -> tuple[SignatureSample, ...]:
        """The signature as a sample: millimetres with y downwards, seconds, force as a share of its range.

        Raises
        ------
        RecordError : neither T nor DT is recorded, or X or Y lost its linear component.
        """
        x, y = self.channel("X"), self.channel("Y")
        if x is None or y is None or any(item.detrended for item in self.channels if item.name in ("X", "Y", "T")):
            raise RecordError("the pen's path cannot be rebuilt", field="channel descriptions", clause=STANDARD)
        t, step = self.channel("T"), self.channel("DT")
        if t is None:
            if step is None:
                raise RecordError("neither T nor DT is recorded", field="channel inclusion", clause=STANDARD)
            t = np.cumsum(step)
        down, azimuth, altitude = self.channel("S"), self.channel("Az"), self.channel("El")
        force = self._force()
        if down is None and force is not None:
            down = (force > 0).astype(np.float64)
        sample = SignatureSample(
            t,
            x * 1000,
            y * -1000,
            force,
            None if down is None else down > 0,
            None if azimuth is None else np.radians(azimuth),
            None if altitude is None else np.radians(altitude),
            capture=CaptureInfo(),
        )
        return (sample,)

    def _force(self) -> F64 | None:
        for channel, column in zip(self.channels, self.values, strict=True):
            if channel.name == "F":
                if channel.constant:
                    return np.ones(self.points)
                raw = np.asarray(column, np.float64)
                low = 0.0 if channel.minimum is None else float(channel.minimum)
                high = channel.maximum if channel.maximum is not None else raw.max(initial=low)
                return np.clip((raw - low) / max(1.0, high - low), 0, 1)
        return None


_U16 = Struct(">H")


def decode(reader: Reader) -> SignatureRecord:
    """The record that begins at the reader's place and fills its bytes."""
    reader.clause = STANDARD
    reader.take(8, "format identifier and version")
    (inclusion,) = reader.unpack(_U16, "channel inclusion")
    names = [name for bit, name in enumerate(CHANNELS) if inclusion >> 15 - bit & 1]
    if not {"X", "Y"} <= set(names):
        raise reader.error("the channels X and Y must be there", 8, "channel inclusion")
    if not {"T", "DT"} & set(names):
        reader.deviates("the channel T or DT must be there", 8, "channel inclusion")
    channels = tuple([_decode_channel(reader, name) for name in names])
    at = reader.at
    reserved, flags, high, low = reader.unpack(Struct(">BBBH"), "body")
    if reserved:
        reader.deviates(f"reserved octet holds {reserved}", at, "reserved")
    if flags & 0x7F:
        reader.deviates("reserved bits are set", at + 1, "extended data flag")
    count = high << 16 | low
    values = _decode_points(reader, channels, count)
    extended = None
    if flags & 0x80:
        (length,) = reader.unpack(_U16, "extended data length")
        extended = reader.take(length, "extended data")
    if reader.at != reader.end:
        reader.deviates(f"{reader.end - reader.at} bytes behind the last point", reader.at, "body")
        reader.at = reader.end
    return SignatureRecord(channels, values, extended)


def _decode_channel(reader: Reader, name: str) -> Channel:
    at = reader.at
    preamble = reader.take(1, f"{name} preamble")[0]
    if preamble & _RESERVED:
        reader.deviates("the reserved bit is set", at, f"{name} preamble")
    facts: dict[str, Any] = {}
    for bit, attribute in _ATTRIBUTES:
        if preamble & bit:
            (facts[attribute],) = reader.unpack(_U16, f"{name} {attribute}")
    return Channel(name, constant=bool(preamble & _CONSTANT), detrended=bool(preamble & _DETRENDED), **facts)


def _layout(channels: tuple[Channel, ...]) -> np.dtype[Any]:
    return np.dtype([(item.name, ">u2" if item.octets == 2 else "u1") for item in channels if not item.constant])


def _decode_points(reader: Reader, channels: tuple[Channel, ...], count: int) -> tuple[tuple[int, ...], ...]:
    layout = _layout(channels)
    if layout.itemsize == 0:
        if count:
            raise reader.error(f"{count} points without a written channel", reader.at, "number of sample points")
        return tuple(() for _ in channels)
    table = np.frombuffer(reader.take(layout.itemsize * count, "sample points"), layout)
    return tuple(() if item.constant else tuple(table[item.name].tolist()) for item in channels)


def encode(record: SignatureRecord) -> Writer:
    """The record's bytes and where each field stands in them."""
    writer = Writer(STANDARD)
    writer.raw("format identifier and version", MAGIC, "SDI 10")
    places = [CHANNELS.index(item.name) for item in record.channels]
    if places != sorted(set(places)):
        raise RecordError("channels stand in the order of the inclusion field", field="channels", clause=STANDARD)
    writer.uint("channel inclusion", sum(1 << 15 - place for place in places), 2)
    for item in record.channels:
        given = [(bit, name) for bit, name in _ATTRIBUTES if getattr(item, name) is not None]
        preamble = sum(bit for bit, _name in given)
        preamble |= (_CONSTANT if item.constant else 0) | (_DETRENDED if item.detrended else 0)
        writer.uint(f"{item.name} preamble", preamble, 1)
        for _bit, name in given:
            writer.uint(f"{item.name} {name.replace('_', ' ')}", getattr(item, name), 2)
    writer.uint("reserved", 0, 1)
    writer.uint("extended data flag", 0 if record.extended_data is None else 0x80, 1)
    count = record.points
    writer.uint("number of sample points", count, 3)
    table = np.zeros(count, _layout(record.channels))
    for item, column in zip(record.channels, record.values, strict=True):
        if not item.constant:
            if len(column) != count:
                raise RecordError("channels are of different lengths", field=item.name, clause=STANDARD)
            most = 255 if item.octets == 1 else 65535
            if column and not (min(column) >= 0 and max(column) <= most):
                raise RecordError(f"values do not fit 0..{most}", field=item.name, clause=STANDARD)
            table[item.name] = column
    writer.raw("sample points", table.tobytes(), f"{count} points")
    if record.extended_data is not None:
        writer.uint("extended data length", len(record.extended_data), 2)
        writer.raw("extended data", record.extended_data)
    return writer


def from_sample(sample: SignatureSample) -> SignatureRecord:
    """A signature as a record: positions to about a hundredth of a millimetre, times from its first stamp on.

    Raises
    ------
    ValueError : more points than the format counts, or a signature longer than its times can tell.
    """
    count = sample.t.size
    if count > MAX_POINTS:
        raise ValueError(f"{count} points are more than {MAX_POINTS}")
    start = float(sample.t.min()) if count else 0.0
    farthest = max((float(np.abs(axis).max(initial=0.0)) for axis in (sample.x, sample.y)), default=0.0) / 1000
    place = scaling_of(min(50_000.0, 32_000 / max(farthest, 1e-3)))
    clock = scaling_of(min(10_000.0, 65_000 / max(float(np.ptp(sample.t)) if count else 0.0, 1e-3)))
    channels, values = [], []

    def add(channel: Channel, column: F64) -> None:
        shift = 32768 if channel.name in SIGNED else 0
        channels.append(channel)
        values.append(tuple(np.round(column * channel.scale + shift).astype(int).tolist()))

    add(Channel("X", place), sample.x / 1000)
    add(Channel("Y", place), sample.y / -1000)
    add(Channel("T", clock), sample.t - start)
    if sample.force is not None:
        add(Channel("F", minimum=0, maximum=65535), sample.force * 65535)
    if sample.pen_down is not None:
        add(Channel("S"), sample.pen_down.astype(np.float64))
    turn = scaling_of(180.0)
    if sample.azimuth is not None:
        add(Channel("Az", turn), np.degrees(sample.azimuth) % 360)
    if sample.altitude is not None:
        add(Channel("El", turn), np.clip(np.degrees(sample.altitude), 0, 360))
    return SignatureRecord(tuple(channels), tuple(values))
