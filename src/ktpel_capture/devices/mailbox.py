"""Frames that a maker's software hands over in threads of its own, read by the caller in its thread.

A driver around an SDK puts what a callback brings into a `Newest` and reads it in its `_present`: the caller's code is
never run in the SDK's threads, a slow caller gets the newest frame, and a cancel wakes it at once.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from ktpel_capture.clock import SYSTEM_CLOCK, Deadline
from ktpel_capture.devices.presenting import Turn

T = TypeVar("T")


class Newest(Generic[T]):
    """Holds one item: the newest, until it is taken."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: T | None = None

    def put(self, item: T) -> None:
        """Replace what is there; from any thread, never blocks for long."""
        with self._changed:
            self._item = item
            self._changed.notify_all()

    def take(self, turn: Turn, seconds: float) -> T | None:
        """The newest item that nobody has taken yet, as soon as there is one; None after these (real) seconds.

        Raises what `Turn.check` raises: called off, closed, or out of time.
        """
        forget = turn.cancel.subscribe(self._wake)
        try:
            patience = Deadline(SYSTEM_CLOCK, seconds)
            with self._changed:
                while self._item is None and not turn.cancel.cancelled and not patience.passed:
                    self._changed.wait(min(patience.remaining, turn.deadline.remaining + 0.001))
                    if turn.deadline.passed:
                        break
                item, self._item = self._item, None
        finally:
            forget()
        if item is None:
            turn.check()
        return item

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
