"""Who sits in front of the devices: a grown person and what is particular about this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ktpel_capture.samples import EYES, FINGERS, Eye, Position, _choice

if TYPE_CHECKING:
    from ktpel_capture.face.synthesis import Person as GrownFace
    from ktpel_capture.fingerprint.synthesis import Finger
    from ktpel_capture.iris.synthesis import GrownEye
    from ktpel_capture.signature.synthesis import Writer


@dataclass(frozen=True, slots=True)
class Person:
    """One capture subject of a simulated station.

    Attributes
    ----------
    seed : the identity: the same seed has the same fingers, eyes, face and signature.
    missing : fingers that are not there.
    bandaged : fingers under a bandage; the sensor sees nothing of their ridges.
    blind_eye : an eye that stays closed, or None.
    signs : False where the hand cannot sign; it makes a line, as the registry accepts it.
    obedience : 0..1, how often advice is understood at the first time.
    patience : seconds the person holds still before shifting about.
    blinks : a minute.
    restless : 0 still as a statue, 1 as people are, 2 a child.
    """

    seed: int
    missing: tuple[Position, ...] = ()
    bandaged: tuple[Position, ...] = ()
    blind_eye: Eye | None = None
    signs: bool = True
    obedience: float = 0.85
    patience: float = 25.0
    blinks: float = 12.0
    restless: float = 1.0

    def __post_init__(self) -> None:
        for finger in (*self.missing, *self.bandaged):
            _choice("finger", finger, FINGERS)
        if self.blind_eye is not None:
            _choice("eye", self.blind_eye, EYES[1:])
        if not 0 <= self.obedience <= 1:
            raise ValueError(f"obedience lies in 0..1, not {self.obedience!r}")

    @property
    def absent(self) -> tuple[Position, ...]:
        """Fingers that leave no ridges on the glass."""
        return (*self.missing, *self.bandaged)


@lru_cache(maxsize=8)
def hand_of(seed: int) -> Mapping[Position, Finger]:
    """The ten fingers of a person."""
    from ktpel_capture.fingerprint.synthesis import grow_hand

    return grow_hand(seed)


@lru_cache(maxsize=8)
def eyes_of(seed: int) -> Mapping[Eye, GrownEye]:
    """The two eyes of a person."""
    from ktpel_capture.iris.synthesis import grow_pair

    return grow_pair(seed)


@lru_cache(maxsize=8)
def face_of(seed: int) -> GrownFace:
    """The face of a person."""
    from ktpel_capture.face.synthesis import grow

    return grow(seed)


@lru_cache(maxsize=8)
def writer_of(seed: int) -> Writer:
    """The signing hand of a person."""
    from ktpel_capture.signature.synthesis import grow

    return grow(seed)
