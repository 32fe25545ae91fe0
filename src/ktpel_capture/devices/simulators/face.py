"""``sim:face``: a camera for portraits, a DSLR on a tripod or a webcam, before a coloured cloth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from ktpel_capture.arrays import U8, RgbImage
from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.protocols import DeviceInfo, Kind, Trigger
from ktpel_capture.devices.simulators.people import Person, face_of
from ktpel_capture.devices.simulators.poses import FacePose
from ktpel_capture.devices.simulators.scene import View
from ktpel_capture.devices.simulators.station import KEYS, MAKER, Setting, SimulatedCapture, live, setting_of
from ktpel_capture.requests import FaceRequest, Frame
from ktpel_capture.samples import FaceSample

CAMERAS: Mapping[str, tuple[str, tuple[int, int], float]] = MappingProxyType(
    {
        "dslr": ("Simulated DSLR camera", (1200, 1600), 0.6),
        "webcam": ("Simulated webcam", (720, 960), 0.1),
    }
)
"""Model, (width, height) of the portrait, and seconds from the shutter to the picture."""
_GRAIN = 2
"""Standard deviation of the noise of a preview frame, grey levels."""
BACKDROPS = ("red", "blue", "orange", "white")
_CLOTH: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {"red": (190, 30, 35), "blue": (40, 70, 170), "orange": (230, 130, 40), "white": (235, 235, 235)}
)


@lru_cache(maxsize=12)
def _seen(person: Person, pose: FacePose, backdrop: str, turn: int, size: tuple[int, int]) -> RgbImage:
    """The portrait of one pose, drawn once; for the live view at half the size, a quarter of the work."""
    sample, _ = face_of(person.seed).capture(
        seed=person.seed * 7919 + turn,
        size=size,
        backdrop=cast(Any, backdrop),
        yaw=pose.yaw,
        pitch=pose.pitch,
        roll=pose.roll,
        shift=(pose.right, pose.down),
        distance=pose.distance,
        exposure=pose.exposure,
        backlight=pose.backlight,
        blur=pose.blur,
        cast=(1.0 + 0.3 * pose.warm, 1.0, 1.0 - 0.3 * pose.warm),
        eyes_closed=pose.eyes_closed,
        mouth_open=pose.mouth_open,
        spectacles=pose.spectacles > 0.5,
        someone_behind=pose.someone_behind > 0.5,
    )
    return sample.image


@lru_cache(maxsize=4)
def _nobody(backdrop: str, size: tuple[int, int]) -> RgbImage:
    cloth = np.empty((size[1], size[0], 3), np.uint8)
    cloth[:] = _CLOTH[backdrop]
    return cloth


@lru_cache(maxsize=2)
def _grain(shape: tuple[int, ...]) -> tuple[U8, U8]:
    """What sensor noise adds and what it takes away, on sheets larger than the frame; two of uint8 run fastest."""
    random = np.random.default_rng(20)
    sheet = np.rint(random.normal(0, _GRAIN, (shape[0] + 64, shape[1] + 64, *shape[2:])))
    return np.maximum(sheet, 0).astype(np.uint8), np.maximum(-sheet, 0).astype(np.uint8)


def _previewed(still: RgbImage, view: View, sequence: int) -> RgbImage:
    """The still picture as the next preview frame: drifted by whole pixels, with this frame's own noise.

    A drift by fractions would be interpolated, which costs ten times all the rest.
    """
    import cv2

    height, width = still.shape[:2]
    right, down = round(view.sway[0] * width), round(view.sway[1] * height)
    part = still[max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
    border = max(0, down), max(0, -down), max(0, right), max(0, -right)
    moved = cv2.copyMakeBorder(part, *border, cv2.BORDER_REPLICATE)
    y, x = (sequence * 13) % 64, (sequence * 29) % 64
    more, less = (sheet[y : y + height, x : x + width] for sheet in _grain(still.shape))
    frame = np.asarray(cv2.subtract(cv2.add(moved, more), less), np.uint8)
    frame.flags.writeable = False
    return frame


class SimulatedFaceCamera(SimulatedCapture[FaceRequest, Frame, FaceSample]):
    """Looks at the person before the cloth."""

    modality = "face"

    def __init__(self, info: DeviceInfo, setting: Setting, size: tuple[int, int], backdrop: str, clock: Clock) -> None:
        super().__init__(info, setting, clock)
        self._size = size
        self.backdrop = backdrop

    def _refuse(self, request: FaceRequest) -> None:
        if not isinstance(request, FaceRequest):
            raise TypeError(f"a face camera takes a FaceRequest, not {type(request).__name__}")

    def _shows_enough(self, request: FaceRequest, view: View) -> bool:
        return True  # a camera takes its picture, whoever is there

    def _frame(self, request: FaceRequest, view: View, sequence: int, now: float) -> Frame:
        return Frame(_previewed(self._picture(view, 2), view, sequence), sequence, now, 0.5)

    def _samples(self, request: FaceRequest, view: View, sequence: int) -> tuple[FaceSample, ...]:
        return (FaceSample(live(self._picture(view, 1), view, sequence, noise=1), self._stamp(sequence)),)

    def _picture(self, view: View, divisor: int) -> RgbImage:
        size = (self._size[0] // divisor, self._size[1] // divisor)
        backdrop = self._setting.scene.backdrop or self.backdrop
        if view.person is None:
            return _nobody(backdrop, size)
        pose = cast(FacePose, view.pose)
        closed = max(pose.eyes_closed, 1.0 - round(view.lids * 2) / 2)
        return _seen(view.person, replace(pose, eyes_closed=closed), backdrop, view.placement, size)


def open_camera(where: Address, clock: Clock) -> SimulatedFaceCamera:
    """``sim:face?sensor=dslr&backdrop=red&seed=7``."""
    where.allow("sensor", "backdrop", *KEYS)
    model, size, latency = CAMERAS[where.choice("sensor", list(CAMERAS), "dslr")]
    backdrop = where.choice("backdrop", BACKDROPS, "red")
    setting = setting_of(where, trigger=Trigger.HOST, rate=15.0, latency=latency)
    info = DeviceInfo(
        str(where),
        Kind.FACE_CAMERA,
        MAKER,
        model,
        setting.serial,
        "1.0",
        "sim",
        setting.trigger,
        ("face",),
        None,
        setting.rate,
    )
    return SimulatedFaceCamera(info, setting, size, backdrop, clock)
