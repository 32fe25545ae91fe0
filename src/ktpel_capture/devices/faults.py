"""Faults as wrappers with a script: what goes wrong, and when.

``sim:fingerprint?fault=unplug@frame:12,busy@present:3`` pulls the cable at the twelfth frame and has the third
presentation refused. A script is a comma-separated list of ``fault@event:count``; every event counts from 1 since
the device was opened, and each fault strikes once. Where a scene is named, the script belongs to the station: what
has struck does not strike again when the device is opened anew on the same clock, as a cable that was put back stays.

================  ==================================================================================================
fault             what the application sees
================  ==================================================================================================
``unplug``        `DeviceDisconnected`, now and in every later call; opened again it is there
``power``         the power fails: the same, and what was being written is lost
``stall``         nothing comes any more: `CaptureTimeout`
``stale``         the frame before once more, with its old number and stamp
``skip``          a frame is lost: a gap in the numbers
``busy``          `DeviceBusy`
``fault``         `DeviceFault`
``full``          `VolumeFull`
``wrong-serial``  from now on ``info.serial`` is another device's
``clock-back``    from now on the calendar time of frames and samples is an hour early
================  ==================================================================================================

Events: ``open status present frame take sample`` of capture devices; ``write chunk read`` of volumes; ``submit job``
of printers; ``card apdu`` of readers; ``link`` of uplinks. Faults of the wire (corrupted, truncated, slow) stand in
`transports.faulty`.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ktpel_capture.cancel import CancelToken
from ktpel_capture.clock import SYSTEM_CLOCK, Clock
from ktpel_capture.devices.addresses import Address, nearest
from ktpel_capture.devices.protocols import Device, DeviceInfo, Driver, Kind
from ktpel_capture.devices.world import remembered
from ktpel_capture.errors import (
    AddressError,
    DeviceBusy,
    DeviceDisconnected,
    DeviceFault,
    DeviceNotFound,
    VolumeFull,
)

FAULTS = ("unplug", "power", "stall", "stale", "skip", "busy", "fault", "full", "wrong-serial", "clock-back")
EVENTS = (
    "open",
    "status",
    "present",
    "frame",
    "take",
    "sample",
    "write",
    "chunk",
    "read",
    "submit",
    "job",
    "card",
    "apdu",
    "link",
)
_STEP = re.compile(r"([a-z-]+)@([a-z]+)(?::([1-9][0-9]{0,8}))?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of a script: ``name`` strikes at the ``count``-th ``event``."""

    name: str
    event: str
    count: int = 1

    def __str__(self) -> str:
        return f"{self.name}@{self.event}:{self.count}"


def parse_script(text: str, address: str = "fault=") -> tuple[Fault, ...]:
    """Read a script.

    Raises
    ------
    AddressError : a fault or an event that does not exist, with the nearest that does.
    """
    steps = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _STEP.fullmatch(part)
        if match is None:
            raise AddressError(address, f"{part!r} is no fault; it is written like unplug@frame:12")
        name, event, count = match[1], match[2], int(match[3] or 1)
        if name not in FAULTS:
            raise AddressError(address, f"there is no fault {name!r}", nearest=nearest(name, FAULTS))
        if event not in EVENTS:
            raise AddressError(address, f"there is no event {event!r}", nearest=nearest(event, EVENTS))
        steps.append(Fault(name, event, count))
    return tuple(steps)


class Trouble:
    """A script being played, and the cable: shared by all connections to one device.

    Parameters
    ----------
    script : what will go wrong.
    """

    def __init__(self, script: tuple[Fault, ...] = ()) -> None:
        self._lock = threading.Lock()
        self._left = list(script)
        self._counts: Counter[str] = Counter()
        self._plugged = True
        self._broken = CancelToken()

    @property
    def plugged(self) -> bool:
        return self._plugged

    @property
    def cable(self) -> CancelToken:
        """Cancelled the moment the cable is pulled."""
        return self._broken

    def unplug(self) -> None:
        """Pull the cable now, from any thread."""
        with self._lock:
            self._plugged = False
            broken = self._broken
        broken.cancel()

    def restore(self) -> None:
        """Put the cable back: what was open stays dead, opening again works."""
        with self._lock:
            self._plugged = True
            self._broken = CancelToken()

    def opened(self) -> None:
        """A new connection counts anew."""
        with self._lock:
            self._counts.clear()

    def strikes(self, event: str) -> tuple[str, ...]:
        """Count an event; what goes wrong with it."""
        with self._lock:
            self._counts[event] += 1
            now = [fault for fault in self._left if fault.event == event and fault.count == self._counts[event]]
            for fault in now:
                self._left.remove(fault)
            return tuple(fault.name for fault in now)


def raise_if_struck(names: tuple[str, ...], info: DeviceInfo, trouble: Trouble) -> None:
    """The errors among faults that end a call at once."""
    if "unplug" in names or "power" in names:
        trouble.unplug()
        raise DeviceDisconnected(info, "the power failed" if "power" in names else "the cable was pulled out")
    if "busy" in names:
        raise DeviceBusy(info, "another program uses it")
    if "fault" in names:
        raise DeviceFault(info, "it reports a fault", vendor_code="SIM-13", vendor_text="simulated hardware fault")
    if "full" in names:
        raise VolumeFull(info, "there is no room left")


def open_faulty(driver: Driver, where: Address, clock: Clock) -> Device:
    """Open a device with the script of its ``fault`` key."""
    address = str(where)
    script = parse_script(where.query["fault"], address)
    if where.query.get("scene"):
        trouble = remembered(clock, f"trouble {address}", lambda: Trouble(script))
    else:
        trouble = Trouble(script)
    if not trouble.plugged:  # whoever opens it again has put the cable back
        trouble.restore()
    return open_with(driver.open, where.without("fault"), clock, trouble, address)


def faulty(device: Device, script: str, *, clock: Clock = SYSTEM_CLOCK) -> Device:
    """An open device with a script of faults around it: ``faulty(scanner, "unplug@frame:12")``.

    Parameters
    ----------
    device : a good device; closing the wrapper closes it.
    script : what goes wrong, as in an address.
    clock : that the device was opened with.
    """
    from ktpel_capture.devices.faulty import wrapped

    return wrapped(device, clock, Trouble(parse_script(script)), device.info.address)


def open_with(
    opener: Callable[..., Device], where: Address, clock: Clock, trouble: Trouble, address: str = ""
) -> Device:
    """Open a device whose trouble is known: a test's hands pull its cable with ``trouble.unplug()``."""
    from ktpel_capture.devices.faulty import wrapped

    shown = address or str(where)
    if not trouble.plugged:
        raise DeviceNotFound(shown, "nothing answers there")
    trouble.opened()
    names = trouble.strikes("open")
    info = DeviceInfo(shown, Kind.UPLINK)
    raise_if_struck(names, info, trouble)
    return wrapped(opener(where, clock=clock), clock, trouble, shown)
