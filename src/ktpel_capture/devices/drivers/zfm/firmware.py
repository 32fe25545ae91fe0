"""The sensor's side of the protocol: bytes in, bytes out, as functions of time. No thread, no sleep.

`Firmware` plays a ZFM-20 or an R503 on any transport: in no time behind a loopback, in real time behind a pty or a
socket. What lies on its glass comes from a function of time. Its templates are its own: a coarse map of ridge
directions, enough to tell fingers apart on one sensor and of no use elsewhere.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ktpel_capture.arrays import F32, GreyImage
from ktpel_capture.devices.drivers.zfm.packets import (
    ANY_MODULE,
    BAUD_RATES,
    PACKET_SIZES,
    READY,
    Garbage,
    Instruction,
    Packet,
    PacketType,
    Parameter,
    Parameters,
    Product,
    Receiver,
    Reply,
    acknowledge,
    data_packets,
    joined,
    pack_image,
    seconds_on_the_wire,
)

Glass = Callable[[float], GreyImage | None]
"""What lies on the glass at a time: (height, width) uint8, or None for no finger."""

_TEMPLATE = 512
_CELLS = 16
_ALIKE = 0.75
"""Correlation from which two templates are of one finger."""


@dataclass(frozen=True, slots=True)
class Model:
    """A sensor of the family."""

    name: str
    size: tuple[int, int]
    greets: bool
    collecting: float
    """Seconds that taking a picture lasts."""
    capacity: int


ZFM20 = Model("ZFM-20", (256, 288), greets=False, collecting=0.35, capacity=200)
R503 = Model("R503", (192, 192), greets=True, collecting=0.2, capacity=200)
MODELS = {"zfm20": ZFM20, "r503": R503}


class Firmware:
    """A sensor that is switched on at its first moment.

    Parameters
    ----------
    model : which sensor it is.
    glass : what lies on it.
    parameters : settings in its flash.
    password : that it wants before anything else; 0 by default as delivered.
    """

    def __init__(
        self,
        model: Model = ZFM20,
        glass: Glass = lambda now: None,
        *,
        parameters: Parameters | None = None,
        password: int = 0,
        serial: str = "00000001",
    ) -> None:
        self.model = model
        self.glass = glass
        self.parameters = parameters or Parameters(capacity=model.capacity)
        self.password = password
        self.serial = serial
        self.led: tuple[int, ...] = ()
        self.library: dict[int, bytes] = {}
        self._receiver = Receiver()
        self._outgoing: deque[tuple[float, bytes]] = deque()
        self._line_free = 0.0
        self._image: GreyImage | None = None
        self._buffers: dict[int, bytes] = {}
        self._notes: dict[int, bytes] = {}
        self._verified = password == 0
        self._incoming: tuple[Instruction, int, list[Packet]] | None = None
        self._greeted = not model.greets
        self._random = np.random.default_rng(int.from_bytes(serial.encode()[-4:]))

    # The two ends of the wire.

    def feed(self, content: bytes, now: float) -> None:
        """Bytes that the host sent arrive."""
        for item in self._receiver.feed(content):
            if isinstance(item, Garbage):
                self._send(acknowledge(Reply.BAD_PACKET, address=self.parameters.address), now)
            elif item.address in (self.parameters.address, ANY_MODULE):
                self._take(item, now)

    def output(self, now: float) -> bytes:
        """Bytes that have left by now, at the speed of the line."""
        if not self._greeted:
            self._greeted = True
            self._outgoing.appendleft((now, READY))
        sent = b""
        while self._outgoing and self._outgoing[0][0] <= now:
            sent += self._outgoing.popleft()[1]
        return sent

    def next_output(self) -> float | None:
        """When the next byte leaves, None where nothing is on its way."""
        return self._outgoing[0][0] if self._outgoing else None

    @property
    def speed(self) -> int:
        return self.parameters.baud

    # What it does.

    def _take(self, packet: Packet, now: float) -> None:
        if packet.type is PacketType.COMMAND and packet.payload:
            self._incoming = None
            self._obey(packet.payload[0], packet.payload[1:], now)
        elif self._incoming is not None and packet.type in (PacketType.DATA, PacketType.END):
            self._incoming[2].append(packet)
            if packet.type is PacketType.END:
                self._receive(*self._incoming)
                self._incoming = None

    def _obey(self, code: int, arguments: bytes, now: float) -> None:
        if code not in Instruction._value2member_map_:
            self._answer(Reply.UNKNOWN, now)
            return
        instruction = Instruction(code)
        open_to_all = (Instruction.VERIFY_PASSWORD, Instruction.HANDSHAKE, Instruction.ECHO)
        if not self._verified and instruction not in open_to_all:
            self._answer(Reply.WRONG_PASSWORD, now)
            return
        try:
            _ACTIONS[instruction](self, arguments, now)
        except (struct.error, IndexError):
            self._answer(Reply.BAD_PACKET, now)

    def _answer(self, code: int, now: float, content: bytes = b"", *, after: float = 0.002) -> None:
        self._send(acknowledge(code, content, self.parameters.address), now + after)

    def _send(self, content: bytes, now: float) -> None:
        start = max(now, self._line_free)
        self._line_free = start + seconds_on_the_wire(len(content), self.parameters.baud)
        self._outgoing.append((self._line_free, content))

    def _send_data(self, content: bytes, now: float) -> None:
        for packet in data_packets(content, self.parameters.packet_size, self.parameters.address):
            self._send(packet, now)

    # Instructions, in the manual's order.

    def _collect(self, arguments: bytes, now: float) -> None:
        picture = self.glass(now)
        if picture is None:
            self._answer(Reply.NO_FINGER, now, after=self.model.collecting / 3)
            return
        width, height = self.model.size
        if picture.shape != (height, width):
            raise ValueError(f"the glass of {self.model.name} is {width}x{height} px, not {picture.shape[::-1]}")
        self._image = picture
        self._answer(Reply.OK, now, after=self.model.collecting)

    def _extract(self, arguments: bytes, now: float) -> None:
        if self._image is None:
            self._answer(Reply.NO_IMAGE, now)
            return
        template = _template(self._image)
        if template is None:
            self._answer(Reply.TOO_FEW_FEATURES, now, after=0.2)
            return
        self._buffers[_buffer(arguments[0])] = template
        self._answer(Reply.OK, now, after=0.2)

    def _match(self, arguments: bytes, now: float) -> None:
        first, second = self._buffers.get(1), self._buffers.get(2)
        alike = _likeness(first, second) if first and second else 0.0
        score = struct.pack(">H", _score(alike))
        self._answer(Reply.OK if alike >= _ALIKE else Reply.NO_MATCH, now, score)

    def _search(self, arguments: bytes, now: float) -> None:
        buffer, start, count = struct.unpack_from(">BHH", arguments)
        wanted = self._buffers.get(_buffer(buffer), b"")
        scores = {
            page: _likeness(wanted, template)
            for page, template in self.library.items()
            if wanted and start <= page < start + count
        }
        best = max(scores, key=lambda page: scores[page], default=0)
        alike = scores.get(best, 0.0)
        if alike < _ALIKE:
            self._answer(Reply.NOT_FOUND, now, struct.pack(">HH", 0, 0), after=0.1)
        else:
            self._answer(Reply.OK, now, struct.pack(">HH", best, _score(alike)), after=0.1)

    def _combine(self, arguments: bytes, now: float) -> None:
        first, second = self._buffers.get(1), self._buffers.get(2)
        if not first or not second or _likeness(first, second) < _ALIKE:
            self._answer(Reply.CANNOT_COMBINE, now)
            return
        self._buffers[1] = self._buffers[2] = first
        self._answer(Reply.OK, now)

    def _store(self, arguments: bytes, now: float) -> None:
        buffer, page = struct.unpack_from(">BH", arguments)
        template = self._buffers.get(_buffer(buffer))
        if page >= self.parameters.capacity:
            self._answer(Reply.NO_SUCH_PAGE, now)
        elif template is None:
            self._answer(Reply.FLASH_ERROR, now)
        else:
            self.library[page] = template
            self._answer(Reply.OK, now)

    def _load(self, arguments: bytes, now: float) -> None:
        buffer, page = struct.unpack_from(">BH", arguments)
        if page >= self.parameters.capacity:
            self._answer(Reply.NO_SUCH_PAGE, now)
        elif page not in self.library:
            self._answer(Reply.BAD_TEMPLATE, now)
        else:
            self._buffers[_buffer(buffer)] = self.library[page]
            self._answer(Reply.OK, now)

    def _upload_template(self, arguments: bytes, now: float) -> None:
        template = self._buffers.get(_buffer(arguments[0]))
        if template is None:
            self._answer(Reply.CANNOT_SEND_TEMPLATE, now)
            return
        self._answer(Reply.OK, now)
        self._send_data(template, now)

    def _download_template(self, arguments: bytes, now: float) -> None:
        self._incoming = (Instruction.DOWNLOAD_TEMPLATE, _buffer(arguments[0]), [])
        self._answer(Reply.OK, now)

    def _upload_image(self, arguments: bytes, now: float) -> None:
        if self._image is None:
            self._answer(Reply.CANNOT_SEND_IMAGE, now)
            return
        self._answer(Reply.OK, now)
        self._send_data(pack_image(self._image), now)

    def _download_image(self, arguments: bytes, now: float) -> None:
        self._incoming = (Instruction.DOWNLOAD_IMAGE, 0, [])
        self._answer(Reply.OK, now)

    def _receive(self, what: Instruction, buffer: int, packets: list[Packet]) -> None:
        content = joined(packets)
        if what is Instruction.DOWNLOAD_TEMPLATE:
            self._buffers[buffer] = content[:_TEMPLATE].ljust(_TEMPLATE, b"\0")
            return
        width, height = self.model.size
        if 2 * len(content) == width * height:
            pairs = np.frombuffer(content, np.uint8)
            levels = np.stack([pairs >> 4, pairs & 0x0F], axis=1).astype(np.uint8)
            self._image = levels.reshape(height, width) * np.uint8(17)

    def _delete(self, arguments: bytes, now: float) -> None:
        page, count = struct.unpack_from(">HH", arguments)
        if page + count > self.parameters.capacity:
            self._answer(Reply.CANNOT_DELETE, now)
            return
        for number in range(page, page + count):
            self.library.pop(number, None)
        self._answer(Reply.OK, now)

    def _empty(self, arguments: bytes, now: float) -> None:
        self.library.clear()
        self._answer(Reply.OK, now)

    def _set_parameter(self, arguments: bytes, now: float) -> None:
        register, value = arguments[0], arguments[1]
        changed = self.parameters
        if register == Parameter.BAUD and 9600 * value in BAUD_RATES:
            changed = replace(changed, baud=9600 * value)
        elif register == Parameter.SECURITY and 1 <= value <= 5:
            changed = replace(changed, security=value)
        elif register == Parameter.PACKET_SIZE and value < len(PACKET_SIZES):
            changed = replace(changed, packet_size=PACKET_SIZES[value])
        else:
            known = register in Parameter._value2member_map_
            self._answer(Reply.BAD_REGISTER_VALUE if known else Reply.NO_SUCH_REGISTER, now)
            return
        self._answer(Reply.OK, now)  # still at the old speed
        self.parameters = changed

    def _read_parameters(self, arguments: bytes, now: float) -> None:
        status = 4 * self._verified | 8 * (self._image is not None)
        self._answer(Reply.OK, now, replace(self.parameters, status=status).encode())

    def _set_password(self, arguments: bytes, now: float) -> None:
        (self.password,) = struct.unpack_from(">I", arguments)
        self._answer(Reply.OK, now)

    def _verify_password(self, arguments: bytes, now: float) -> None:
        (offered,) = struct.unpack_from(">I", arguments)
        self._verified = offered == self.password
        self._answer(Reply.OK if self._verified else Reply.WRONG_PASSWORD, now)

    def _tell_random(self, arguments: bytes, now: float) -> None:
        self._answer(Reply.OK, now, self._random.bytes(4))

    def _set_address(self, arguments: bytes, now: float) -> None:
        (address,) = struct.unpack_from(">I", arguments)
        self.parameters = replace(self.parameters, address=address)
        self._answer(Reply.OK, now)

    def _write_note(self, arguments: bytes, now: float) -> None:
        if arguments[0] >= 16:
            self._answer(Reply.NO_SUCH_NOTE, now)
            return
        self._notes[arguments[0]] = arguments[1:33].ljust(32, b"\0")
        self._answer(Reply.OK, now)

    def _read_note(self, arguments: bytes, now: float) -> None:
        if arguments[0] >= 16:
            self._answer(Reply.NO_SUCH_NOTE, now)
            return
        self._answer(Reply.OK, now, self._notes.get(arguments[0], bytes(32)))

    def _count(self, arguments: bytes, now: float) -> None:
        self._answer(Reply.OK, now, struct.pack(">H", len(self.library)))

    def _index(self, arguments: bytes, now: float) -> None:
        first = 256 * arguments[0]
        table = bytearray(32)
        for page in self.library:
            if first <= page < first + 256:
                table[(page - first) // 8] |= 1 << (page % 8)
        self._answer(Reply.OK, now, bytes(table))

    def _light(self, arguments: bytes, now: float) -> None:
        self.led = tuple(arguments[:4])
        self._answer(Reply.OK, now)

    def _led_on(self, arguments: bytes, now: float) -> None:
        self.led = (1,)
        self._answer(Reply.OK, now)

    def _led_off(self, arguments: bytes, now: float) -> None:
        self.led = ()
        self._answer(Reply.OK, now)

    def _acknowledge_only(self, arguments: bytes, now: float) -> None:
        self._answer(Reply.OK, now)

    def _echo(self, arguments: bytes, now: float) -> None:
        self._answer(0x55, now)

    def _version(self, arguments: bytes, now: float) -> None:
        self._answer(Reply.OK, now, f"{self.model.name} sim 1.0".encode("ascii")[:32].ljust(32, b"\0"))

    def _product(self, arguments: bytes, now: float) -> None:
        if not self.model.greets:
            self._answer(Reply.UNKNOWN, now)  # a ZFM-20 does not know it
            return
        width, height = self.model.size
        product = Product(
            self.model.name, "SIM", self.serial, (1, 0), "FPC1011", width, height, _TEMPLATE, self.parameters.capacity
        )
        self._answer(Reply.OK, now, product.encode())

    def _reset(self, arguments: bytes, now: float) -> None:
        self._answer(Reply.OK, now)
        self._image, self._buffers, self._verified = None, {}, self.password == 0
        if self.model.greets:
            self._send(READY, now + 0.2)


_ACTIONS: dict[Instruction, Callable[[Firmware, bytes, float], None]] = {
    Instruction.COLLECT: Firmware._collect,
    Instruction.EXTRACT: Firmware._extract,
    Instruction.MATCH: Firmware._match,
    Instruction.SEARCH: Firmware._search,
    Instruction.COMBINE: Firmware._combine,
    Instruction.STORE: Firmware._store,
    Instruction.LOAD: Firmware._load,
    Instruction.UPLOAD_TEMPLATE: Firmware._upload_template,
    Instruction.DOWNLOAD_TEMPLATE: Firmware._download_template,
    Instruction.UPLOAD_IMAGE: Firmware._upload_image,
    Instruction.DOWNLOAD_IMAGE: Firmware._download_image,
    Instruction.DELETE: Firmware._delete,
    Instruction.EMPTY: Firmware._empty,
    Instruction.SET_PARAMETER: Firmware._set_parameter,
    Instruction.READ_PARAMETERS: Firmware._read_parameters,
    Instruction.SET_PASSWORD: Firmware._set_password,
    Instruction.VERIFY_PASSWORD: Firmware._verify_password,
    Instruction.RANDOM: Firmware._tell_random,
    Instruction.SET_ADDRESS: Firmware._set_address,
    Instruction.WRITE_NOTE: Firmware._write_note,
    Instruction.READ_NOTE: Firmware._read_note,
    Instruction.FAST_SEARCH: Firmware._search,
    Instruction.COUNT: Firmware._count,
    Instruction.INDEX: Firmware._index,
    Instruction.AURA_LED: Firmware._light,
    Instruction.CHECK_SENSOR: Firmware._acknowledge_only,
    Instruction.ALGORITHM_VERSION: Firmware._version,
    Instruction.FIRMWARE_VERSION: Firmware._version,
    Instruction.PRODUCT: Firmware._product,
    Instruction.RESET: Firmware._reset,
    Instruction.HANDSHAKE: Firmware._acknowledge_only,
    Instruction.LED_ON: Firmware._led_on,
    Instruction.LED_OFF: Firmware._led_off,
    Instruction.ECHO: Firmware._echo,
}


def _buffer(number: int) -> int:
    """Any number but 1 means the second buffer."""
    return 1 if number == 1 else 2


def _template(image: GreyImage) -> bytes | None:
    """(16, 16) mean doubled ridge directions as signed bytes; None where the picture has no ridges."""
    rows, cols = image.shape[0] // _CELLS, image.shape[1] // _CELLS
    picture = image[: rows * _CELLS, : cols * _CELLS].astype(np.float32)
    if picture.std() < 8:
        return None
    gradients = np.gradient(picture)
    down, right = np.asarray(gradients[0], np.float32), np.asarray(gradients[1], np.float32)
    cosine, sine = right**2 - down**2, 2 * right * down

    def cells(values: F32) -> F32:
        means: F32 = values.reshape(_CELLS, rows, _CELLS, cols).mean((1, 3))
        return means

    directions = np.stack([cells(cosine), cells(sine)])
    energy = cells(right**2 + down**2)
    unit = directions / np.maximum(energy, 1e-6)
    return np.clip(np.rint(unit * 127), -127, 127).astype(np.int8).tobytes()


def _likeness(first: bytes, second: bytes) -> float:
    """Correlation of two templates, best over small shifts."""
    one = np.frombuffer(first, np.int8).reshape(2, _CELLS, _CELLS).astype(np.float32)
    two = np.frombuffer(second, np.int8).reshape(2, _CELLS, _CELLS).astype(np.float32)
    best = 0.0
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            moved = np.roll(two, (down, right), (1, 2))[:, 1:-1, 1:-1]
            kept = one[:, 1:-1, 1:-1]
            scale = float(np.sqrt((kept**2).sum() * (moved**2).sum()))
            best = max(best, float((kept * moved).sum()) / scale if scale else 0.0)
    return best


def _score(alike: float) -> int:
    return max(0, min(999, round(200 * alike)))
