"""A whole simulated visit to a school: the application's real code, simulated people and devices, one virtual clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import ktpel_capture as kc
from ktpel_capture import Address, KtpelError
from ktpel_enrolment.domain.recap import Recap
from ktpel_enrolment.domain.roster import Roster, read_roster
from ktpel_enrolment.domain.schedule import Team, read_schools
from ktpel_enrolment.messages import Language
from ktpel_enrolment.report.page import write_report
from ktpel_enrolment.station.officers import Officer
from ktpel_enrolment.station.simulated import ADDRESSES, SCENE, Part, SimulatedTable, part_of
from ktpel_enrolment.station.station import Role, Station
from ktpel_enrolment.store.blobs import replace_durably
from ktpel_enrolment.store.journal import Store
from ktpel_enrolment.store.outbox import SimulatedOffice
from ktpel_enrolment.visit.capturing import CaptureNotes
from ktpel_enrolment.visit.pictures import Album
from ktpel_enrolment.visit.recording import Applicant, Recorder, StepName
from ktpel_enrolment.visit.register import BALANGAN, SimulatedRegister, sample_deviations
from ktpel_enrolment.visit.visit import PHASES, Conductor, Phase, VisitPlan

BEGIN = datetime(2026, 2, 10, 0, 30, tzinfo=UTC)
"""08:30 at the school (WITA)."""
PLANNED = BEGIN - timedelta(days=14)
"""When the visit is planned and the letter goes out."""
SCHOOL = "MA Contoh Halong"
OPERATOR = "Operator Contoh"
TEAM = Team("Jemput Bola 1", ("Operator Contoh", "Pendamping Contoh"), ("kit-1",))
VERSIONS = {"Benrollment": "2.7 (simulasi)", "Boardmanagement": "6.0.0.9 (simulasi)"}


class OtherDemo(KtpelError):
    """The folder holds another demonstration."""

    code = "demo.other"


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far it is; every call is optional to heed."""

    phase: Callable[[Phase], None] = lambda phase: None
    seated: Callable[[Applicant, int, int], None] = lambda applicant, number, of: None
    step: Callable[[Applicant, StepName], None] = lambda applicant, step: None
    told: Callable[[kc.Advice], None] = lambda advice: None
    roster: Callable[[Roster], None] = lambda roster: None


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What a demonstration leaves behind.

    Attributes
    ----------
    records : folder of the standard records.
    sets, valid_sets : how many recordings left as records, and how many of them keep every rule.
    """

    recap: Recap
    roster: Roster
    report: Path
    resumed: bool
    records: Path
    sets: int
    valid_sets: int


def run_demo(
    out: Path,
    *,
    pupils: int = 3,
    seed: int = 7,
    roster_file: Path | None = None,
    language: Language = "id",
    watch: Watch | None = None,
) -> DemoResult:
    """Run a visit into a folder, or go on with the one that was interrupted there.

    Parameters
    ----------
    out : takes the store, the backup drive's content, standard records, pictures, ``report.html`` and ``recap.json``.
    pupils : the first so many of the roster.
    seed : of the people and of what goes wrong.
    roster_file : a school's CSV; the sample that ships where None.
    language : that the report opens in; it holds both.

    Raises
    ------
    UnreadableFile : the roster cannot be read at all.
    OtherDemo : the folder holds a demonstration with other settings.
    """
    watch = watch or Watch()
    with _opened(out, pupils, seed, roster_file, watch) as (conductor, roster, resumed):
        for phase in PHASES:
            watch.phase(phase)
            conductor.run(phase)
        recap = conductor.recap()
        replace_durably(out / "recap.json", (json.dumps(recap.document(), indent=2) + "\n").encode())
        report = write_report(out / "report.html", conductor, roster, seed=seed, language=language)
        exported = conductor.recorder.store.done("exported").values()
        valid = sum(step.content["valid"] for step in exported)
        return DemoResult(recap, roster, report, resumed, conductor.exports, len(exported), valid)


@contextmanager
def _opened(
    out: Path, pupils: int, seed: int, roster_file: Path | None, watch: Watch
) -> Iterator[tuple[Conductor, Roster, bool]]:
    with ExitStack() as stack:
        path = roster_file or stack.enter_context(as_file(files("ktpel_enrolment.data") / "sekolah-contoh.csv"))
        roster = read_roster(path)
        watch.roster(roster)
        store = stack.enter_context(Store(out / "store"))
        settings = {
            "seed": seed,
            "pupils": pupils,
            "roster": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        resumed = _agree(store, settings, out)
        last = store.last_time()
        clock = kc.VirtualClock(PLANNED if last is None else last + timedelta(seconds=20))
        station = stack.enter_context(Station(_addresses(out), clock=clock))
        table = SimulatedTable(seed, clock, OPERATOR, watch.told)
        register = SimulatedRegister(roster.pupils, sample_deviations() if roster_file is None else {})
        taken = roster.pupils[:pupils]
        parts = {pupil.nik.digits: part_of(index, pupil, seed) for index, pupil in enumerate(taken)}
        applicants = [Applicant(pupil, parts[pupil.nik.digits].unavailable) for pupil in taken]
        album = Album(out / "pictures")
        recorder = Recorder(
            store=store,
            station=station,
            register=register,
            profile=kc.load_profile("ktpel"),
            desk=table,
            operator=_operator(store, station, table),
            regency=BALANGAN,
            before=lambda applicant, step: _before(table, station, watch, applicant, step),
            pictures=lambda applicant, step, notes: _draw(album, applicant, step, notes),
            policy=table.policy,
            watch=table.watch,
        )
        agenda = VisitPlan(
            name=f"visit {BEGIN:%Y-%m-%d} {SCHOOL}",
            begins=BEGIN,
            school=SCHOOL,
            schools=read_schools(files("ktpel_enrolment.data") / "sekolah.csv"),
            teams=(TEAM,),
            applicants=applicants,
            seats=lambda applicant: _seat(table, watch, applicant, applicants, parts),
            inspect=lambda nik: {"chip": True, "person": True, "print": True},
            intruder=lambda holder: _friend(holder, applicants),
            versions=VERSIONS,
        )
        office = SimulatedOffice(out / "office")
        yield Conductor(recorder, agenda, album, office, register.national_status, out / "records"), roster, resumed


def _agree(store: Store, settings: dict[str, Any], out: Path) -> bool:
    """Whether a demonstration of these settings was begun here already."""
    facts = store.facts()
    if "demo" not in facts:
        store.set_facts({"demo": settings})
        return False
    for name, value in settings.items():
        if facts["demo"][name] != value:
            had = facts["demo"][name]
            difference = "another roster" if name == "roster" else f"--{name} {had}, not {value}"
            raise OtherDemo(
                f"{out} holds a demonstration with {difference}",
                remedy="Give the same command to go on with it, or another --out for a new one.",
            )
    return True


def _addresses(out: Path) -> dict[Role, tuple[str, ...]]:
    drive = (out / "backup-drive").resolve().as_posix()
    return {
        **ADDRESSES,
        "printer": (f"sim:card-printer?scene={SCENE}&serial=PRINTER-1",),
        "backup": (str(Address("sim", "backup", {"path": drive, "serial": "DRIVE-1"})),),
        "uplink": (f"sim:uplink?scene={SCENE}&serial=MODEM-1",),
    }


def _operator(store: Store, station: Station, table: SimulatedTable) -> Officer:
    """The operator, made known to this station by the right index finger on the first day."""
    kept = store.samples(OPERATOR, "officer").get("right_index")
    if kept is None:
        table.operator_sits_down()
        (kept,) = kc.capture(station.fingerprint_scanner, kc.FingerRequest("right_index"), timeout=20.0)
        with store.transaction(station.clock.now()) as change:
            change.do(OPERATOR, "officer", {"name": OPERATOR}, {"right_index": kept})
    if not isinstance(kept, kc.FingerprintSample):
        raise TypeError("an officer is known by a fingerprint")
    return Officer(OPERATOR, kept)


def _before(table: SimulatedTable, station: Station, watch: Watch, applicant: Applicant, step: StepName) -> None:
    watch.step(applicant, step)
    table.before(station, applicant, step)


def _seat(
    table: SimulatedTable, watch: Watch, applicant: Applicant, applicants: list[Applicant], parts: dict[str, Part]
) -> None:
    watch.seated(applicant, applicants.index(applicant) + 1, len(applicants))
    table.seat(applicant.pupil, parts[applicant.nik])


def _friend(holder: Applicant, applicants: list[Applicant]) -> Applicant | None:
    """Of the first pupil a friend tries to collect the card; it may not be collected for somebody else."""
    if holder is not applicants[0] or len(applicants) < 2:
        return None
    return applicants[1]


def _draw(album: Album, applicant: Applicant, label: str, notes: CaptureNotes) -> dict[str, Any]:
    return album.keep(f"{applicant.pupil.row:03}-{label}", notes)
