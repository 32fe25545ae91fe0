"""``simfile:/path/device.toml``: a simulated device with its faults, written down without Python.

::

    kind = "fingerprint"            # any kind that `sim:` knows
    maker = "Acme"
    model = "A-100"
    serial = "A100-0001"
    firmware = "2.1"
    faults = ["unplug@frame:40", "busy@present:3"]

    [options]                       # what the address of the simulated kind takes
    trigger = "device"
    rate = 30
    latency = 0.4

    [sensor]                        # fingerprint scanners only: a glass of its own
    width = 600                     # pixels at 500 ppi
    height = 500
    takes = ["right_index", "left_index"]

Keys of the address go over those of the file: ``simfile:/path/device.toml?scene=demo``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address, nearest
from ktpel_capture.devices.faults import Trouble, open_with, parse_script
from ktpel_capture.devices.protocols import Device, DeviceInfo
from ktpel_capture.devices.simulators import KINDS, open as open_simulated
from ktpel_capture.devices.world import remembered
from ktpel_capture.errors import AddressError, DeviceNotFound
from ktpel_capture.samples import POSITIONS

_TOP = ("kind", "maker", "model", "serial", "firmware", "faults", "options", "sensor")
_TEXTS = ("maker", "model", "serial", "firmware")
_SENSOR = ("width", "height", "takes")


def discover(*, timeout: float) -> Iterable[DeviceInfo]:
    """Nothing: a file is named by whoever wrote it."""
    del timeout
    return ()


def open(address: Address, *, clock: Clock) -> Device:
    """Open the device that a file describes."""
    path = Path(address.path[2:] if address.path.startswith("///") else address.path)
    document = _read(path, str(address))
    options = {name: _text(value) for name, value in document.get("options", {}).items()}
    inner = Address("sim", document["kind"], {**options, **address.query})
    if not document.get("faults"):
        return _described(inner, clock, document, address)
    script = parse_script(",".join(document["faults"]), path.name)
    key = f"trouble {address}"
    trouble = remembered(clock, key, lambda: Trouble(script)) if "scene" in inner.query else Trouble(script)
    if not trouble.plugged:
        trouble.restore()
    return open_with(
        lambda where, clock: _described(where, clock, document, address), inner, clock, trouble, str(address)
    )


def _described(where: Address, clock: Clock, document: dict[str, Any], shown: Address) -> Device:
    """The simulated device with the names of the file."""
    device: Any = open_simulated(where, clock=clock)
    facts = {name: document[name] for name in _TEXTS if name in document}
    device._info = replace(device.info, address=str(shown), driver="simfile", **facts)
    if "sensor" in document:
        device.fit(
            (document["sensor"]["width"], document["sensor"]["height"]), tuple(document["sensor"].get("takes", ()))
        )
    return device  # type: ignore[no-any-return]


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _read(path: Path, address: str) -> dict[str, Any]:
    """The file, looked through: every trouble names the file, the field and the nearest known name."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DeviceNotFound(address, f"{path}: {error.strerror}", advice="Check the path.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AddressError(address, f"{path.name} is no TOML: {error}", advice="Mend the file.") from error

    def refuse(reason: str, near: str = "") -> AddressError:
        return AddressError(address, f"{path.name}: {reason}", nearest=near, advice="Mend the file.")

    for name in document:
        if name not in _TOP:
            raise refuse(f"unknown field {name!r}; known are {', '.join(_TOP)}", nearest(name, _TOP))
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise refuse(f"kind must be one of {', '.join(KINDS)}, not {kind!r}", nearest(str(kind), KINDS))
    for name in _TEXTS:
        if name in document and not isinstance(document[name], str):
            raise refuse(f"{name} must be a text, not {document[name]!r}")
    faults = document.get("faults", [])
    if not isinstance(faults, list) or not all(isinstance(fault, str) for fault in faults):
        raise refuse("faults must be a list of texts such as 'unplug@frame:12'")
    options = document.get("options", {})
    if not isinstance(options, dict) or not all(isinstance(value, str | int | float) for value in options.values()):
        raise refuse("[options] holds texts and numbers")
    if "sensor" in document:
        _check_sensor(document, kind, refuse)
    return document


def _check_sensor(document: dict[str, Any], kind: str, refuse: Any) -> None:
    sensor = document["sensor"]
    if kind != "fingerprint" or not isinstance(sensor, dict):
        raise refuse("[sensor] describes the glass of a fingerprint scanner")
    for name in sensor:
        if name not in _SENSOR:
            raise refuse(f"[sensor] has no field {name!r}; it has {', '.join(_SENSOR)}", nearest(name, _SENSOR))
    for name in ("width", "height"):
        side = sensor.get(name)
        if not isinstance(side, int) or isinstance(side, bool) or not 64 <= side <= 4000:
            raise refuse(f"[sensor] {name} must be 64..4000 pixels, not {side!r}")
    for name in sensor.get("takes", ()):
        if name not in POSITIONS[1:]:
            raise refuse(f"[sensor] takes: {name!r} is no finger position", nearest(str(name), POSITIONS))
