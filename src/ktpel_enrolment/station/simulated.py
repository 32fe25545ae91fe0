"""A simulated table: people sit down before one scene, hear the operator, and have their troubles."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import ktpel_capture as kc
from ktpel_capture import DeviceError, Person
from ktpel_enrolment.domain.nik import Sex
from ktpel_enrolment.domain.persons import Pupil
from ktpel_enrolment.station.station import Role, Station
from ktpel_enrolment.visit.recording import Applicant, StepName

SCENE = "ktpel-demo"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that goes wrong at one step for one person.

    Attributes
    ----------
    pose : how the person presents (fields of the simulators' poses).
    hasty : the operator presses the button before looking, so that the bad presentation is really captured.
    fault : script for the device (``unplug@frame:6``), empty for none.
    """

    step: StepName
    pose: Mapping[str, float] = field(default_factory=dict)
    hasty: bool = True
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What a pupil plays in the demonstration."""

    unavailable: tuple[kc.Unavailable, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    refuses_photos: int = 0


SCRIPT: tuple[Part, ...] = (
    Part(
        troubles=(
            Trouble("photo", {"eyes_closed": 1.0}),
            Trouble("right_four", {"moisture": 0.9, "pressure": 0.7}),
        )
    ),
    Part(
        unavailable=(kc.Unavailable("left_ring", "missing"),),
        troubles=(
            Trouble("signature", {"right": 34.0, "scale": 1.5}, hasty=False),
            Trouble("right_four", fault="unplug@frame:6", hasty=False),
        ),
        refuses_photos=1,
    ),
    Part(
        troubles=(
            Trouble("left_four", {"moisture": 0.0, "pressure": 0.1}),
            Trouble("irises", {"lid_opening": 0.45}),
        )
    ),
)
"""The first pupils of the demonstration: between them a recapture in every modality, one unplugged cable, one declared
missing finger. What later pupils meet is drawn by the seed."""

_MAYBE: tuple[Trouble, ...] = (
    Trouble("photo", {"yaw": 0.45}),
    Trouble("photo", {"exposure": 0.4}),
    Trouble("signature", {"right": 34.0, "scale": 1.5}, hasty=False),
    Trouble("right_four", {"moisture": 0.0, "pressure": 0.1}),
    Trouble("left_four", {"moisture": 0.9, "pressure": 0.7}),
    Trouble("both_thumbs", {"moisture": 0.0, "pressure": 0.1}),
    Trouble("irises", {"lid_opening": 0.3}),
    Trouble("irises", {"defocus": 5.0}),
)

_ROLE_OF: Mapping[StepName, Role] = {
    "photo": "face",
    "signature": "signature",
    "right_four": "fingerprint",
    "left_four": "fingerprint",
    "both_thumbs": "fingerprint",
    "irises": "iris",
    "verification": "fingerprint",
}


def part_of(index: int, pupil: Pupil, seed: int) -> Part:
    """What the pupil at this place of the roster plays."""
    if index < len(SCRIPT):
        return SCRIPT[index]
    chance = random.Random(f"{seed} {pupil.nik.digits}")
    return Part(troubles=tuple(chance.sample(_MAYBE, chance.choice((0, 1, 1, 2)))))


_FACES: Mapping[Sex, tuple[int, ...]] = {"male": (9, 2, 0, 1), "female": (6, 5, 4)}
"""Last digits of seeds whose simulated face goes with the sex on the roster; only for the eye."""


def person_seed(seed: int, who: str, sex: Sex = "male") -> int:
    """The identity of a simulated person: the same seed and NIK give the same fingers, eyes, face and hand."""
    number = int.from_bytes(hashlib.sha256(f"{seed} {who}".encode()).digest()[:4], "big") >> 1
    return number - number % 10 + _FACES[sex][number % len(_FACES[sex])]


class SimulatedTable:
    """The desk of a demonstration: plays operator and pupils, and the troubles of the script."""

    def __init__(self, seed: int, clock: kc.Clock, operator: str, told: Callable[[kc.Advice], None]) -> None:
        self.scene = kc.scene(SCENE)
        self.clock = clock
        self._seed = seed
        self._told = told
        self._operator = Person(person_seed(seed, operator))
        self._part = Part()
        self._seated = self._operator
        self._refusals = 0
        self._finish: kc.CancelToken | None = None

    # Who sits there

    def seat(self, pupil: Pupil, part: Part) -> None:
        """The next person sits down."""
        absent = {item.position for item in part.unavailable}
        fingers = tuple(finger for finger in kc.FINGERS if finger in absent)
        blind = next((eye for eye in _EYES if f"{eye}_eye" in absent), None)
        self._part, self._refusals = part, part.refuses_photos
        self._seated = Person(person_seed(self._seed, pupil.nik.digits, pupil.sex), missing=fingers, blind_eye=blind)
        self.scene.seat(self._seated)

    def operator_sits_down(self) -> None:
        self.scene.seat(self._operator)

    # What happens at a step

    def before(self, station: Station, applicant: Applicant, step: StepName) -> None:
        """Bring the step's trouble about."""
        self._finish = None
        trouble = next((trouble for trouble in self._part.troubles if trouble.step == step), None)
        if trouble is None:
            return
        role = _ROLE_OF[step]
        if trouble.pose:
            self.scene.change(_MODALITY_OF[role], **trouble.pose)
        if trouble.hasty:
            self._finish = kc.CancelToken()
        if trouble.fault:
            good, *spares = ADDRESSES[role]
            station.connect(role, f"{good}&fault={trouble.fault}", *(spares or [good]))

    def policy(self, applicant: Applicant, step: StepName) -> kc.Policy:
        return kc.Policy(attempts=5, finish=self._finish or kc.NEVER)

    def watch(self, event: Any) -> None:
        """A hasty operator presses the button at the first picture that shows anything."""
        if self._finish is not None and isinstance(event, kc.Previewed) and not self._finish.cancelled:
            self._finish.cancel()

    # The desk

    def tell(self, advice: kc.Advice) -> None:
        self._told(advice)
        self.scene.hear(advice)
        self.clock.wait(1.5)

    def mend(self, role: Role, error: DeviceError, spare: bool) -> None:
        self.clock.wait(40.0 if spare else 15.0)

    def hangs_cloth(self, colour: str) -> None:
        self.scene.backdrop = colour
        self.clock.wait(5.0)

    def confirms_biodata(self, lines: Sequence[str]) -> bool:
        return True

    def approves_photo(self, portrait: kc.FaceSample) -> bool:
        self._refusals -= 1
        return self._refusals < 0

    def vouches(self, doubt: kc.Advice) -> bool:
        self._told(doubt)
        self.clock.wait(8.0)
        return self.scene.person == self._seated

    @contextmanager
    def officer_at_the_glass(self) -> Iterator[None]:
        self.scene.seat(self._operator)
        try:
            yield
        finally:
            self.scene.seat(self._seated)


ADDRESSES: Mapping[Role, tuple[str, ...]] = {
    "face": (f"sim:face?scene={SCENE}&serial=CAM-1",),
    "signature": (f"sim:signature?scene={SCENE}&serial=PAD-1",),
    "fingerprint": (f"sim:fingerprint?scene={SCENE}&serial=FP-1", f"sim:fingerprint?scene={SCENE}&serial=FP-2"),
    "iris": (f"sim:iris?scene={SCENE}&serial=IRIS-1",),
}
"""The simulated kit: one scene, and a spare fingerprint scanner in the bag."""

_MODALITY_OF: Mapping[Role, Any] = {role: role for role in ("face", "signature", "fingerprint", "iris")}

_EYES: tuple[kc.Eye, ...] = ("left", "right")
