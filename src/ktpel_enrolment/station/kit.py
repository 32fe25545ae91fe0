"""Is the kit ready to travel? Devices are asked; what has no plug is ticked off by a person."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ktpel_capture import Advice, DeviceError
from ktpel_enrolment.messages import say
from ktpel_enrolment.station.station import Role, Station

PACKING_LIST = (
    "laptop",
    "tripod",
    "cloth_red",
    "cloth_blue",
    "external_drive",
    "modem",
    "alcohol",
    "lotion",
    "extension_cord",
    "recording_register",
    "receipt_book",
)
"""What has no plug of its own (guide, part VI, and what operators carry)."""
PROGRAMS = {"Benrollment": ("at_least", (2, 7)), "Boardmanagement": ("exactly", (6, 0, 0, 9))}
"""National programs and the versions that the guide names."""
BLANKS_LEAST = 5
"""Cards a print kit must still have before it leaves."""
ROOM_LEAST = 2_000_000_000
"""Bytes a backup drive must have left: a full day of one station."""


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """What a device answered when it was asked."""

    role: Role
    model: str
    serial: str
    firmware: str
    ready: bool
    problems: tuple[Advice, ...]
    spares: int


@dataclass(frozen=True, slots=True)
class KitCheck:
    """The state of a kit before it leaves.

    Attributes
    ----------
    versions : of the national programs on the laptop, as their screens show them.
    missing : things of the packing list that nobody has ticked off.
    """

    devices: tuple[DeviceLine, ...]
    missing: tuple[str, ...]
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[Advice, ...]:
        """Why the kit may not leave yet, each a sentence to act on."""
        packed = tuple(
            say("kit.pack", thing=say(f"thing.{name}").id, thing_en=say(f"thing.{name}").en) for name in self.missing
        )
        asked = (problem for line in self.devices for problem in line.problems)
        return (*asked, *packed, *version_problems(self.versions))

    @property
    def ready(self) -> bool:
        return not self.problems


def check_kit(station: Station, packed: Collection[str], versions: dict[str, str] | None = None) -> KitCheck:
    """Open every device of a station and ask how it is."""
    lines = tuple(_ask(station, role) for role in station.roles)
    return KitCheck(lines, tuple(name for name in PACKING_LIST if name not in packed), dict(versions or {}))


def _ask(station: Station, role: Role) -> DeviceLine:
    try:
        device = station.device(role)
        status = device.status()
    except DeviceError as error:
        told = Advice("", str(error), str(error))
        return DeviceLine(role, "", "", "", False, (told,), station.spares(role))
    problems = list(status.problems)
    if not status.ready and not problems:
        problems.append(say("kit.not_ready", device=device.info.model, state=status.condition.value))
    if role == "printer":
        left = station.printer.supplies().cards_left()
        if left is not None and left < BLANKS_LEAST:
            problems.append(say("kit.few_cards", left=left, least=BLANKS_LEAST))
    if role == "backup":
        usage = station.backup.usage()
        if not usage.writable:
            problems.append(say("kit.drive_read_only"))
        elif usage.free < ROOM_LEAST:
            problems.append(say("kit.drive_full", free=f"{usage.free / 1e9:.1f} GB"))
    info = device.info
    return DeviceLine(
        role,
        info.model,
        info.serial,
        info.firmware,
        status.ready and not problems,
        tuple(problems),
        station.spares(role),
    )


def version_problems(versions: Mapping[str, str]) -> tuple[Advice, ...]:
    """What is wrong with the national programs on the laptop, by the version their screens show."""
    problems = []
    for program, (how, wanted) in PROGRAMS.items():
        found = tuple(int(part) for part in re.findall(r"\d+", versions.get(program, ""))[:4])
        good = found >= wanted if how == "at_least" else found == wanted
        if not found or not good:
            needed = ".".join(map(str, wanted))
            problems.append(say(f"kit.version_{how}", program=program, needed=needed, found=versions.get(program, "-")))
    return tuple(problems)
