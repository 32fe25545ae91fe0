"""The devices of a station by role, each with its spares: opened when needed, replaced when one breaks down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, Self, TypeAlias

import ktpel_capture as kc
from ktpel_capture import (
    BackupVolume,
    CardPrinter,
    Device,
    DeviceError,
    FaceCamera,
    FingerprintScanner,
    IrisScanner,
    SignaturePad,
    Uplink,
)

Role: TypeAlias = Literal["face", "signature", "fingerprint", "iris", "printer", "backup", "uplink"]
CAPTURE_ROLES: tuple[Role, ...] = ("face", "signature", "fingerprint", "iris")

_OPENERS: Mapping[Role, Callable[..., Device]] = MappingProxyType(
    {
        "face": lambda address, clock: kc.open_face_camera(address, clock=clock),
        "signature": lambda address, clock: kc.open_signature_pad(address, clock=clock),
        "fingerprint": lambda address, clock: kc.open_fingerprint_scanner(address, clock=clock),
        "iris": lambda address, clock: kc.open_iris_scanner(address, clock=clock),
        "printer": lambda address, clock: kc.open_card_printer(address, clock=clock),
        "backup": lambda address, clock: kc.open_backup_volume(address, clock=clock),
        "uplink": lambda address, clock: kc.open_uplink(address, clock=clock),
    }
)


class Station:
    """The devices of one station.

    Parameters
    ----------
    addresses : by role the device and after it its spares.
    clock : all devices take their time from it.
    """

    def __init__(self, addresses: Mapping[Role, Sequence[str]], *, clock: kc.Clock) -> None:
        self.clock = clock
        self._addresses = {role: list(given) for role, given in addresses.items()}
        self._open: dict[Role, Device] = {}

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(self._addresses)

    def spares(self, role: Role) -> int:
        """How many devices stand by for this role."""
        return len(self._addresses[role]) - 1

    def device(self, role: Role) -> Any:
        """The device in use, opened if it is not yet.

        Raises
        ------
        DeviceError : neither the device nor any spare could be opened; the last one's error.
        """
        while role not in self._open:
            try:
                self._open[role] = _OPENERS[role](self._addresses[role][0], clock=self.clock)
            except DeviceError:
                if self.spares(role) == 0:
                    raise
                self._addresses[role].pop(0)
        return self._open[role]

    def replace(self, role: Role) -> bool:
        """Take the spare, or where there is none the same device again; True if it was a spare."""
        self.release(role)
        if self.spares(role) == 0:
            return False
        self._addresses[role].pop(0)
        return True

    def connect(self, role: Role, *addresses: str) -> None:
        """Use other devices for a role from now on."""
        self.release(role)
        self._addresses[role] = list(addresses)

    def release(self, role: Role) -> None:
        """Close what is open for a role."""
        if device := self._open.pop(role, None):
            device.close()

    def close(self) -> None:
        for role in list(self._open):
            self.release(role)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # By role, typed.

    @property
    def camera(self) -> FaceCamera:
        camera: FaceCamera = self.device("face")
        return camera

    @property
    def pad(self) -> SignaturePad:
        pad: SignaturePad = self.device("signature")
        return pad

    @property
    def fingerprint_scanner(self) -> FingerprintScanner:
        scanner: FingerprintScanner = self.device("fingerprint")
        return scanner

    @property
    def iris_scanner(self) -> IrisScanner:
        scanner: IrisScanner = self.device("iris")
        return scanner

    @property
    def printer(self) -> CardPrinter:
        printer: CardPrinter = self.device("printer")
        return printer

    @property
    def backup(self) -> BackupVolume:
        volume: BackupVolume = self.device("backup")
        return volume

    @property
    def uplink(self) -> Uplink:
        uplink: Uplink = self.device("uplink")
        return uplink
