"""Bad capture devices: info, opening, cancelling, samples."""

import threading
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np

from ktpel_capture.cancel import NEVER
from ktpel_capture.devices.protocols import Condition, DeviceStatus, Kind, Trigger
from ktpel_capture.errors import CaptureCancelled, CaptureTimeout, DeviceError, DeviceFault
from ktpel_capture.messages import Advice
from ktpel_capture.samples import FaceSample

from .mutants import Good, Shown, kills, sampling

# Info and status.


@kills("test_info_is_of_the_kits_kind")
class AnotherKind(Good):
    @property
    def info(self):
        return replace(self.inner.info, kind=Kind.UPLINK)


@kills("test_info_names_an_address_that_opens_it_again")
class AnotherAddress(Good):
    @property
    def info(self):
        return replace(self.inner.info, address="sim:fingerprint?sensor=fap60")


@kills("test_info_says_what_it_is")
class Nameless(Good):
    @property
    def info(self):
        return replace(self.inner.info, driver="")


@kills("test_info_needs_no_device")
class AsksForInfo(Good):
    @property
    def info(self):
        return replace(self.inner.info, firmware=self.inner.status().condition.value)


@kills("test_status_answers_within_two_seconds")
class SlowStatus(Good):
    def status(self):
        self.clock.wait(5.0)
        return self.inner.status()


@kills("test_a_device_just_opened_can_be_used")
class HalfOpen(Good):
    def status(self):
        return DeviceStatus(Condition.GONE)


@kills("test_status_speaks_to_people_in_both_languages")
class EnglishOnly(Good):
    def status(self):
        return DeviceStatus(Condition.READY, (Advice("x", "", "Clean the glass."),))


# Opening and closing.


@kills("test_close_is_idempotent")
class ClosesOnce(Good):
    def close(self):
        if self.closed:
            raise DeviceFault(self.info, "it is closed")
        super().close()


@kills("test_close_from_another_thread")
class ClosesInItsThread(Good):
    def __init__(self, *args):
        super().__init__(*args)
        self.thread = threading.get_ident()

    def close(self):
        if threading.get_ident() != self.thread:
            raise DeviceFault(self.info, "close it in the thread that opened it")
        super().close()


@kills("test_a_with_block_closes_it")
class StaysOpen(Good):
    def __exit__(self, *exc):
        pass


@kills("test_a_closed_device_refuses_to_work")
class NeverCloses(Good):
    def close(self):
        pass


@kills("test_the_status_of_a_closed_device_is_gone")
class ReadyForEver(Good):
    def status(self):
        return DeviceStatus(Condition.READY)


@kills("test_it_opens_again_after_closing")
class OpensOnce(Good):
    def __init__(self, *args):
        super().__init__(*args)
        if getattr(self.rig, "taken", False):
            raise DeviceError(self.info, "it is in use")
        self.rig.taken = True


@kills("test_opening_twice_is_busy_or_harmless")
class TakesOver(Good):
    def __init__(self, *args):
        super().__init__(*args)
        first = getattr(self.rig, "first", None)
        if first is not None:
            first.inner.close()
        self.rig.first = self


@kills("test_use_in_another_thread_than_the_one_that_opened_it")
class WorksInItsThread(Good):
    def __init__(self, *args):
        super().__init__(*args)
        self.thread = threading.get_ident()

    def present(self, *args, **options):
        if threading.get_ident() != self.thread:
            raise DeviceFault(self.info, "use it in the thread that opened it")
        return super().present(*args, **options)


@kills("test_closing_leaves_no_thread_behind")
class LeavesAThread(Good):
    def __init__(self, *args):
        super().__init__(*args)
        threading.Thread(target=threading.Event().wait, args=(4.0,), daemon=True).start()


_HOARD = []


@kills("test_a_thousand_cycles_leave_nothing_behind")
class Leaks(Good):
    def __init__(self, *args):
        super().__init__(*args)
        _HOARD.append(np.ones(300_000, np.uint8))


# The cable.


@kills("test_an_unplugged_device_says_so")
class DoesNotNotice(Good):
    def status(self):
        return DeviceStatus(Condition.READY)


@kills("test_an_unplugged_device_closes_and_opens_again_when_it_is_back")
class CannotLetGo(Good):
    def close(self):
        if not self.rig.trouble.plugged:
            raise DeviceFault(self.info, "no device to close")
        super().close()


@kills("test_unplugging_ends_a_running_call")
class TakesAPulledCableForACancel(Good):
    def shown(self, presentation):
        class Mistaken(Shown):
            def __next__(self):
                try:
                    return super().__next__()
                except DeviceError as error:
                    raise CaptureCancelled(self.device.info, "cancelled") from error

        return Mistaken(self, presentation)


@kills("test_a_live_view_that_stands_still_is_a_timeout")
class WaitsForEver(Good):
    def shown(self, presentation):
        class Patient(Shown):
            def __next__(self):
                try:
                    return super().__next__()
                except CaptureTimeout:
                    self.device.clock.wait(20.0)
                    raise

        return Patient(self, presentation)


# Requests.


@kills("test_info_says_what_it_takes")
class TakesToes(Good):
    @property
    def info(self):
        return replace(self.inner.info, takes=("left_toe",), ppi=500.0)


@kills("test_info_states_a_frame_rate_that_can_be")
class Lightning(Good):
    @property
    def info(self):
        return replace(self.inner.info, frame_rate=100_000.0)


@kills("test_a_timeout_of_nothing_is_the_callers_error")
class TakesAnyTimeout(Good):
    def present(self, request, *, timeout, cancel=NEVER):
        return super().present(request, timeout=max(timeout, 0.1), cancel=cancel)


@kills("test_a_request_of_another_kind_is_refused")
class TakesAnyRequest(Good):
    def present(self, request, *, timeout, cancel=NEVER):
        from ktpel_capture.requests import FingerRequest

        if not isinstance(request, FingerRequest):
            request = FingerRequest("right_index")
        return super().present(request, timeout=timeout, cancel=cancel)


@kills("test_a_position_it_cannot_take_is_refused")
class TakesAnyPosition(TakesAnyRequest):
    def present(self, request, *, timeout, cancel=NEVER):
        from ktpel_capture.requests import FingerRequest

        return Good.present(self, FingerRequest("right_index"), timeout=timeout, cancel=cancel)


# Cancelling and timeouts.


class Deaf(Good):
    """Does not listen to the token."""

    def present(self, request, *, timeout, cancel=NEVER):
        return super().present(request, timeout=timeout, cancel=NEVER)


kills("test_a_call_that_is_cancelled_before_it_starts")(Deaf)


@kills("test_cancel_at_any_moment_is_answered_at_once")
class Slow(Good):
    """Answers a cancel after two seconds."""

    def shown(self, presentation):
        class Lagging(Shown):
            def __next__(self):
                try:
                    return super().__next__()
                except CaptureCancelled:
                    self.device.clock.wait(2.0)
                    raise

        return Lagging(self, presentation)


@kills("test_a_cancelled_device_can_be_used_again")
class StuckAfterACancel(Good):
    stuck = False

    def present(self, request, *, timeout, cancel=NEVER):
        if self.stuck:
            raise DeviceFault(self.info, "still capturing")
        if cancel is not NEVER:
            cancel.subscribe(lambda: setattr(self, "stuck", True))
        return super().present(request, timeout=timeout, cancel=cancel)


@kills("test_a_token_is_let_go_when_the_call_is_over")
class KeepsTheToken(Good):
    def present(self, request, *, timeout, cancel=NEVER):
        cancel.subscribe(lambda: None)
        return super().present(request, timeout=timeout, cancel=cancel)


@kills("test_close_from_another_thread_ends_a_running_call")
class ClosedCallsFail(Good):
    def shown(self, presentation):
        class Confused(Shown):
            def __next__(self):
                try:
                    return super().__next__()
                except CaptureCancelled as error:
                    raise DeviceFault(self.device.info, "bad file descriptor") from error

        return Confused(self, presentation)


@kills("test_the_whole_call_keeps_its_timeout")
class TimeoutAFrame(Good):
    def present(self, request, *, timeout, cancel=NEVER):
        return super().present(request, timeout=4 * timeout, cancel=cancel)


@kills("test_an_error_names_the_device_and_what_to_do")
class Terse(Good):
    def shown(self, presentation):
        class Curt(Shown):
            def __next__(self):
                try:
                    return super().__next__()
                except DeviceError as error:
                    raise type(error)("device", "timeout", advice="") from error

        return Curt(self, presentation)


@kills("test_a_timed_out_device_can_be_used_again")
class StuckAfterATimeout(Good):
    calls = 0

    def present(self, request, *, timeout, cancel=NEVER):
        self.calls += 1
        if self.calls > 1:
            raise DeviceFault(self.info, "still waiting for a finger")
        return super().present(request, timeout=timeout, cancel=cancel)


@kills("test_an_ended_call_keeps_saying_so")
class LooksLikeSuccess(Good):
    def shown(self, presentation):
        class Forgetful(Shown):
            failed = False

            def __next__(self):
                if self.failed:
                    raise StopIteration
                try:
                    return super().__next__()
                except CaptureTimeout:
                    self.failed = True
                    raise

        return Forgetful(self, presentation)


# Two at once.


class LetsTwoIn(Good):
    """Opens a second device behind the first one's back."""

    def present(self, request, *, timeout, cancel=NEVER):
        from ktpel_capture.devices.registry import open_device

        another = open_device(self.rig.address, clock=self.clock)
        return self.presenting(another.present(request, timeout=timeout, cancel=cancel), request, timeout, cancel)


kills("test_a_second_call_meanwhile_is_busy")(LetsTwoIn)
kills("test_of_two_threads_one_captures_and_one_is_told_busy")(type("LetsTwoThreadsIn", (LetsTwoIn,), {}))


@kills("test_the_status_during_a_capture_is_what_was_last_known")
class AsksInACapture(Good):
    def status(self):
        status = self.inner.status()
        if status.condition is Condition.BUSY:
            raise DeviceFault(self.info, "cannot ask while capturing")
        return status


@kills("test_leaving_early_frees_the_device")
class StaysInTheCapture(Good):
    @contextmanager
    def presenting(self, inner, request, timeout, cancel):
        yield self.shown(inner.__enter__())


@kills("test_an_error_of_the_caller_frees_the_device_and_is_not_swallowed")
class Swallows(Good):
    @contextmanager
    def presenting(self, inner, request, timeout, cancel):
        with inner as presentation, suppress(ZeroDivisionError):
            yield self.shown(presentation)


# Samples.


kills("test_one_line_captures")(
    sampling("GivesFaces", lambda device, sample: FaceSample(np.zeros((4, 3, 3), np.uint8), sample.capture))
)
kills("test_a_sample_says_how_it_came_about")(
    sampling("Undated", lambda device, sample: replace(sample, capture=replace(sample.capture, at=None)))
)
kills("test_what_the_device_reports_travels_as_plain_values")(
    sampling(
        "ReportsObjects",
        lambda device, sample: replace(sample, capture=replace(sample.capture, reported={"q": object()})),
    )
)


@kills("test_every_capture_is_a_new_one")
class Repeats(Good):
    kept = None

    def shown(self, presentation):
        class Kept(Shown):
            @property
            def samples(self):
                device = self.device
                if device.kept is None and self.inner.samples:
                    device.kept = self.inner.samples
                return device.kept or ()

        return Kept(self, presentation)


@kills("test_nothing_is_captured_before_the_iteration")
class HasSamplesAtOnce(Good):
    def shown(self, presentation):
        class Hasty(Shown):
            @property
            def samples(self):
                return self.inner.samples or (None,)

        return Hasty(self, presentation)


@kills("test_the_iteration_ends_when_the_samples_are_there")
class EndsWithoutSamples(Good):
    def shown(self, presentation):
        class Empty(Shown):
            samples = ()

        return Empty(self, presentation)


@kills("test_take_twice_is_once")
class TakesOnlyOnce(Good):
    def shown(self, presentation):
        class Once(Shown):
            taken = False

            def take(self):
                if self.taken:
                    raise DeviceFault(self.device.info, "already taken")
                self.taken = True
                super().take()

        return Once(self, presentation)


@kills("test_the_trigger_is_as_info_says")
class SaysDevice(Good):
    @property
    def info(self):
        return replace(self.inner.info, trigger=Trigger.DEVICE)


@kills("test_the_print_is_of_the_position_and_resolution")
class AnotherFinger(Good):
    shown = sampling("", lambda device, sample: replace(sample, position="left_little")).shown


@kills("test_info_states_the_resolution")
class NoResolution(Good):
    @property
    def info(self):
        return replace(self.inner.info, ppi=0.0)


@kills("test_every_slap_it_takes", address="sim:fingerprint?sensor=fap45")
class SlapOfAnotherHand(Good):
    shown = sampling("", lambda device, sample: replace(sample, position="left_four")).shown
