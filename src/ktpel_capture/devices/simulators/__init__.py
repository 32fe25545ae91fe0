"""Simulated peripherals: ``sim:fingerprint``, ``sim:iris`` and six more, all looking at one scene.

The driver of the scheme ``sim``. Nothing of a simulator is imported before an address asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address, nearest
from ktpel_capture.devices.protocols import Device, DeviceInfo, Kind
from ktpel_capture.errors import AddressError

KINDS: Mapping[str, tuple[str, str, Kind]] = MappingProxyType(
    {
        "fingerprint": ("fingerprint", "open_scanner", Kind.FINGERPRINT_SCANNER),
        "iris": ("iris", "open_scanner", Kind.IRIS_SCANNER),
        "face": ("face", "open_camera", Kind.FACE_CAMERA),
        "signature": ("signature", "open_pad", Kind.SIGNATURE_PAD),
        "card-reader": ("reader", "open_reader", Kind.CARD_READER),
        "card-printer": ("printer", "open_printer", Kind.CARD_PRINTER),
        "backup": ("backup", "open_volume", Kind.BACKUP_VOLUME),
        "uplink": ("uplink", "open_uplink", Kind.UPLINK),
    }
)
"""Path of an address -> module, function and kind."""


def discover(*, timeout: float) -> Iterable[DeviceInfo]:
    """The eight simulated kinds, which are always there."""
    del timeout
    return tuple(
        DeviceInfo(f"sim:{name}", kind, "ktpel_capture", f"Simulated {kind.value.replace('-', ' ')}", driver="sim")
        for name, (_, _, kind) in KINDS.items()
    )


def open(address: Address, *, clock: Clock) -> Device:
    """Open a simulated device."""
    if address.path not in KINDS:
        raise AddressError(
            str(address),
            f"there is no simulated {address.path!r}; there are {', '.join(KINDS)}",
            nearest=nearest(address.path, KINDS),
        )
    module, function, _ = KINDS[address.path]
    return cast(Device, getattr(import_module(f"{__name__}.{module}"), function)(address, clock))
