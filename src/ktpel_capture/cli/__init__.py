"""The ``ktpel`` command.

Subcommands are text until they are called. Further ones come from
the entry-point group ``ktpel.commands``, each a typer function or a typer application.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ktpel_capture import __version__
from ktpel_capture.dependencies import explained
from ktpel_capture.errors import KtpelError

_COMMANDS = {
    "check": ("ktpel_capture.cli.check:check", "Judge image files, records and signatures."),
    "measures": ("ktpel_capture.cli.measures:measures", "List every quality measure: meaning, unit, range, source."),
    "profile": ("ktpel_capture.cli.profile:app", "Show or validate what a registry demands of a sample."),
    "devices": ("ktpel_capture.cli.devices:app", "List devices, or check that a kit is ready to travel."),
    "record": ("ktpel_capture.cli.record:app", "Inspect, validate, convert and extract interchange records."),
}

_EPILOG = """Examples:

  ktpel demo

  ktpel check portrait.jpg --when backdrop=red

  ktpel check scans/ --as fingerprint --json

  ktpel measures iris.

Simulated persons only: encryption at rest is not built yet, so do not store real people's data with this version.
"""


def _plug_ins() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="ktpel.commands") if point.name not in _COMMANDS}


class _Commands(TyperGroup):
    """Finds a subcommand by name and loads only that one; help loads the plug-ins too, for their summaries.

    Typer brings the click it is built on along privately in newer versions: no click type is named here.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        return [*_COMMANDS, *sorted(_plug_ins())]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in _COMMANDS:
            module, _, name = _COMMANDS[cmd_name][0].partition(":")
            return _as_command(getattr(import_module(module), name), cmd_name)
        point = _plug_ins().get(cmd_name)
        return None if point is None else _as_command(point.load(), cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rows = [(name, summary) for name, (_, summary) in _COMMANDS.items()]
        rows += [(name, _summary(point)) for name, point in sorted(_plug_ins().items())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _summary(point: EntryPoint) -> str:
    """The first line of a plug-in's docstring; a plug-in that cannot be loaded is named and spoils nothing."""
    try:
        target = point.load()
    except Exception as error:
        return f"(cannot be loaded from {point.value}: {error})"
    text = (getattr(target, "__doc__", None) or "").strip()
    return text.partition("\n")[0]


def _as_command(target: Any, name: str) -> Any:
    if isinstance(target, typer.Typer):
        app = target
    else:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name, epilog=getattr(target, "epilog", None))(target)
    command = typer.main.get_command(app)
    command.name = name
    return command


app = typer.Typer(cls=_Commands, add_completion=False, no_args_is_help=True, epilog=_EPILOG, rich_markup_mode=None)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ktpel {__version__}")
        raise typer.Exit


@app.callback()
def ktpel(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Capture layer for national-ID enrolment: devices, quality, acquisition."""


def main() -> None:
    """Run the command; a known trouble ends in one sentence and exit 2, never in a traceback."""
    try:
        app()
    except KtpelError as error:
        _fail(str(error))
    except ImportError as error:
        better = explained(error)
        if better is error:
            raise
        _fail(str(better))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _fail(sentence: str) -> None:
    typer.echo(f"ktpel: {sentence}", err=True)
    sys.exit(2)
