"""Which school is visited when, by whom, with which kit."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from ktpel_capture import UnreadableFile

SchoolKind: TypeAlias = Literal["SMA", "SMK", "MA", "Pesantren"]

FAR = 30
"""Minutes from school to office above which a visit is due (the guide's rule; travel time, not distance)."""
MINUTES_EACH = 5
"""Minutes one applicant takes; 3 to 5 in the field, over 10 when a device fails."""
WORKING_MINUTES = 6 * 60


@dataclass(frozen=True, slots=True)
class School:
    """A school with first-time holders.

    Attributes
    ----------
    district : kecamatan.
    minutes_to_office : travel time of a pupil to the registry office.
    first_time_holders : pupils who are 17 or turn 17 and are not yet recorded.
    last_coverage : percent recorded when it was last counted.
    """

    name: str
    kind: SchoolKind
    district: str
    minutes_to_office: int
    first_time_holders: int
    last_coverage: float

    @property
    def far(self) -> bool:
        return self.minutes_to_office > FAR

    @property
    def left_over(self) -> float:
        """First-time holders that are still to be recorded, by the last coverage."""
        return self.first_time_holders * (1 - self.last_coverage / 100)


@dataclass(frozen=True, slots=True)
class Team:
    """Who goes, with which kits; each kit records one applicant at a time."""

    name: str
    members: tuple[str, ...]
    kits: tuple[str, ...]

    @property
    def capacity(self) -> int:
        """Applicants this team can record in one day."""
        return len(self.kits) * WORKING_MINUTES // MINUTES_EACH


@dataclass(frozen=True, slots=True)
class Visit:
    """A team's day at a school."""

    school: School
    team: Team
    day: date
    expected: int


def read_schools(path: Path | Traversable) -> tuple[School, ...]:
    """Read the school mapping (pemetaan sekolah): CSV with nama, jenis, kecamatan, menit, pemula, cakupan.

    Raises
    ------
    UnreadableFile : names file, row and field.
    """
    schools = []
    with path.open(encoding="utf-8-sig") as file:
        for row, cells in enumerate(csv.DictReader(file), 2):
            try:
                kind = cells["jenis"]
                if kind not in get_args(SchoolKind):
                    raise ValueError(f"jenis {kind!r} is none of {', '.join(get_args(SchoolKind))}")
                school = School(
                    cells["nama"],
                    kind,  # type: ignore[arg-type]  # checked above
                    cells["kecamatan"],
                    int(cells["menit"]),
                    int(cells["pemula"]),
                    float(cells["cakupan"]),
                )
            except (KeyError, TypeError, ValueError) as error:
                reason = f"row {row}: {f'column {error} is missing' if isinstance(error, KeyError) else error}"
                raise UnreadableFile(str(path), reason, remedy="Correct that row of the school mapping.") from error
            schools.append(school)
    return tuple(schools)


def in_order_of_need(schools: Sequence[School]) -> list[School]:
    """Far schools first, among them those with most pupils left over."""
    return sorted(schools, key=lambda school: (not school.far, -school.left_over, school.name))


def plan(schools: Sequence[School], teams: Sequence[Team], first_day: date) -> tuple[Visit, ...]:
    """A day for every school in order of need; a school larger than a team's day is visited again.

    No team is at two schools on one day, and nobody works on a Saturday or Sunday.
    """
    if not teams or any(team.capacity < 1 for team in teams):
        raise ValueError("a plan needs at least one team, each with at least one kit")
    visits: list[Visit] = []
    day = _working(first_day)
    free = list(teams)
    for school in in_order_of_need(schools):
        left = school.first_time_holders
        while left > 0:
            if not free:
                day, free = _working(day + timedelta(days=1)), list(teams)
            team = free.pop(0)
            expected = min(left, team.capacity)
            visits.append(Visit(school, team, day, expected))
            left -= expected
    return tuple(visits)


def letter(visit: Visit) -> str:
    """The letter (surat) that tells a school of the visit, in Indonesian as it is sent."""
    return "\n".join(
        (
            f"Kepada Yth. Kepala {visit.school.name}",
            f"Perihal: Perekaman KTP-el di sekolah, {visit.day:%d-%m-%Y}",
            "",
            f"Tim {visit.team.name} ({', '.join(visit.team.members)}) akan merekam {visit.expected} siswa wajib KTP",
            "pemula. Mohon setiap siswa membawa fotokopi Kartu Keluarga dan akta kelahiran, tidak memakai kacamata",
            "atau lensa kontak saat difoto, dan hadir sendiri; penyerahan KTP-el tidak boleh diwakilkan.",
            "Mohon disiapkan satu ruang dengan listrik, meja, kursi, dan dinding untuk kain latar.",
        )
    )


def hand_over_letter(visit: Visit, day: date, cards: int) -> str:
    """The letter that tells a school when its pupils' cards are handed over, in Indonesian as it is sent."""
    return "\n".join(
        (
            f"Kepada Yth. Kepala {visit.school.name}",
            f"Perihal: Penyerahan KTP-el di sekolah, {day:%d-%m-%Y}",
            "",
            f"Tim {visit.team.name} akan menyerahkan {cards} KTP-el hasil perekaman {visit.day:%d-%m-%Y}.",
            "Setiap siswa hadir sendiri, sidik jarinya diperiksa, dan mengisi buku tanda terima; penyerahan tidak",
            "boleh diwakilkan. Mohon siswa yang bersangkutan diberi tahu.",
        )
    )


def _working(day: date) -> date:
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day
