"""The eight typed openers: the kind behind an address is checked, and known to the type checker.

Each returns a working device; there is no half-open state. Use it in a ``with`` block.
"""

from __future__ import annotations

from typing import Any

from ktpel_capture.clock import SYSTEM_CLOCK, Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.protocols import (
    BackupVolume,
    CardPrinter,
    CardReader,
    FaceCamera,
    FingerprintScanner,
    IrisScanner,
    Kind,
    SignaturePad,
    Uplink,
)
from ktpel_capture.devices.registry import open_device
from ktpel_capture.errors import DeviceError

_PLAYED_AS = {
    Kind.FINGERPRINT_SCANNER: "fingerprint",
    Kind.IRIS_SCANNER: "iris",
    Kind.FACE_CAMERA: "face",
    Kind.SIGNATURE_PAD: "signature",
}


def _open(address: str, kind: Kind, clock: Clock) -> Any:
    where = Address.parse(address)
    if where.scheme == "folder" and "kind" not in where.query and kind in _PLAYED_AS:
        # a folder is no device of its own: it plays the kind that is opened
        address = str(Address(where.scheme, where.path, {**where.query, "kind": _PLAYED_AS[kind]}))
    device = open_device(address, clock=clock)
    if device.info.kind is not kind:
        other, info = device.info.kind, device.info
        device.close()
        opener = f"open_{other.value.replace('-', '_')}"
        raise DeviceError(
            info,
            f"this is {_named(other)}, not {_named(kind)}",
            advice=f"Open it with {opener}(), or give another address.",
        )
    return device


def _named(kind: Kind) -> str:
    name = kind.value.replace("-", " ")
    return f"an {name}" if name[0] in "iu" else f"a {name}"


def open_fingerprint_scanner(address: str, *, clock: Clock = SYSTEM_CLOCK) -> FingerprintScanner:
    """Open a fingerprint scanner: ``sim:fingerprint?seed=7``, ``zfm:///dev/ttyUSB0``, ``folder:/prints``.

    Raises
    ------
    DeviceError : another kind of device (both are named), nothing there, busy, or no driver.
    """
    scanner: FingerprintScanner = _open(address, Kind.FINGERPRINT_SCANNER, clock)
    return scanner


def open_iris_scanner(address: str, *, clock: Clock = SYSTEM_CLOCK) -> IrisScanner:
    """Open an iris scanner: ``sim:iris?seed=7``. Errors as in `open_fingerprint_scanner`."""
    scanner: IrisScanner = _open(address, Kind.IRIS_SCANNER, clock)
    return scanner


def open_face_camera(address: str, *, clock: Clock = SYSTEM_CLOCK) -> FaceCamera:
    """Open a camera for portraits: ``sim:face?seed=7``. Errors as in `open_fingerprint_scanner`."""
    camera: FaceCamera = _open(address, Kind.FACE_CAMERA, clock)
    return camera


def open_signature_pad(address: str, *, clock: Clock = SYSTEM_CLOCK) -> SignaturePad:
    """Open a signature pad: ``sim:signature?seed=7``. Errors as in `open_fingerprint_scanner`."""
    pad: SignaturePad = _open(address, Kind.SIGNATURE_PAD, clock)
    return pad


def open_card_reader(address: str, *, clock: Clock = SYSTEM_CLOCK) -> CardReader:
    """Open a card reader: ``sim:card-reader``. Errors as in `open_fingerprint_scanner`."""
    reader: CardReader = _open(address, Kind.CARD_READER, clock)
    return reader


def open_card_printer(address: str, *, clock: Clock = SYSTEM_CLOCK) -> CardPrinter:
    """Open a card printer: ``sim:card-printer``. Errors as in `open_fingerprint_scanner`."""
    printer: CardPrinter = _open(address, Kind.CARD_PRINTER, clock)
    return printer


def open_backup_volume(address: str, *, clock: Clock = SYSTEM_CLOCK) -> BackupVolume:
    """Open a backup drive: ``volume:/media/backup``, ``sim:backup``. Errors as in `open_fingerprint_scanner`."""
    volume: BackupVolume = _open(address, Kind.BACKUP_VOLUME, clock)
    return volume


def open_uplink(address: str, *, clock: Clock = SYSTEM_CLOCK) -> Uplink:
    """Open the modem or network link: ``sim:uplink``. Errors as in `open_fingerprint_scanner`."""
    uplink: Uplink = _open(address, Kind.UPLINK, clock)
    return uplink
