"""Checks that the four capture kinds share."""

from __future__ import annotations

import json
import threading
import time
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from ktpel_capture.cancel import CancelToken
from ktpel_capture.devices.capturing import capture
from ktpel_capture.devices.protocols import Condition, Kind, Trigger
from ktpel_capture.devices.testing.kit import ANSWER, CableKit, DeviceKit, must_raise, promise
from ktpel_capture.errors import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceBusy,
    DeviceDisconnected,
    DeviceError,
    RequestUnsupported,
)
from ktpel_capture.requests import FaceRequest, Frame, PenPoints, SignatureRequest


class CountingToken(CancelToken):
    """A token that knows how many still listen to it."""

    @property
    def listeners(self) -> int:
        return len(self._subscribers)


class CaptureKit(DeviceKit):
    """Checks that the four capture kinds share.

    Attributes
    ----------
    timeout : seconds that one capture of this device may take.
    sample_type, takes : of the kind.
    """

    timeout: ClassVar[float] = 30.0
    sample_type: ClassVar[type]
    takes: ClassVar[tuple[str, ...]]

    def request(self, device: Any) -> Any:
        """A request that the device can fulfil."""
        raise NotImplementedError

    def wrong_request(self) -> Any:
        """A request of another kind of device."""
        return SignatureRequest() if self.kind is not Kind.SIGNATURE_PAD else FaceRequest()

    def presenting(self, device: Any, timeout: float | None = None, cancel: CancelToken | None = None) -> Any:
        """One presentation of the device."""
        options = {} if cancel is None else {"cancel": cancel}
        return device.present(self.request(device), timeout=timeout or self.timeout, **options)

    def captured(self, device: Any) -> tuple[Any, ...]:
        """One capture, looked at as `ktpel_capture.capture` does."""
        self.rig.present()
        return capture(device, self.request(device), timeout=self.timeout)

    def frames(self, device: Any, count: int) -> list[Any]:
        """Some frames of a presentation that is then left."""
        self._for_frames(device)
        with self.presenting(device) as presentation:
            seen = []
            for frame in presentation:
                seen.append(frame)
                if len(seen) == count:
                    break
        return seen

    def _for_frames(self, device: Any) -> None:
        """A live view that goes on: a device that decides itself would end it by a capture."""
        self._needs_live_view(device)
        if device.info.trigger is Trigger.DEVICE:
            self.rig.withdraw()
        else:
            self.rig.present()

    def _works(self, device: Any) -> None:
        self.captured(device)

    def _needs_live_view(self, device: Any) -> None:
        if not device.info.frame_rate:
            from unittest import SkipTest

            raise SkipTest("the device has no live view (info.frame_rate is 0)")

    def _needs_time(self, device: Any) -> None:
        """Only a device that waits for somebody or shows something can be interrupted."""
        if device.info.trigger is Trigger.DEVICE or not device.info.frame_rate:
            self.rig.withdraw()

    def _until_the_end(self, presentation: Any) -> None:
        for _ in presentation:
            pass

    # Nobody is needed.

    def test_info_says_what_it_takes(self) -> None:
        info = self.opened().info
        promise(info.takes, "info.takes lists what it can be asked for")
        unknown = [name for name in info.takes if name not in self.takes]
        promise(not unknown, f"info.takes holds only names of its kind, not {unknown}")

    def test_info_states_a_frame_rate_that_can_be(self) -> None:
        rate = self.opened().info.frame_rate
        promise(0 <= rate <= 240, f"info.frame_rate lies in 0..240, not {rate}")

    def test_a_timeout_of_nothing_is_the_callers_error(self) -> None:
        device = self.opened()
        for timeout in (0, -1):
            with must_raise(ValueError, f"timeout={timeout} is a ValueError"), self.presenting_raw(device, timeout):
                pass

    def presenting_raw(self, device: Any, timeout: float) -> Any:
        return device.present(self.request(device), timeout=timeout)

    def test_a_request_of_another_kind_is_refused(self) -> None:
        device = self.opened()
        with (
            must_raise((TypeError, RequestUnsupported), "a request of another kind is a TypeError or unsupported"),
            device.present(self.wrong_request(), timeout=self.timeout),
        ):
            pass

    def test_a_call_that_is_cancelled_before_it_starts(self) -> None:
        device, token = self.opened(), CancelToken()
        token.cancel()
        with (
            self.within(ANSWER, "a cancelled token is answered"),
            must_raise(CaptureCancelled, "a token cancelled before the call ends it CaptureCancelled"),
            self.presenting(device, cancel=token) as presentation,
        ):
            self._until_the_end(presentation)

    def test_nothing_is_captured_before_the_iteration(self) -> None:
        device = self.opened()
        with self.presenting(device) as presentation:
            promise(presentation.samples == (), "samples are empty until the iteration has ended")

    # Nothing is presented.

    def test_the_whole_call_keeps_its_timeout(self) -> None:
        device = self.opened()
        self._needs_time(device)
        with (
            self.within(3.0 + ANSWER, "a call with timeout=3 ends"),
            must_raise(CaptureTimeout, "a capture without a presentation ends CaptureTimeout") as caught,
            self.presenting(device, timeout=3.0) as presentation,
        ):
            self._until_the_end(presentation)
        promise(caught[0].waited is None or caught[0].waited <= 3.0, "the error says how long was waited")

    def test_an_error_names_the_device_and_what_to_do(self) -> None:
        device = self.opened()
        self._needs_time(device)
        with (
            must_raise(DeviceError, "a capture without a presentation ends in a DeviceError") as caught,
            self.presenting(device, timeout=1.0) as presentation,
        ):
            self._until_the_end(presentation)
        promise(device.info.address in str(caught[0]), f"the error names the device's address: {caught[0]}")
        promise(caught[0].advice, "the error says what to do next (advice)")

    def test_a_timed_out_device_can_be_used_again(self) -> None:
        device = self.opened()
        self._needs_time(device)
        for _ in range(2):
            with (
                must_raise(CaptureTimeout, "a second call times out like the first"),
                self.presenting(device, timeout=0.5) as presentation,
            ):
                self._until_the_end(presentation)

    def test_an_ended_call_keeps_saying_so(self) -> None:
        device = self.opened()
        self._needs_time(device)
        with self.presenting(device, timeout=0.5) as presentation:
            for _ in range(2):
                with must_raise(CaptureTimeout, "a call that failed never looks as if it had succeeded"):
                    self._until_the_end(presentation)
            promise(presentation.samples == (), "a call that failed has no samples")

    def test_cancel_at_any_moment_is_answered_at_once(self) -> None:
        device = self.opened()
        self._needs_time(device)
        random = np.random.default_rng(5)
        for moment in random.uniform(0.01, 1.5, 12):
            token = CancelToken()
            at: list[float] = []

            def stop(token: CancelToken = token, at: list[float] = at) -> None:
                at.append(self.rig.clock.monotonic())
                token.cancel()

            self.rig.after(float(moment), stop)
            with (
                must_raise(CaptureCancelled, f"a cancel after {moment:.2f} s ends the call CaptureCancelled"),
                self.presenting(device, cancel=token) as presentation,
            ):
                self._until_the_end(presentation)
            took = self.rig.clock.monotonic() - at[0]
            promise(took <= ANSWER, f"a cancel is answered within {ANSWER} s; it took {took:.2f} s")

    def test_a_cancelled_device_can_be_used_again(self) -> None:
        device = self.opened()
        self._needs_time(device)
        token = CancelToken()
        self.rig.after(0.3, token.cancel)
        with (
            must_raise(CaptureCancelled, "a cancel ends the call CaptureCancelled"),
            self.presenting(device, cancel=token) as presentation,
        ):
            self._until_the_end(presentation)
        self.captured(device)

    def test_a_token_is_let_go_when_the_call_is_over(self) -> None:
        device, token = self.opened(), CountingToken()
        self._needs_time(device)
        with (
            must_raise(CaptureTimeout, "a capture without a presentation times out"),
            self.presenting(device, timeout=0.5, cancel=token) as presentation,
        ):
            self._until_the_end(presentation)
        promise(token.listeners == 0, f"the token's subscriptions are taken back; {token.listeners} are left")

    def test_close_from_another_thread_ends_a_running_call(self) -> None:
        device = self.opened()
        self._needs_time(device)
        closed: list[float] = []

        def close() -> None:
            closed.append(time.monotonic())
            device.close()

        self.rig.after(0.4, close, thread=True)
        with (
            must_raise(CaptureCancelled, "close() from another thread ends a running call CaptureCancelled"),
            self.presenting(device) as presentation,
        ):
            self._until_the_end(presentation)
        took = time.monotonic() - closed[0]
        promise(took <= ANSWER + 1.0, f"close() ends a running call within {ANSWER} s; it took {took:.2f} s")

    def test_a_second_call_meanwhile_is_busy(self) -> None:
        device = self.opened()
        with self.presenting(device):
            self._is_busy(device)
        self.captured(device)

    def _is_busy(self, device: Any) -> None:
        with must_raise(DeviceBusy, "a second present() meanwhile is DeviceBusy"), self.presenting(device):
            pass

    def test_of_two_threads_one_captures_and_one_is_told_busy(self) -> None:
        device = self.opened()
        self.rig.present()
        entered = threading.Barrier(2, timeout=20)
        results: list[str] = []

        def work() -> None:
            try:
                entered.wait()
                with self.presenting(device):
                    results.append("entered")
                    time.sleep(0.3)
            except DeviceError as error:
                results.append(error.code)
            except Exception as error:
                results.append(repr(error))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30.0)
        promise(sorted(results) == ["device.busy", "entered"], f"of two calls at once one is DeviceBusy: {results}")

    def test_the_status_during_a_capture_is_what_was_last_known(self) -> None:
        device = self.opened()
        device.status()
        with self.presenting(device):
            start = time.monotonic()
            status = device.status()
            took = time.monotonic() - start
        promise(took < 0.25, f"status() during a capture asks nothing and answers at once; it took {took:.2f} s")
        allowed = (Condition.BUSY, Condition.READY, Condition.NEEDS_ATTENTION, Condition.WARMING_UP)
        promise(status.condition in allowed, f"a device in a capture is busy, not {status.condition}")

    def test_leaving_early_frees_the_device(self) -> None:
        device = self.opened()
        for _ in range(3):
            with self.presenting(device):
                pass
        self.captured(device)

    def test_an_error_of_the_caller_frees_the_device_and_is_not_swallowed(self) -> None:
        device = self.opened()
        with must_raise(ZeroDivisionError, "an error in the caller's block is passed on"), self.presenting(device):
            self._stumble()
        self.captured(device)

    def _stumble(self) -> None:
        """The caller's own error."""
        raise ZeroDivisionError

    # A finger on the glass, a face before the lens, a pen in the hand.

    def test_one_line_captures(self) -> None:
        samples = self.captured(self.opened())
        promise(samples, "a capture gives samples")
        strange = [sample for sample in samples if not isinstance(sample, self.sample_type)]
        promise(not strange, f"samples are {self.sample_type.__name__}, not {strange}")

    def test_a_sample_says_how_it_came_about(self) -> None:
        device = self.opened()
        start, before = self.rig.clock.monotonic(), self.rig.clock.now()
        samples = self.captured(device)
        end, after = self.rig.clock.monotonic(), self.rig.clock.now()
        for sample in samples:
            info = sample.capture
            promise(info is not None, "a sample carries a CaptureInfo")
            promise(info.device == device.info.address, f"capture.device is the address, not {info.device!r}")
            promise(info.at is not None, "capture.at is set")
            promise(before <= info.at <= after, f"capture.at lies within the call, not at {info.at}")
            promise(info.monotonic is not None, "capture.monotonic is set")
            promise(start <= info.monotonic <= end, f"capture.monotonic lies within the call, not at {info.monotonic}")
            promise(info.sequence is not None, "capture.sequence is set")

    def test_what_the_device_reports_travels_as_plain_values(self) -> None:
        for sample in self.captured(self.opened()):
            try:
                json.dumps(dict(sample.capture.reported))
            except TypeError as error:
                promise(False, f"capture.reported holds plain values, as JSON has them: {error}")

    def test_every_capture_is_a_new_one(self) -> None:
        device = self.opened()
        first, second = self.captured(device), self.captured(device)
        promise(second[0].capture.monotonic > first[0].capture.monotonic, "a second capture is later than the first")
        promise(second[0].capture.sequence > first[0].capture.sequence, "a second capture has a later number")
        promise(second[0] is not first[0], "a second capture is not the first one again")

    def test_the_iteration_ends_when_the_samples_are_there(self) -> None:
        device = self.opened()
        self.rig.present()
        with self.presenting(device) as presentation:
            self._take_and_watch(device, presentation)
            promise(presentation.samples, "the iteration ends when the samples are there")
            promise(next(iter(presentation), None) is None, "an iteration that has ended stays so")
            promise(presentation.samples == presentation.samples, "samples stay the same")

    def _take_and_watch(self, device: Any, presentation: Any) -> list[Any]:
        """Iterate to the end, taking at once; a pad when its ink rests."""
        seen: list[Any] = []
        if device.info.kind is not Kind.SIGNATURE_PAD:
            presentation.take()
        touched: float | None = None
        for frame in presentation:
            seen.append(frame)
            if isinstance(frame, PenPoints):
                if frame.pen_down.any():
                    touched = frame.monotonic
                elif touched is not None and frame.monotonic - touched > 1.5:
                    presentation.take()
        return seen

    def test_take_twice_is_once(self) -> None:
        device = self.opened()
        self.rig.present()
        with self.presenting(device) as presentation:
            presentation.take()
            presentation.take()
            self._until_the_end(presentation)
            promise(presentation.samples, "take() twice captures once")

    def test_the_trigger_is_as_info_says(self) -> None:
        device = self.opened()
        self.rig.present()
        if device.info.trigger is Trigger.DEVICE:
            with self.presenting(device) as presentation:
                self._until_the_end(presentation)
                promise(presentation.samples, "a DEVICE trigger captures without take()")
            return
        with (
            must_raise(CaptureTimeout, "a HOST trigger waits for take(), however long"),
            self.presenting(device, timeout=4.0) as presentation,
        ):
            self._until_the_end(presentation)

    def test_close_in_the_thread_of_its_own_suspended_preview(self) -> None:
        device = self.opened()
        self.rig.present()
        self._needs_live_view(device)
        with self.presenting(device) as presentation:
            next(iter(presentation))
            with self.within(1.0, "close() never waits for its own thread: it returns"):
                device.close()
            with must_raise(CaptureCancelled, "a suspended preview ends CaptureCancelled when the device is closed"):
                next(iter(presentation))

    def test_close_in_another_thread_while_a_preview_is_suspended(self) -> None:
        device = self.opened()
        self.rig.present()
        self._needs_live_view(device)
        with self.presenting(device) as presentation:
            next(iter(presentation))
            thread = threading.Thread(target=device.close)
            thread.start()
            thread.join(3.0)
            promise(not thread.is_alive(), "close() does not wait for a preview that nobody reads")
            with must_raise(CaptureCancelled, "a suspended preview ends CaptureCancelled when the device is closed"):
                next(iter(presentation))

    def test_frames_are_numbered_upwards(self) -> None:
        numbers = [frame.sequence for frame in self.frames(self.opened(), 12)]
        promise(all(a < b for a, b in pairwise(numbers)), f"frame.sequence rises with every frame: {numbers}")

    def test_numbers_go_on_from_one_presentation_to_the_next(self) -> None:
        device = self.opened()
        first, second = self.frames(device, 3), self.frames(device, 3)
        promise(second[0].sequence > first[-1].sequence, "frame.sequence counts every frame the sensor made, over all")

    def test_frames_carry_the_clocks_time(self) -> None:
        device = self.opened()
        start = self.rig.clock.monotonic()
        frames = self.frames(device, 8)
        end = self.rig.clock.monotonic()
        stamps = [frame.monotonic for frame in frames]
        promise(start <= stamps[0] and stamps[-1] <= end, f"frame.monotonic is the clock's time: {stamps}")
        promise(all(a < b for a, b in pairwise(stamps)), f"frame.monotonic rises: {stamps}")

    def test_frames_come_at_the_rate_that_info_states(self) -> None:
        device = self.opened()
        frames = self.frames(device, 16)
        span = frames[-1].monotonic - frames[0].monotonic
        rate = (frames[-1].sequence - frames[0].sequence) / span if span > 0 else float("inf")
        stated = device.info.frame_rate
        promise(abs(rate - stated) <= 0.3 * stated, f"{stated:g} frames/s were promised, {rate:.1f} came")

    def test_a_slow_reader_gets_the_newest_frame_and_sees_the_gap(self) -> None:
        device = self.opened()
        self._for_frames(device)
        with self.presenting(device) as presentation:
            frames = iter(presentation)
            for _ in range(2):
                before = next(frames)
            self.rig.clock.wait(1.0)
            now = self.rig.clock.monotonic()
            after = next(frames)
        period = 1 / device.info.frame_rate
        promise(after.monotonic >= now - 2 * period, "a slow reader gets the newest frame, not an old one of a queue")
        gap = after.sequence - before.sequence
        promise(gap >= 0.5 * device.info.frame_rate, f"a pause of 1 s shows as a gap in frame.sequence, not {gap}")

    def test_no_two_frames_are_the_same(self) -> None:
        frames = self.frames(self.opened(), 10)
        promise(len({id(frame) for frame in frames}) == len(frames), "no frame comes twice (a stale frame)")
        promise(len({frame.sequence for frame in frames}) == len(frames), "no frame number comes twice")

    def test_a_frame_cannot_be_written_to(self) -> None:
        for frame in self.frames(self.opened(), 2):
            arrays = [frame.image] if isinstance(frame, Frame) else [frame.t, frame.x, frame.y]
            promise(not any(array.flags.writeable for array in arrays), "a frame's arrays are read-only")

    def test_what_a_frame_reports_is_plain(self) -> None:
        for frame in self.frames(self.opened(), 3):
            try:
                json.dumps(dict(frame.reported))
            except TypeError as error:
                promise(False, f"frame.reported holds plain values, as JSON has them: {error}")

    def test_a_capture_after_many_frames(self) -> None:
        device = self.opened()
        self.rig.present()
        self._needs_live_view(device)
        if device.info.trigger is Trigger.DEVICE or device.info.kind is Kind.SIGNATURE_PAD:
            self.captured(device)
            return
        with self.presenting(device) as presentation:
            for number, _ in enumerate(presentation):
                if number == 30:
                    presentation.take()
            promise(presentation.samples, "a take() after 30 frames captures")
            last = presentation.samples[0].capture.sequence
            promise(last > 30, f"the sample is of a frame after the take(), not of no. {last}")

    def test_nothing_of_ours_is_called_in_a_thread_of_the_drivers(self) -> None:
        device = self.opened()
        self.rig.present()
        threads: set[int] = set()

        class Watching(CancelToken):
            def subscribe(self, call: Any) -> Any:
                threads.add(threading.get_ident())
                return super().subscribe(call)

        with self.presenting(device, cancel=Watching()) as presentation:
            self._take_and_watch(device, presentation)
        promise(threads <= {threading.get_ident()}, "the caller's token is used in the caller's thread only")


class CaptureCableKit(CableKit, CaptureKit):
    """Checks for which the live view stands still or the cable is pulled; they come last."""

    def test_a_live_view_that_stands_still_is_a_timeout(self) -> None:
        device = self.opened(self.rig.stall)
        self.rig.present()
        self._needs_live_view(device)
        with (
            self.within(5.0, "a live view without a frame for 2 s ends"),
            must_raise(CaptureTimeout, "a live view that stands still ends CaptureTimeout"),
            self.presenting(device) as presentation,
        ):
            self._until_the_end(presentation)

    def test_unplugging_ends_a_running_call(self) -> None:
        device = self.opened(self.rig.open_to_unplug)
        if device.info.trigger is Trigger.DEVICE or not device.info.frame_rate:
            self.rig.withdraw()
        pulled: list[float] = []

        def pull() -> None:
            pulled.append(self.rig.clock.monotonic())
            self.rig.unplug()

        self.rig.after(0.5, pull)
        with (
            must_raise(DeviceDisconnected, "an unplugged device ends a running call DeviceDisconnected"),
            self.presenting(device) as presentation,
        ):
            self._until_the_end(presentation)
        took = self.rig.clock.monotonic() - pulled[0]
        promise(took <= 1.0, f"unplugging is told within 1 s; it took {took:.2f} s")
