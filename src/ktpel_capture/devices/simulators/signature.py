"""``sim:signature``: a pad with or without pressure and screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, cast

import numpy as np

from ktpel_capture.arrays import F64, RgbImage
from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.presenting import Turn
from ktpel_capture.devices.protocols import DeviceInfo, Kind, Trigger
from ktpel_capture.devices.simulators.people import Person, writer_of
from ktpel_capture.devices.simulators.poses import PenPose
from ktpel_capture.devices.simulators.scene import View
from ktpel_capture.devices.simulators.station import KEYS, MAKER, Setting, SimulatedCapture, setting_of
from ktpel_capture.requests import PenPoints, SignatureRequest
from ktpel_capture.samples import SignatureSample


@dataclass(frozen=True, slots=True)
class Pad:
    """A kind of pad: surface in mm, points a second, whether it feels force and has a screen."""

    model: str
    size: tuple[float, float]
    points_a_second: float
    force: bool
    screen: bool


PADS: Mapping[str, Pad] = MappingProxyType(
    {
        "screen": Pad("Simulated pen display", (108.0, 65.0), 200.0, True, True),
        "pressure": Pad("Simulated signature pad with pressure", (96.0, 60.0), 200.0, True, False),
        "plain": Pad("Simulated signature pad without pressure", (95.0, 47.0), 100.0, False, False),
    }
)


@lru_cache(maxsize=8)
def _written(person: Person, pose: PenPose, turn: int, pad: Pad) -> SignatureSample:
    """What the hand writes this time, whole, counted from the first touch."""
    kind: Literal["signature", "line", "dot"] = "signature"
    if pose.line > 0.5:
        kind = "dot" if pose.line > 1.5 else "line"
    sample, _ = writer_of(person.seed).capture(
        seed=person.seed * 7919 + turn,
        rate=pad.points_a_second,
        pad_size=pad.size,
        force=pad.force,
        scale=pose.scale,
        shift=(pose.right, pose.down),
        kind=kind,
        pressure=pose.pressure,
        tremor=pose.tremor,
    )
    return sample


class SimulatedSignaturePad(SimulatedCapture[SignatureRequest, PenPoints, SignatureSample]):
    """Gives the pen's points as they are written."""

    modality = "signature"
    patience = 1.2
    """Seconds that the pen rests before a pad with an OK button of its own is pressed."""

    def __init__(self, info: DeviceInfo, setting: Setting, pad: Pad, clock: Clock) -> None:
        super().__init__(info, setting, clock)
        self._pad = pad
        self._given = 0
        self.screen: RgbImage | None = None

    def show(self, screen: RgbImage | None) -> None:
        if self._pad.screen:
            self.screen = None if screen is None else np.array(screen, dtype=np.uint8)

    def _refuse(self, request: SignatureRequest) -> None:
        if not isinstance(request, SignatureRequest):
            raise TypeError(f"a signature pad takes a SignatureRequest, not {type(request).__name__}")

    def _shows_enough(self, request: SignatureRequest, view: View) -> bool:
        return True  # an empty pad can be handed in; that it is empty is a finding

    def _present(self, request: SignatureRequest, turn: Turn) -> Iterator[PenPoints | tuple[SignatureSample, ...]]:
        self._given = 0
        yield from super()._present(request, turn)

    def _due(self, turn: Turn, view: View, now: float) -> bool:
        if self._setting.trigger is Trigger.HOST:
            return turn.taken
        ink = self._ink(view)
        return ink is not None and ink.t.size > 0 and now - view.presented > float(ink.t.max()) + self.patience

    def _frame(self, request: SignatureRequest, view: View, sequence: int, now: float) -> PenPoints:
        ink, first, last = self._new(view, now)
        self._given = last
        reported = {"screen": self.screen is not None}
        if ink is None:
            nothing = _frozen(np.zeros(0))
            force = nothing if self._pad.force else None
            return PenPoints(nothing, nothing, nothing, force, nothing.astype(np.bool_), sequence, now, reported)
        part = slice(first, last)
        down = np.ones(ink.t.size, np.bool_) if ink.pen_down is None else ink.pen_down
        return PenPoints(
            _frozen(ink.t[part] + view.presented),
            ink.x[part],
            ink.y[part],
            None if ink.force is None else ink.force[part],
            down[part],
            sequence,
            now,
            reported,
        )

    def _samples(self, request: SignatureRequest, view: View, sequence: int) -> tuple[SignatureSample, ...]:
        ink, _, last = self._new(view, self._clock.monotonic())
        capture = self._stamp(sequence, purpose=request.purpose)
        if ink is None:
            none = np.zeros(0)
            force = none if self._pad.force else None
            return (
                SignatureSample(none, none, none, force, none.astype(np.bool_), None, None, self._pad.size, capture),
            )
        part = slice(0, last)
        return (
            SignatureSample(
                ink.t[part],
                ink.x[part],
                ink.y[part],
                None if ink.force is None else ink.force[part],
                None if ink.pen_down is None else ink.pen_down[part],
                pad_size=self._pad.size,
                capture=capture,
            ),
        )

    def _ink(self, view: View) -> SignatureSample | None:
        if view.person is None or not view.present:
            return None
        pose = cast(PenPose, view.pose)
        return _written(view.person, pose, view.placement, self._pad)

    def _new(self, view: View, now: float) -> tuple[SignatureSample | None, int, int]:
        """The ink, and which of its points came since the last frame."""
        ink = self._ink(view)
        if ink is None:
            return None, 0, 0
        last = int(np.count_nonzero(np.maximum.accumulate(ink.t) <= now - view.presented)) if ink.t.size else 0
        return ink, min(self._given, last), last


def _frozen(values: F64) -> F64:
    values.flags.writeable = False
    return values


def open_pad(where: Address, clock: Clock) -> SimulatedSignaturePad:
    """``sim:signature?sensor=pressure&seed=7``."""
    where.allow("sensor", *KEYS)
    pad = PADS[where.choice("sensor", list(PADS), "pressure")]
    setting = setting_of(where, trigger=Trigger.HOST, rate=30.0, latency=0.05)
    info = DeviceInfo(
        str(where),
        Kind.SIGNATURE_PAD,
        MAKER,
        pad.model,
        setting.serial,
        "1.0",
        "sim",
        setting.trigger,
        ("card", "approval"),
        None,
        setting.rate,
    )
    return SimulatedSignaturePad(info, setting, pad, clock)
