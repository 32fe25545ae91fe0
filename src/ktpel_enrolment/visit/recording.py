"""Recording one applicant, in the order of the registry: what is done already is never done again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

import ktpel_capture as kc
from ktpel_enrolment.domain.eligibility import backdrop_for
from ktpel_enrolment.domain.identity import IdentityCheck, check_identity
from ktpel_enrolment.domain.persons import Biodata, Pupil
from ktpel_enrolment.messages import Language, say, text
from ktpel_enrolment.station.officers import Officer
from ktpel_enrolment.station.station import Role, Station
from ktpel_enrolment.store.blobs import Sample
from ktpel_enrolment.store.journal import Store
from ktpel_enrolment.visit.capturing import CaptureNotes, Desk, capture
from ktpel_enrolment.visit.matching import SAME_FINGER, best_two, likeness, looks_the_same, mistakes
from ktpel_enrolment.visit.register import SimulatedRegister

StepName: TypeAlias = Literal[
    "arrival",
    "identity",
    "biodata",
    "photo",
    "signature",
    "right_four",
    "left_four",
    "both_thumbs",
    "irises",
    "verification",
    "recorded",
]
STEPS: tuple[StepName, ...] = (
    "arrival",
    "identity",
    "biodata",
    "photo",
    "signature",
    "right_four",
    "left_four",
    "both_thumbs",
    "irises",
    "verification",
    "recorded",
)
"""Order of the SOP of 2012; biodata is read aloud before the first capture, the photo is shown for approval."""
Slap: TypeAlias = Literal["right_four", "left_four", "both_thumbs"]
SLAPS: tuple[Slap, ...] = ("right_four", "left_four", "both_thumbs")

LOCAL = ZoneInfo("Asia/Makassar")
"""Central Indonesian time (WITA), where Balangan lies: the day counts there."""
_PHOTOS = 3
"""How often a portrait is taken anew because the person does not want it."""
_ATTEMPTS = 4
_VERIFICATIONS = 3
"""How often a finger is captured again to verify before it counts as not verified."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Whoever sits down to be recorded.

    Attributes
    ----------
    unavailable : fingers and eyes that cannot be captured, declared before the capture starts.
    """

    pupil: Pupil
    unavailable: tuple[kc.Unavailable, ...] = ()

    @property
    def nik(self) -> str:
        return self.pupil.nik.digits


Progress: TypeAlias = Callable[[Applicant, StepName], None]


@dataclass(slots=True)
class Recorder:
    """Everything a recording needs.

    Attributes
    ----------
    before : called with a step that is about to be done (tests and the demo script their troubles here).
    after : called with a step that has been kept.
    pictures : draws the small pictures of a capture for the report, before it is kept; returns their names by part.
    policy : how patient the capture loop is at a step.
    watch : is given every event of a capture (live pictures for a window).
    """

    store: Store
    station: Station
    register: SimulatedRegister
    profile: kc.Profile
    desk: Desk
    operator: Officer
    regency: str
    before: Progress = field(default=lambda applicant, step: None)
    after: Progress = field(default=lambda applicant, step: None)
    pictures: Callable[[Applicant, str, CaptureNotes], dict[str, Any]] = field(
        default=lambda applicant, step, notes: {}
    )
    policy: Callable[[Applicant, StepName], kc.Policy] = field(
        default=lambda applicant, step: kc.Policy(attempts=_ATTEMPTS)
    )
    watch: Callable[[Any], None] = field(default=lambda event: None)
    _sitting: tuple[str, kc.Session] = field(default_factory=lambda: ("", kc.Session()), init=False, repr=False)

    def record(self, applicant: Applicant) -> bool:
        """Take an applicant through every step that is not done yet.

        Each step is one transaction. Returns whether the recording is complete; an applicant whose papers block the
        recording stays at ``identity``.
        """
        for step in STEPS:
            done = self.store.steps(applicant.nik)
            if step not in done:
                self.before(applicant, step)
                self._do(applicant, step)
                self.after(applicant, step)
            if step == "identity" and not self.store.steps(applicant.nik)[step].content["passed"]:
                return False
        return True

    def biodata(self, nik: str) -> Biodata:
        """The biodata as it is recorded: of the register, with the birth certificate's values where it testifies."""
        return biodata_of(self.store, nik)

    def _do(self, applicant: Applicant, step: StepName) -> None:
        match step:
            case "arrival":
                self._arrive(applicant)
            case "identity":
                self._check_identity(applicant)
            case "biodata":
                self._read_biodata(applicant)
            case "photo":
                self._take_photo(applicant)
            case "signature":
                self._capture(applicant, step, "signature", kc.SignatureRequest())
            case "right_four" | "left_four" | "both_thumbs":
                self._take_slap(applicant, step)
            case "irises":
                self._take_irises(applicant)
            case "verification":
                self._verify(applicant)
            case "recorded":
                self._register(applicant)

    # The steps, in order

    def _arrive(self, applicant: Applicant) -> None:
        """The pupil is entered in the attendance list (daftar hadir)."""
        self._passes(20)
        pupil = applicant.pupil
        with self.store.transaction(self._now()) as change:
            number = change.enter(
                "attendance", {"nik": pupil.nik.digits, "name": pupil.name, "class": pupil.school_class}
            )
            change.do(applicant.nik, "arrival", {"attendance": number, "name": pupil.name, "class": pupil.school_class})

    def _check_identity(self, applicant: Applicant) -> None:
        """Papers against the register; an officer who proves to be one brings it in line with the birth certificate."""
        self._passes(40)
        pupil = applicant.pupil
        papers = self.register.papers(pupil)
        check = check_identity(pupil, papers, self.register.entry(applicant.nik), regency=self.regency)
        for blocker in check.blockers:
            self.desk.tell(blocker)
        update: dict[str, Any] | None = None
        if check.passed and check.corrections:
            assert papers.birth_certificate is not None
            proof = self.operator.prove(self.station, self.desk)
            self.register.correct(applicant.nik, check.corrections)
            update = {
                "fields": {name: str(value) for name, value in check.corrections.items()},
                "officer": self.operator.name,
                "likeness": proof,
                "evidence": papers.birth_certificate.number,
            }
        with self.store.transaction(self._now()) as change:
            if update:
                change.enter("history", {"register_update": update, "subject": applicant.nik})
            change.do(
                applicant.nik,
                "identity",
                _identity_document(
                    check,
                    papers.family_card is not None,
                    papers.birth_certificate is not None,
                    self.operator.name,
                    update,
                ),
            )

    def _read_biodata(self, applicant: Applicant) -> None:
        """The operator reads the biodata aloud; nothing is captured before the person has said that it is right."""
        lines = spoken_biodata(self.biodata(applicant.nik))
        self._passes(30)
        if not self.desk.confirms_biodata(lines):
            raise NotRecorded(say("planning.biodata_refused", name=applicant.pupil.name))
        declared = [{"position": item.position, "reason": item.reason} for item in applicant.unavailable]
        with self.store.transaction(self._now()) as change:
            change.do(applicant.nik, "biodata", {"read": list(lines), "confirmed": True, "unavailable": declared})

    def _take_photo(self, applicant: Applicant) -> None:
        """A portrait before the right cloth, shown for approval before any other biometric is taken."""
        biodata = self.biodata(applicant.nik)
        backdrop = backdrop_for(biodata.born, biodata.citizenship)
        refused: list[dict[str, Any]] = []
        doubted: dict[str, str] | None = None
        before = self._portrait_before(applicant)
        self.desk.hangs_cloth(backdrop)
        while True:
            notes = self._acquire(applicant, "photo", "face", kc.FaceRequest(), when={"backdrop": backdrop})
            portrait = notes.samples.get("face")
            self._passes(6)
            if not isinstance(portrait, kc.FaceSample):
                raise NotRecorded(say("planning.no_portrait", name=applicant.pupil.name))
            doubted = None
            vouched = True
            if before is not None and looks_the_same(before, portrait):
                doubt = say("capture.same_face_as_before")
                vouched, doubted = self.desk.vouches(doubt), {"id": doubt.id, "en": doubt.en}
            if vouched and self.desk.approves_photo(portrait):
                break
            label = f"photo-refused-{len(refused) + 1}"
            refused.append(notes.document() | {"pictures": self.pictures(applicant, label, notes)})
            if len(refused) == _PHOTOS:
                break
        self._keep(applicant, "photo", notes, {"backdrop": backdrop, "refused": refused, "doubted": doubted})

    def _portrait_before(self, applicant: Applicant) -> kc.FaceSample | None:
        """The portrait taken last at this station, of somebody else."""
        others = [nik for nik in self.store.done("photo") if nik != applicant.nik]
        portrait = self.store.samples(others[-1], "photo").get("face") if others else None
        return portrait if isinstance(portrait, kc.FaceSample) else None

    def _take_slap(self, applicant: Applicant, step: Slap, *, again: bool = False) -> None:
        """Four fingers, or the thumbs; a finger that was already taken under another name is found out."""
        missing = tuple(item for item in applicant.unavailable if not item.position.endswith("_eye"))
        expected = [finger for finger in kc.FINGERS_OF[step] if finger not in {item.position for item in missing}]
        if not expected:
            with self.store.transaction(self._now()) as change:
                change.do(applicant.nik, step, {"accepted": True, "unavailable": [item.position for item in missing]})
            return
        request = kc.FingerRequest(step, tuple(item for item in missing if item.position in kc.FINGERS_OF[step]))
        notes, mistaken = self._acquire_soundly(applicant, step, "fingerprint", request)
        self._keep(applicant, f"{step}_again" if again else step, notes, mistaken)

    def _take_irises(self, applicant: Applicant) -> None:
        eyes = tuple(item for item in applicant.unavailable if item.position.endswith("_eye"))
        if len(eyes) == 2:
            with self.store.transaction(self._now()) as change:
                change.do(applicant.nik, "irises", {"accepted": True, "unavailable": [item.position for item in eyes]})
            return
        notes, mistaken = self._acquire_soundly(applicant, "irises", "iris", kc.IrisRequest(unavailable=eyes))
        self._keep(applicant, "irises", notes, mistaken)

    def _verify(self, applicant: Applicant) -> None:
        """The fingers of the chip, both index fingers where they can be, are captured again and compared 1:1.

        Where they do not match, what was recorded is the likelier culprit: its slap is taken anew, once.
        """
        results: dict[str, Any] = {}
        samples: dict[str, Sample] = {}
        for finger in best_two(self._fingers(applicant)):
            document, again = self._compare_again(applicant, finger)
            slap = next(slap for slap in SLAPS if finger in kc.FINGERS_OF[slap])
            if not document["same"] and f"{slap}_again" not in self.store.steps(applicant.nik):
                self._take_slap(applicant, slap, again=True)
                document, again = self._compare_again(applicant, finger)
            results[finger] = document
            samples |= {finger: again} if again is not None else {}
        with self.store.transaction(self._now()) as change:
            verified = all(result["same"] for result in results.values())
            content = {"fingers": results, "threshold": SAME_FINGER, "verified": verified}
            change.do(applicant.nik, "verification", content, samples)

    def _compare_again(
        self, applicant: Applicant, finger: kc.Position
    ) -> tuple[dict[str, Any], kc.FingerprintSample | None]:
        """Capture one finger until it matches what was recorded, a few times at most."""
        enrolled = self._fingers(applicant)[finger]
        best, sample, tries = 0.0, None, 0
        while tries < _VERIFICATIONS and best < SAME_FINGER:
            tries += 1
            self._passes(2)
            notes = self._acquire(applicant, "verification", "fingerprint", kc.FingerRequest(finger))
            fresh = notes.samples.get(finger)
            if isinstance(fresh, kc.FingerprintSample) and (alike := likeness(enrolled, fresh)) >= best:
                best, sample = alike, fresh
        told = {"likeness": round(best, 1), "same": best >= SAME_FINGER, "tries": tries}
        return notes.document() | told, sample

    def _register(self, applicant: Applicant) -> None:
        """A line in the recording register (buku daftar perekaman)."""
        steps = self.store.steps(applicant.nik)
        waived = [name for name in STEPS if steps.get(name) and steps[name].content.get("accepted") is False]
        seconds = (self._now() - steps["arrival"].at).total_seconds()
        with self.store.transaction(self._now()) as change:
            number = change.enter(
                "recording_register",
                {"nik": applicant.nik, "name": applicant.pupil.name, "operator": self.operator.name, "waived": waived},
            )
            change.do(applicant.nik, "recorded", {"number": number, "waived": waived, "seconds": round(seconds, 1)})

    # What the steps share

    def _capture(self, applicant: Applicant, step: StepName, role: Role, request: Any) -> None:
        self._keep(applicant, step, self._acquire(applicant, step, role, request), {})

    def _acquire(
        self, applicant: Applicant, step: StepName, role: Role, request: Any, when: Mapping[str, str] | None = None
    ) -> CaptureNotes:
        self._passes(4)
        return capture(
            self.station,
            role,
            request,
            self.profile,
            self.desk,
            when=when or {},
            policy=self.policy(applicant, step),
            watch=self.watch,
        )

    def _acquire_soundly(
        self, applicant: Applicant, step: StepName, role: Role, request: kc.FingerRequest | kc.IrisRequest
    ) -> tuple[CaptureNotes, dict[str, Any]]:
        """Capture until no finger or eye goes by two names; what was mistaken is noted."""
        session = self._session(applicant)
        session.forget(*request.expected)
        mistaken: list[dict[str, Any]] = []
        while True:
            notes = self._acquire(applicant, step, role, request)
            found = mistakes(session, notes.samples)
            if not found or len(mistaken) == _ATTEMPTS:
                break
            self.desk.tell(found[0].advice)
            mistaken.append(notes.document() | {"mistakes": [finding.measure for finding in found]})
        session.keep(notes.samples)
        return notes, {"mistaken": mistaken} if mistaken else {}

    def _session(self, applicant: Applicant) -> kc.Session:
        """What the applicant has given so far, read from the store where the recording goes on after a break."""
        if applicant.nik != self._sitting[0]:
            session = kc.Session()
            session.keep(self._fingers(applicant).values())
            session.keep(self.store.samples(applicant.nik, "irises"))
            self._sitting = applicant.nik, session
        return self._sitting[1]

    def _keep(self, applicant: Applicant, step: str, notes: CaptureNotes, more: dict[str, Any]) -> None:
        content = notes.document() | more | {"pictures": self.pictures(applicant, step, notes)}
        with self.store.transaction(self._now()) as change:
            change.do(applicant.nik, step, content, notes.samples)

    def _fingers(self, applicant: Applicant) -> dict[kc.Position, kc.FingerprintSample]:
        return enrolled_fingers(self.store, applicant.nik)

    def _passes(self, seconds: float) -> None:
        """Time that people take, on the station's clock."""
        self.station.clock.wait(seconds)

    def _now(self) -> datetime:
        return self.station.clock.now()


class NotRecorded(kc.KtpelError):
    """This person cannot be recorded now; what was kept stays, and the next one may sit down.

    The person says that the biodata is wrong, or no portrait at all could be taken.
    """

    code = "recording.not_now"

    def __init__(self, told: kc.Advice) -> None:
        super().__init__(told.en)
        self.told = told


def today(clock: kc.Clock) -> date:
    """The local day."""
    return clock.now().astimezone(LOCAL).date()


def biodata_of(store: Store, nik: str) -> Biodata:
    """The biodata that was agreed on for an applicant."""
    return msgspec.convert(store.steps(nik)["identity"].content["biodata"], Biodata)


def enrolled_fingers(store: Store, nik: str) -> dict[kc.Position, kc.FingerprintSample]:
    """The single fingers recorded so far; a slap taken anew replaces the first."""
    fingers = {}
    for slap in (*SLAPS, *(f"{slap}_again" for slap in SLAPS)):
        for sample in store.samples(nik, slap).values():
            if isinstance(sample, kc.FingerprintSample):
                fingers[sample.position] = sample
    return fingers


def spoken_biodata(biodata: Biodata, language: Language = "id") -> tuple[str, ...]:
    """The sentences an operator reads aloud from the screen."""
    digits = " ".join(biodata.nik[start : start + 4] for start in range(0, 16, 4))
    return (
        text("biodata.name", language, name=biodata.name),
        text("biodata.nik", language, nik=digits),
        text("biodata.birth", language, place=biodata.birth_place, day=f"{biodata.born:%d-%m-%Y}"),
        text(f"biodata.{biodata.sex}", language),
        text("biodata.address", language, address=biodata.address, rt=biodata.neighbourhood, village=biodata.village),
        text("biodata.marital", language, status=text(f"biodata.{biodata.marital_status}", language)),
        text("biodata.right", language),
    )


def _identity_document(
    check: IdentityCheck, card_seen: bool, certificate_seen: bool, by: str, update: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "passed": check.passed,
        "seen": {"family_card": card_seen, "birth_certificate": certificate_seen, "by": by},
        "biodata": None if check.biodata is None else msgspec.to_builtins(check.biodata),
        "differences": [asdict(difference) for difference in check.differences],
        "update": update,
        "blockers": _sentences(check.blockers),
        "warnings": _sentences(check.warnings),
    }


def _sentences(advices: Sequence[kc.Advice]) -> list[dict[str, str]]:
    return [{"key": advice.key, "id": advice.id, "en": advice.en} for advice in advices]
