"""The host's side: a ZFM-20, R30x or R503 on any transport as a fingerprint scanner.

The sensor has no live view; it takes a picture when a finger lies on it (DEVICE trigger), and uploads it at the speed
of the line: 3.5 s at 115,200 baud for 256 x 288 pixels. Four bits a pixel and a small window make it a sensor for
verification, not for enrolment.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ktpel_capture.cancel import NEVER
from ktpel_capture.clock import Clock, Deadline
from ktpel_capture.devices.drivers.zfm.packets import (
    ANY_MODULE,
    BAUD_RATES,
    IMAGE_SIZES,
    PACKET_SIZES,
    Garbage,
    Instruction,
    Packet,
    PacketType,
    Parameter,
    Parameters,
    Product,
    Receiver,
    Reply,
    command,
    data_packets,
    joined,
    unpack_image,
)
from ktpel_capture.devices.presenting import CaptureDriver, Turn
from ktpel_capture.devices.protocols import Condition, DeviceInfo, DeviceStatus, Kind, Trigger
from ktpel_capture.devices.transports import Transport, WireLost
from ktpel_capture.errors import (
    DeviceDisconnected,
    DeviceError,
    DeviceFault,
    DeviceNotFound,
    ProtocolError,
    RequestUnsupported,
)
from ktpel_capture.messages import advice
from ktpel_capture.requests import FingerRequest, Frame
from ktpel_capture.samples import FINGERS, CaptureInfo, FingerprintSample

PPI = {(256, 288): 500.0, (192, 192): 508.0}
"""Resolution by picture size, as the makers' data sheets state it; not measured by us."""
_ANSWER = 1.0
"""Seconds within which a sensor answers a command."""
_COLLECTING = 3.0
"""Seconds within which it answers that it took a picture."""
_SILENCE = 0.6
"""Seconds without a byte after which an upload counts as broken off."""
_QUIET = 0.2
"""Seconds of silence after which an unwanted upload is over."""
_LONGEST_UPLOAD = 45.0
"""Seconds that the largest picture takes at 9,600 baud."""
_MOST_READS = 100
"""Reads after which a line that never falls silent is listened to no longer."""
_POLL = 0.05
_UPLOADS = 2
"""Times an image is asked for when it came damaged: it stays in the sensor's buffer."""


class Link:
    """Commands and answers over a transport, one at a time.

    Parameters
    ----------
    transport : opened.
    clock : of the deadlines.
    info : for errors; replaced once more is known.
    address : of the module.

    Attributes
    ----------
    uploading : the sensor sends, or may still send, a picture that was broken off.
    """

    def __init__(self, transport: Transport, clock: Clock, info: DeviceInfo, address: int = ANY_MODULE) -> None:
        self.transport = transport
        self.info = info
        self._clock = clock
        self._address = address
        self._receiver = Receiver()
        self._arrived: list[Packet | Garbage] = []
        self.uploading = False

    def ask(
        self,
        instruction: Instruction,
        *arguments: int | bytes,
        wait: float = _ANSWER,
        turn: Turn | None = None,
    ) -> tuple[int, bytes]:
        """Send a command; its confirmation code and what came with it. ``turn`` calls it off, or lets it run out."""
        if self.uploading:
            self._let_pass(turn)
        self.flush()
        self._write(command(instruction, *arguments, address=self._address))
        packet = self._packet(Deadline(self._clock, wait), turn, f"no answer to {instruction.name.lower()}")
        if packet.type is not PacketType.ACK or not packet.payload:
            raise ProtocolError(self.info, f"{packet.type.name} instead of an answer to {instruction.name.lower()}")
        return packet.payload[0], packet.payload[1:]

    def demand(self, instruction: Instruction, *arguments: int | bytes, turn: Turn | None = None) -> bytes:
        """Send a command that must succeed."""
        code, content = self.ask(instruction, *arguments, turn=turn)
        if code != Reply.OK:
            raise self.refusal(instruction, code)
        return content

    def receive(self, most: int, turn: Turn | None = None) -> bytes:
        """The content of data packets up to the end packet, at most this many bytes."""
        packets: list[Packet] = []
        self.uploading = True
        while not packets or packets[-1].type is not PacketType.END:
            packet = self._packet(Deadline(self._clock, _SILENCE), turn, "the data stopped half way")
            if packet.type not in (PacketType.DATA, PacketType.END):
                raise ProtocolError(self.info, f"{packet.type.name} in the midst of data")
            packets.append(packet)
            if sum(len(each.payload) for each in packets) > most:
                raise ProtocolError(self.info, f"more than {most} bytes of data")
        self.uploading = False
        return joined(packets)

    def _let_pass(self, turn: Turn | None) -> None:
        """Wait until an upload that nobody wants any more has run out: the sensor cannot be stopped in one."""
        quiet = Deadline(self._clock, _QUIET)
        ends = Deadline(self._clock, _LONGEST_UPLOAD)
        while not quiet.passed and not ends.passed:
            with self._wired():
                arrived = self.transport.read(min(quiet.remaining, 0.1), cancel=turn.cancel if turn else NEVER)
            if turn is not None:
                turn.check()
            if arrived:
                quiet = Deadline(self._clock, _QUIET)
        self.uploading = False

    def send(self, content: bytes, size: int) -> None:
        """Send data packets."""
        for packet in data_packets(content, size, self._address):
            self._write(packet)

    def flush(self) -> None:
        """Forget what came unasked or too late."""
        self._arrived.clear()
        with self._wired():
            for _ in range(_MOST_READS):
                if not self.transport.read(0.0):
                    break
        self._receiver = Receiver()

    def refusal(self, instruction: Instruction, code: int) -> DeviceError:
        """What a confirmation code means, as an error."""
        name = Reply(code).name if code in Reply._value2member_map_ else f"{code:02x}h"
        text = name.lower().replace("_", " ")
        if code == Reply.BAD_PACKET:
            return ProtocolError(self.info, "the sensor received a damaged command", vendor_code=code, vendor_text=text)
        return DeviceFault(
            self.info, f"the sensor refuses {instruction.name.lower()}", vendor_code=code, vendor_text=text
        )

    def _write(self, content: bytes) -> None:
        with self._wired():
            self.transport.write(content)

    def _packet(self, deadline: Deadline, turn: Turn | None, silence: str) -> Packet:
        while not self._arrived:
            with self._wired():
                content = self.transport.read(min(deadline.remaining, 0.25), cancel=turn.cancel if turn else NEVER)
            self._arrived.extend(self._receiver.feed(content))
            if turn is not None:
                turn.check()
            if not self._arrived and deadline.passed:
                self.uploading = False
                damaged = f" ({self._receiver.waiting} bytes of a packet came)" if self._receiver.waiting else ""
                raise ProtocolError(self.info, silence + damaged, waited=deadline.seconds)
        item = self._arrived.pop(0)
        if isinstance(item, Garbage):
            raise ProtocolError(self.info, f"{item.reason} came: {item.content.hex(' ')}")
        return item

    @contextmanager
    def _wired(self) -> Iterator[None]:
        try:
            yield
        except WireLost as error:
            self.uploading = False
            raise DeviceDisconnected(self.info, f"the wire is gone: {error}") from error


class ZfmScanner(CaptureDriver[FingerRequest, Frame, FingerprintSample]):
    """A sensor that answers; made by `connect`."""

    def __init__(self, info: DeviceInfo, link: Link, parameters: Parameters, clock: Clock, ppi: float | None) -> None:
        super().__init__(info, clock)
        self._link = link
        self._talking = threading.Lock()
        self._parameters = parameters
        self._ppi = ppi
        self._captures = 0

    # Capturing.

    def _refuse(self, request: FingerRequest) -> None:
        if not isinstance(request, FingerRequest):
            raise TypeError(f"a fingerprint scanner takes a FingerRequest, not {type(request).__name__}")
        if request.position not in FINGERS:
            raise RequestUnsupported(self.info, "it takes one finger at a time")

    def _present(self, request: FingerRequest, turn: Turn) -> Iterator[Frame | tuple[FingerprintSample, ...]]:
        turn.waiting_for = "no finger was placed on the sensor"
        turn.advice = "The sensor answers, so the cable is good: wipe the glass, press a little harder."
        with self._talking:
            while self._collect(turn) is Reply.NO_FINGER:
                turn.wait(_POLL)
            turn.waiting_for = "the sensor had not sent the whole picture"
            turn.advice = "Give it more time, or raise the speed of the line: set_baud(115200)."
            pixels = unpack_image(self._upload(turn))
        self._captures += 1
        ppi = self._ppi or PPI[pixels.shape[1], pixels.shape[0]]
        yield (FingerprintSample(pixels, ppi, request.position, "live_plain", self._stamp()),)

    def _collect(self, turn: Turn) -> Reply:
        """Have a picture taken; whether there was a finger."""
        turn.check()
        code, _ = self._link.ask(Instruction.COLLECT, wait=_COLLECTING, turn=turn)
        if code in (Reply.OK, Reply.NO_FINGER):
            return Reply(code)
        if code == Reply.NOT_COLLECTED:  # the finger moved: the sensor tries again
            return Reply.NO_FINGER
        raise self._link.refusal(Instruction.COLLECT, code)

    def _upload(self, turn: Turn) -> bytes:
        """The picture's bytes; a damaged upload is asked for once more."""
        most = max(width * height // 2 for width, height in IMAGE_SIZES)
        for attempt in range(1, _UPLOADS + 1):
            turn.check()
            try:
                self._link.demand(Instruction.UPLOAD_IMAGE, turn=turn)
                content = self._link.receive(most, turn)
                unpack_image(content)
                return content
            except ValueError as error:
                failure = ProtocolError(self.info, str(error))
            except ProtocolError as error:
                failure = error
            if attempt == _UPLOADS:
                raise failure
        raise AssertionError("unreachable")

    def _stamp(self) -> CaptureInfo:
        return CaptureInfo(
            device=self.info.address,
            at=self._clock.now(),
            monotonic=self._clock.monotonic(),
            sequence=self._captures,
            reported={"grey_levels": 16},
        )

    # What else the sensor does.

    @property
    def parameters(self) -> Parameters:
        """Its settings as last read."""
        return self._parameters

    def read_parameters(self) -> Parameters:
        """Ask for its settings."""
        with self._talking:
            self._parameters = _parameters(self._link)
            return self._parameters

    def set_baud(self, baud: int) -> None:
        """Change the speed of the line, on both sides; the sensor keeps it when it is switched off."""
        if baud not in BAUD_RATES:
            raise ValueError(f"baud must be one of {', '.join(map(str, BAUD_RATES))}, not {baud!r}")
        with self._talking:
            self._link.demand(Instruction.SET_PARAMETER, Parameter.BAUD, baud // 9600)
            self._clock.wait(0.05)
            self._link.transport.baud = baud
            self._parameters = _parameters(self._link)

    def set_packet_size(self, size: int) -> None:
        """Bytes of payload in a data packet: 32, 64, 128 or 256."""
        if size not in PACKET_SIZES:
            raise ValueError(f"packet size must be one of {', '.join(map(str, PACKET_SIZES))}, not {size!r}")
        with self._talking:
            self._link.demand(Instruction.SET_PARAMETER, Parameter.PACKET_SIZE, PACKET_SIZES.index(size))
            self._parameters = replace(self._parameters, packet_size=size)

    def set_security(self, level: int) -> None:
        """How alike the sensor's own matching wants fingers: 1 lenient .. 5 strict."""
        if level not in range(1, 6):
            raise ValueError(f"security level must be 1..5, not {level!r}")
        with self._talking:
            self._link.demand(Instruction.SET_PARAMETER, Parameter.SECURITY, level)
            self._parameters = replace(self._parameters, security=level)

    def light(self, *, control: int = 1, speed: int = 0, colour: int = 2, times: int = 0) -> None:
        """The ring of an R503 (control 1 breathing, 2 flashing, 3 on, 4 off; colour 1 red, 2 blue, 3 purple), or the
        lamp of a ZFM-20 on and off."""
        with self._talking:
            code, _ = self._link.ask(Instruction.AURA_LED, control, speed, colour, times)
            if code == Reply.UNKNOWN:
                self._link.demand(Instruction.LED_OFF if control == 4 else Instruction.LED_ON)
            elif code != Reply.OK:
                raise self._link.refusal(Instruction.AURA_LED, code)

    def handshake(self) -> bool:
        """Whether the sensor is there and well."""
        with self._talking:
            code, _ = self._link.ask(Instruction.HANDSHAKE)
            return code == Reply.OK

    def _ask_status(self) -> DeviceStatus:
        if self._link.uploading:  # it cannot be asked before it has sent what nobody wants any more
            return DeviceStatus(Condition.BUSY, self._last_status.problems, self._last_status.details)
        try:
            parameters = self.read_parameters()
        except DeviceDisconnected:
            return DeviceStatus(Condition.GONE, (advice("device.plug_in_again"),))
        except ProtocolError:
            return DeviceStatus(Condition.NEEDS_ATTENTION, (advice("device.no_answer"),))
        details = {"baud": str(parameters.baud), "captures": str(self._captures)}
        return DeviceStatus(Condition.READY, (), details)

    def _release(self) -> None:
        self._link.transport.close()


def _parameters(link: Link) -> Parameters:
    content = link.demand(Instruction.READ_PARAMETERS)
    try:
        return Parameters.decode(content)
    except ValueError as error:
        raise ProtocolError(link.info, str(error)) from error


def connect(
    transport: Transport,
    address: str,
    clock: Clock,
    *,
    baud: int = 57_600,
    module: int = ANY_MODULE,
    password: int = 0,
    ppi: float | None = None,
) -> ZfmScanner:
    """Find the sensor's speed, unlock it, read what it is.

    Raises
    ------
    DeviceNotFound : nothing answers at any speed.
    DeviceFault : it wants another password.
    """
    link = Link(transport, clock, DeviceInfo(address, Kind.FINGERPRINT_SCANNER), module)
    try:
        _find_speed(link, baud, password)
        parameters = _parameters(link)
        product = _product(link)
        model = product.model if product is not None else "ZFM-20/R30x"
        size = (product.width, product.height) if product is not None else None
        info = DeviceInfo(
            address,
            Kind.FINGERPRINT_SCANNER,
            "ZhianTec" if product is None else "Hangzhou Grow",
            model,
            product.serial if product is not None else "",
            _version(link),
            "zfm",
            Trigger.DEVICE,
            FINGERS,
            ppi or PPI.get(size or (256, 288)),
        )
    except BaseException:
        transport.close()
        raise
    link.info = info
    return ZfmScanner(info, link, parameters, clock, ppi)


def _find_speed(link: Link, baud: int, password: int) -> None:
    speeds = (baud, *(speed for speed in (57_600, 115_200, 9600, 19_200, 38_400) if speed != baud))
    reason = ""
    for speed in speeds:
        link.transport.baud = speed
        for _ in range(2):  # the first command may meet a sensor that is still starting
            try:
                code, _ = link.ask(Instruction.VERIFY_PASSWORD, password.to_bytes(4), wait=0.3)
            except ProtocolError as error:
                reason = error.reason
                continue
            if code == Reply.OK:
                return
            if code == Reply.WRONG_PASSWORD:
                raise DeviceFault(
                    link.info,
                    "it is locked with another password",
                    vendor_code=code,
                    advice="Give the sensor's password: zfm:///dev/ttyUSB0?password=00000000 (hexadecimal).",
                )
    raise DeviceNotFound(
        link.info,
        f"no sensor answers at {', '.join(map(str, speeds))} baud ({reason})",
        advice="Check the cable and that RX and TX are crossed.",
    )


def _product(link: Link) -> Product | None:
    """What an R503 says of itself; older sensors do not know the question."""
    try:
        code, content = link.ask(Instruction.PRODUCT, wait=0.3)
        return Product.decode(content) if code == Reply.OK else None
    except (ProtocolError, ValueError):
        return None


def _version(link: Link) -> str:
    try:
        code, content = link.ask(Instruction.FIRMWARE_VERSION, wait=0.3)
    except ProtocolError:
        return ""
    return content.split(b"\0")[0].decode("ascii", "replace").strip() if code == Reply.OK else ""
