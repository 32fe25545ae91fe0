"""One pupil's part of the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ktpel_capture as kc
from ktpel_capture import advice
from ktpel_enrolment.domain.eligibility import age_on
from ktpel_enrolment.domain.persons import Pupil
from ktpel_enrolment.report.markup import Markup, both, join, picture, tag, told, word
from ktpel_enrolment.store.journal import Entry, Step
from ktpel_enrolment.visit.recording import LOCAL, SLAPS, STEPS

_HANDS: tuple[tuple[str, tuple[kc.Position, ...]], ...] = (
    ("right_hand", ("right_thumb", "right_index", "right_middle", "right_ring", "right_little")),
    ("left_hand", ("left_thumb", "left_index", "left_middle", "left_ring", "left_little")),
)

_ORDER: tuple[str, ...] = (*STEPS, *(f"{slap}_again" for slap in SLAPS))
Content = Mapping[str, Any]


def pupil_section(
    pupil: Pupil, steps: Mapping[str, Step], decision: Content | None, refusals: list[Entry], pictures: Path
) -> Markup:
    """Everything that happened to one pupil: what was kept, what was said, what came of it."""
    body = (
        _blocked(steps["identity"].content)
        if not steps["identity"].content["passed"]
        else _recorded(steps, decision, refusals, pictures)
    )
    return tag("section", _head(pupil, steps), body, class_="pupil")


def _head(pupil: Pupil, steps: Mapping[str, Step]) -> Markup:
    day = steps["arrival"].at.astimezone(LOCAL).date()
    facts: list[Markup] = [
        tag("span", pupil.school_class, class_="tag"),
        tag("span", word("born", day=f"{pupil.born:%d-%m-%Y}"), class_="tag"),
        tag("span", word("age", age=age_on(day, pupil.born)), class_="tag"),
    ]
    if "recorded" in steps:
        content = steps["recorded"].content
        facts.append(tag("span", "#", str(content["number"]), class_="tag good"))
        judged = sum(float(step.content.get("judging", 0)) for step in steps.values())
        lasted = word("lasted", minutes=content["seconds"] / 60)
        facts.append(tag("span", lasted, " · ", word("assessed", seconds=judged), class_="note end"))
    return tag("div", tag("b", pupil.name), facts, class_="head")


def _blocked(content: Content) -> Markup:
    lines = tag("ul", (tag("li", told(blocker)) for blocker in content["blockers"]), class_="plain")
    return tag("div", tag("div", tag("h3", word("blocked")), lines, class_="stop"), _papers(content), class_="panel")


def _recorded(steps: Mapping[str, Step], decision: Content | None, refusals: list[Entry], pictures: Path) -> Markup:
    papers = _block("identity", _papers(steps["identity"].content))
    updated = bool(steps["identity"].content["differences"])
    left = (
        _photo(steps["photo"], pictures) if "photo" in steps else None,
        _signature(steps["signature"], pictures) if "signature" in steps else None,
        None if updated else papers,
        _verification(steps["verification"]) if "verification" in steps else None,
        _said(steps),
    )
    right = (
        papers if updated else None,
        _fingers(steps, pictures),
        _irises(steps["irises"], pictures) if "irises" in steps else None,
        _rejected(steps, pictures),
        _card(steps, decision, refusals, pictures),
    )
    return tag("div", tag("div", left), tag("div", right), class_="body")


def _block(title: str, *content: Any, note: Any = None) -> Markup:
    return tag("div", tag("h3", word(title)), content, tag("p", note, class_="note") if note else None, class_="block")


def _papers(content: Content) -> Markup:
    if not content["differences"]:
        return tag("div", word("identity_good"), _warnings(content), class_="fine") if content["passed"] else Markup("")
    rows = (
        tag(
            "tr",
            tag("td", word(f"field_{line['field']}")),
            tag("td", line["family_card"] or "-"),
            tag("td", line["birth_certificate"] or "-"),
            tag("td", line["register"] or "-"),
            tag("td", tag("b", line["wins"])),
        )
        for line in content["differences"]
    )
    heads = (tag("th", word(key)) for key in ("field", "family_card", "birth_certificate", "siak", "wins"))
    update = content["update"]
    done = (
        word("identity_update", evidence=update["evidence"], officer=update["officer"], likeness=update["likeness"])
        if update
        else None
    )
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows))
    return join(
        (tag("div", table, class_="scroll"), tag("p", done, class_="note") if done else None, _warnings(content))
    )


def _warnings(content: Content) -> Markup:
    return join(tag("p", told(warning), class_="note") for warning in content["warnings"])


def _photo(step: Step, pictures: Path) -> Markup:
    content = step.content
    cloth = content["backdrop"]
    caption = tag(
        "figcaption",
        tag("span", tag("i", class_=f"swatch {cloth}"), word(f"cloth_{cloth}")),
        _score(content["scores"].get("face")),
    )
    return tag(
        "div",
        tag("h3", word("photo")),
        tag("figure", _accepted(content, "face", pictures), caption, class_="portrait"),
        _findings(content, "face"),
        tag("p", told(content["doubted"]), class_="note") if content.get("doubted") else None,
        class_="block",
    )


def _signature(step: Step, pictures: Path) -> Markup:
    content = step.content
    caption = tag("figcaption", _attempts(content), _score(content["scores"].get("signature")))
    return tag(
        "div",
        tag("h3", word("signature")),
        tag("figure", _accepted(content, "signature", pictures), caption),
        _findings(content, "signature"),
        class_="block",
    )


def _fingers(steps: Mapping[str, Step], pictures: Path) -> Markup:
    taken: dict[str, Content] = {
        slap: steps.get(f"{slap}_again", steps[slap]).content for slap in SLAPS if slap in steps
    }
    if not taken:
        return Markup("")
    hands = []
    for title, fingers in _HANDS:
        cells = [_finger(finger, taken, pictures) for finger in fingers]
        hands.append(join((tag("p", word(title), class_="note"), tag("div", cells, class_="hand"))))
    counts = [(_name(slap), " ", _attempts(content)) for slap, content in taken.items() if content.get("attempts")]
    return _block("fingers", hands, note=[(count, " · " if count is not counts[-1] else "") for count in counts])


def _finger(finger: kc.Position, taken: Mapping[str, Content], pictures: Path) -> Markup:
    slap = next(name for name in SLAPS if finger in kc.FINGERS_OF[name])
    content = taken.get(slap, {})
    image = _accepted(content, finger, pictures) if content else Markup("")
    if not image:
        return tag("figure", tag("div", word("declared"), class_="gone"), tag("figcaption", _finger_name(finger)))
    caption = tag("figcaption", _finger_name(finger), _score(content["scores"].get(finger)))
    return tag("figure", image, caption)


def _irises(step: Step, pictures: Path) -> Markup:
    content = step.content
    eyes = [
        tag(
            "figure",
            _accepted(content, eye, pictures),
            tag("figcaption", _name(eye), _score(content["scores"].get(eye))),
        )
        for eye in ("right", "left")
        if eye in content.get("pictures", {}).get("accepted", {})
    ]
    return _block("irises", tag("div", eyes, class_="row"), note=_attempts(content))


def _verification(step: Step) -> Markup:
    content = step.content
    lines = [
        tag(
            "li",
            _name(finger),
            ": ",
            word("likeness", likeness=result["likeness"], threshold=f"{content['threshold']:g}"),
            " ",
            tag("span", "✓" if result["same"] else "✗", class_="tag good" if result["same"] else "tag bad"),
        )
        for finger, result in content["fingers"].items()
    ]
    summary = word("verified" if content["verified"] else "not_verified")
    return _block("verification", tag("ul", lines, class_="plain"), note=summary)


def _rejected(steps: Mapping[str, Step], pictures: Path) -> Markup:
    cells = []
    for step in _ORDER:
        if step not in steps:
            continue
        content = steps[step].content
        for refused in content.get("refused", ()):
            image = _picture_of(refused, "accepted", "face", pictures)
            cells.append(_reject(step, image, word("photo_refused")))
        for number, parts in enumerate(content.get("attempts", ()), 1):
            if all(result["accepted"] for result in parts.values()):
                continue
            image = _picture_of(content, "rejected", str(number), pictures)
            cells.append(_reject(step, image, [_reason(bad) for bad in _by_advice(parts)]))
    if not cells:
        return Markup("")
    return _block("rejected", tag("div", cells, class_="rejects"))


def _by_advice(parts: Mapping[str, Content]) -> list[tuple[list[str], Content]]:
    """The parts that were not accepted, those with one and the same advice together."""
    groups: dict[str, tuple[list[str], Content]] = {}
    for part, result in parts.items():
        if not result["accepted"]:
            groups.setdefault(result["advice"].get("en", ""), ([], result["advice"]))[0].append(part)
    return list(groups.values())


def _reason(bad: tuple[list[str], Content]) -> Markup:
    names = join((_name(part), ", " if part != bad[0][-1] else ": ") for part in bad[0])
    return tag("div", tag("b", names), told(bad[1]))


def _reject(step: str, image: Markup, why: Any) -> Markup:
    return tag("figure", image, tag("div", tag("b", _name(step)), class_="note"), tag("div", why), class_="reject")


def _said(steps: Mapping[str, Step]) -> Markup:
    lines = []
    for step in _ORDER:
        if step not in steps:
            continue
        content = steps[step].content
        events = [(item["at"], "live" if item["live"] else "after", told(item)) for item in content.get("told", ())]
        for down in content.get("breakdowns", ()):
            what = _fault(down["code"])
            mended = word("spare_used" if down["spare"] else "plugged_in_again")
            events.append((down["at"], "fault", join((down["device"], ": ", what, " ", mended))))
        for at, kind, sentence in sorted(events, key=lambda event: event[0]):
            bubble = tag("span", tag("span", _name(step), class_="where"), sentence, class_="bubble")
            lines.append(tag("li", tag("time", f"{at:.0f} s"), bubble, class_=kind))
    read = steps.get("biodata")
    first = None
    if read is not None:
        reading = tag("ul", (tag("li", line) for line in read.content["read"]), class_="plain")
        first = tag("details", tag("summary", word("read_aloud")), reading)
    return _block("said", first, tag("ol", lines, class_="said"))


_FAULTS = {"device.disconnected": "fault_unplugged", "device.busy": "fault_busy"}


def _fault(code: str) -> Markup:
    """What happened to a device, in both languages (its own words are English alone)."""
    return word(_FAULTS.get(code, "fault_other"))


def _card(steps: Mapping[str, Step], decision: Content | None, refusals: list[Entry], pictures: Path) -> Markup:
    parts: list[Markup] = []
    if "printed" in steps:
        number = steps["recorded"].content["number"]
        parts.append(tag("div", picture(pictures / f"card-{number:03}.jpg", "CONTOH"), class_="card"))
    elif decision is not None and decision["reasons"]:
        why = tag("ul", (tag("li", told(reason)) for reason in decision["reasons"]), class_="plain")
        parts.append(tag("div", tag("b", word("not_printed")), why, class_="stop"))
    for entry in refusals:
        likeness = entry.content["hand_over_refused"]["likeness"]
        parts.append(tag("div", word("refused", likeness=likeness), class_="stop"))
    if "handed_over" in steps:
        content = steps["handed_over"].content
        done = word("receipt", number=content["receipt"], likeness=content["likeness"])
        parts.append(tag("div", "✓ ", done, class_="fine"))
    return _block("card", parts) if parts else Markup("")


# Small tools


def _accepted(content: Content, part: str, pictures: Path) -> Markup:
    return _picture_of(content, "accepted", part, pictures)


def _picture_of(content: Content, kind: str, part: str, pictures: Path) -> Markup:
    name = content.get("pictures", {}).get(kind, {}).get(part)
    return picture(pictures / name, part.replace("_", " ")) if name else Markup("")


def _score(score: float | None) -> Markup:
    return tag("b", "-" if score is None else f"{score:.0f}")


def _attempts(content: Content) -> Markup:
    return word("attempts", count=len(content.get("attempts", ())))


def _findings(content: Content, part: str) -> Markup:
    found = content["findings"].get(part, ())
    if not found:
        return Markup("")
    waived = tag("b", word("waived"), ". ") if content["accepted"] is False else None
    return tag("p", waived, [join((told(finding), " ")) for finding in found], class_="note")


_STEP_WORDS = {"photo": "photo", "signature": "signature", "irises": "irises", "verification": "verification"}
_POSITIONS = frozenset((*kc.FINGERS, *kc.FINGERS_OF))


def _name(part: str) -> Markup:
    """A step, finger or eye as one says it."""
    part = part.removesuffix("_again")
    if part in _STEP_WORDS:
        return word(_STEP_WORDS[part])
    if part in _POSITIONS or part in ("left", "right", "face", "signature"):
        spoken = advice(f"position.{part}")
        return both(spoken.id, spoken.en)
    return join(part.replace("_", " "))


def _finger_name(finger: kc.Position) -> Markup:
    """The finger's name without its hand, which stands above the row."""
    spoken = advice(f"position.{finger}")
    return both(*(_without_hand(words) for words in (spoken.id, spoken.en)))


def _without_hand(words: str) -> str:
    for hand in (" kanan", " kiri", "right ", "left "):
        words = words.replace(hand, "")
    return words


def sections(
    pupils: Sequence[tuple[Pupil, Mapping[str, Step]]],
    decisions: Mapping[str, Content],
    refusals: Mapping[str, list[Entry]],
    pictures: Path,
) -> Iterator[Markup]:
    """All pupils that came to the table."""
    for pupil, steps in pupils:
        nik = pupil.nik.digits
        if "identity" in steps:
            yield pupil_section(pupil, steps, decisions.get(nik), refusals.get(nik, []), pictures)
