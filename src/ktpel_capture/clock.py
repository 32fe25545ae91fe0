"""Time as a value that can be passed in, so that simulated hours take no time and tests turn the hands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from ktpel_capture.cancel import NEVER, CancelToken


class Clock(Protocol):
    """Where a driver gets its time from."""

    def now(self) -> datetime:
        """The calendar time, aware, in UTC. It may step when somebody sets the clock."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never backwards."""
        ...

    def wait(self, seconds: float, *, cancel: CancelToken = NEVER) -> bool:
        """Let this much time pass; False if ``cancel`` ended the wait early."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float, *, cancel: CancelToken = NEVER) -> bool:
        if cancel is NEVER:
            time.sleep(max(0.0, seconds))
            return True
        return not cancel.wait(seconds)


class VirtualClock:
    """A clock that moves only when somebody waits on it, and then at once.

    Parameters
    ----------
    start : the calendar time at which it begins (aware).
    """

    def __init__(self, start: datetime = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)) -> None:
        if start.tzinfo is None:
            raise ValueError(f"start must be aware (with a time zone), not {start!r}")
        self._start = start.astimezone(UTC)
        self._lock = threading.Lock()
        self._elapsed = 0.0
        self._step = timedelta()
        self._watchers: dict[object, Callable[[float], None]] = {}

    def now(self) -> datetime:
        with self._lock:
            return self._start + self._step + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        with self._lock:
            return self._elapsed

    def wait(self, seconds: float, *, cancel: CancelToken = NEVER) -> bool:
        if cancel.cancelled:
            return False
        self.advance(seconds)
        return not cancel.cancelled

    def advance(self, seconds: float) -> None:
        """Turn the hands forward."""
        if seconds <= 0:
            return
        with self._lock:
            self._elapsed += seconds
            at, watchers = self._elapsed, list(self._watchers.values())
        for watch in watchers:
            watch(at)

    def step(self, seconds: float) -> None:
        """Set the calendar time forward or back, as a person or NTP does; `monotonic` does not see it."""
        with self._lock:
            self._step += timedelta(seconds=seconds)

    def watch(self, call: Callable[[float], None]) -> Callable[[], None]:
        """Have ``call(monotonic)`` called after every advance; returns the function that ends it."""
        key = object()
        with self._lock:
            self._watchers[key] = call

        def unwatch() -> None:
            with self._lock:
                self._watchers.pop(key, None)

        return unwatch


class Deadline:
    """The time a whole call may take, counted from here on.

    Parameters
    ----------
    seconds : from now; must be positive (`math.inf` waits for ever).
    """

    __slots__ = ("_clock", "_end", "seconds")

    def __init__(self, clock: Clock, seconds: float) -> None:
        if not seconds > 0:
            raise ValueError(f"timeout must be more than 0 s, not {seconds!r}")
        self.seconds = seconds
        self._clock = clock
        self._end = clock.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self._end - self._clock.monotonic())

    @property
    def passed(self) -> bool:
        return self._clock.monotonic() >= self._end


SYSTEM_CLOCK = SystemClock()
