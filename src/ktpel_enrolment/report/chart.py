"""Drawings of the page: the ring of the coverage, and the day as bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from ktpel_enrolment.report.markup import Markup, join, tag, word
from ktpel_enrolment.store.journal import Step
from ktpel_enrolment.visit.recording import LOCAL, STEPS

COLOURS: Mapping[str, str] = {
    "identity": "var(--other)",
    "biodata": "var(--other)",
    "photo": "var(--face)",
    "signature": "var(--signature)",
    "right_four": "var(--fingerprint)",
    "left_four": "var(--fingerprint)",
    "both_thumbs": "var(--fingerprint)",
    "irises": "var(--iris)",
    "right_four_again": "var(--fingerprint)",
    "left_four_again": "var(--fingerprint)",
    "both_thumbs_again": "var(--fingerprint)",
    "verification": "var(--fingerprint)",
}
_LEGEND = (
    ("identity", "var(--other)"),
    ("photo", "var(--face)"),
    ("signature", "var(--signature)"),
    ("fingers", "var(--fingerprint)"),
    ("irises", "var(--iris)"),
)
Place: TypeAlias = Callable[[datetime], float]
"""Where a time lies on the chart."""
_LEFT, _WIDTH, _ROW = 170, 1080, 34


def ring(percent: float | None) -> Markup:
    """A ring filled so far as the coverage goes."""
    radius, size = 30, 76
    round_ = 2 * math.pi * radius
    filled = round_ * (percent or 0) / 100
    common: dict[str, str | float] = {"cx": size / 2, "cy": size / 2, "r": radius, "fill": "none", "stroke_width": 9}
    return tag(
        "svg",
        tag("circle", **common, stroke="#e3eeea"),
        tag(
            "circle",
            **common,
            stroke="var(--teal)",
            stroke_linecap="round",
            stroke_dasharray=f"{filled:.1f} {round_:.1f}",
            transform=f"rotate(-90 {size / 2} {size / 2})",
        ),
        width=size,
        height=size,
        role="img",
        aria_hidden="true",
    )


def day_chart(rows: Sequence[tuple[str, Mapping[str, Step]]]) -> Markup:
    """One line a pupil: how long each step took, and where it went wrong."""
    drawn: list[tuple[str, dict[str, Step]]] = [
        (name, {step: steps[step] for step in steps if step in (*STEPS, *COLOURS)}) for name, steps in rows
    ]
    drawn = [(name, steps) for name, steps in drawn if len(steps) > 2]
    if not drawn:
        return Markup("")
    first = min(steps["arrival"].at for _, steps in drawn)
    last = max(step.at for _, steps in drawn for step in steps.values())
    span = max((last - first).total_seconds(), 60.0)
    height = 30 + _ROW * len(drawn)

    def place(at: datetime) -> float:
        return _LEFT + (_WIDTH - _LEFT - 30) * (at - first).total_seconds() / span

    parts = [*_hours(first, last, place, height)]
    for number, (name, steps) in enumerate(drawn):
        top = 24 + _ROW * number
        parts.append(tag("text", _short(name), x=0, y=top + 15, class_="who"))
        parts += _bars(steps, place, top)
    legend = tag(
        "div",
        (tag("span", tag("i", style=f"background:{colour}"), word(key)) for key, colour in _LEGEND),
        class_="legend",
    )
    svg = tag("svg", parts, viewBox=f"0 0 {_WIDTH} {height}", width="100%", role="img")
    return join((tag("div", svg, class_="scroll"), legend))


def _bars(steps: Mapping[str, Step], place: Place, top: float) -> list[Markup]:
    parts = []
    before: datetime | None = None
    for name, step in steps.items():
        if before is not None and name in COLOURS:
            left, right = place(before), place(step.at)
            parts.append(
                tag(
                    "rect",
                    x=f"{left:.1f}",
                    y=top,
                    width=f"{max(1.0, right - left - 1):.1f}",
                    height=20,
                    rx=4,
                    fill=COLOURS[name],
                )
            )
            parts += _marks(step, left, right, top)
        before = step.at
    return parts


def _marks(step: Step, left: float, right: float, top: float) -> list[Markup]:
    """Red for every capture that did not pass, a bolt for a device that dropped out."""
    attempts = step.content.get("attempts", [])
    marks = []
    for number, parts in enumerate(attempts, 1):
        if not all(part["accepted"] for part in parts.values()):
            x = left + (right - left) * number / (len(attempts) + 1)
            marks.append(tag("rect", x=f"{x:.1f}", y=top - 3, width=3, height=26, rx=1.5, fill="var(--red)"))
    for _ in step.content.get("breakdowns", []):
        x = left + 7
        bolt = f"M{x:.1f} {top - 4} l-6 15 h5 l-3 13 l10 -17 h-6 l4 -11 z"
        marks.append(tag("path", d=bolt, fill="#ffd34d", stroke="#7a5200", stroke_width=1))
    return marks


def _hours(first: datetime, last: datetime, place: Place, height: float) -> list[Markup]:
    minutes = (last - first).total_seconds() / 60
    every = next((step for step in (1, 2, 5, 10, 15, 30, 60) if minutes / step <= 12), 120)
    tick = first.replace(second=0, microsecond=0)
    tick += timedelta(minutes=(-tick.minute) % every)
    parts = []
    while tick <= last:
        if tick >= first:
            x = f"{place(tick):.1f}"
            parts.append(tag("line", x1=x, x2=x, y1=18, y2=height, stroke="#e6efec", stroke_width=1))
            parts.append(tag("text", f"{tick.astimezone(LOCAL):%H.%M}", x=x, y=12, text_anchor="middle"))
        tick += timedelta(minutes=every)
    return parts


def _short(name: str) -> str:
    return name if len(name) <= 22 else name[:21] + "…"
