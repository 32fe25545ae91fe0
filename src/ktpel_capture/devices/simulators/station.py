"""What the simulated capture devices share: address, scene, frames at a rate, samples at the end."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

import numpy as np

from ktpel_capture.arrays import U8
from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.presenting import CaptureDriver, Turn
from ktpel_capture.devices.protocols import Condition, DeviceInfo, DeviceStatus, Trigger
from ktpel_capture.devices.simulators.scene import Scene, View, scene
from ktpel_capture.errors import CalibrationRequired
from ktpel_capture.messages import advice
from ktpel_capture.samples import CaptureInfo, Modality

RequestT = TypeVar("RequestT")
FrameT = TypeVar("FrameT")
SampleT = TypeVar("SampleT")

KEYS = ("seed", "scene", "person", "trigger", "rate", "latency", "warmup", "calibrate", "serial")
"""Keys that every simulated capture device takes; ``fault`` is taken by the registry."""

MAKER = "ktpel_capture"


@dataclass(frozen=True, slots=True)
class Setting:
    """How a simulated capture device is set up, read from its address.

    Attributes
    ----------
    scene : what it looks at.
    seed : of its own noise.
    trigger : who decides.
    rate : frames a second of the live view, 0 for none.
    latency : seconds from the trigger to the samples.
    warmup : seconds from opening until the first frame.
    calibrate : captures after which it wants to be calibrated; 0 for never.
    """

    scene: Scene
    seed: int
    trigger: Trigger
    rate: float
    latency: float
    warmup: float
    calibrate: int
    serial: str


def scene_of(where: Address) -> Scene:
    """The scene an address names, or one of its own; somebody sits in it."""
    seed = where.whole("seed", 0)
    place = scene(where.query["scene"]) if where.query.get("scene") else Scene(seed)
    person = where.whole("person", seed) if "person" in where.query else None
    if place.person is None or (person is not None and place.person.seed != person):
        place.seat(seed if person is None else person)
    return place


def setting_of(where: Address, *, trigger: Trigger, rate: float, latency: float) -> Setting:
    """Read the keys that all simulated capture devices share."""
    seed = where.whole("seed", 0)
    return Setting(
        scene=scene_of(where),
        seed=seed,
        trigger=Trigger(where.choice("trigger", [each.value for each in Trigger], trigger.value)),
        rate=where.number("rate", rate, 0, 240),
        latency=where.number("latency", latency, 0, 60),
        warmup=where.number("warmup", 0.0, 0, 600),
        calibrate=where.whole("calibrate", 0),
        serial=where.query.get("serial", f"SIM{seed:06d}"),
    )


class SimulatedCapture(CaptureDriver[RequestT, FrameT, SampleT], Generic[RequestT, FrameT, SampleT]):
    """A capture device that exists only in process; a subclass says what it sees."""

    modality: Modality
    patience = 0.7
    """Seconds a person must hold still before a device that decides itself captures."""

    def __init__(self, info: DeviceInfo, setting: Setting, clock: Clock) -> None:
        super().__init__(info, clock)
        self._setting = setting
        self._opened = clock.monotonic()
        self._captures = 0

    @abstractmethod
    def _frame(self, request: RequestT, view: View, sequence: int, now: float) -> FrameT:
        """The live view of this moment."""

    @abstractmethod
    def _samples(self, request: RequestT, view: View, sequence: int) -> tuple[SampleT, ...]:
        """What is captured at this moment."""

    def _shows_enough(self, request: RequestT, view: View) -> bool:
        """Whether there is anything to capture."""
        return view.present

    def _present(self, request: RequestT, turn: Turn) -> Iterator[FrameT | tuple[SampleT, ...]]:
        setting = self._setting
        ready = self._opened + setting.warmup
        if self._clock.monotonic() < ready:
            turn.waiting_for = "the device was still warming up"
            turn.wait(ready - self._clock.monotonic())
        if self._due_for_calibration:
            raise CalibrationRequired(self.info, f"the glass was calibrated {self._captures} captures ago")
        rate = setting.rate or 10.0
        place = setting.scene
        turn.waiting_for = "nothing was presented"
        place.begin(self.modality, self._clock.monotonic())
        while True:
            sequence = self._next_frame(turn, rate)
            now = self._clock.monotonic()
            view = place.look(self.modality, now)
            enough = self._shows_enough(request, view)
            if enough and self._due(turn, view, now):
                break
            turn.waiting_for = "nobody told it to capture" if enough else "nothing was presented"
            if setting.rate:
                yield self._frame(request, view, sequence, now)
        if setting.latency:
            turn.wait(setting.latency)
        self._captures += 1
        yield self._samples(request, view, sequence)

    def _due(self, turn: Turn, view: View, now: float) -> bool:
        if self._setting.trigger is Trigger.HOST:
            return turn.taken
        return view.still_for >= self.patience

    def _next_frame(self, turn: Turn, rate: float) -> int:
        """Wait for the sensor's next frame; frames that went by meanwhile are skipped, and counted."""
        elapsed = self._clock.monotonic() - self._opened
        number = math.floor(elapsed * rate + 1e-6) + 1
        turn.wait(number / rate - elapsed)
        return number

    @property
    def _due_for_calibration(self) -> bool:
        return bool(self._setting.calibrate) and self._captures >= self._setting.calibrate

    def calibrate(self) -> None:
        """What the maker's calibration program does, on clean glass."""
        self._captures = 0

    def _ask_status(self) -> DeviceStatus:
        details = {"captures": str(self._captures)}
        if self._clock.monotonic() < self._opened + self._setting.warmup:
            return DeviceStatus(Condition.WARMING_UP, (advice("device.warming_up"),), details)
        if self._due_for_calibration:
            return DeviceStatus(Condition.NEEDS_ATTENTION, (advice("device.calibrate"),), details)
        return DeviceStatus(Condition.READY, (), details)

    def _stamp(self, sequence: int, **reported: Any) -> CaptureInfo:
        return CaptureInfo(
            device=self.info.address,
            at=self._clock.now(),
            monotonic=self._clock.monotonic(),
            sequence=sequence,
            reported=reported,
        )


@lru_cache(maxsize=4)
def _noise(shape: tuple[int, ...], amplitude: int) -> U8:
    """A sheet of sensor noise, larger than the picture, from which each frame cuts another piece."""
    random = np.random.default_rng(20)
    sheet = np.clip(np.rint(random.normal(0, amplitude, (shape[0] + 64, shape[1] + 64, *shape[2:]))), -127, 127)
    noise: U8 = sheet.astype(np.int8).view(np.uint8)
    return noise


def live(picture: U8, view: View, sequence: int, *, noise: int = 2, fill: int | None = None) -> U8:
    """A still picture as the next live frame: drifted with the person's sway, with this frame's own noise.

    One warp and one addition a frame; the picture itself is drawn only when the pose changes.
    """
    import cv2

    height, width = picture.shape[:2]
    drift = np.array([[1, 0, view.sway[0] * width], [0, 1, view.sway[1] * height]], np.float32)
    mode = cv2.BORDER_REPLICATE if fill is None else cv2.BORDER_CONSTANT
    edge = 0 if fill is None else fill
    moved = cv2.warpAffine(picture, drift, (width, height), borderMode=mode, borderValue=(edge, edge, edge))
    sheet = _noise(picture.shape, noise)
    down, right = (sequence * 13) % 64, (sequence * 29) % 64
    piece = sheet[down : down + height, right : right + width].view(np.int8)
    frame = np.asarray(cv2.add(moved, piece, dtype=cv2.CV_8U), np.uint8)
    frame.flags.writeable = False
    return frame
