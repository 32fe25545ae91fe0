"""What outlives a connection: a simulated machine, a cable that was pulled. It lives as long as its clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from ktpel_capture.clock import Clock

T = TypeVar("T")

_WORLDS: WeakKeyDictionary[Clock, dict[str, object]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def remembered(clock: Clock, key: str, make: Callable[[], T]) -> T:
    """The one thing of this key in the world of this clock, made on first use."""
    with _LOCK:
        things = _WORLDS.setdefault(clock, {})
        if key not in things:
            things[key] = make()
        return cast(T, things[key])
