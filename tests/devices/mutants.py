"""One bad driver for each check of the conformance kit; the check must fail on it.

A mutant is a good simulated device with one promise broken. `kills` notes which check it is for.
"""

import threading
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np

from ktpel_capture.cancel import NEVER
from ktpel_capture.devices.protocols import Condition, DeviceStatus, JobStage, Kind, ResponseApdu, Trigger
from ktpel_capture.devices.testing import (
    BackupVolumeKit,
    CardPrinterKit,
    CardReaderKit,
    FaceCameraKit,
    FingerprintScannerKit,
    IrisScannerKit,
    SignaturePadKit,
    SimulatedRig,
    UplinkKit,
)
from ktpel_capture.errors import CaptureCancelled, CaptureTimeout, DeviceError, DeviceFault
from ktpel_capture.messages import Advice
from ktpel_capture.samples import FaceSample

ADDRESSES = {
    FingerprintScannerKit: "sim:fingerprint?sensor=fap10&rate=15",
    IrisScannerKit: "sim:iris",
    FaceCameraKit: "sim:face?sensor=webcam",
    SignaturePadKit: "sim:signature",
    CardReaderKit: "sim:card-reader",
    CardPrinterKit: "sim:card-printer",
    BackupVolumeKit: "sim:backup",
    UplinkKit: "sim:uplink",
}
KILLS = {}
"""(kit, check) -> (mutant, address)."""


def kills(check, kit=FingerprintScannerKit, address=None):
    def note(mutant):
        assert (kit, check) not in KILLS
        KILLS[kit, check] = (mutant, address or ADDRESSES[kit])
        return mutant

    return note


class Good:
    """Passes everything on: not a mutant yet."""

    def __init__(self, inner, clock, rig):
        self.inner, self.clock, self.rig = inner, clock, rig
        self.closed = False

    def __getattr__(self, name):
        return getattr(self.inner, name)

    @property
    def info(self):
        return self.inner.info

    def status(self):
        return self.inner.status()

    def close(self):
        self.closed = True
        self.inner.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def present(self, request, *, timeout, cancel=NEVER):
        inner = self.inner.present(request, timeout=timeout, cancel=cancel)
        return self.presenting(inner, request, timeout, cancel)

    @contextmanager
    def presenting(self, inner, request, timeout, cancel):
        with inner as presentation:
            yield self.shown(presentation)

    def shown(self, presentation):
        return Shown(self, presentation)


class Shown:
    """A presentation that passes everything on."""

    def __init__(self, device, inner):
        self.device, self.inner = device, inner
        self.count = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.count += 1
        return self.frame(next(self.inner))

    def frame(self, frame):
        return frame

    def take(self):
        self.inner.take()

    @property
    def samples(self):
        return tuple(self.sample(sample) for sample in self.inner.samples)

    def sample(self, sample):
        return sample


class MutantRig(SimulatedRig):
    """Opens the mutant instead of the good device."""

    def __init__(self, mutant, address):
        super().__init__(address)
        self.mutant = mutant

    def open(self):
        return self.mutant(super().open(), self.clock, self)

    def open_for_a_cycle(self):
        return self.mutant(super().open_for_a_cycle(), self.clock, self)

    def open_to_unplug(self):
        return self.mutant(super().open_to_unplug(), self.clock, self)

    def stall(self):
        return self.mutant(super().stall(), self.clock, self)

    def exhaust(self):
        return self.mutant(super().exhaust(), self.clock, self)


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


def sampling(name, change):
    """A mutant whose samples are changed."""

    class Sampling(Good):
        def shown(self, presentation):
            class Changed(Shown):
                def sample(self, sample):
                    return change(self.device, sample)

            return Changed(self, presentation)

    Sampling.__name__ = name
    return Sampling


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


# The live view.


def framing(name, change):
    """A mutant whose frames are changed: change(presentation, frame)."""

    class Framing(Good):
        def shown(self, presentation):
            class Changed(Shown):
                def frame(self, frame):
                    return change(self, frame)

            return Changed(self, presentation)

    Framing.__name__ = name
    return Framing


class SuspendedStaysAlive(Good):
    """A preview goes on although the device was closed."""

    def shown(self, presentation):
        class Alive(Shown):
            last = None

            def __next__(self):
                with suppress(CaptureCancelled):
                    self.last = super().__next__()
                return self.last

        return Alive(self, presentation)


kills("test_close_in_the_thread_of_its_own_suspended_preview")(SuspendedStaysAlive)


@kills("test_close_in_another_thread_while_a_preview_is_suspended")
class WaitsForTheReader(Good):
    def __init__(self, *args):
        super().__init__(*args)
        self.reading = threading.Event()
        self.reading.set()
        self.reader = None

    def shown(self, presentation):
        class Marking(Shown):
            def __next__(self):
                self.device.reading.clear()
                return super().__next__()

        return Marking(self, presentation)

    @contextmanager
    def presenting(self, inner, request, timeout, cancel):
        try:
            with inner as presentation:
                yield self.shown(presentation)
        finally:
            self.reading.set()

    def close(self):
        self.reading.wait(6.0)
        super().close()


kills("test_frames_are_numbered_upwards")(framing("Unnumbered", lambda shown, frame: replace(frame, sequence=7)))
kills("test_numbers_go_on_from_one_presentation_to_the_next")(
    framing("CountsAnew", lambda shown, frame: replace(frame, sequence=shown.count))
)
kills("test_frames_carry_the_clocks_time")(
    framing("AnotherClock", lambda shown, frame: replace(frame, monotonic=frame.monotonic + 1e6))
)


@kills("test_frames_come_at_the_rate_that_info_states")
class HalfTheRate(Good):
    @property
    def info(self):
        return replace(self.inner.info, frame_rate=2 * self.inner.info.frame_rate)


@kills("test_a_slow_reader_gets_the_newest_frame_and_sees_the_gap")
class Queues(Good):
    def shown(self, presentation):
        class Queue(Shown):
            first = None

            def frame(self, frame):
                self.first = self.first or frame
                return replace(
                    frame,
                    sequence=self.first.sequence + self.count - 1,
                    monotonic=self.first.monotonic + (self.count - 1) / 15,
                )

        return Queue(self, presentation)


@kills("test_no_two_frames_are_the_same")
class Stale(Good):
    def shown(self, presentation):
        class Twice(Shown):
            last = None

            def __next__(self):
                if self.last is None or self.count % 2:
                    self.last = super().__next__()
                else:
                    self.count += 1
                return self.last

        return Twice(self, presentation)


kills("test_a_frame_cannot_be_written_to")(
    framing("Writeable", lambda shown, frame: replace(frame, image=frame.image.copy()))
)
kills("test_what_a_frame_reports_is_plain")(
    framing("FramesWithObjects", lambda shown, frame: replace(frame, reported={"when": object()}))
)
kills("test_a_frame_is_a_picture")(framing("Floats", lambda shown, frame: replace(frame, image=frame.image / 255)))
kills("test_a_frames_scale_tells_the_samples_size")(
    framing("WrongScale", lambda shown, frame: replace(frame, scale=0.25))
)


@kills("test_a_capture_after_many_frames")
class KeepsTheFirstFrame(Good):
    shown = sampling("", lambda device, sample: replace(sample, capture=replace(sample.capture, sequence=1))).shown


@kills("test_nothing_of_ours_is_called_in_a_thread_of_the_drivers")
class SubscribesElsewhere(Good):
    def present(self, request, *, timeout, cancel=NEVER):
        thread = threading.Thread(target=lambda: cancel.subscribe(lambda: None)())
        thread.start()
        thread.join()
        return super().present(request, timeout=timeout, cancel=cancel)


# Irises, faces, signatures.


class OneEyeOnly(Good):
    def shown(self, presentation):
        class Half(Shown):
            @property
            def samples(self):
                return self.inner.samples[:1]

        return Half(self, presentation)


kills("test_one_sample_an_eye", IrisScannerKit)(OneEyeOnly)
kills("test_one_eye_alone", IrisScannerKit)(
    sampling("AlwaysRight", lambda device, sample: replace(sample, eye="right"))
)
kills("test_eyes_are_large_enough_for_the_format", IrisScannerKit)(
    sampling("Tiny", lambda device, sample: replace(sample, image=sample.image[::8, ::8]))
)


@kills("test_one_portrait", FaceCameraKit)
class Series(Good):
    def shown(self, presentation):
        class Many(Shown):
            @property
            def samples(self):
                return self.inner.samples * 3

        return Many(self, presentation)


kills("test_a_portrait_has_colours", FaceCameraKit)(
    framing("Grey", lambda shown, frame: replace(frame, image=frame.image[..., 0]))
)
kills("test_a_frame_holds_the_pens_new_points", SignaturePadKit)(
    framing("Uneven", lambda shown, frame: replace(frame, x=np.append(frame.x, 1.0)))
)
kills("test_the_frames_make_up_the_signature", SignaturePadKit)(
    framing("Rounds", lambda shown, frame: replace(frame, x=np.round(frame.x)))
)
kills("test_the_ink_lies_on_the_pad", SignaturePadKit)(
    sampling("BesideThePad", lambda device, sample: replace(sample, x=sample.x + 500))
)


@kills("test_a_cancelled_signature_leaves_no_ink", SignaturePadKit)
class KeepsTheInk(Good):
    ink = None

    def shown(self, presentation):
        class Inked(Shown):
            def frame(self, frame):
                old, self.device.ink = self.device.ink, None
                if frame.x.size > 2:
                    self.device.ink = frame
                return old if self.count == 1 and old is not None else frame

        return Inked(self, presentation)


@kills("test_a_picture_can_be_shown_or_is_ignored", SignaturePadKit)
class NoShow(Good):
    def show(self, screen):
        raise NotImplementedError


# Card readers.


@kills("test_slots_are_named", CardReaderKit)
class Slotless(Good):
    def slots(self):
        self.inner.slots()
        return ("contactless", "contactless")


class ReaderMutant(Good):
    """Changes how a card is given."""

    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card(slot, timeout=timeout, cancel=cancel)


@kills("test_an_unknown_slot_is_the_callers_error", CardReaderKit)
class AnySlot(ReaderMutant):
    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card("contactless", timeout=timeout, cancel=cancel)


@kills("test_a_timeout_of_nothing_is_the_callers_error", CardReaderKit)
class AnyTimeoutForACard(ReaderMutant):
    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card(slot, timeout=max(timeout, 0.1), cancel=cancel)


class CardMutant(ReaderMutant):
    """Changes the card."""

    class Card:
        def __init__(self, reader, inner):
            self.reader, self.inner = reader, inner

        @property
        def atr(self):
            return self.inner.atr

        def transmit(self, command, *, timeout=5.0):
            return self.inner.transmit(command, timeout=timeout)

    @contextmanager
    def card(self, slot, *, timeout, cancel=NEVER):
        with self.inner.card(slot, timeout=timeout, cancel=cancel) as card:
            yield self.Card(self, card)


@kills("test_a_card_answers", CardReaderKit)
class NoAtr(CardMutant):
    class Card(CardMutant.Card):
        atr = b""


@kills("test_a_cards_refusal_is_an_answer_and_no_error", CardReaderKit)
class RaisesRefusals(CardMutant):
    class Card(CardMutant.Card):
        def transmit(self, command, *, timeout=5.0):
            answer = super().transmit(command, timeout=timeout)
            if not answer.ok:
                raise DeviceFault(self.reader.info, f"status {answer.status:04x}")
            return answer


@kills("test_a_card_is_held_exclusively", CardReaderKit)
class SharesTheCard(ReaderMutant):
    @contextmanager
    def card(self, slot, *, timeout, cancel=NEVER):
        self.inner._held.discard(slot)
        with self.inner.card(slot, timeout=timeout, cancel=cancel) as card:
            yield card


class Undead(CardMutant):
    """A card that always answers."""

    class Card(CardMutant.Card):
        def transmit(self, command, *, timeout=5.0):
            try:
                return super().transmit(command, timeout=timeout)
            except DeviceError:
                return ResponseApdu(b"", 0x9000)


kills("test_a_card_given_back_is_not_spoken_to", CardReaderKit)(Undead)
kills("test_a_closed_reader_takes_its_card_along", CardReaderKit)(type("UndeadWhenClosed", (Undead,), {}))
kills("test_a_card_taken_away_is_told", CardReaderKit)(type("UndeadWhenTaken", (Undead,), {}))


@kills("test_no_card_is_a_timeout", CardReaderKit)
class WaitsTooLong(ReaderMutant):
    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card(slot, timeout=3 * timeout, cancel=cancel)


@kills("test_waiting_for_a_card_can_be_called_off", CardReaderKit)
class DeafReader(ReaderMutant):
    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card(slot, timeout=timeout)


@kills("test_a_card_laid_on_while_waiting_is_seen", CardReaderKit)
class LooksOnce(ReaderMutant):
    def card(self, slot, *, timeout, cancel=NEVER):
        return self.inner.card(slot, timeout=0.1, cancel=cancel)


# Card printers.


@kills("test_supplies_are_counted_in_cards", CardPrinterKit)
class NegativeSupply(Good):
    def supplies(self):
        supplies = self.inner.supplies()
        return replace(supplies, items=tuple(replace(item, cards_left=-1) for item in supplies.items))


@kills("test_an_unknown_job_is_told", CardPrinterKit)
class KnowsEveryJob(Good):
    def job(self, job):
        from ktpel_capture.devices.protocols import JobState

        try:
            return self.inner.job(job)
        except DeviceError:
            return JobState(job, "", JobStage.DONE)


@kills("test_a_card_is_printed", CardPrinterKit)
class FailsJobs(Good):
    def job(self, job):
        return replace(self.inner.job(job), stage=JobStage.FAILED)


@kills("test_a_job_knows_its_key", CardPrinterKit)
class ForgetsTheKey(Good):
    def job(self, job):
        return replace(self.inner.job(job), key="")


@kills("test_submitting_returns_before_the_card_is_printed", CardPrinterKit)
class PrintsInSubmit(Good):
    def submit(self, job):
        identifier = self.inner.submit(job)
        self.clock.wait(25.0)
        return identifier


class Renames(Good):
    """A job of its own for every submit."""

    count = 0

    def submit(self, job):
        self.count += 1
        return self.inner.submit(replace(job, key=f"{job.key}-{self.count}"))


kills("test_a_key_is_never_printed_twice", CardPrinterKit)(Renames)


@kills("test_jobs_of_two_keys_are_two", CardPrinterKit)
class OneJobForAll(Good):
    def submit(self, job):
        return self.inner.submit(replace(job, key="the only one"))


@kills("test_a_waiting_job_can_be_withdrawn", CardPrinterKit)
class CannotWithdraw(Good):
    def withdraw(self, job):
        raise DeviceFault(self.info, "not supported")


@kills("test_a_printed_job_cannot_be_withdrawn", CardPrinterKit)
class WithdrawsPrinted(Good):
    def withdraw(self, job):
        return replace(self.inner.withdraw(job), stage=JobStage.WITHDRAWN)


@kills("test_a_picture_that_is_none_is_the_callers_error", CardPrinterKit)
class PrintsAnything(Good):
    def submit(self, job):
        if job.front.ndim != 3:
            job = replace(job, front=np.zeros((10, 10, 3), np.uint8))
        return self.inner.submit(job)


@kills("test_the_caller_may_reuse_its_picture", CardPrinterKit)
class KeepsTheCallersPicture(Good):
    given = None

    def submit(self, job):
        self.given, self.sum = job, int(job.front.sum())
        return self.inner.submit(job)

    def job(self, job):
        state = self.inner.job(job)
        changed = self.given is not None and int(self.given.front.sum()) != self.sum
        return replace(state, stage=JobStage.FAILED) if changed else state


# Backup volumes.


@kills("test_usage_is_room_in_bytes", BackupVolumeKit)
class MoreFreeThanThere(Good):
    def usage(self):
        usage = self.inner.usage()
        return replace(usage, free=usage.total + 1)


class VolumeMutant(Good):
    """Changes writing."""

    def write(self, name, content, *, cancel=NEVER):
        return self.inner.write(name, content, cancel=cancel)


@kills("test_what_is_written_is_read_back", BackupVolumeKit)
class LosesTheLast(VolumeMutant):
    def write(self, name, content, *, cancel=NEVER):
        return self.inner.write(name, list(content)[:-1], cancel=cancel)


@kills("test_a_name_is_listed_once_and_under_its_prefix", BackupVolumeKit)
class ListsTwice(Good):
    def names(self, prefix=""):
        found = list(self.inner.names(prefix))
        return iter(found + found)


@kills("test_writing_again_replaces", BackupVolumeKit)
class Appends(VolumeMutant):
    def write(self, name, content, *, cancel=NEVER):
        old = b""
        if name in set(self.inner.names(name)):
            with self.inner.read(name) as file:
                old = file.read()
        return self.inner.write(name, [old, *content], cancel=cancel)


class HalfFiles(VolumeMutant):
    """Leaves what came before the error."""

    def write(self, name, content, *, cancel=NEVER):
        arrived = []
        try:
            for chunk in content:
                if cancel.cancelled:
                    raise CaptureCancelled(self.info, "called off")
                arrived.append(chunk)
        except BaseException:
            self.inner.write(name, arrived)
            raise
        return self.inner.write(name, arrived, cancel=cancel)


kills("test_a_writer_that_fails_leaves_nothing", BackupVolumeKit)(HalfFiles)
kills("test_a_writer_that_fails_keeps_the_old_version", BackupVolumeKit)(type("HalfNewFiles", (HalfFiles,), {}))
kills("test_writing_can_be_called_off", BackupVolumeKit)(type("HalfCancelledFiles", (HalfFiles,), {}))


@kills("test_a_name_that_is_not_there_is_told", BackupVolumeKit)
class PlainErrors(Good):
    @contextmanager
    def read(self, name):
        if name not in set(self.inner.names()):
            raise FileNotFoundError(name)
        with self.inner.read(name) as file:
            yield file


@kills("test_a_name_that_leaves_the_volume_is_refused", BackupVolumeKit)
class TakesAnyName(VolumeMutant):
    def write(self, name, content, *, cancel=NEVER):
        return self.inner.write("kit/" + "".join(letter for letter in name if letter.isalnum()), content)


@kills("test_an_empty_file_is_a_file", BackupVolumeKit)
class SkipsEmpty(VolumeMutant):
    def write(self, name, content, *, cancel=NEVER):
        chunks = list(content)
        return self.inner.write(name, chunks, cancel=cancel) if chunks else "0" * 64


@kills("test_two_writers_at_once_both_arrive_whole", BackupVolumeKit)
class OneAtATime(VolumeMutant):
    busy = False

    def write(self, name, content, *, cancel=NEVER):
        if self.busy:
            raise DeviceFault(self.info, "a write is running")
        self.busy = True
        try:
            threading.Event().wait(0.1)
            return self.inner.write(name, content, cancel=cancel)
        finally:
            self.busy = False


@kills("test_what_is_written_is_there_for_the_next_who_opens_it", BackupVolumeKit)
class ForgetsOnClose(Good):
    def close(self):
        if not self.closed:
            for name in list(self.inner.names("kit/")):
                self.inner.remove(name)
        super().close()


@kills("test_an_ejected_volume_takes_nothing_more", BackupVolumeKit)
class NeverEjects(Good):
    def eject(self):
        pass


# Uplinks.


@kills("test_the_link_says_how_it_is", UplinkKit)
class ImpossibleSignal(Good):
    def link(self):
        return replace(self.inner.link(), signal_dbm=31.0)


@kills("test_a_timeout_of_nothing_is_the_callers_error", UplinkKit)
class AnyTimeoutForTheNetwork(Good):
    def online(self, *, timeout, cancel=NEVER):
        return self.inner.online(timeout=max(timeout, 1.0), cancel=cancel)


@kills("test_online_gives_a_link_that_passes_packets", UplinkKit)
class OnlineOffline(Good):
    @contextmanager
    def online(self, *, timeout, cancel=NEVER):
        with self.inner.online(timeout=timeout, cancel=cancel) as state:
            yield replace(state, online=False)


@kills("test_an_error_of_the_caller_is_not_swallowed", UplinkKit)
class SwallowsOnline(Good):
    @contextmanager
    def online(self, *, timeout, cancel=NEVER):
        with self.inner.online(timeout=timeout, cancel=cancel) as state, suppress(ZeroDivisionError):
            yield state


@kills("test_no_network_is_a_timeout", UplinkKit)
class WaitsForTheNetwork(Good):
    def online(self, *, timeout, cancel=NEVER):
        return self.inner.online(timeout=5 * timeout, cancel=cancel)


@kills("test_waiting_for_the_network_can_be_called_off", UplinkKit)
class DeafUplink(Good):
    def online(self, *, timeout, cancel=NEVER):
        return self.inner.online(timeout=timeout)
