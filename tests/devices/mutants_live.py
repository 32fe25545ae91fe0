"""Bad live views, and what is particular to irises, faces and signatures."""

import threading
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np

from ktpel_capture.cancel import NEVER
from ktpel_capture.devices.testing import (
    FaceCameraKit,
    IrisScannerKit,
    SignaturePadKit,
)
from ktpel_capture.errors import CaptureCancelled

from .mutants import Good, Shown, framing, kills, sampling

# The live view.


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
