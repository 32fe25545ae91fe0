"""One presentation after another: what every capture driver shares, so that each only says how it captures.

A driver inherits `CaptureDriver` and writes `_present`, a generator that yields frames as they come and the tuple of
samples last. Everything else a capture device promises stands here once: one presentation at a time, one deadline
for all of it, cancelling from any thread, closing from any thread even while a preview is suspended.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import Generic, Self, TypeVar

from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.clock import Clock, Deadline
from ktpel_capture.devices.protocols import Condition, DeviceInfo, DeviceStatus
from ktpel_capture.errors import CaptureCancelled, CaptureTimeout, DeviceBusy, DeviceFault

RequestT = TypeVar("RequestT")
FrameT = TypeVar("FrameT")
SampleT = TypeVar("SampleT")

FRAME_TIMEOUT = 2.0
"""Seconds without a frame after which a live view counts as stalled."""
_LEAVE_TIMEOUT = 1.0
"""Real seconds that `close` waits for another thread to leave the driver."""


class Turn:
    """One presentation in progress, as its driver sees it.

    Attributes
    ----------
    deadline : end of the whole call.
    cancel : cancelled by the caller's token, by `close`, and when the caller leaves early; pass it to every wait.
    waiting_for, advice : what a `CaptureTimeout` will say has not happened, and what to do about it; a driver sets
        them as it goes on.
    """

    def __init__(self, info: DeviceInfo, clock: Clock, timeout: float, cancel: CancelToken) -> None:
        self.deadline = Deadline(clock, timeout)
        self.cancel = CancelToken()
        self.waiting_for = "nothing was captured"
        self.advice: str | None = None
        self._info = info
        self._clock = clock
        self._callers = cancel
        self._taken = threading.Event()
        self._ended_by = "the presentation is over"
        self._unsubscribe = cancel.subscribe(self.cancel.cancel)

    @property
    def taken(self) -> bool:
        """Whether the host has said: capture now."""
        return self._taken.is_set()

    def take(self) -> None:
        self._taken.set()

    def check(self) -> None:
        """Go on only if there is time and nobody called off.

        Raises
        ------
        CaptureCancelled, CaptureTimeout
        """
        if self.cancel.cancelled:
            raise CaptureCancelled(
                self._info, "the capture was called off" if self._callers.cancelled else self._ended_by
            )
        if self.deadline.passed:
            raise CaptureTimeout(self._info, self.waiting_for, waited=self.deadline.seconds, advice=self.advice)

    def wait(self, seconds: float) -> None:
        """Let time pass, then `check`."""
        self._clock.wait(min(max(0.0, seconds), self.deadline.remaining), cancel=self.cancel)
        self.check()

    def end(self, why: str = "") -> None:
        """Nothing more is captured; ``why`` is what a thread that still waits is told."""
        self._ended_by = why or self._ended_by
        self._unsubscribe()
        self.cancel.cancel()


class CaptureDriver(ABC, Generic[RequestT, FrameT, SampleT]):
    """Base of capture drivers.

    Parameters
    ----------
    info : what is known of the device without asking it.
    clock : where all time comes from.
    """

    def __init__(self, info: DeviceInfo, clock: Clock) -> None:
        self._info = info
        self._clock = clock
        self._lock = threading.Lock()
        self._running: _Running[FrameT, SampleT] | None = None
        self._closed = False
        self._released = False
        self._last_status = DeviceStatus(Condition.READY)

    # What a driver writes.

    @abstractmethod
    def _present(self, request: RequestT, turn: Turn) -> Iterator[FrameT | tuple[SampleT, ...]]:
        """Yield frames as they come, and the tuple of samples last.

        Wait with ``turn.wait`` only. A ``finally`` in the generator is run however the presentation ends, in the
        thread that ends it.
        """

    def _refuse(self, request: RequestT) -> None:
        """Raise `RequestUnsupported` (or `TypeError`) where the device cannot do this."""
        del request

    def _ask_status(self) -> DeviceStatus:
        """Ask the hardware, at most 2 s; never called during a presentation."""
        return DeviceStatus(Condition.READY)

    def _release(self) -> None:
        """Let go of the hardware; called once, when nothing runs any more."""

    # What the library promises.

    @property
    def info(self) -> DeviceInfo:
        return self._info

    def status(self) -> DeviceStatus:
        with self._lock:
            if self._closed:
                return DeviceStatus(Condition.GONE)
            if self._running is not None:
                return DeviceStatus(Condition.BUSY, self._last_status.problems, self._last_status.details)
            status = self._ask_status()
            self._last_status = status
            return status

    def present(
        self, request: RequestT, *, timeout: float, cancel: CancelToken = NEVER
    ) -> _Presenting[RequestT, FrameT, SampleT]:
        if not timeout > 0:
            raise ValueError(f"timeout must be more than 0 s, not {timeout!r}")
        self._refuse(request)
        with self._lock:
            self._must_be_free()
        return _Presenting(self, request, timeout, cancel)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            running = self._running
        if running is not None:
            running.stop("the device was closed during the capture")
        else:
            self._release_once()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._info.address})"

    # How it is kept.

    def _must_be_free(self) -> None:
        if self._closed:
            raise CaptureCancelled(self._info, "the device is closed", advice="Open it again.")
        if self._running is not None:
            raise DeviceBusy(self._info, "another presentation is running")

    def _begin(self, request: RequestT, timeout: float, cancel: CancelToken) -> _Running[FrameT, SampleT]:
        with self._lock:
            self._must_be_free()
            turn = Turn(self._info, self._clock, timeout, cancel)
            self._running = _Running(self._info, self._present(request, turn), turn, self._ended)
            return self._running

    def _ended(self, running: _Running[FrameT, SampleT]) -> None:
        with self._lock:
            if self._running is running:
                self._running = None
            closed = self._closed
        if closed:
            self._release_once()

    def _release_once(self) -> None:
        with self._lock:
            if self._released:
                return
            self._released = True
        self._release()


class _Presenting(Generic[RequestT, FrameT, SampleT]):
    """The context of one presentation."""

    def __init__(
        self, driver: CaptureDriver[RequestT, FrameT, SampleT], request: RequestT, timeout: float, cancel: CancelToken
    ) -> None:
        self._driver = driver
        self._asked = (request, timeout, cancel)
        self._running: _Running[FrameT, SampleT] | None = None

    def __enter__(self) -> _Running[FrameT, SampleT]:
        if self._running is not None:
            raise RuntimeError("a presentation is entered once; call present() again for the next")
        self._running = self._driver._begin(*self._asked)
        return self._running

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._running.stop()


class _Running(Generic[FrameT, SampleT]):
    """A presentation between its first frame and its samples."""

    def __init__(
        self,
        info: DeviceInfo,
        steps: Iterator[FrameT | tuple[SampleT, ...]],
        turn: Turn,
        ended: Callable[[_Running[FrameT, SampleT]], None],
    ) -> None:
        self._info = info
        self._steps = steps
        self._turn = turn
        self._ended = ended
        self._inside = threading.RLock()
        self._depth = 0
        self._over = False
        self._error: BaseException | None = None
        self._samples: tuple[SampleT, ...] = ()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> FrameT:
        with self._inside:
            if self._error is not None:
                raise self._error
            if self._over:
                if not self._samples:
                    self._turn.check()
                raise StopIteration
            try:
                self._turn.check()
                self._depth += 1
                try:
                    item = next(self._steps)
                finally:
                    self._depth -= 1
            except StopIteration:
                raise self._fail(DeviceFault(self._info, "the driver ended a presentation without a sample")) from None
            except BaseException as error:
                self._fail(error)
                raise
            if isinstance(item, tuple):
                self._samples = item
                self._finish()
                raise StopIteration
            return item

    def take(self) -> None:
        self._turn.take()

    @property
    def samples(self) -> tuple[SampleT, ...]:
        return self._samples

    def stop(self, why: str = "") -> None:
        """End it from any thread; waits for another thread to leave the driver, never for its own."""
        self._turn.end(why)
        if self._inside.acquire(timeout=_LEAVE_TIMEOUT):
            try:
                if self._depth == 0:
                    self._finish()
            finally:
                self._inside.release()

    def _fail(self, error: BaseException) -> BaseException:
        self._error = error
        self._finish()
        return error

    def _finish(self) -> None:
        if self._over:
            return
        self._over = True
        try:
            if isinstance(self._steps, Generator):
                self._steps.close()
        finally:
            self._turn.end()
            self._ended(self)
