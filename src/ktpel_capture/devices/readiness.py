"""Is this kit ready to travel? Each device is opened and tried; what is wrong is a sentence an operator can act on.

Behind ``ktpel devices check``. A device that fails names its spare; what has no plug stands on the packing list.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ktpel_capture.clock import SYSTEM_CLOCK, Clock
from ktpel_capture.devices.protocols import Condition, DeviceInfo, DeviceStatus, Kind, Trigger, VolumeUsage
from ktpel_capture.devices.registry import open_device
from ktpel_capture.errors import CaptureTimeout, DeviceError, KtpelError
from ktpel_capture.messages import Advice, advice
from ktpel_capture.requests import FaceRequest, FingerRequest, IrisRequest, SignatureRequest

_FIRST_FRAME = 5.0
"""Seconds within which a live view shows something."""
_NETWORK = 20.0
"""Seconds to wait for the network."""
_ROOM = 1 << 30
"""Bytes that a day at a school may take, and then some."""
PACKING = (
    "tripod",
    "red_cloth",
    "blue_cloth",
    "lamp",
    "alcohol",
    "lotion",
    "tissue",
    "extension_cord",
    "power_bank",
    "blanks",
    "cleaning_card",
    "receipt_book",
)
"""What a kit needs besides its devices, in the order it is packed; sentences ``device.pack_<name>``."""


@dataclass(frozen=True, slots=True)
class DeviceReadiness:
    """One device of the kit.

    Attributes
    ----------
    address : that was tried.
    info : what it says it is, None where it could not be opened.
    problems : what must be mended before the journey.
    notes : what should be known, and stops nobody.
    spare : the spare to take along, None where it works.
    """

    address: str
    info: DeviceInfo | None
    problems: tuple[Advice, ...] = ()
    notes: tuple[Advice, ...] = ()
    spare: Advice | None = None

    @property
    def ready(self) -> bool:
        return not self.problems

    @property
    def versions(self) -> str:
        """Driver and firmware, as far as they are known."""
        if self.info is None:
            return ""
        firmware = f", firmware {self.info.firmware}" if self.info.firmware else ""
        return f"driver {self.info.driver or '?'}{firmware}"


@dataclass(frozen=True, slots=True)
class KitReadiness:
    """The whole kit.

    Attributes
    ----------
    devices : one an address, in the order given.
    problems : of the kit as a whole: a kind that nobody packed, one device twice.
    packing : what has no plug.
    """

    devices: tuple[DeviceReadiness, ...]
    problems: tuple[Advice, ...]
    packing: tuple[Advice, ...]

    @property
    def ready(self) -> bool:
        return not self.problems and all(device.ready for device in self.devices)


def packing_list() -> tuple[Advice, ...]:
    """What has no plug and is missed at the school: tripod, cloths, alcohol, lotion."""
    return tuple(advice(f"device.pack_{name}") for name in PACKING)


def examine(address: str, *, cards: int = 0, clock: Clock = SYSTEM_CLOCK) -> DeviceReadiness:
    """Try one device.

    Parameters
    ----------
    address : of the device.
    cards : that a printer must be able to print.
    clock : of the device.
    """
    try:
        device = open_device(address, clock=clock)
    except KtpelError as error:
        kind = _kind_behind(address)
        return DeviceReadiness(address, None, (_told(error),), spare=_spare(kind))
    info = device.info
    try:
        with device:
            status = _warm(device, clock)
            problems, notes = _by_status(status)
            more, noted = _tried(device, cards, clock)
            if info.kind is Kind.UPLINK:  # what passes no packet here may do so there
                problems, notes = (), problems + notes
    except KtpelError as error:
        return DeviceReadiness(address, info, (_told(error),), spare=_spare(info.kind))
    problems += more
    spare = _spare(info.kind) if problems else None
    return DeviceReadiness(address, info, _each_once(problems), _each_once(notes + noted), spare)


def examine_kit(addresses: Iterable[str], *, cards: int = 0, clock: Clock = SYSTEM_CLOCK) -> KitReadiness:
    """Try every device of a kit, and look whether one is missing.

    Parameters
    ----------
    addresses : of the devices that travel.
    cards : that the printer must be able to print.
    clock : of the devices.
    """
    devices = tuple(examine(address, cards=cards, clock=clock) for address in addresses)
    kinds = {device.info.kind if device.info else _kind_behind(device.address) for device in devices}
    problems = [advice(f"device.missing_{_name(kind)}") for kind in Kind if kind not in kinds]
    seen: dict[tuple[str, str], str] = {}
    for device in devices:
        if device.info is None or not device.info.serial:
            continue
        identity = (device.info.model, device.info.serial)
        if identity in seen:
            problems.append(advice("device.same_device_twice", first=seen[identity], second=device.address))
        seen.setdefault(identity, device.address)
    return KitReadiness(devices, tuple(problems), packing_list())


def _told(error: KtpelError) -> Advice:
    """An error as a sentence; the reason stays in English, as drivers give it."""
    reason = error.reason if isinstance(error, DeviceError) else error.message
    key = f"device.error_{error.code.rpartition('.')[2]}"
    try:
        return advice(key, reason=reason)
    except KeyError:
        return advice("device.error_other", reason=reason)


def _spare(kind: Kind | None) -> Advice | None:
    return None if kind is None else advice(f"device.spare_{_name(kind)}")


def _name(kind: Kind) -> str:
    return kind.value.replace("-", "_")


def _kind_behind(address: str) -> Kind | None:
    """What would have been behind an address that did not open, as far as its text tells."""
    text = address.lower()
    words = {
        "finger": Kind.FINGERPRINT_SCANNER,
        "zfm": Kind.FINGERPRINT_SCANNER,
        "iris": Kind.IRIS_SCANNER,
        "face": Kind.FACE_CAMERA,
        "signature": Kind.SIGNATURE_PAD,
        "reader": Kind.CARD_READER,
        "printer": Kind.CARD_PRINTER,
        "backup": Kind.BACKUP_VOLUME,
        "volume": Kind.BACKUP_VOLUME,
        "uplink": Kind.UPLINK,
    }
    return next((kind for word, kind in words.items() if word in text), None)


def _warm(device: Any, clock: Clock) -> DeviceStatus:
    """The status once the device has warmed up; a minute is given."""
    for _ in range(60):
        status: DeviceStatus = device.status()
        if status.condition is not Condition.WARMING_UP:
            break
        clock.wait(1.0)
    return status


def _by_status(status: DeviceStatus) -> tuple[tuple[Advice, ...], tuple[Advice, ...]]:
    if status.condition is Condition.READY:
        return (), status.problems
    if status.problems:
        return status.problems, ()
    return (advice("device.not_ready"),), ()


def _each_once(sentences: tuple[Advice, ...]) -> tuple[Advice, ...]:
    return tuple(dict.fromkeys(sentences))


def _tried(device: Any, cards: int, clock: Clock) -> tuple[tuple[Advice, ...], tuple[Advice, ...]]:
    """Use the device as far as that needs nobody: problems and notes."""
    match device.info.kind:
        case Kind.CARD_PRINTER:
            return _printer(device, cards)
        case Kind.BACKUP_VOLUME:
            return _volume(device)
        case Kind.UPLINK:
            return _uplink(device)
        case Kind.CARD_READER:
            return _reader(device)
    return _live_view(device), ()


def _live_view(device: Any) -> tuple[Advice, ...]:
    """One frame of a device with live view; it may show nobody."""
    info = device.info
    if not info.frame_rate:
        return ()
    requests = {
        Kind.FINGERPRINT_SCANNER: lambda: FingerRequest(info.takes[0]),
        Kind.IRIS_SCANNER: lambda: IrisRequest(info.takes[:1]),
        Kind.FACE_CAMERA: FaceRequest,
        Kind.SIGNATURE_PAD: SignatureRequest,
    }
    try:
        with device.present(requests[info.kind](), timeout=_FIRST_FRAME) as presentation:
            next(iter(presentation), None)
    except CaptureTimeout:
        if info.trigger is Trigger.DEVICE and not info.frame_rate:
            return ()
        return (advice("device.no_live_view"),)
    return ()


def _printer(device: Any, cards: int) -> tuple[tuple[Advice, ...], tuple[Advice, ...]]:
    problems = tuple(
        advice(f"device.printer_{item.name}_low", left=item.cards_left)
        for item in device.supplies().items
        if item.cards_left is not None and item.cards_left < cards
    )
    return problems, ()


def _volume(device: Any) -> tuple[tuple[Advice, ...], tuple[Advice, ...]]:
    """Write a little, read it back, take it away."""
    usage: VolumeUsage = device.usage()
    if not usage.writable:
        return (advice("device.volume_read_only"),), ()
    name, content = f"ktpel-check-{secrets.token_hex(4)}", secrets.token_bytes(4096)
    device.write(name, [content])
    try:
        with device.read(name) as file:
            same = file.read() == content
    finally:
        with suppress(KtpelError):
            device.remove(name)
    if not same:
        return (advice("device.volume_spoils"),), ()
    notes = (advice("device.volume_nearly_full"),) if usage.free < _ROOM else ()
    return (), notes


def _uplink(device: Any) -> tuple[tuple[Advice, ...], tuple[Advice, ...]]:
    """A link that does not pass here may pass there, and recording goes on without: a note, not a problem."""
    try:
        with device.online(timeout=_NETWORK) as state:
            weak = state.signal_dbm is not None and state.signal_dbm < -105
            return (), ((advice("device.weak_signal"),) if weak else ())
    except CaptureTimeout:
        return (), (advice("device.no_signal"),)


def _reader(device: Any) -> tuple[tuple[Advice, ...], tuple[Advice, ...]]:
    sam = next((slot for slot in device.slots() if "sam" in slot.lower()), None)
    if sam is None:
        return (), (advice("device.no_sam_slot"),)
    try:
        with device.card(sam, timeout=2.0):
            return (), ()
    except CaptureTimeout:
        return (advice("device.no_sam"),), ()
