"""The glass of a small sensor in a scene: what its firmware sees at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import cast

from ktpel_capture.arrays import GreyImage
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.simulators.people import Person, hand_of
from ktpel_capture.devices.simulators.poses import FingerPose
from ktpel_capture.devices.simulators.station import scene_of
from ktpel_capture.samples import Position


@lru_cache(maxsize=8)
def _pressed(person: Person, finger: Position, pose: FingerPose, placement: int, size: tuple[int, int]) -> GreyImage:
    sample, _ = hand_of(person.seed)[finger].capture(
        seed=person.seed * 7919 + placement,
        rotation=pose.rotation,
        shift=(pose.right, pose.down),
        pressure=pose.pressure,
        moisture=pose.moisture,
        dirt=pose.dirt,
        size=size,
    )
    return sample.image


def glass_of(
    where: Address, size: tuple[int, int], finger: Position = "right_index"
) -> Callable[[float], GreyImage | None]:
    """The finger that the person of the address' scene lays on a sensor of ``size`` (width, height).

    A sensor does not say which finger it wants, so the person presents the same one, again and again.
    """
    place = scene_of(where)
    begun = False

    def glass(now: float) -> GreyImage | None:
        nonlocal begun
        if not begun:
            place.begin("fingerprint", now)
            begun = True
        view = place.look("fingerprint", now)
        if view.person is None or not view.present or finger in view.person.absent:
            return None
        return _pressed(view.person, finger, cast(FingerPose, view.pose), view.placement, size)

    return glass
