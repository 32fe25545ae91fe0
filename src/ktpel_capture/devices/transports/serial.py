"""Serial ports, pseudo-terminals, ``socket://host:port`` and ``rfc2217://host:port``, by pyserial."""

from __future__ import annotations

import contextlib
import errno
import threading
import time
from typing import Any

from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.devices.transports import WireLost
from ktpel_capture.errors import DependencyMissing, DeviceBusy, DeviceError, DeviceNotFound

_SLICE = 0.05
"""Seconds that one read of the system blocks, so that a cancel is answered."""


class SerialTransport:
    """A port opened by `open_serial`."""

    def __init__(self, port: Any) -> None:
        self._port = port
        self._writing = threading.Lock()
        self._closed = False

    @property
    def baud(self) -> int:
        return int(self._port.baudrate)

    @baud.setter
    def baud(self, value: int) -> None:
        with _translated():
            self._port.baudrate = value

    def write(self, content: bytes) -> None:
        with self._writing, _translated():
            if self._closed:
                raise WireLost("the port is closed")
            self._port.write(content)
            self._port.flush()

    def read(self, timeout: float, *, cancel: CancelToken = NEVER) -> bytes:
        end = time.monotonic() + timeout
        while not cancel.cancelled:
            with _translated():
                if self._closed:
                    raise WireLost("the port is closed")
                content = bytes(self._port.read(max(1, min(4096, self._port.in_waiting))))
            if content or time.monotonic() >= end:
                return content
        return b""

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(OSError, AttributeError, TypeError):  # gone already
            self._port.close()


class _translated:
    """What pyserial and the system raise when a port goes away, as `WireLost`."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, WireLost):
            return
        # a port closed by another thread shows as TypeError or AttributeError inside pyserial
        if isinstance(error, OSError | TypeError | AttributeError):
            raise WireLost(str(error)) from error


def open_serial(where: str, *, baud: int, shown: str) -> SerialTransport:
    """Open a port, exclusively where the system can.

    Parameters
    ----------
    where : ``/dev/ttyUSB0``, ``COM3``, ``socket://host:port``, ``rfc2217://host:port``.
    baud : bits a second.
    shown : the device's address, for errors.

    Raises
    ------
    DeviceNotFound, DeviceBusy, DeviceError
    """
    try:
        import serial
    except ModuleNotFoundError as error:
        raise DependencyMissing("pyserial is not installed", remedy="pip install pyserial") from error
    try:
        port = serial.serial_for_url(where, baudrate=baud, timeout=_SLICE, do_not_open=True)
        if "://" not in where:
            port.write_timeout = 2.0
            if hasattr(port, "exclusive"):
                port.exclusive = True
        port.open()
    except ValueError as error:
        raise DeviceNotFound(shown, f"{where!r} is no serial port: {error}") from error
    except (OSError, serial.SerialException) as error:
        number = getattr(error, "errno", None)
        text = str(error)
        if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text:
            raise DeviceBusy(shown, "another program has the port open") from error
        if number in (errno.EACCES, errno.EPERM) or "PermissionError" in text:
            raise DeviceError(
                shown,
                "this user may not open the port, or another program has it",
                advice="On Linux: sudo usermod -aG dialout $USER, then log in anew.",
            ) from error
        raise DeviceNotFound(shown, f"the port cannot be opened: {text}") from error
    return SerialTransport(port)
