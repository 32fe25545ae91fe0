"""``sim:card-printer``: a retransfer printer with ribbon, film, hopper, cleaning, and the occasional jam.

The machine outlives its connection: opened again (same scene and serial) it still has its queue. With ``path`` the
printed cards land there as PNG and a key that was printed is known after the process ended too. Its operator's hands
are `load`, `jam`, `clear` and `clean`.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from ktpel_capture.arrays import frozen_copy
from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.protocols import (
    CardJob,
    Condition,
    DeviceInfo,
    DeviceStatus,
    JobId,
    JobStage,
    JobState,
    Kind,
    Supplies,
    Supply,
)
from ktpel_capture.devices.simple import SimpleDevice
from ktpel_capture.devices.world import remembered
from ktpel_capture.errors import DeviceError
from ktpel_capture.messages import Advice, advice

SupplyName = Literal["ribbon", "film", "cards", "cleaning"]
CAPACITY: dict[SupplyName, int] = {"ribbon": 500, "film": 1500, "cards": 100, "cleaning": 1000}
"""Cards a fresh supply lasts for."""
_PACE = 24.0
"""Seconds a card."""


@dataclass(slots=True)
class _Job:
    id: JobId
    key: str
    card: CardJob | None
    stage: JobStage = JobStage.WAITING
    began: float = 0.0


@dataclass(slots=True)
class _Machine:
    """The printer itself; connections come and go."""

    left: dict[SupplyName, int]
    pace: float
    folder: Path | None
    jammed: bool = False
    free_at: float = 0.0
    jobs: dict[JobId, _Job] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def problem(self) -> Advice | None:
        """What keeps the next card from being printed."""
        if self.jammed:
            return advice("device.printer_jam")
        for name in ("cards", "ribbon", "film", "cleaning"):
            if self.left[name] <= 0:
                return advice(f"device.printer_{name}")
        return None

    def run_until(self, now: float) -> None:
        """Print what could be printed by now, one card after the other."""
        for job in self.jobs.values():
            if job.stage in (JobStage.DONE, JobStage.WITHDRAWN, JobStage.FAILED):
                continue
            if self.problem() is not None:
                job.stage = JobStage.HELD
                return
            if job.stage is not JobStage.PRINTING:
                held = job.stage is JobStage.HELD
                job.began = now if held else max(self.free_at, job.began)
                job.stage = JobStage.PRINTING
            if now < job.began + self.pace:
                return
            self._finish(job)

    def _finish(self, job: _Job) -> None:
        if self.folder is not None and job.card is not None:
            from PIL import Image

            image = Image.fromarray(job.card.front)
            image.save(self.file_of(job.key), dpi=(job.card.dpi, job.card.dpi))
            if job.card.back is not None:
                Image.fromarray(job.card.back).save(self.file_of(job.key).with_suffix(".back.png"))
        for name in self.left:
            self.left[name] -= 1
        self.free_at = job.began + self.pace
        job.stage, job.card = JobStage.DONE, None

    def file_of(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{_id_of(key)}.png"


def _id_of(key: str) -> JobId:
    return f"card-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


class SimulatedCardPrinter(SimpleDevice):
    """Prints in the time a card takes, asks for supplies, and never prints a key twice."""

    def __init__(self, info: DeviceInfo, machine: _Machine, clock: Clock) -> None:
        super().__init__(info, clock)
        self._machine = machine

    def supplies(self) -> Supplies:
        with self._running() as machine:
            return Supplies(tuple(Supply(name, left) for name, left in machine.left.items()))

    def submit(self, job: CardJob) -> JobId:
        for side in (job.front, job.back):
            if side is not None and (side.ndim != 3 or side.shape[2] != 3 or side.dtype != np.uint8):
                raise ValueError(f"a card's side is (height, width, 3) RGB uint8, not {side.dtype} {side.shape}")
        with self._running() as machine:
            identifier = _id_of(job.key)
            if identifier not in machine.jobs:
                known = machine.folder is not None and machine.file_of(job.key).exists()
                back = None if job.back is None else frozen_copy(job.back)
                card = CardJob(job.key, frozen_copy(job.front), back, job.dpi)
                stage = JobStage.DONE if known else JobStage.WAITING
                machine.jobs[identifier] = _Job(identifier, job.key, card, stage, self._clock.monotonic())
            return identifier

    def job(self, job: JobId) -> JobState:
        with self._running() as machine:
            return self._state(self._known(machine, job))

    def withdraw(self, job: JobId) -> JobState:
        """Take a job back; a card that is being printed is printed."""
        with self._running() as machine:
            found = self._known(machine, job)
            if found.stage in (JobStage.WAITING, JobStage.HELD):
                found.stage, found.card = JobStage.WITHDRAWN, None
            return self._state(found)

    # The operator's hands.

    def load(self, name: SupplyName, cards: int | None = None) -> None:
        """Put in a fresh supply, or one that lasts for ``cards``."""
        with self._running() as machine:
            machine.left[name] = CAPACITY[name] if cards is None else cards

    def clean(self) -> None:
        """Run a cleaning card."""
        self.load("cleaning")

    def jam(self) -> None:
        """A card sticks."""
        with self._running() as machine:
            machine.jammed = True

    def clear(self) -> None:
        """Open the cover and take the card out; it is printed anew on another."""
        with self._running() as machine:
            if machine.jammed:
                machine.left["cards"] = max(0, machine.left["cards"] - 1)
            machine.jammed = False

    # How it is kept.

    def _ask_status(self) -> DeviceStatus:
        with self._running() as machine:
            problem = machine.problem()
            details: dict[str, str] = {name: str(left) for name, left in machine.left.items()}
            if problem is not None:
                return DeviceStatus(Condition.NEEDS_ATTENTION, (problem,), details)
            low = [name for name, left in machine.left.items() if left < max(5, CAPACITY[name] // 20)]
            problems = tuple(advice(f"device.printer_{name}_low", left=machine.left[name]) for name in low)
            return DeviceStatus(Condition.READY, problems, details)

    def _running(self) -> _Held:
        self._must_be_open()
        return _Held(self._machine, self._clock.monotonic())

    def _known(self, machine: _Machine, job: JobId) -> _Job:
        if job not in machine.jobs:
            raise DeviceError(self.info, f"it knows no job {job!r}", advice="Submit the card again; its key keeps it.")
        return machine.jobs[job]

    def _state(self, job: _Job) -> JobState:
        problem = self._machine.problem() if job.stage is JobStage.HELD else None
        return JobState(job.id, job.key, job.stage, problem)


class _Held:
    """The machine, run up to now, for one call."""

    def __init__(self, machine: _Machine, now: float) -> None:
        self._machine, self._now = machine, now

    def __enter__(self) -> _Machine:
        self._machine.lock.acquire()
        self._machine.run_until(self._now)
        return self._machine

    def __exit__(self, *exc: object) -> None:
        self._machine.run_until(self._now)
        self._machine.lock.release()


def open_printer(where: Address, clock: Clock) -> SimulatedCardPrinter:
    """``sim:card-printer?path=/tmp/cards&ribbon=20&cards=50``."""
    where.allow("path", "pace", "ribbon", "film", "cards", "cleaning", "seed", "scene", "serial")
    serial = where.query.get("serial", f"SIM{where.whole('seed', 0):06d}")
    folder = Path(where.query["path"]) if where.query.get("path") else None
    left: dict[SupplyName, int] = {name: where.whole(name, whole, 0, 10**6) for name, whole in CAPACITY.items()}
    pace = where.number("pace", _PACE, 0, 3600)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    scene = where.query.get("scene", "")
    machine = _Machine(left, pace, folder)
    if scene:
        machine = remembered(clock, f"card-printer {scene} {serial} {folder}", lambda: machine)
    info = DeviceInfo(str(where), Kind.CARD_PRINTER, "ktpel_capture", "Simulated card printer", serial, "1.0", "sim")
    return SimulatedCardPrinter(info, machine, clock)
