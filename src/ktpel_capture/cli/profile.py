"""``ktpel profile``: what a registry demands of a sample."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from ktpel_capture.cli.options import LANG, chosen_language
from ktpel_capture.profiles import Profile, Requirement, built_in_profiles

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show or validate what a registry demands of a sample.",
    epilog="Examples:\n\n  ktpel profile show ktpel --lang id\n\n  ktpel profile validate kabupaten.toml",
)

_SOURCE = typer.Argument(help=f"A built-in name ({', '.join(built_in_profiles())}) or the path of a TOML file.")


@app.command()
def show(
    source: Annotated[str, _SOURCE],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    lang: Annotated[str | None, LANG] = None,
) -> None:
    """Show a profile: every requirement with its bounds and what the operator is told."""
    from ktpel_capture.assessment import load_profile

    profile = load_profile(source)
    if as_json:
        typer.echo(json.dumps(_document(profile), ensure_ascii=False, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    language = chosen_language(lang)
    table = Table(title=profile.title.text(language), box=None, pad_edge=False, header_style="bold")
    for heading in ("measure", "at least", "at most", "severity", "when", "advice"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "measure")
    for item in profile.requirements:
        advice = " / ".join(told.text(language) for told in (item.low, item.high) if told is not None)
        when = " ".join(f"{name}={','.join(values)}" for name, values in item.when.items())
        table.add_row(item.measure, _bound(item.at_least), _bound(item.at_most), item.severity, when, advice)
    Console(soft_wrap=False).print(table)


@app.command()
def validate(source: Annotated[str, _SOURCE]) -> None:
    """Check a profile; exit 0 if it is good, 2 with file, entry, field and remedy if not."""
    from ktpel_capture.assessment import load_profile

    profile = load_profile(source)
    typer.echo(f"{source}: good; {len(profile.requirements)} requirements")


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _document(profile: Profile) -> dict[str, Any]:
    return {
        "version": 1,
        "name": profile.name,
        "title": {"id": profile.title.id, "en": profile.title.en},
        "require": [_requirement(item) for item in profile.requirements],
    }


def _requirement(item: Requirement) -> dict[str, Any]:
    sentences = {
        name: {"id": told.id, "en": told.en} for name, told in (("low", item.low), ("high", item.high)) if told
    }
    return {
        "measure": item.measure,
        "at_least": item.at_least,
        "at_most": item.at_most,
        "severity": item.severity,
        "when": {name: list(values) for name, values in item.when.items()},
        **sentences,
    }
