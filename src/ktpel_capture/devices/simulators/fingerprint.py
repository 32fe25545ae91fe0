"""``sim:fingerprint``: an optical scanner of one of the sizes that NIST SP 500-280 and the FBI's EBTS name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from ktpel_capture.arrays import GreyImage
from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.protocols import DeviceInfo, DeviceStatus, Kind, Trigger
from ktpel_capture.devices.simulators.people import Person, hand_of
from ktpel_capture.devices.simulators.poses import FingerPose
from ktpel_capture.devices.simulators.scene import View
from ktpel_capture.devices.simulators.station import KEYS, MAKER, Setting, SimulatedCapture, live, setting_of
from ktpel_capture.errors import RequestUnsupported
from ktpel_capture.messages import advice
from ktpel_capture.requests import FingerRequest, Frame
from ktpel_capture.samples import FINGERS, FINGERS_OF, FingerprintSample, Position


@dataclass(frozen=True, slots=True)
class Sensor:
    """A fingerprint acquisition profile: picture size in pixels at 500 ppi and what fits on it."""

    model: str
    size: tuple[int, int]
    takes: tuple[Position, ...]


_THUMBS: tuple[Position, ...] = ("both_thumbs", *FINGERS)
_FOUR: tuple[Position, ...] = ("right_four", "left_four", *_THUMBS)
SENSORS: Mapping[str, Sensor] = MappingProxyType(
    {
        "fap10": Sensor("Simulated single-finger scanner FAP 10", (250, 325), FINGERS),
        "fap20": Sensor("Simulated single-finger scanner FAP 20", (300, 400), FINGERS),
        "fap30": Sensor("Simulated single-finger scanner FAP 30", (400, 500), FINGERS),
        "fap45": Sensor("Simulated two-finger scanner FAP 45", (800, 750), _THUMBS),
        "fap60": Sensor("Simulated ten-print scanner FAP 60", (1600, 1500), _FOUR),
    }
)
"""Capture areas 0.5 x 0.65, 0.6 x 0.8, 0.8 x 1.0, 1.6 x 1.5 and 3.2 x 3.0 inches (width x height)."""
_DIRTY = 0.4
"""Dirt of the glass from which a scanner complains."""
_SINGLE = (500, 750)
"""A single finger on a larger sensor is cropped to 1.0 x 1.5 inches, as maker's software does."""

_NEIGHBOUR: Mapping[Position, Position] = MappingProxyType(
    {
        "right_four": "left_four",
        "left_four": "right_four",
        "right_index": "right_middle",
        "left_index": "left_middle",
        "right_thumb": "left_thumb",
        "left_thumb": "right_thumb",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    image: GreyImage
    boxes: Mapping[str, tuple[int, int, int, int]]


@lru_cache(maxsize=8)
def _empty(size: tuple[int, int], ppi: float, dirt: float) -> _Picture:
    from ktpel_capture.fingerprint.synthesis import develop

    return _Picture(develop(np.zeros(size[::-1], np.float32), seed=1, dirt=dirt, ppi=ppi), {})


@lru_cache(maxsize=12)
def _pressed(
    person: Person, position: Position, pose: FingerPose, turn: int, size: tuple[int, int], ppi: float
) -> _Picture:
    """The picture of one presentation, drawn once: for the live view at half the resolution, a quarter of the work."""
    if pose.wrong_hand > 0.5:
        position = _NEIGHBOUR.get(position, position)
    hand = hand_of(person.seed)
    seed = person.seed * 7919 + turn
    shift = (pose.right, pose.down)
    if position in FINGERS_OF:
        from ktpel_capture.fingerprint.synthesis import slap

        fingers = FINGERS_OF[position]
        pressures = dict.fromkeys(fingers, pose.pressure)
        if pose.light_finger > 0.5:
            pressures[fingers[-1]] = min(0.1, pose.pressure)
        sample, truth = slap(
            hand,
            position,
            seed=seed,
            absent=person.absent,
            size=size,
            ppi=ppi,
            rotation=pose.rotation,
            shift=shift,
            pressure=pressures,
            moisture=pose.moisture,
            dirt=pose.dirt,
        )
        boxes = {name: tuple(round(side) for side in box.bounds) for name, box in truth.boxes.items()}
        return _Picture(sample.image, cast(Any, boxes))
    if position in person.absent:
        return _empty(size, ppi, pose.dirt)
    sample, _ = hand[position].capture(
        seed=seed,
        rotation=pose.rotation,
        shift=shift,
        pressure=pose.pressure,
        moisture=pose.moisture,
        dirt=pose.dirt,
        ppi=ppi,
        size=size,
        position=position,
    )
    return _Picture(sample.image, {})


def _hint(pose: FingerPose) -> str:
    """What such a scanner's own software says of the finger; empty where it finds nothing."""
    if pose.moisture < 0.2:
        return "too_dry"
    if pose.moisture > 0.85:
        return "too_wet"
    if pose.pressure < 0.2:
        return "too_light"
    return ""


class SimulatedFingerprintScanner(SimulatedCapture[FingerRequest, Frame, FingerprintSample]):
    """Shows and captures what lies on its glass."""

    modality = "fingerprint"

    def __init__(self, info: DeviceInfo, setting: Setting, sensor: Sensor, clock: Clock) -> None:
        super().__init__(info, setting, clock)
        self._sensor = sensor

    def fit(self, size: tuple[int, int], takes: tuple[Position, ...]) -> None:
        """Give it a glass of another size (width, height in pixels) and other positions (its own where empty)."""
        self._sensor = replace(self._sensor, size=size, takes=takes or self._sensor.takes)
        self._info = replace(self._info, takes=self._sensor.takes)

    def _ask_status(self) -> DeviceStatus:
        """As every simulated device, and whether the glass wants wiping: scanners see that when nothing lies on it."""
        status = super()._ask_status()
        dirt = cast(FingerPose, self._setting.scene.pose(self.modality)).dirt
        if dirt < _DIRTY:
            return status
        return replace(status, problems=(*status.problems, advice("device.glass_dirty")))

    def _refuse(self, request: FingerRequest) -> None:
        if not isinstance(request, FingerRequest):
            raise TypeError(f"a fingerprint scanner takes a FingerRequest, not {type(request).__name__}")
        if request.position not in self.info.takes:
            raise RequestUnsupported(self.info, f"its glass is too small for {request.position.replace('_', ' ')}")

    def _shows_enough(self, request: FingerRequest, view: View) -> bool:
        return view.present and view.person is not None and bool(set(request.expected) - set(view.person.absent))

    def _frame(self, request: FingerRequest, view: View, sequence: int, now: float) -> Frame:
        image = live(self._picture(request, view, 250).image, view, sequence)
        there = self._shows_enough(request, view)
        hint = _hint(cast(FingerPose, view.pose)) if there else "no_finger"
        return Frame(image, sequence, now, 0.5, {"finger_on_glass": there, "hint": hint})

    def _samples(self, request: FingerRequest, view: View, sequence: int) -> tuple[FingerprintSample, ...]:
        picture = self._picture(request, view, 500)
        image = live(picture.image, view, sequence, noise=1)
        reported: dict[str, Any] = {"boxes": dict(picture.boxes)} if picture.boxes else {}
        capture = self._stamp(sequence, **reported)
        return (FingerprintSample(image, 500, request.position, "live_plain", capture),)

    def _picture(self, request: FingerRequest, view: View, ppi: int) -> _Picture:
        width, height = self._sensor.size
        if request.position not in FINGERS_OF:
            width, height = min(width, _SINGLE[0]), min(height, _SINGLE[1])
        size = (width * ppi // 500, height * ppi // 500)
        pose = cast(FingerPose, view.pose)
        pose = replace(pose, dirt=round(pose.dirt, 2))  # it grows too slowly to be worth a new picture each time
        if view.person is None or not self._shows_enough(request, view):
            return _empty(size, ppi, pose.dirt)
        return _pressed(view.person, request.position, pose, view.placement, size, ppi)


def open_scanner(where: Address, clock: Clock) -> SimulatedFingerprintScanner:
    """``sim:fingerprint?sensor=fap60&seed=7``."""
    where.allow("sensor", *KEYS)
    sensor = SENSORS[where.choice("sensor", list(SENSORS), "fap60")]
    setting = setting_of(where, trigger=Trigger.HOST, rate=15.0, latency=0.25)
    info = DeviceInfo(
        str(where),
        Kind.FINGERPRINT_SCANNER,
        MAKER,
        sensor.model,
        setting.serial,
        "1.0",
        "sim",
        setting.trigger,
        sensor.takes,
        500.0,
        setting.rate,
    )
    return SimulatedFingerprintScanner(info, setting, sensor, clock)
