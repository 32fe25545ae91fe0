"""The driver: ``discover`` and ``open`` for addresses such as ``acme:0``.

The SDK calls back in a thread of its own. The driver copies what it brings into a `Newest`, and `_present` reads it
in the caller's thread: nobody's code but this file's ever runs in the SDK's thread.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from acme_scanner import sdk
from ktpel_capture.clock import SYSTEM_CLOCK, Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.mailbox import Newest
from ktpel_capture.devices.presenting import FRAME_TIMEOUT, CaptureDriver, Turn
from ktpel_capture.devices.protocols import Condition, DeviceInfo, DeviceStatus, Kind, Trigger
from ktpel_capture.errors import (
    CalibrationRequired,
    CaptureTimeout,
    DeviceBusy,
    DeviceDisconnected,
    DeviceError,
    DeviceFault,
    DeviceNotFound,
    DriverMissing,
    RequestUnsupported,
)
from ktpel_capture.messages import Advice
from ktpel_capture.requests import FingerRequest, Frame
from ktpel_capture.samples import FINGERS, CaptureInfo, FingerprintSample

_ERRORS: dict[int, type[DeviceError]] = {
    sdk.NO_DEVICE: DeviceNotFound,
    sdk.BUSY: DeviceBusy,
    sdk.UNPLUGGED: DeviceDisconnected,
    sdk.CALIBRATE: CalibrationRequired,
}
_UNPLUGGED = Advice("", "Pemindai Acme terlepas: pasang lagi kabelnya.", "The Acme scanner is unplugged: plug it in.")


@dataclass(frozen=True, slots=True, eq=False)
class _Arrived:
    """What one callback brought."""

    pixels: Any
    sequence: int
    at: float
    finger: bool = True
    code: int | None = None
    quality: int = 0


def _info(index: int, serial: str) -> DeviceInfo:
    firmware: bytes = sdk.library().acme_firmware()
    return DeviceInfo(
        f"acme:{index}",
        Kind.FINGERPRINT_SCANNER,
        "Acme",
        "A-100",
        serial,
        firmware.decode(),
        "acme-scanner 1.0",
        Trigger.DEVICE,
        FINGERS,
        sdk.PPI,
        sdk.RATE,
    )


def discover(*, timeout: float) -> Iterable[DeviceInfo]:
    """The scanners that are plugged in."""
    return [_info(index, serial) for index, serial in enumerate(sdk.serials())]


def open(address: Address, *, clock: Clock) -> AcmeScanner:
    """Open ``acme:0``, the first scanner."""
    address.allow()
    try:
        serials = sdk.serials()
    except OSError as error:
        raise DriverMissing(
            str(address), f"the Acme SDK is not installed: {error}", advice="Install libacme."
        ) from error
    if not address.path.isdigit() or int(address.path) >= len(serials):
        raise DeviceNotFound(str(address), f"{len(serials)} Acme scanners are plugged in")
    info = _info(int(address.path), serials[int(address.path)])
    handle = ctypes.c_void_p()
    _must(info, sdk.library().acme_open(info.serial.encode(), ctypes.byref(handle)))
    return AcmeScanner(info, handle, clock)


def _must(info: DeviceInfo, code: int) -> None:
    if code != sdk.OK:
        raise _ERRORS.get(code, DeviceFault)(info, "the scanner refuses", vendor_code=code, vendor_text=sdk.text(code))


class AcmeScanner(CaptureDriver[FingerRequest, Frame, FingerprintSample]):
    """One scanner. It runs on real time, as its SDK does; the clock gives the stamps."""

    def __init__(self, info: DeviceInfo, handle: ctypes.c_void_p, clock: Clock) -> None:
        super().__init__(info, SYSTEM_CLOCK)
        self._handle = handle
        self._stamps = clock

    def _refuse(self, request: FingerRequest) -> None:
        if not isinstance(request, FingerRequest):
            raise TypeError(f"a fingerprint scanner takes a FingerRequest, not {type(request).__name__}")
        if request.position not in FINGERS:
            raise RequestUnsupported(self.info, "it takes one finger at a time")

    def _present(self, request: FingerRequest, turn: Turn) -> Iterator[Frame | tuple[FingerprintSample, ...]]:
        arrivals: Newest[_Arrived] = Newest()
        callbacks = self._callbacks(arrivals)  # must live as long as the SDK may call them
        position = FINGERS.index(request.position) + 1
        _must(self.info, sdk.library().acme_start(self._handle, position, *callbacks, None))
        try:
            while (arrived := self._next(arrivals, turn)).code is None:
                image = np.ascontiguousarray(arrived.pixels[::2, ::2])
                image.flags.writeable = False
                yield Frame(image, arrived.sequence, arrived.at, 0.5, {"finger_on_glass": arrived.finger})
        finally:
            sdk.library().acme_stop(self._handle)  # blocks until no callback runs
        _must(self.info, arrived.code)
        capture = CaptureInfo(
            device=self.info.address,
            at=self._stamps.now(),
            monotonic=arrived.at,
            sequence=arrived.sequence,
            reported={"quality": arrived.quality},
        )
        yield (FingerprintSample(arrived.pixels, sdk.PPI, request.position, "live_plain", capture),)

    def _next(self, arrivals: Newest[_Arrived], turn: Turn) -> _Arrived:
        arrived = arrivals.take(turn, FRAME_TIMEOUT)
        if arrived is None:
            raise CaptureTimeout(self.info, "the live view stands still", waited=FRAME_TIMEOUT)
        return arrived

    def _callbacks(self, arrivals: Newest[_Arrived]) -> tuple[Any, Any]:
        """Functions that the SDK calls in its own thread: they copy, and nothing else."""

        def copied(pixels: Any) -> Any:
            return np.ctypeslib.as_array(pixels, (sdk.HEIGHT, sdk.WIDTH)).copy()

        def frame(pixels: Any, sequence: int, finger: int, user: object) -> None:
            arrivals.put(_Arrived(copied(pixels), sequence, self._stamps.monotonic(), bool(finger)))

        def result(code: int, pixels: Any, sequence: int, quality: int, user: object) -> None:
            picture = copied(pixels) if code == sdk.OK else None
            arrivals.put(_Arrived(picture, sequence, self._stamps.monotonic(), True, code, quality))

        return sdk.FrameCallback(frame), sdk.ResultCallback(result)

    def _ask_status(self) -> DeviceStatus:
        temperature = ctypes.c_int()
        code = sdk.library().acme_status(self._handle, ctypes.byref(temperature))
        if code == sdk.UNPLUGGED:
            return DeviceStatus(Condition.GONE, (_UNPLUGGED,))
        _must(self.info, code)
        return DeviceStatus(Condition.READY, (), {"temperature": f"{temperature.value} °C"})

    def _release(self) -> None:
        sdk.library().acme_close(self._handle)
