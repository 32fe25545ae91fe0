"""The kits of the four capture kinds: what is particular to fingerprints, irises, faces and signatures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ktpel_capture.devices.capturing import capture
from ktpel_capture.devices.protocols import Kind, Trigger
from ktpel_capture.devices.testing.capture import CaptureCableKit, CaptureKit
from ktpel_capture.devices.testing.kit import must_raise, promise
from ktpel_capture.errors import RequestUnsupported
from ktpel_capture.requests import FaceRequest, FingerRequest, Frame, IrisRequest, PenPoints, SignatureRequest
from ktpel_capture.samples import (
    EYES,
    FINGERS_OF,
    POSITIONS,
    FaceSample,
    FingerprintSample,
    IrisSample,
    SignatureSample,
)


class PictureKit(CaptureKit):
    """Checks of the kinds whose live view is a picture."""

    def test_a_frame_is_a_picture(self) -> None:
        for frame in self.frames(self.opened(), 3):
            promise(isinstance(frame, Frame), f"a live view gives Frame, not {type(frame).__name__}")
            promise(frame.image.dtype == np.uint8, f"a frame is uint8, not {frame.image.dtype}")
            promise(frame.image.ndim in (2, 3) and frame.image.size, f"a frame of shape {frame.image.shape}")
            promise(0 < frame.scale <= 1, f"frame.scale lies in 0..1, not {frame.scale}")

    def test_a_frames_scale_tells_the_samples_size(self) -> None:
        device = self.opened()
        frame = self.frames(device, 2)[-1]
        samples = self.captured(device)
        height = max(sample.image.shape[0] for sample in samples) * frame.scale
        promise(abs(frame.image.shape[0] - height) <= 2, f"{frame.scale:g} of the sample is {height:.0f} rows high")


class FingerprintScannerKit(CaptureCableKit, PictureKit):
    """Checks of fingerprint scanners."""

    kind = Kind.FINGERPRINT_SCANNER
    sample_type = FingerprintSample
    takes = POSITIONS[1:]

    def request(self, device: Any) -> FingerRequest:
        for name in ("right_index", *device.info.takes):
            if name in device.info.takes:
                return FingerRequest(name)
        raise AssertionError("info.takes is empty")

    def test_info_states_the_resolution(self) -> None:
        ppi = self.opened().info.ppi
        promise(ppi is None or 100 <= ppi <= 2000, f"info.ppi lies in 100..2000, or is None where unknown; not {ppi}")

    def test_a_position_it_cannot_take_is_refused(self) -> None:
        device = self.opened()
        cannot = [name for name in POSITIONS[1:] if name not in device.info.takes]
        if not cannot:
            from unittest import SkipTest

            raise SkipTest("it takes every position")
        with (
            must_raise(RequestUnsupported, f"{cannot[-1]} is RequestUnsupported: info.takes does not list it"),
            device.present(FingerRequest(cannot[-1]), timeout=self.timeout),
        ):
            pass

    def test_the_print_is_of_the_position_and_resolution(self) -> None:
        device = self.opened()
        request = self.request(device)
        for sample in self.captured(device):
            allowed = (request.position, *FINGERS_OF.get(request.position, ()))
            promise(sample.position in allowed, f"asked for {request.position}, got {sample.position}")
            stated = device.info.ppi
            promise(stated is None or sample.ppi == stated, f"info.ppi is {stated}, the sample's {sample.ppi}")

    def test_every_slap_it_takes(self) -> None:
        device = self.opened()
        slaps = [name for name in FINGERS_OF if name in device.info.takes]
        if not slaps:
            from unittest import SkipTest

            raise SkipTest("it takes single fingers only")
        for name in slaps:
            self.rig.present()
            samples = capture(device, FingerRequest(name), timeout=self.timeout)
            whole = len(samples) == 1 and samples[0].position == name
            fingers = [sample.position for sample in samples]
            apart = set(fingers) <= set(FINGERS_OF[name]) and len(set(fingers)) == len(fingers) > 0
            promise(whole or apart, f"a slap of {name} is one picture of it, or one a finger; not {fingers}")


class IrisScannerKit(CaptureCableKit, PictureKit):
    """Checks of iris scanners."""

    kind = Kind.IRIS_SCANNER
    sample_type = IrisSample
    takes = EYES[1:]

    def request(self, device: Any) -> IrisRequest:
        return IrisRequest(tuple(eye for eye in ("right", "left") if eye in device.info.takes))

    def test_one_sample_an_eye(self) -> None:
        device = self.opened()
        eyes = [sample.eye for sample in self.captured(device)]
        asked = self.request(device).expected
        promise(sorted(eyes) == sorted(asked), f"asked for {asked}, got {eyes}: one sample an eye")

    def test_one_eye_alone(self) -> None:
        device = self.opened()
        for eye in device.info.takes:
            self.rig.present()
            samples = capture(device, IrisRequest((eye,)), timeout=self.timeout)
            got = [sample.eye for sample in samples]
            promise(got == [eye], f"asked for the {eye} eye alone, got {got}")

    def test_eyes_are_large_enough_for_the_format(self) -> None:
        for sample in self.captured(self.opened()):
            height, width = sample.image.shape
            promise(width >= 320 and height >= 240, f"an eye of {width}x{height} px is too small to be one")


class FaceCameraKit(CaptureCableKit, PictureKit):
    """Checks of cameras."""

    kind = Kind.FACE_CAMERA
    sample_type = FaceSample
    takes = ("face",)

    def request(self, device: Any) -> FaceRequest:
        return FaceRequest()

    def _needs_time(self, device: Any) -> None:
        """A camera takes its picture, whoever sits there: only one that waits for take() can be interrupted."""
        if device.info.trigger is Trigger.DEVICE:
            self.rig.withdraw()

    def test_one_portrait(self) -> None:
        samples = self.captured(self.opened())
        promise(len(samples) == 1, f"a camera gives one portrait, not {len(samples)}")

    def test_a_portrait_has_colours(self) -> None:
        frame = self.frames(self.opened(), 1)[0]
        promise(frame.image.ndim == 3 and frame.image.shape[2] == 3, "a camera's live view is RGB")


class SignaturePadKit(CaptureCableKit):
    """Checks of signature pads."""

    kind = Kind.SIGNATURE_PAD
    sample_type = SignatureSample
    takes = ("card", "approval")

    def request(self, device: Any) -> SignatureRequest:
        return SignatureRequest("card" if "card" in device.info.takes else "approval")

    def _needs_time(self, device: Any) -> None:
        if device.info.trigger is Trigger.DEVICE:
            self.rig.withdraw()

    def test_a_frame_holds_the_pens_new_points(self) -> None:
        for frame in self.frames(self.opened(), 5):
            promise(isinstance(frame, PenPoints), f"a pad gives PenPoints, not {type(frame).__name__}")
            lengths = {len(frame.t), len(frame.x), len(frame.y), len(frame.pen_down)}
            promise(len(lengths) == 1, f"every point has time, place and pen: {lengths}")

    def test_the_frames_make_up_the_signature(self) -> None:
        device = self.opened()
        self.rig.present()
        self._needs_live_view(device)
        with self.presenting(device) as presentation:
            frames = self._take_and_watch(device, presentation)
            (sample,) = presentation.samples
        shown = np.concatenate([frame.x for frame in frames])
        promise(sample.x.size > 0, "somebody signed")
        promise(len(shown) >= 0.9 * sample.x.size, f"{len(shown)} of {sample.x.size} points were shown live")
        promise(np.allclose(shown, sample.x[: len(shown)]), "the frames are the signature's points, in order, once")

    def test_the_ink_lies_on_the_pad(self) -> None:
        (sample,) = self.captured(self.opened())
        promise(sample.pad_size is not None, "the sample says how large the pad is (mm)")
        width, height = sample.pad_size
        inside = (sample.x >= 0) & (sample.x <= width) & (sample.y >= 0) & (sample.y <= height)
        promise(bool(inside.all()), f"points lie on the pad of {width:g}x{height:g} mm")

    def test_a_cancelled_signature_leaves_no_ink(self) -> None:
        device = self.opened()
        self.rig.present()
        self._needs_live_view(device)
        points = 0
        with self.presenting(device) as presentation:
            for frame in presentation:
                points += frame.x.size
                if points >= 10:
                    break
        with self.presenting(device) as presentation:
            first = next(iter(presentation))
        promise(first.x.size <= 2, f"cancelling throws the ink away; {first.x.size} old points came")

    def test_a_picture_can_be_shown_or_is_ignored(self) -> None:
        device = self.opened()
        device.show(np.full((48, 80, 3), 255, np.uint8))
        device.show(None)
        self.captured(device)
