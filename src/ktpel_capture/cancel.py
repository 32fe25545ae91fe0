"""Calling off a capture from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable


class CancelToken:
    """Says whether a running call should stop, and can wake one that is blocked.

    Any thread may call `cancel`; it works once. A device answers within 0.5 s.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._subscribers: dict[object, Callable[[], None]] = {}

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def cancel(self) -> None:
        """Call off. Subscribers are called once each, in this thread."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            calls = list(self._subscribers.values())
            self._subscribers.clear()
        for call in calls:
            call()

    def subscribe(self, call: Callable[[], None]) -> Callable[[], None]:
        """Have ``call`` called when this token is cancelled (at once if it already is); it must not block.

        Returns the function that takes the subscription back.
        """
        key = object()
        with self._lock:
            due = self._event.is_set()
            if not due:
                self._subscribers[key] = call
        if due:
            call()

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers.pop(key, None)

        return unsubscribe

    def wait(self, seconds: float) -> bool:
        """Sleep in real time, at most this long; True if cancelled meanwhile."""
        return self._event.wait(max(0.0, seconds))


class _Never(CancelToken):
    """A token nobody can cancel, so that a default argument is safe to share."""

    def cancel(self) -> None:
        raise RuntimeError("NEVER cannot be cancelled; pass a CancelToken of your own")

    def subscribe(self, call: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


NEVER = _Never()
"""The token of a call that nobody means to cancel."""
