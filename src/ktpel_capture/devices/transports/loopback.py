"""A wire without a wire: the firmware runs in this process, on the driver's own clock."""

from __future__ import annotations

from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.clock import Clock
from ktpel_capture.devices.transports import Firmware, WireLost

_TICK = 0.01
"""Seconds between two looks at firmware that has nothing on its way."""


class Loopback:
    """Carries bytes to firmware and back; reading lets the clock's time pass.

    Parameters
    ----------
    firmware : the device.
    clock : whose time passes while the host waits.
    baud : speed of the host's side; firmware at another speed hears noise.
    """

    def __init__(self, firmware: Firmware, clock: Clock, baud: int = 0) -> None:
        self.firmware = firmware
        self.baud = baud
        self._clock = clock
        self._gone = False

    def write(self, content: bytes) -> None:
        self._must_be_there()
        if self.baud != self.firmware.speed:
            content = bytes((0x9D * byte + 0x35) & 0xFF for byte in content)
        self.firmware.feed(content, self._clock.monotonic())

    def read(self, timeout: float, *, cancel: CancelToken = NEVER) -> bytes:
        end = self._clock.monotonic() + timeout
        while True:
            self._must_be_there()
            now = self._clock.monotonic()
            content = self.firmware.output(now)
            if content or cancel.cancelled or now >= end:
                return content
            due = self.firmware.next_output()
            pause = _TICK if due is None else max(due - now, 1e-6)
            self._clock.wait(min(pause, end - now), cancel=cancel)

    def close(self) -> None:
        self._gone = True

    def _must_be_there(self) -> None:
        if self._gone:
            raise WireLost("the loopback is closed")
