"""``ktpel devices``: what is plugged in, and whether the kit is ready to travel."""

from __future__ import annotations

import typer

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List devices, or check that a kit is ready to travel.",
    epilog="Examples:\n\n  ktpel devices list\n\n  ktpel devices check sim:iris sim:fingerprint --lang id",
)
