"""The world in front of a station's simulated devices: one person, who hears what the operator says.

All simulators with the same ``scene`` key look at one scene: ``sim:iris?scene=demo`` and ``sim:face?scene=demo`` see
the same person, and ``kc.scene("demo")`` is where demo and tests seat the next one::

    room = kc.scene("demo")
    room.seat(7)
    room.change("face", yaw=0.5)             # looks out of the window
    room.hear(advice)                        # what the operator says moves the person, not at once, not always right

A scene has no clock of its own: devices tell it the time when they look.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from ktpel_capture.devices.simulators.people import Person
from ktpel_capture.devices.simulators.poses import (
    NEUTRAL,
    Move,
    Pose,
    changed,
    moved,
    placed,
    reaction,
    toward,
    values_of,
)
from ktpel_capture.messages import Advice
from ktpel_capture.samples import MODALITIES, Modality

_REACH: Mapping[Modality, tuple[float, float]] = MappingProxyType(
    {"fingerprint": (0.7, 1.2), "iris": (0.5, 0.9), "face": (0.0, 0.0), "signature": (0.6, 1.2)}
)
"""Seconds from being asked until the person has presented, least and most."""
_REACTION_TIME = (0.4, 0.9)
"""Seconds from hearing a sentence until the person moves."""
_MOVING = 0.6
"""Seconds that a movement takes."""
_STEPS = 3
"""Poses a movement is drawn in: each new pose is a new picture."""
_WAYS = 6
"""Ways in which one person puts a hand down with one intention; each is drawn once, noise aside."""
_WEAR = 0.003
"""Dirt that one presentation leaves on the glass."""
_WORN = 0.15
"""Dirt at which a finger takes along as much as it leaves."""


@dataclass(frozen=True, slots=True)
class View:
    """What a device has before it at one moment.

    Attributes
    ----------
    person : who sits there, None for nobody.
    pose : how the person presents.
    present : whether fingers lie on the glass, eyes look in, the pen writes.
    still_for : seconds since the last movement ended, 0 while moving.
    sway : (right, down) small drift as a share of the picture; nobody sits like a statue.
    lids : 1 open .. 0 closed: blinking.
    placement : which way of presenting this is; with ``pose`` it says whether a picture must be drawn anew.
    presented : when the person had presented (seconds on the device's clock).
    """

    person: Person | None
    pose: Pose
    present: bool
    still_for: float
    sway: tuple[float, float]
    lids: float
    placement: int
    presented: float


@dataclass(slots=True)
class _Heard:
    """A sentence on its way from the ear to the hand."""

    due: float
    moves: tuple[Move, ...]
    effort: float


class _Stance:
    """How the person stands to one kind of device."""

    def __init__(self, modality: Modality) -> None:
        self.aim = NEUTRAL[modality]
        self.source = self.aim
        self.target = self.aim
        self.began = -math.inf
        self.away_until = -math.inf
        self.turn = 0
        self.moves = 0
        self.way = 0
        self.heard: list[_Heard] = []

    def pose(self, now: float) -> Pose:
        share = min(1.0, max(0.0, (now - self.began) / _MOVING))
        if share >= 1.0:
            return self.target
        return toward(self.source, self.target, math.floor(share * _STEPS) / _STEPS)

    def settled(self) -> float:
        return max(self.began + _MOVING, self.away_until)


class Scene:
    """One place with one person.

    Parameters
    ----------
    seed : of everything that happens by chance here.
    name : under which `scene` finds it, empty for a scene of one device alone.
    """

    def __init__(self, seed: int = 0, name: str = "") -> None:
        self.name = name
        self.backdrop = ""
        """Colour of the cloth behind the person (``red``, ``blue``, ``orange``, ``white``); empty: the camera's own."""
        self._seed = seed
        self._lock = threading.RLock()
        self._person: Person | None = None
        self._there = True
        self._now = 0.0
        self._sentences = 0
        self._attending: Modality = "fingerprint"
        self._stances = {modality: _Stance(modality) for modality in MODALITIES}

    # What demo and tests do.

    @property
    def person(self) -> Person | None:
        """Who sits there."""
        return self._person

    def seat(self, person: Person | int) -> Person:
        """The next person sits down and presents well, as far as people do; the glass keeps its dirt."""
        with self._lock:
            seated = person if isinstance(person, Person) else Person(person)
            dirt = self._dirt
            self._stances = {modality: _Stance(modality) for modality in MODALITIES}
            self._person, self._there = seated, True
            self._set("fingerprint", changed(NEUTRAL["fingerprint"], dirt=dirt))
            if not seated.signs:
                self._set("signature", changed(NEUTRAL["signature"], line=1.0))
            return seated

    def change(self, modality: Modality, **values: float) -> None:
        """Let the person present differently from now on: ``change("face", yaw=0.5)``; fields stand in `poses`."""
        with self._lock:
            self._set(modality, changed(self._stances[modality].aim, **values))

    def hear(self, advice: Advice | str) -> None:
        """The operator says a sentence; the person reacts in a moment, mostly rightly, seldom exactly.

        A sentence about another thing than the person (``printer.replace_ribbon``) moves nobody.
        """
        key = advice if isinstance(advice, str) else advice.key
        with self._lock:
            if self._person is None:
                return
            subject = key.partition(".")[0]
            if subject in MODALITIES:
                modality: Modality = subject
            elif subject in ("", "acquisition", "quality", "session"):
                modality = self._attending
            else:
                return
            cloth = key.removeprefix("face.backdrop_not_")
            if cloth in ("red", "blue", "orange"):  # the operator hangs another cloth
                self.backdrop = cloth
                return
            self._sentences += 1
            random = self._random(1, self._sentences)
            moves = reaction(modality, key)
            effort = float(random.lognormal(0.0, 0.25))
            if any(how in ("by", "times") for how, _, _ in moves) and random.random() > self._person.obedience:
                effort = -0.5 if random.random() < 0.4 else 0.2
            elif random.random() > self._person.obedience:
                effort = 0.3
            due = self._now + float(random.uniform(*_REACTION_TIME))
            self._stances[modality].heard.append(_Heard(due, moves, effort))

    def leave(self) -> None:
        """The person walks away from all devices."""
        with self._lock:
            self._there = False

    def come_back(self) -> None:
        """The person is there again."""
        with self._lock:
            self._there = True

    def pose(self, modality: Modality) -> Pose:
        """How the person means to present now."""
        with self._lock:
            return self._stances[modality].aim

    # What devices do.

    def begin(self, modality: Modality, now: float) -> None:
        """The person is asked to present to this device."""
        with self._lock:
            self._pass_time(now)
            stance = self._stances[modality]
            stance.turn += 1
            self._attending = modality
            random = self._random(2, MODALITIES.index(modality), stance.turn)
            stance.away_until = now + float(random.uniform(*_REACH[modality]))
            self._hear_out(modality, max(now, stance.away_until))
            if modality == "fingerprint" and self._dirt < _WORN:
                stance.aim = changed(stance.aim, dirt=self._dirt + _WEAR)
            self._place(modality, now, lift=False)
            stance.source = stance.target

    def look(self, modality: Modality, now: float) -> View:
        """What the device sees at this moment."""
        with self._lock:
            self._pass_time(now)
            stance = self._stances[modality]
            if modality != "signature":  # who is writing finishes first
                self._hear_out(modality, now)
                self._lose_patience(modality, now)
            person = self._person if self._there else None
            present = person is not None and now >= stance.away_until
            still_for = max(0.0, now - stance.settled()) if present else 0.0
            pose = stance.pose(now)
            return View(
                person, pose, present, still_for, self._sway(now), self._lids(now), stance.way, stance.away_until
            )

    # How it goes on.

    @property
    def _dirt(self) -> float:
        return values_of(self._stances["fingerprint"].aim)["dirt"]

    def _random(self, *what: int) -> np.random.Generator:
        person = self._person.seed if self._person is not None else 0
        return np.random.default_rng([abs(self._seed), abs(person), *what])

    def _set(self, modality: Modality, aim: Pose) -> None:
        stance = self._stances[modality]
        stance.aim = stance.source = stance.target = aim
        stance.moves += 1

    def _pass_time(self, now: float) -> None:
        if now < self._now - 1e-9:  # devices of a new clock: what was on its way is long over
            for stance in self._stances.values():
                stance.began = stance.away_until = -math.inf
                for heard in stance.heard:
                    heard.due = now
            self._now = now
        self._now = max(self._now, now)

    def _hear_out(self, modality: Modality, until: float) -> None:
        stance = self._stances[modality]
        due = [heard for heard in stance.heard if heard.due <= until]
        if not due:
            return
        stance.heard = [heard for heard in stance.heard if heard.due > until]
        for heard in due:
            stance.aim = moved(modality, stance.aim, heard.moves, heard.effort)
        if modality == "signature" and self._person is not None and not self._person.signs:
            stance.aim = changed(stance.aim, line=1.0)  # whom no advice helps
        self._place(modality, due[-1].due, lift=modality == "fingerprint")

    def _lose_patience(self, modality: Modality, now: float) -> None:
        stance = self._stances[modality]
        if self._person is not None and now - stance.settled() > self._person.patience > 0:
            self._place(modality, now, lift=modality == "fingerprint")

    def _place(self, modality: Modality, now: float, *, lift: bool) -> None:
        """Present anew: the hand is lifted and put down, the head turns."""
        stance = self._stances[modality]
        stance.moves += 1
        stance.way = stance.moves if modality == "signature" else stance.moves % _WAYS
        random = self._random(3, MODALITIES.index(modality), stance.way)
        restless = self._person.restless if self._person is not None else 0.0
        stance.source = stance.pose(now)
        stance.target = placed(modality, stance.aim, random, restless)
        stance.began = now
        if lift:
            stance.source = stance.target
            stance.away_until = max(stance.away_until, now + _MOVING)

    def _sway(self, now: float) -> tuple[float, float]:
        restless = self._person.restless if self._person is not None else 0.0
        phase = 0.37 * (self._seed % 17)
        right = math.sin(0.9 * now + phase) + 0.4 * math.sin(2.3 * now)
        down = math.sin(0.7 * now + 2 * phase) + 0.4 * math.sin(1.9 * now + 1)
        return 0.0025 * restless * right, 0.0025 * restless * down

    def _lids(self, now: float) -> float:
        """1 open; a blink closes and opens within a quarter of a second."""
        if self._person is None or self._person.blinks <= 0:
            return 1.0
        every = 60.0 / self._person.blinks
        number = math.floor(now / every)
        start = _blink(abs(self._seed), abs(self._person.seed), number) * every
        inside = (now - number * every - start) / 0.25
        return 1.0 if not 0 <= inside <= 1 else abs(2 * inside - 1)


@lru_cache(maxsize=64)
def _blink(scene_seed: int, person: int, number: int) -> float:
    """When in its interval the blink of this number begins, 0.1 .. 0.9."""
    return float(np.random.default_rng([scene_seed, person, 4, number]).uniform(0.1, 0.9))


_SCENES: dict[str, Scene] = {}
_LOCK = threading.Lock()


def scene(name: str) -> Scene:
    """The scene of this name, made on first use; the devices of one station name the same one."""
    if not name:
        raise ValueError("a shared scene has a name")
    with _LOCK:
        if name not in _SCENES:
            _SCENES[name] = Scene(sum(name.encode()), name)
        return _SCENES[name]
