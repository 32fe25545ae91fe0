"""``sim:uplink``: a modem that registers with a network, has a signal of its own, and drops now and then."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.clock import Clock, Deadline
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.protocols import Condition, DeviceInfo, DeviceStatus, Kind, LinkState
from ktpel_capture.devices.simple import SimpleDevice
from ktpel_capture.errors import CaptureTimeout
from ktpel_capture.messages import advice

_TOO_WEAK = -113.0
"""dBm below which no packet passes: the least that 27.007 +CSQ can express."""
_FADING = 4.0
"""dB by which the signal wanders."""


class SimulatedUplink(SimpleDevice):
    """A link whose state is a function of time and seed.

    Parameters
    ----------
    technology : ``gsm``, ``umts``, ``lte`` or ``nr``.
    signal : mean received strength in dBm.
    register : seconds from opening until a network has it.
    drops : seconds between two drops on average; 0 for none.
    outage : seconds a drop lasts.
    """

    def __init__(
        self,
        info: DeviceInfo,
        clock: Clock,
        *,
        technology: str,
        signal: float,
        register: float,
        drops: float,
        outage: float,
        seed: int,
    ) -> None:
        super().__init__(info, clock)
        self._technology = technology
        self._signal = signal
        self._register = register
        self._drops = drops
        self._outage = outage
        self._seed = seed
        self._opened = clock.monotonic()

    def link(self) -> LinkState:
        self._must_be_open()
        elapsed = self._clock.monotonic() - self._opened
        signal = self._signal + _FADING * math.sin(elapsed / 7 + self._seed) * math.cos(elapsed / 3.1)
        registered = elapsed >= self._register and signal > _TOO_WEAK and not self._dropped(elapsed)
        return LinkState(registered, self._technology if registered else "", round(signal, 1), registered)

    @contextmanager
    def online(self, *, timeout: float, cancel: CancelToken = NEVER) -> Iterator[LinkState]:
        deadline = Deadline(self._clock, timeout)
        while True:
            self._check(cancel)
            state = self.link()
            if state.online:
                break
            if deadline.passed:
                raise CaptureTimeout(
                    self.info,
                    f"no packet passes (signal {state.signal_dbm:g} dBm)",
                    waited=timeout,
                    advice="Move the modem to a window or outside; what is recorded waits in the queue.",
                )
            self._clock.wait(min(0.25, deadline.remaining), cancel=cancel)
        yield state

    def _dropped(self, elapsed: float) -> bool:
        if not self._drops:
            return False
        number = math.floor(elapsed / self._drops)
        random = np.random.default_rng([abs(self._seed), number])
        start = number * self._drops + float(random.uniform(0, max(0.0, self._drops - self._outage)))
        return start <= elapsed < start + self._outage

    def _ask_status(self) -> DeviceStatus:
        state = self.link()
        details = {"signal": f"{state.signal_dbm} dBm", "technology": state.technology}
        if state.online:
            return DeviceStatus(Condition.READY, (), details)
        return DeviceStatus(Condition.NEEDS_ATTENTION, (advice("device.no_signal"),), details)


def open_uplink(where: Address, clock: Clock) -> SimulatedUplink:
    """``sim:uplink?technology=lte&signal=-95&register=3&drops=120&outage=15``."""
    where.allow("technology", "signal", "register", "drops", "outage", "seed", "scene", "serial")
    seed = where.whole("seed", 0)
    serial = where.query.get("serial", f"SIM{seed:06d}")
    info = DeviceInfo(str(where), Kind.UPLINK, "ktpel_capture", "Simulated modem", serial, "1.0", "sim")
    return SimulatedUplink(
        info,
        clock,
        technology=where.choice("technology", ("gsm", "umts", "lte", "nr"), "lte"),
        signal=where.number("signal", -85.0, -140, -30),
        register=where.number("register", 0.0, 0, 600),
        drops=where.number("drops", 0.0, 0, 86_400),
        outage=where.number("outage", 10.0, 0, 3600),
        seed=seed,
    )
