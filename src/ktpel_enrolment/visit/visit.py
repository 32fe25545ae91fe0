"""A whole visit, phase after phase: plan, kit, recording, backup, sending, printing, hand-over, recap.

What is done already is never done again, so a visit goes on after any interruption where it stood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias

import ktpel_capture as kc
from ktpel_capture import Advice, KtpelError
from ktpel_enrolment.domain.eligibility import may_be_recorded
from ktpel_enrolment.domain.persons import Pupil
from ktpel_enrolment.domain.recap import Recap
from ktpel_enrolment.domain.schedule import School, Team, Visit, hand_over_letter, letter, plan
from ktpel_enrolment.domain.status import NationalStatus
from ktpel_enrolment.messages import say
from ktpel_enrolment.station.kit import PACKING_LIST, check_kit
from ktpel_enrolment.store.backup import back_up
from ktpel_enrolment.store.blobs import remove_halves, replace_durably
from ktpel_enrolment.store.journal import Store
from ktpel_enrolment.store.outbox import OfficeServer, send
from ktpel_enrolment.visit.exporting import export
from ktpel_enrolment.visit.handover import Inspection, hand_over
from ktpel_enrolment.visit.pictures import Album
from ktpel_enrolment.visit.printing import decide, draw_card, print_card, ready_to_print
from ktpel_enrolment.visit.recording import LOCAL, Applicant, NotRecorded, Recorder, today

Phase: TypeAlias = Literal[
    "plan", "kit", "recording", "export", "backup", "sending", "printing", "hand_over", "last_backup", "recap"
]
PHASES: tuple[Phase, ...] = (
    "plan",
    "kit",
    "recording",
    "export",
    "backup",
    "sending",
    "printing",
    "hand_over",
    "last_backup",
    "recap",
)
_DAYS_TO_PRINT = 2
ARRANGED: Mapping[str, tuple[str, ...]] = {
    "before": ("outreach", "coordination", "meeting_room", "refreshments"),
    "hand_over": ("day_agreed_with_school", "pupils_told_to_come_in_person"),
}
"""What is settled by people and only ticked off here."""


@dataclass(slots=True)
class VisitPlan:
    """What is known before the visit begins.

    Attributes
    ----------
    name : of the visit within the store, such as ``visit 2026-02-10 SMA Contoh``.
    begins : when the team arrives.
    school : its name as the mapping has it.
    applicants : in the order they come; the roster's.
    seats : called with an applicant who sits down, to record or to receive a card.
    """

    name: str
    begins: datetime
    school: str
    schools: Sequence[School]
    teams: Sequence[Team]
    applicants: Sequence[Applicant]
    seats: Callable[[Applicant], None]
    inspect: Inspection
    intruder: Callable[[Applicant], Applicant | None] = field(default=lambda holder: None)
    versions: Mapping[str, str] = field(default_factory=dict)


class BackupOverdue(KtpelError):
    """The obligatory backup of an earlier activity is missing, so no new one may begin."""

    code = "visit.backup_overdue"


class Conductor:
    """Takes one visit through its phases.

    Parameters
    ----------
    exports : folder for copies of the standard records, by the number in the recording register; the store and its
        backups hold them too.
    """

    def __init__(
        self,
        recorder: Recorder,
        agenda: VisitPlan,
        album: Album,
        office: OfficeServer,
        national_status: Callable[[str], NationalStatus],
        exports: Path,
    ) -> None:
        self.recorder = recorder
        self.agenda = agenda
        self.album = album
        self.exports = exports
        self._office = office
        self._national_status = national_status
        self._store = recorder.store
        self._station = recorder.station
        self._clock = recorder.station.clock

    def run(self, phase: Phase) -> None:
        """Do one phase, or what is still missing of it."""
        getattr(self, f"_{phase}")()

    # Phases

    def _plan(self) -> None:
        """School mapping, schedule, letter."""
        self.tick_off("before")
        if "plan" in self._done():
            return
        visits = self._schedule()
        mine = next(visit for visit in visits if visit.school.name == self.agenda.school)
        self._note("plan", {"visits": [_visit_document(visit) for visit in visits], "letter": letter(mine)})

    def _kit(self) -> None:
        """Every device is asked, the packing list ticked off; an overdue backup stops the visit."""
        if "kit" in self._done():
            return
        if backup_overdue(self._store):
            raise BackupOverdue(say("kit.backup_overdue").en, remedy="Connect the external drive and back up.")
        self._clock.wait(max(0.0, (self.agenda.begins - self._clock.now()).total_seconds()))
        check = check_kit(self._station, PACKING_LIST, dict(self.agenda.versions))
        devices = [
            asdict(line) | {"problems": [{"id": told.id, "en": told.en} for told in line.problems]}
            for line in check.devices
        ]
        packed = {"packed": list(PACKING_LIST), "missing": list(check.missing), "versions": check.versions}
        self._note("kit", {"ready": check.ready, "devices": devices, **packed})

    def _recording(self) -> None:
        kc.assess(self.recorder.operator.finger)  # models load while nobody waits
        for applicant in self.agenda.applicants:
            if not self.due(applicant.pupil):
                continue
            self.agenda.seats(applicant)
            try:
                self.recorder.record(applicant)
            except NotRecorded as error:
                self.recorder.desk.tell(error.told)
        self.document("recording")

    def _export(self) -> None:
        """Every recording leaves as standard records: kept in the store in one transaction, then copied out."""
        self.exports.mkdir(parents=True, exist_ok=True)
        remove_halves(self.exports)
        for applicant in self._recorded():
            if "exported" not in self._store.steps(applicant.nik):
                made = export(self._store, applicant.nik)
                with self._store.transaction(self._clock.now()) as change:
                    change.do(applicant.nik, "exported", made.content, documents=made.documents)
            for name, data in self._store.documents(applicant.nik).items():
                path = self.exports / name
                if not path.exists() or path.read_bytes() != data:
                    replace_durably(path, data)

    def _backup(self) -> None:
        self._back_up("backup")

    def _last_backup(self) -> None:
        self._back_up("last_backup")

    def _sending(self) -> None:
        """Recordings go to the office one by one; what has arrived is never sent again."""
        for applicant in self._recorded():
            if "sent" in self._store.steps(applicant.nik):
                continue
            sent = send(self._store, applicant.nik, self._office, self._station.uplink)
            with self._store.transaction(self._clock.now()) as change:
                change.do(applicant.nik, "sent", {"bytes": sent})
        if "sent" not in self._done():
            self._note("sent", {"recordings": len(self._recorded())})

    def _printing(self) -> None:
        """Whose card is printed is decided once, with reasons; then the cards, one by one."""
        if "print_list" not in self._done():
            self._clock.wait(timedelta(days=_DAYS_TO_PRINT).total_seconds())
            day = today(self._clock)
            decisions = []
            for applicant in self._recorded():
                decision = decide(self._store, applicant.nik, self._national_status(applicant.nik), day)
                reasons = [{"id": told.id, "en": told.en} for told in decision.reasons]
                decisions.append(
                    {"nik": decision.nik, "name": decision.name, "status": decision.status.value, "reasons": reasons}
                )
            mine = next(visit for visit in self._schedule() if visit.school.name == self.agenda.school)
            told = hand_over_letter(mine, day, sum(not decision["reasons"] for decision in decisions))
            self._note("print_list", {"day": day.isoformat(), "decisions": decisions, "letter": told})
        content = self._done()["print_list"].content
        niks = [decision["nik"] for decision in content["decisions"] if not decision["reasons"]]
        left = [nik for nik in niks if "printed" not in self._store.steps(nik)]
        if left and (problems := ready_to_print(self._station.printer, len(left))):
            raise KtpelError(problems[0].en, remedy="Mend the printer, then give the same command again.")
        if left:
            proof = self.recorder.operator.prove(self._station, self.recorder.desk)
            with self._store.transaction(self._clock.now()) as change:
                change.enter(
                    "history", {"prints": len(left), "officer": self.recorder.operator.name, "likeness": proof}
                )
        for nik in left:
            day = date.fromisoformat(content["day"])
            print_card(self._store, self._station.printer, nik, day, self._clock)
        for nik in niks:
            name = f"card-{self._store.steps(nik)['recorded'].content['number']:03}"
            if not self.album.holds(name):
                front, _ = draw_card(self._store, nik, date.fromisoformat(content["day"]))
                self.album.write(name, front, 1011)

    def _hand_over(self) -> None:
        """Each card goes to its holder alone; somebody else's finger is refused."""
        self.tick_off("hand_over")
        for applicant in self._recorded():
            steps = self._store.steps(applicant.nik)
            if "printed" not in steps or "handed_over" in steps:
                continue
            other = self.agenda.intruder(applicant)
            if other is not None and not self._refused_before(applicant.nik):
                self.agenda.seats(other)
                self._offer(applicant)
            self.agenda.seats(applicant)
            self._offer(applicant)
        self.document("hand_over")

    def _offer(self, applicant: Applicant) -> None:
        hand_over(
            self._store,
            self._station,
            self.recorder.profile,
            self.recorder.desk,
            applicant.nik,
            self.agenda.inspect,
        )

    def _recap(self) -> None:
        if "recap" not in self._done():
            self._note("recap", dict(self.recap().document()))

    def tick_off(self, moment: Literal["before", "hand_over"]) -> None:
        """Note what people arranged among themselves: outreach and meeting before, the hand-over with the school."""
        if f"arranged_{moment}" not in self._done():
            self._note(f"arranged_{moment}", {"done": list(ARRANGED[moment])})

    def document(self, activity: Literal["recording", "hand_over"]) -> None:
        """Note that an activity took place: when it began and ended, how many came."""
        step = "recorded" if activity == "recording" else "handed_over"
        if f"documented_{activity}" in self._done():
            return
        times = [
            self._store.steps(item.nik)[step].at for item in self._recorded() if step in self._store.steps(item.nik)
        ]
        ends = {"first": min(times).isoformat(), "last": max(times).isoformat()} if times else {}
        self._note(f"documented_{activity}", {"people": len(times), **ends})

    # What can be asked at any time

    def due(self, pupil: Pupil) -> bool:
        """Whether a pupil is to be recorded at this visit: old enough, or has to hold a card."""
        day = self._first_day()
        return may_be_recorded(day, pupil.born, pupil.marital_status, pupil.citizenship)

    def recap(self) -> Recap:
        """The figures as they stand now.

        The target are the first-time holders of the roster who may be recorded, without those who turn out to live
        in another regency or to be recorded already.
        """
        target = [applicant for applicant in self.agenda.applicants if self._counts(applicant)]
        steps = [self._store.steps(applicant.nik) for applicant in target]
        return Recap(
            target=len(target),
            recorded=sum("recorded" in done for done in steps),
            printed=sum("printed" in done for done in steps),
            handed_over=sum("handed_over" in done for done in steps),
        )

    def again(self) -> list[tuple[Pupil, Advice]]:
        """Who goes back to the visit plan, and why: stopped by papers, not finished, or failed nationally.

        A resident of another regency, and whoever turned out to be recorded already, is not this office's to plan.
        """
        back: list[tuple[Pupil, Advice]] = []
        for applicant in self.agenda.applicants:
            steps = self._store.steps(applicant.nik)
            status = self._national_status(applicant.nik)
            if not self._counts(applicant):
                continue
            if "recorded" not in steps:
                back.append((applicant.pupil, say("planning.not_recorded")))
            elif status.failed:
                back.append((applicant.pupil, say("planning.failed", status=status.value)))
        return back

    def _counts(self, applicant: Applicant) -> bool:
        if not self.due(applicant.pupil):
            return False
        identity = self._store.steps(applicant.nik).get("identity")
        blockers = {told["key"] for told in identity.content["blockers"]} if identity else set()
        return not blockers & {"identity.not_a_resident", "identity.already_recorded"}

    # Small tools

    def _first_day(self) -> date:
        done = self._done()
        return date.fromisoformat(done["kit"].content["day"]) if "kit" in done else today(self._clock)

    def _schedule(self) -> tuple[Visit, ...]:
        return plan(self.agenda.schools, self.agenda.teams, self.agenda.begins.astimezone(LOCAL).date())

    def _back_up(self, step: str) -> None:
        if step in self._done():
            return
        backup = back_up(self._store, self._station.backup, self._clock.now())
        self._note(step, asdict(backup))

    def _recorded(self) -> list[Applicant]:
        return [item for item in self.agenda.applicants if "recorded" in self._store.steps(item.nik)]

    def _refused_before(self, nik: str) -> bool:
        return any(
            "hand_over_refused" in entry.content and entry.content["subject"] == nik
            for entry in self._store.book("history")
        )

    def _done(self) -> dict[str, Any]:
        return dict(self._store.steps(self.agenda.name))

    def _note(self, step: str, content: Mapping[str, Any]) -> None:
        now = self._clock.now()
        with self._store.transaction(now) as change:
            change.do(self.agenda.name, step, {**content, "day": content.get("day", today(self._clock).isoformat())})


def backup_overdue(store: Store) -> bool:
    """Whether anything was recorded or handed over that no verified backup holds yet."""
    latest = [step.at for name in ("recorded", "handed_over") for step in store.done(name).values()]
    if not latest:
        return False
    backups = [step.at for name in ("backup", "last_backup") for step in store.done(name).values()]
    return not backups or max(backups) < max(latest)


def _visit_document(visit: Visit) -> dict[str, Any]:
    return {
        "school": visit.school.name,
        "district": visit.school.district,
        "minutes": visit.school.minutes_to_office,
        "far": visit.school.far,
        "coverage": visit.school.last_coverage,
        "team": visit.team.name,
        "day": visit.day.isoformat(),
        "expected": visit.expected,
    }
