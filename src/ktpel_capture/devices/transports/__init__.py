"""What carries bytes between a driver and a device, and the wire itself when it fails.

A transport knows no protocol. `loopback` runs a device's firmware on a clock, in no time on a virtual one; `serial`
is pyserial, for ports, pseudo-terminals, ``socket://`` and ``rfc2217://``; `served` puts firmware behind a
pseudo-terminal or a TCP port in real time; `faulty` and `recorded` wrap any of them.
"""

from __future__ import annotations

from typing import Protocol

from ktpel_capture.cancel import NEVER, CancelToken


class WireLost(OSError):
    """The wire is gone: pulled out, powered off, or closed by the other side."""


class Transport(Protocol):
    """A wire that carries bytes both ways."""

    @property
    def baud(self) -> int:
        """Bits a second; 0 where that means nothing."""
        ...

    @baud.setter
    def baud(self, value: int) -> None: ...

    def write(self, content: bytes) -> None:
        """Send; raises `WireLost`."""
        ...

    def read(self, timeout: float, *, cancel: CancelToken = NEVER) -> bytes:
        """What has come, as soon as something has; empty after ``timeout`` seconds or when cancelled.

        Raises `WireLost`.
        """
        ...

    def close(self) -> None:
        """Idempotent, from any thread; a running `read` ends soon."""
        ...


class Firmware(Protocol):
    """The device's side of a wire protocol as functions of time: no thread, no sleep."""

    def feed(self, content: bytes, now: float) -> None:
        """Bytes from the host arrive."""
        ...

    def output(self, now: float) -> bytes:
        """Bytes that have left by now."""
        ...

    def next_output(self) -> float | None:
        """When the next byte leaves, None where nothing is on its way."""
        ...

    @property
    def speed(self) -> int:
        """Bits a second at which it listens; 0 where that means nothing."""
        ...
