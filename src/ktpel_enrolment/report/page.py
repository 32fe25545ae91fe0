"""``report.html``: the visit as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import ktpel_capture as kc
from ktpel_capture import __version__
from ktpel_enrolment.domain.recap import Recap
from ktpel_enrolment.domain.requirements import requirements
from ktpel_enrolment.domain.roster import Roster
from ktpel_enrolment.messages import Language, say
from ktpel_enrolment.report.chart import day_chart, ring
from ktpel_enrolment.report.markup import Child, Markup, both, join, tag, told, word
from ktpel_enrolment.report.pupil import sections
from ktpel_enrolment.store.blobs import replace_durably
from ktpel_enrolment.store.journal import Book, Entry, Step, Store
from ktpel_enrolment.visit.recording import LOCAL
from ktpel_enrolment.visit.visit import Conductor

_SCRIPT = """
document.getElementById('language').onclick = () => {
  const root = document.documentElement;
  root.lang = root.lang === 'id' ? 'en' : 'id';
};
"""


def write_report(path: Path, conductor: Conductor, roster: Roster, *, seed: int, language: Language) -> Path:
    """Write the page from what the store holds; nothing but the store and the pictures is looked at."""
    store = conductor.recorder.store
    agenda = conductor.agenda
    visit = store.steps(agenda.name)
    pupils = [(item.pupil, store.steps(item.nik)) for item in agenda.applicants]
    listed = visit["print_list"].content if "print_list" in visit else {}
    decisions = {decision["nik"]: decision for decision in listed.get("decisions", ())}
    early = [item.pupil.name for item in agenda.applicants if not conductor.due(item.pupil)]
    body = (
        tag("div", word("simulated"), class_="warning"),
        tag("header", _title(agenda.school, visit["kit"]), class_="top-header"),
        tag(
            "main",
            _figures(conductor.recap()),
            _section("day", day_chart([(pupil.name, steps) for pupil, steps in pupils]), note=word("day_note")),
            tag("h2", word("pupils")),
            list(sections(pupils, decisions, _refusals(store), conductor.album.folder)),
            tag("p", word("not_due"), ": ", ", ".join(early), class_="note") if early else None,
            _printing(listed),
            _again(conductor),
            _plan(visit),
            _kit(visit),
            _records(pupils),
            _backups(visit),
            _books(store),
            _roster(roster),
            _checklist(),
            tag("footer", word("generated", version=__version__, seed=seed)),
        ),
        tag("script", Markup(_SCRIPT)),
    )
    head = (
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"KTP-el CONTOH - {agenda.school}"),
        tag("style", Markup(files(__package__).joinpath("page.css").read_text("utf-8"))),
    )
    page = tag("html", tag("head", head), tag("body", body), lang=language)
    replace_durably(path, f"<!doctype html>\n{page}\n".encode())
    return path


def _title(school: str, kit: Step) -> Markup:
    day = kit.at.astimezone(LOCAL)
    return tag(
        "div",
        tag(
            "div",
            tag("div", tag("h1", word("title")), tag("p", word("subtitle", school=school, day=f"{day:%d-%m-%Y}"))),
            tag("button", word("language"), id="language", type="button"),
            class_="top",
        ),
        class_="inner",
    )


def _figures(recap: Recap) -> Markup:
    counts = [
        tag("div", tag("b", str(count)), tag("span", word(key)), class_="figure")
        for key, count in (
            ("target", recap.target),
            ("recorded", recap.recorded),
            ("printed", recap.printed),
            ("handed_over", recap.handed_over),
        )
    ]
    percent = "-" if recap.coverage is None else f"{recap.coverage:g}\N{NO-BREAK SPACE}%"
    share = tag("div", tag("b", percent), tag("span", word("coverage")))
    return tag("div", counts, tag("div", ring(recap.coverage), share, class_="figure ring"), class_="figures")


def _section(title: str, *content: Child, note: Child = None) -> Markup:
    remark = tag("p", note, class_="note") if note else None
    return join((tag("h2", word(title)), tag("div", remark, content, class_="panel")))


def _table(heads: Sequence[str], rows: Sequence[Sequence[Child]]) -> Markup:
    head = tag("tr", (tag("th", word(key)) for key in heads))
    body = (tag("tr", (tag("td", cell) for cell in row)) for row in rows)
    return tag("div", tag("table", tag("thead", head), tag("tbody", body)), class_="scroll")


def _printing(content: Mapping[str, Any]) -> Markup:
    letter, decisions = content.get("letter", ""), content.get("decisions", ())
    rows = []
    for decision in decisions:
        good = tag("span", word("prints"), class_="tag good")
        why = [tag("div", told(reason)) for reason in decision["reasons"]]
        rows.append((decision["name"], tag("code", decision["status"]), why or good))
    if not rows:
        return Markup("")
    mail = tag("details", tag("summary", word("letter")), tag("pre", letter, lang="id"))
    return _section("printing", _table(("name", "status", "decision"), rows), mail)


def _again(conductor: Conductor) -> Markup:
    rows = [(pupil.name, pupil.school_class, both(why.id, why.en)) for pupil, why in conductor.again()]
    return _section("again", _table(("name", "class", "decision"), rows)) if rows else Markup("")


def _plan(visit: Mapping[str, Step]) -> Markup:
    content = visit["plan"].content
    rows = [
        (
            line["day"],
            line["school"],
            str(line["minutes"]),
            str(line["expected"]),
            f"{line['coverage']} %",
            line["team"],
        )
        for line in content["visits"]
    ]
    letter = tag("details", tag("summary", word("letter")), tag("pre", content["letter"], lang="id"))
    heads = ("date", "school", "minutes", "expected", "last_coverage", "team")
    return _section("plan", _table(heads, rows), letter)


def _kit(visit: Mapping[str, Step]) -> Markup:
    content = visit["kit"].content
    rows = []
    for line in content["devices"]:
        state = "kit_ready" if line["ready"] else "kit_not_ready"
        badge = tag("span", word(state), class_="tag good" if line["ready"] else "tag bad")
        problems = [tag("div", told(problem)) for problem in line["problems"]]
        rows.append((line["model"], line["serial"], str(line["spares"]), (badge, problems)))
    things = join(
        (word_of_thing(name), ", " if number < len(content["packed"]) else ". ")
        for number, name in enumerate(content["packed"], 1)
    )
    versions = ", ".join(f"{name} {version}" for name, version in content["versions"].items())
    packed = tag("p", word("packed"), ": ", things, versions, class_="note")
    return _section("kit", _table(("device", "serial", "spares", "state"), rows), packed)


def word_of_thing(name: str) -> Markup:
    """What stands on the packing list, as one says it."""
    thing = say(f"thing.{name}")
    return both(thing.id, thing.en)


def _records(pupils: Sequence[tuple[Any, Mapping[str, Step]]]) -> Markup:
    """The files each recording left as, and whether they keep their rules."""
    rows: list[Sequence[Child]] = []
    for pupil, steps in pupils:
        if "exported" not in steps:
            continue
        content = steps["exported"].content
        missing = [
            tag("div", told_position(item["position"]), " (", word(f"reason_{item['reason']}"), ")")
            for item in content["unavailable"]
        ]
        for name, file in sorted(content["files"].items(), key=lambda item: item[1]["format"] != "CBEFF"):
            state: Child = tag("span", word("rules_kept"), class_="tag good")
            if file["violations"]:
                state = tag("ul", (tag("li", violation) for violation in file["violations"]), class_="stop")
            is_set = file["format"] == "CBEFF"
            holds = word("record_holds", fingers=content["fingers"], irises=content["irises"]) if is_set else None
            rows.append(
                (
                    pupil.name,
                    (tag("code", name), tag("div", f"{file['bytes'] / 1e3:.0f} kB", class_="note")),
                    (file["format"], tag("div", holds, class_="note") if holds else None),
                    missing if is_set and missing else "-",
                    (state, tag("div", file["rules"] or file["format"], class_="note")),
                )
            )
    if not rows:
        return Markup("")
    heads = ("name", "file", "format", "not_captured", "state")
    return _section("records", _table(heads, rows), note=word("records_note"))


def told_position(position: str) -> Markup:
    """A finger or an eye, as one says it."""
    spoken = kc.advice(f"position.{position}")
    return both(spoken.id, spoken.en)


def _backups(visit: Mapping[str, Step]) -> Markup:
    lines = []
    for step in ("backup", "last_backup"):
        if step in visit:
            content = visit[step].content
            size = f"{content['size'] / 1e6:.1f} MB"
            where = content["volume"].rsplit(" ", 1)[-1]
            line = word("backup_line", files=content["files"], size=size, volume=where)
            seal = tag("div", tag("code", f"SHA-256 {content['manifest']}"))
            lines.append(tag("div", "✓ ", line, seal, class_="fine"))
    if "sent" in visit:
        sent = word("sent", recordings=visit["sent"].content["recordings"])
        lines.append(tag("div", "✓ ", sent, class_="fine"))
    return _section("backup", lines)


def _books(store: Store) -> Markup:
    problems = store.problems()
    state = (
        tag("div", word("broken"), tag("ul", (tag("li", problem) for problem in problems)), class_="stop")
        if problems
        else tag("div", "✓ ", word("intact"), class_="fine")
    )
    books: tuple[Book, ...] = ("attendance", "recording_register", "receipt_book")
    return _section("books", state, [_book(name, store.book(name)) for name in books])


def _book(name: str, entries: Sequence[Entry]) -> Markup:
    rows = [
        (
            str(entry.number),
            f"{entry.at.astimezone(LOCAL):%d-%m-%Y %H.%M}",
            entry.content["name"],
            tag("span", entry.hash[:16], class_="seal"),
        )
        for entry in entries
    ]
    return tag(
        "details", tag("summary", word(name), f" ({len(rows)})"), _table(("number", "time", "name", "seal"), rows)
    )


def _refusals(store: Store) -> dict[str, list[Entry]]:
    refused: dict[str, list[Entry]] = {}
    for entry in store.book("history"):
        if "hand_over_refused" in entry.content:
            refused.setdefault(entry.content["subject"], []).append(entry)
    return refused


def _roster(roster: Roster) -> Markup:
    if not roster.problems:
        return _section("roster", word("roster_good", file=roster.file.name, count=len(roster.pupils)))
    line = word("roster_bad", file=roster.file.name, count=len(roster.pupils), problems=len(roster.problems))
    return _section("roster", line, tag("ul", (tag("li", str(problem)) for problem in roster.problems)))


def _checklist() -> Markup:
    rows = []
    for item in requirements():
        badge = tag("span", word(item.state), class_="tag good" if item.state == "full" else "tag gold")
        remark = tag("div", both(item.remark_id, item.remark_en), class_="note") if item.remark_en else None
        rows.append((str(item.number), both(item.id, item.en), (tag("code", item.function), remark), badge))
    table = _table(("number", "requirement", "fulfilled_by", "status"), rows)
    return _section("checklist", tag("details", tag("summary", word("checklist")), table), note=word("checklist_note"))
