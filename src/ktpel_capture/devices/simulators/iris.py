"""``sim:iris``: a binocular or monocular near-infrared scanner, 640 x 480 an eye."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import cast

import numpy as np

from ktpel_capture.arrays import GreyImage
from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.protocols import DeviceInfo, Kind, Trigger
from ktpel_capture.devices.simulators.people import Person, eyes_of
from ktpel_capture.devices.simulators.poses import EyePose
from ktpel_capture.devices.simulators.scene import View
from ktpel_capture.devices.simulators.station import KEYS, MAKER, SimulatedCapture, live, setting_of
from ktpel_capture.errors import RequestUnsupported
from ktpel_capture.requests import Frame, IrisRequest
from ktpel_capture.samples import Eye, IrisSample

_SIZE = (640, 480)
_ORDER: tuple[Eye, ...] = ("right", "left")
"""As the camera sees them: the subject's right eye stands on the picture's left."""


@lru_cache(maxsize=24)
def _seen(person: Person, eye: Eye, pose: EyePose, turn: int, size: tuple[int, int]) -> GreyImage:
    """One eye as it is presented, drawn once; for the live view at half the size, a quarter of the work."""
    sample, _ = eyes_of(person.seed)[eye].capture(
        seed=person.seed * 7919 + turn,
        eye=eye,
        dilation=pose.dilation,
        lid_opening=pose.lid_opening,
        gaze=(pose.gaze_right, pose.gaze_up),
        defocus=pose.defocus,
        motion=pose.motion,
        scale=pose.scale,
        shift=(pose.right, pose.down),
        roll=pose.roll,
        exposure=pose.exposure,
        spectacles=pose.spectacles > 0.5,
        size=size,
    )
    return sample.image


@lru_cache(maxsize=2)
def _nobody(size: tuple[int, int]) -> GreyImage:
    """Nobody before the lens: the lamps light nothing."""
    return np.full(size[::-1], 18, np.uint8)


def _hint(view: View) -> str:
    """What such a scanner's range finder says; empty where it finds nothing."""
    if view.person is None or not view.present:
        return "no_eye"
    scale = cast(EyePose, view.pose).scale
    return "too_far" if scale < 0.8 else "too_near" if scale > 1.3 else ""


class SimulatedIrisScanner(SimulatedCapture[IrisRequest, Frame, IrisSample]):
    """Looks into the eyes that look into it."""

    modality = "iris"

    def _refuse(self, request: IrisRequest) -> None:
        if not isinstance(request, IrisRequest):
            raise TypeError(f"an iris scanner takes an IrisRequest, not {type(request).__name__}")

    def _shows_enough(self, request: IrisRequest, view: View) -> bool:
        return view.present and view.lids > 0.75  # it waits for a blink to end

    def _frame(self, request: IrisRequest, view: View, sequence: int, now: float) -> Frame:
        eyes = self._eyes(request)
        halves = [self._picture(view, eye, 2) for eye in eyes]
        image = live(np.hstack(halves) if len(halves) > 1 else halves[0], view, sequence)
        return Frame(image, sequence, now, 0.5, {"eyes": eyes, "eyes_seen": view.present, "hint": _hint(view)})

    def _samples(self, request: IrisRequest, view: View, sequence: int) -> tuple[IrisSample, ...]:
        return tuple(
            IrisSample(live(self._picture(view, eye, 1), view, sequence, noise=1), eye, self._stamp(sequence))
            for eye in self._eyes(request)
        )

    def _eyes(self, request: IrisRequest) -> tuple[Eye, ...]:
        return tuple(eye for eye in _ORDER if eye in request.expected)

    def _picture(self, view: View, eye: Eye, divisor: int) -> GreyImage:
        size = (_SIZE[0] // divisor, _SIZE[1] // divisor)
        if view.person is None or not view.present:
            return _nobody(size)
        pose = cast(EyePose, view.pose)
        lids = 0.0 if view.person.blind_eye == eye else round(view.lids * 2) / 2
        return _seen(view.person, eye, _with_lids(pose, lids), view.placement, size)


class MonocularIrisScanner(SimulatedIrisScanner):
    """Takes one eye at a time."""

    def _refuse(self, request: IrisRequest) -> None:
        super()._refuse(request)
        if len(request.expected) != 1:
            raise RequestUnsupported(self.info, "it takes one eye at a time", advice="Ask for one eye after the other.")


def _with_lids(pose: EyePose, lids: float) -> EyePose:
    return replace(pose, lid_opening=pose.lid_opening * lids)


def open_scanner(where: Address, clock: Clock) -> SimulatedIrisScanner:
    """``sim:iris?sensor=binocular&seed=7``."""
    where.allow("sensor", *KEYS)
    monocular = where.choice("sensor", ("binocular", "monocular"), "binocular") == "monocular"
    setting = setting_of(where, trigger=Trigger.DEVICE, rate=15.0, latency=0.4)
    info = DeviceInfo(
        str(where),
        Kind.IRIS_SCANNER,
        MAKER,
        f"Simulated {'monocular' if monocular else 'binocular'} iris scanner",
        setting.serial,
        "1.0",
        "sim",
        setting.trigger,
        ("right", "left"),
        None,
        setting.rate,
    )
    return (MonocularIrisScanner if monocular else SimulatedIrisScanner)(info, setting, clock)
