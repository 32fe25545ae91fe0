"""Subcommands of ``ktpel``; nothing heavy is imported before one runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """Examples:

  ktpel demo

  ktpel demo --pupils 5 --seed 3 --out visit-3

  ktpel demo --json --out visit-3

Open DIR/report.html afterwards. Ctrl-C and even kill -9 lose nothing: give the same command again.
"""


def demo(
    pupils: Annotated[int, typer.Option(min=1, max=200, metavar="N", help="How many of the roster come.")] = 3,
    seed: Annotated[int, typer.Option(metavar="S", help="Of the simulated people and of what goes wrong.")] = 7,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Takes store, pictures, report.html.")] = Path("ktpel-demo"),
    roster: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A school's roster (CSV) instead of the sample that ships.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the recap as JSON, and nothing else.")] = False,
    lang: Annotated[
        str | None, typer.Option(metavar="id|en", envvar="KTPEL_LANG", help="Language (else as the environment says).")
    ] = None,
) -> None:
    """Run a whole simulated visit to a school, from the roster to the hand-over of the cards.

    Simulated persons only. Identity check, capture with advice and retries, register and attendance list, durable
    store, backup, printing, hand-over against a fresh finger; DIR/report.html shows all of it. The same command goes
    on with a visit that was interrupted. Exit 0: done; 2: done, but lines of the roster had to be left out, or
    something could not be used; 130: interrupted.
    """
    from ktpel_enrolment.console import run

    run(pupils=pupils, seed=seed, out=out, roster=roster, as_json=json, lang=lang)


setattr(demo, "epilog", EPILOG)  # noqa: B010 - a function has no such attribute to a type checker; `ktpel` reads it
