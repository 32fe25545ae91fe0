"""``ktpel devices``: what is plugged in, and whether the kit is ready to travel."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List devices, or check that a kit is ready to travel.",
    epilog=(
        "Examples:\n\n  ktpel devices list\n\n"
        "  ktpel devices check sim:iris sim:fingerprint zfm:///dev/ttyUSB0 --lang id"
    ),
)

_JSON = typer.Option("--json", help="One JSON document for programs.")


@app.command("list")
def list_devices(
    timeout: Annotated[float, typer.Option(help="Seconds to look for devices.", min=0.1)] = 2.0,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """List the devices that are attached, and the address schemes that are known.

    Simulated devices are always there; a driver that fails is named and spoils nothing.
    """
    from ktpel_capture.devices.registry import BUILT_IN, schemes, survey

    found = survey(timeout=timeout)
    known = {scheme: BUILT_IN[scheme].what if scheme in BUILT_IN else "plug-in" for scheme in schemes()}
    if as_json:
        document = {
            "version": 1,
            "devices": [_info(info) for info in found.devices],
            "schemes": known,
            "problems": [
                {"code": error.code, "message": error.message, "remedy": error.remedy} for error in found.problems
            ],
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    for info in found.devices:
        name = " ".join(word for word in (info.maker, info.model, info.serial) if word)
        typer.echo(f"{info.address:<28} {info.kind.value:<20} {name}")
    typer.echo("\nAddress schemes:")
    for scheme, what in known.items():
        typer.echo(f"  {scheme + ':':<10} {what}")
    for error in found.problems:
        typer.secho(f"! {error}", fg="yellow", err=True)


def _info(info: Any) -> dict[str, Any]:
    return {
        "address": info.address,
        "kind": info.kind.value,
        "maker": info.maker,
        "model": info.model,
        "serial": info.serial,
        "firmware": info.firmware,
        "driver": info.driver,
        "trigger": info.trigger.value,
        "takes": list(info.takes),
        "ppi": info.ppi,
        "frame_rate": info.frame_rate,
    }
