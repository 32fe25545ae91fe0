"""Bytes and values of the ZhianTec serial protocol (ZFM-20, R30x, R503), both directions, without any device.

Every packet is ``EF 01``, a 4-byte module address, a type, a 2-byte length that counts payload and checksum, the
payload, and a 16-bit checksum over type, length and payload; numbers are big-endian. A command is answered by one
acknowledgement that opens with a confirmation code; images and templates follow it, or are sent, as data packets,
the last of type "end".

Source: Hangzhou Zhian, ZFM-20 series user manual 2.0 (2010) and ZFM-70; Hangzhou Grow, R503 user manual 1.2 (2021).
Instruction 53h (echo) stands in the Adafruit edition of the ZFM-20 manual only.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ktpel_capture.arrays import GreyImage

HEADER = b"\xef\x01"
ANY_MODULE = 0xFFFF_FFFF
READY = b"\x55"
"""What an R503 sends once, unasked, when it has started."""
BAUD_RATES = tuple(9600 * n for n in range(1, 13))
PACKET_SIZES = (32, 64, 128, 256)
LONGEST = 256
"""Bytes of payload that a module sends in one packet at most."""
IMAGE_SIZES = ((256, 288), (192, 192))
"""(width, height) of ZFM-20/R30x and of R503."""


class PacketType(IntEnum):
    COMMAND = 0x01
    DATA = 0x02
    ACK = 0x07
    END = 0x08


class Reply(IntEnum):
    """Confirmation codes that a driver meets."""

    OK = 0x00
    BAD_PACKET = 0x01
    NO_FINGER = 0x02
    NOT_COLLECTED = 0x03
    TOO_MESSY = 0x06
    TOO_FEW_FEATURES = 0x07
    NO_MATCH = 0x08
    NOT_FOUND = 0x09
    CANNOT_COMBINE = 0x0A
    NO_SUCH_PAGE = 0x0B
    BAD_TEMPLATE = 0x0C
    CANNOT_SEND_TEMPLATE = 0x0D
    CANNOT_RECEIVE = 0x0E
    CANNOT_SEND_IMAGE = 0x0F
    CANNOT_DELETE = 0x10
    CANNOT_EMPTY = 0x11
    WRONG_PASSWORD = 0x13
    NO_IMAGE = 0x15
    FLASH_ERROR = 0x18
    UNKNOWN = 0x19
    NO_SUCH_REGISTER = 0x1A
    BAD_REGISTER_VALUE = 0x1B
    NO_SUCH_NOTE = 0x1C
    SENSOR_FAULT = 0x29


class Instruction(IntEnum):
    COLLECT = 0x01
    EXTRACT = 0x02
    MATCH = 0x03
    SEARCH = 0x04
    COMBINE = 0x05
    STORE = 0x06
    LOAD = 0x07
    UPLOAD_TEMPLATE = 0x08
    DOWNLOAD_TEMPLATE = 0x09
    UPLOAD_IMAGE = 0x0A
    DOWNLOAD_IMAGE = 0x0B
    DELETE = 0x0C
    EMPTY = 0x0D
    SET_PARAMETER = 0x0E
    READ_PARAMETERS = 0x0F
    SET_PASSWORD = 0x12
    VERIFY_PASSWORD = 0x13
    RANDOM = 0x14
    SET_ADDRESS = 0x15
    WRITE_NOTE = 0x18
    READ_NOTE = 0x19
    FAST_SEARCH = 0x1B
    COUNT = 0x1D
    INDEX = 0x1F
    AURA_LED = 0x35
    CHECK_SENSOR = 0x36
    ALGORITHM_VERSION = 0x39
    FIRMWARE_VERSION = 0x3A
    PRODUCT = 0x3C
    RESET = 0x3D
    HANDSHAKE = 0x40
    LED_ON = 0x50
    LED_OFF = 0x51
    ECHO = 0x53


class Parameter(IntEnum):
    """Registers of SET_PARAMETER."""

    BAUD = 4
    SECURITY = 5
    PACKET_SIZE = 6


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; its checksum is made and checked on the way."""

    type: PacketType
    payload: bytes
    address: int = ANY_MODULE

    def encode(self) -> bytes:
        body = struct.pack(">BH", self.type, len(self.payload) + 2) + self.payload
        return HEADER + struct.pack(">I", self.address) + body + struct.pack(">H", sum(body) & 0xFFFF)


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that are no packet: ``reason`` says why."""

    reason: str
    content: bytes


class Receiver:
    """Cuts a stream of bytes into packets, and finds the next packet after garbage.

    Bytes before a header are dropped silently (noise on the line, the R503's ready sign); a packet with a wrong
    checksum, type or length comes out as `Garbage`, and reading goes on behind its header.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, content: bytes) -> Iterator[Packet | Garbage]:
        """Take bytes as they come; give what is complete."""
        self._bytes += content
        while (item := self._next()) is not None:
            yield item

    @property
    def waiting(self) -> int:
        """Bytes of a packet that is not complete yet."""
        return len(self._bytes)

    def _next(self) -> Packet | Garbage | None:
        start = self._bytes.find(HEADER)
        if start < 0:
            keep = 1 if self._bytes.endswith(HEADER[:1]) else 0
            del self._bytes[: len(self._bytes) - keep]
            return None
        del self._bytes[:start]
        if len(self._bytes) < 9:
            return None
        address, kind, length = struct.unpack_from(">IBH", self._bytes, 2)
        if kind not in PacketType._value2member_map_:
            return self._skip(f"a packet of type {kind:02x}h")
        if not 2 <= length <= LONGEST + 2:
            return self._skip(f"a packet of {length} bytes")
        end = 9 + length
        if len(self._bytes) < end:
            return None
        body = bytes(self._bytes[6 : end - 2])
        (checksum,) = struct.unpack_from(">H", self._bytes, end - 2)
        if sum(body) & 0xFFFF != checksum:
            return self._skip("a packet with a wrong checksum")
        del self._bytes[:end]
        return Packet(PacketType(kind), body[3:], address)

    def _skip(self, reason: str) -> Garbage:
        content = bytes(self._bytes[:9])
        del self._bytes[: len(HEADER)]
        return Garbage(reason, content)


def command(instruction: Instruction, *arguments: int | bytes, address: int = ANY_MODULE) -> bytes:
    """A command; whole numbers are single bytes."""
    payload = bytes([instruction]) + b"".join(
        bytes([argument]) if isinstance(argument, int) else argument for argument in arguments
    )
    return Packet(PacketType.COMMAND, payload, address).encode()


def acknowledge(code: int, content: bytes = b"", address: int = ANY_MODULE) -> bytes:
    """An acknowledgement."""
    return Packet(PacketType.ACK, bytes([code]) + content, address).encode()


def data_packets(content: bytes, size: int, address: int = ANY_MODULE) -> Iterator[bytes]:
    """Content cut into data packets of ``size`` bytes, the last marked as the end."""
    for start in range(0, max(1, len(content)), size):
        last = start + size >= len(content)
        kind = PacketType.END if last else PacketType.DATA
        yield Packet(kind, content[start : start + size], address).encode()


@dataclass(frozen=True, slots=True)
class Parameters:
    """What READ_PARAMETERS answers.

    Attributes
    ----------
    status : status register; bit 0 busy, 1 a finger matched, 2 password verified, 3 the image buffer is valid.
    system : identifier of the system.
    capacity : templates that fit the library.
    security : 1 .. 5.
    address : of the module.
    packet_size : bytes of payload in a data packet.
    baud : bits a second.
    """

    status: int = 0
    system: int = 9
    capacity: int = 200
    security: int = 3
    address: int = ANY_MODULE
    packet_size: int = 128
    baud: int = 57_600

    def encode(self) -> bytes:
        size = PACKET_SIZES.index(self.packet_size)
        return struct.pack(
            ">HHHHIHH", self.status, self.system, self.capacity, self.security, self.address, size, self.baud // 9600
        )

    @classmethod
    def decode(cls, content: bytes) -> Parameters:
        if len(content) != 16:
            raise ValueError(f"system parameters are 16 bytes, not {len(content)}")
        status, system, capacity, security, address, size, speed = struct.unpack(">HHHHIHH", content)
        if size >= len(PACKET_SIZES) or not 1 <= speed <= 12:
            raise ValueError(f"packet size code {size}, baud setting {speed} do not exist")
        return cls(status, system, capacity, security, address, PACKET_SIZES[size], speed * 9600)


@dataclass(frozen=True, slots=True)
class Product:
    """What PRODUCT answers (R503): model, batch, serial number, hardware, sensor and its size."""

    model: str
    batch: str
    serial: str
    hardware: tuple[int, int]
    sensor: str
    width: int
    height: int
    template_size: int
    capacity: int

    def encode(self) -> bytes:
        texts = ((self.model, 16), (self.batch, 4), (self.serial, 8))
        head = b"".join(text.encode("ascii")[:length].ljust(length, b"\0") for text, length in texts)
        sensor = self.sensor.encode("ascii")[:8].ljust(8, b"\0")
        numbers = struct.pack(">HHHH", self.width, self.height, self.template_size, self.capacity)
        return head + bytes(self.hardware) + sensor + numbers

    @classmethod
    def decode(cls, content: bytes) -> Product:
        if len(content) != 46:
            raise ValueError(f"product information is 46 bytes, not {len(content)}")

        def text(start: int, length: int) -> str:
            return content[start : start + length].split(b"\0")[0].decode("ascii", "replace").strip()

        width, height, template_size, capacity = struct.unpack_from(">HHHH", content, 38)
        hardware = (content[28], content[29])
        return cls(text(0, 16), text(16, 4), text(20, 8), hardware, text(30, 8), width, height, template_size, capacity)


def image_size(length: int) -> tuple[int, int]:
    """(width, height) of an image of this many bytes, from the bytes alone: two pixels a byte.

    Raises
    ------
    ValueError : no sensor of this family sends so many.
    """
    for width, height in IMAGE_SIZES:
        if width * height == 2 * length:
            return width, height
    known = " or ".join(f"{width * height // 2}" for width, height in IMAGE_SIZES)
    raise ValueError(f"an image of {length} bytes is of no known sensor; {known} were expected")


def unpack_image(content: bytes) -> GreyImage:
    """(height, width) uint8 of an image as it came: high nibble first, 16 grey levels spread over 0..255."""
    width, height = image_size(len(content))
    pairs = np.frombuffer(content, np.uint8)
    nibbles = np.empty(2 * len(pairs), np.uint8)
    nibbles[0::2] = pairs >> 4
    nibbles[1::2] = pairs & 0x0F
    image: GreyImage = nibbles.reshape(height, width) * np.uint8(17)
    return image


def pack_image(image: GreyImage) -> bytes:
    """The bytes that a sensor sends for a picture: each pixel rounded to 16 levels."""
    levels = np.rint(image.ravel() / 17).astype(np.uint8)
    packed: bytes = (levels[0::2] << 4 | levels[1::2]).astype(np.uint8).tobytes()
    return packed


def joined(packets: Iterable[Packet]) -> bytes:
    """The content of data packets."""
    return b"".join(packet.payload for packet in packets)


def seconds_on_the_wire(length: int, baud: int) -> float:
    """Seconds that bytes take: ten bits each (start, eight, stop)."""
    return math.ceil(length) * 10 / baud
