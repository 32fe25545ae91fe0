"""``ktpel devices``: what is plugged in, and whether the kit is ready to travel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ktpel_capture.cli.options import LANG, chosen_language
from ktpel_capture.messages import Advice, Language, advice

if TYPE_CHECKING:
    from ktpel_capture.devices.readiness import KitReadiness

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List devices, check that a kit is ready to travel, play a recorded device.",
    epilog=(
        "Examples:\n\n  ktpel devices list\n\n"
        "  ktpel devices check sim:iris sim:fingerprint zfm:///dev/ttyUSB0 --lang id\n\n"
        "  ktpel devices replay bug.jsonl --test tests/test_bug.py"
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


@app.command()
def check(
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="[ADDRESS]...", help="The kit; else every attached device.")
    ] = None,
    cards: Annotated[int, typer.Option(help="Cards that the printer must be able to print.", min=0)] = 0,
    as_json: Annotated[bool, _JSON] = False,
    lang: Annotated[str | None, LANG] = None,
) -> None:
    """Is this kit ready to travel? Every device is opened and tried, and what is wrong is said in a sentence.

    Exit 0: ready; 1: something must be mended or packed first.
    """
    from ktpel_capture.devices.readiness import examine_kit
    from ktpel_capture.devices.registry import survey

    kit = addresses or [info.address for info in survey().devices if not info.address.startswith("sim:")]
    readiness = examine_kit(kit, cards=cards)
    if as_json:
        typer.echo(json.dumps(_readiness(readiness), ensure_ascii=False, indent=1))
    else:
        _show_readiness(readiness, chosen_language(lang))
    raise typer.Exit(0 if readiness.ready else 1)


@app.command()
def replay(
    recording: Annotated[Path, typer.Argument(help="Made with the key record=FILE of a wire driver's address.")],
    test: Annotated[
        Path | None, typer.Option(help="Write a test that holds the outcome; the recording goes beside it.")
    ] = None,
) -> None:
    """Play the recorded traffic of a device and say what a capture comes to: a sample's digest, or an error.

    To record: add record=bug.jsonl to the address, as in zfm:///dev/ttyUSB0?record=bug.jsonl, and do what goes wrong.
    """
    from ktpel_capture.devices.replay import outcome, write_test

    typer.echo(outcome(recording) if test is None else write_test(recording, test))


def _show_readiness(readiness: KitReadiness, language: Language) -> None:
    for device in readiness.devices:
        typer.secho("✓ " if device.ready else "✗ ", fg="green" if device.ready else "red", nl=False)
        typer.echo(f"{device.address}  {device.info.model if device.info else ''}  {device.versions}".rstrip())
        for told in device.problems:
            typer.echo(f"    - {told.text(language)}")
        for told in device.notes:
            typer.echo(f"    ! {told.text(language)}")
        if device.spare is not None:
            typer.echo(f"    > {device.spare.text(language)}")
    for told in readiness.problems:
        typer.secho("✗ ", fg="red", nl=False)
        typer.echo(told.text(language))
    typer.echo("\n" + advice("device.packing").text(language))
    for told in readiness.packing:
        typer.echo(f"  [ ] {told.text(language)}")


def _readiness(readiness: KitReadiness) -> dict[str, Any]:
    return {
        "version": 1,
        "ready": readiness.ready,
        "devices": [
            {
                "address": device.address,
                "ready": device.ready,
                "info": None if device.info is None else _info(device.info),
                "problems": [_both(told) for told in device.problems],
                "notes": [_both(told) for told in device.notes],
                "spare": None if device.spare is None else _both(device.spare),
            }
            for device in readiness.devices
        ],
        "problems": [_both(told) for told in readiness.problems],
        "packing": [_both(told) for told in readiness.packing],
    }


def _both(told: Advice) -> dict[str, str]:
    return {"id": told.id, "en": told.en}


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
