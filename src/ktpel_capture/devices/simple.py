"""What devices without a presentation share: info, status, closing once, refusing to work when closed."""

from __future__ import annotations

import threading
from typing import Self

from ktpel_capture.cancel import CancelToken
from ktpel_capture.clock import Clock
from ktpel_capture.devices.protocols import Condition, DeviceInfo, DeviceStatus
from ktpel_capture.errors import CaptureCancelled


class SimpleDevice:
    """Base of card readers, printers, volumes and links.

    Parameters
    ----------
    info : what is known of the device without asking it.
    clock : where all time comes from.
    """

    def __init__(self, info: DeviceInfo, clock: Clock) -> None:
        self._info = info
        self._clock = clock
        self._lock = threading.RLock()
        self._closing = CancelToken()

    def _ask_status(self) -> DeviceStatus:
        return DeviceStatus(Condition.READY)

    def _release(self) -> None:
        """Let go of the hardware; called once."""

    @property
    def info(self) -> DeviceInfo:
        return self._info

    @property
    def closed(self) -> bool:
        return self._closing.cancelled

    def status(self) -> DeviceStatus:
        return DeviceStatus(Condition.GONE) if self.closed else self._ask_status()

    def close(self) -> None:
        with self._lock:
            if self.closed:
                return
            self._closing.cancel()
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._info.address})"

    def _must_be_open(self) -> None:
        if self.closed:
            raise CaptureCancelled(self._info, "the device is closed", advice="Open it again.")

    def _check(self, cancel: CancelToken) -> None:
        """Go on only if nobody called off and the device is open."""
        self._must_be_open()
        if cancel.cancelled:
            raise CaptureCancelled(self._info, "it was called off")
