"""How ``ktpel demo`` speaks to a terminal."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

import ktpel_capture as kc
from ktpel_enrolment.demo import DemoResult, Watch, run_demo
from ktpel_enrolment.domain.roster import Roster
from ktpel_enrolment.messages import LANGUAGES, Language, text
from ktpel_enrolment.visit.exporting import RULES
from ktpel_enrolment.visit.recording import STEPS, Applicant, StepName
from ktpel_enrolment.visit.visit import Phase


def run(*, pupils: int, seed: int, out: Path, roster: Path | None, as_json: bool, lang: str | None) -> None:
    """Run the demonstration with progress on stderr; the result goes to stdout."""
    language = _language(lang)
    screen = Console(stderr=True, quiet=as_json, highlight=False)
    screen.print(f"[bold red]{text('demo.simulated', language)}[/]")
    try:
        with (
            Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TextColumn("[cyan]{task.fields[note]}"),
                TimeElapsedColumn(),
                console=screen,
                transient=True,
            ) as progress,
            _remembering_ctrl_c() as interrupted,
        ):
            watch = _Show(progress, screen, language, pupils, interrupted).watch()
            result = run_demo(out, pupils=pupils, seed=seed, roster_file=roster, language=language, watch=watch)
    except KeyboardInterrupt:
        screen.print(text("demo.interrupted", language, out=out))
        raise typer.Exit(130) from None
    if as_json:
        sys.stdout.write(json.dumps(result.recap.document()) + "\n")
    else:
        _summary(result, language)
    if result.roster.refused:
        raise typer.Exit(2)


class _Interrupted:
    """Remembers Ctrl-C: the exception alone is lost where it falls into a finalizer or a library's callback."""

    def __init__(self) -> None:
        self._pressed = False

    def press(self, number: int, frame: FrameType | None) -> None:
        self._pressed = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise what was lost."""
        if self._pressed:
            raise KeyboardInterrupt


@contextmanager
def _remembering_ctrl_c() -> Iterator[_Interrupted]:
    interrupted = _Interrupted()
    if threading.current_thread() is not threading.main_thread():  # where no signal arrives
        yield interrupted
        return
    before = signal.signal(signal.SIGINT, interrupted.press)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


class _Show:
    """Turns what happens into one moving line and a few that stay."""

    def __init__(
        self, progress: Progress, screen: Console, language: Language, pupils: int, interrupted: _Interrupted
    ) -> None:
        self._interrupted = interrupted
        self._pupils = pupils
        self._progress = progress
        self._screen = screen
        self._language: Language = language
        self._task: TaskID = progress.add_task("", total=len(STEPS), note="")

    def watch(self) -> Watch:
        return Watch(self._phase, self._seated, self._step, self._told, self._roster)

    def _roster(self, roster: Roster) -> None:
        """What stands against the roster is said at once, even where only JSON was asked for."""
        screen = Console(stderr=True, highlight=False)
        if len(roster.pupils) < self._pupils:
            count = len(roster.pupils)
            screen.print(text("demo.fewer", self._language, file=roster.file.name, count=count), soft_wrap=True)
        for problem in roster.problems:
            screen.print(escape(str(problem)), style="red" if problem.refused else "yellow", soft_wrap=True)

    def _phase(self, phase: Phase) -> None:
        self._interrupted.check()
        title = text(f"demo.phase_{phase}", self._language)
        self._progress.update(self._task, description=title, completed=0, note="")
        self._screen.print(f"[bold]{title}[/]")

    def _seated(self, applicant: Applicant, number: int, of: int) -> None:
        self._interrupted.check()
        name = escape(applicant.pupil.name)
        self._progress.update(self._task, description=f"{number}/{of} {name}", completed=0, note="")
        self._screen.print(f"  {number}/{of} {name}")

    def _step(self, applicant: Applicant, step: StepName) -> None:
        self._interrupted.check()
        note = text(f"demo.step_{step}", self._language)
        self._progress.update(self._task, completed=STEPS.index(step), note=note)

    def _told(self, advice: kc.Advice) -> None:
        self._interrupted.check()
        self._screen.print(f"      [dim]“{escape(advice.text(self._language))}”[/]")


def _summary(result: DemoResult, language: Language) -> None:
    screen = Console(highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 2))
    recap = result.recap
    for name, value in (
        ("target", recap.target),
        ("recorded", recap.recorded),
        ("printed", recap.printed),
        ("handed_over", recap.handed_over),
    ):
        table.add_row(text(f"report.{name}", language), f"[bold]{value}[/]")
    percent = "-" if recap.coverage is None else f"{recap.coverage:g} %"
    table.add_row(text("report.coverage", language), f"[bold]{percent}[/]")
    screen.print(table)
    if result.sets:
        told = text(
            "demo.records", language, folder=result.records, valid=result.valid_sets, sets=result.sets, rules=RULES
        )
        screen.print(told, soft_wrap=True)
    screen.print(text("demo.report", language, report=result.report), soft_wrap=True)


def _language(given: str | None) -> Language:
    """The language asked for, or as the environment says."""
    if given is None:
        locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
        return "id" if locale.lower().startswith("id") else "en"
    for language in LANGUAGES:
        if given == language:
            return language
    raise typer.BadParameter(f'"{given}" is not known; one of {", ".join(LANGUAGES)}', param_hint="--lang")
