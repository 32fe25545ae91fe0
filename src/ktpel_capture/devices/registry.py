"""Which driver opens which address.

Built-in schemes stand in a table of strings; nothing is imported before an address asks for it. Entry points of the
group ``ktpel_capture.drivers`` are read only for schemes that are not in the table: the entry point's name is the
scheme, its value a module (or any object) with the two functions of `protocols.Driver`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import cast

from ktpel_capture.clock import SYSTEM_CLOCK, Clock
from ktpel_capture.devices.addresses import Address, nearest
from ktpel_capture.devices.protocols import Device, DeviceInfo, Driver, Kind
from ktpel_capture.errors import DeviceError, DriverMissing, KtpelError

GROUP = "ktpel_capture.drivers"
_log = logging.getLogger("ktpel_capture.devices")


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A scheme of this library: the module that drives it and what it stands for."""

    module: str
    what: str
    extra: str = ""
    """Of ``ktpel-capture[...]``, where the core does not suffice."""


BUILT_IN: Mapping[str, BuiltIn] = MappingProxyType(
    {
        "sim": BuiltIn("ktpel_capture.devices.simulators", "simulated device, sim:iris?seed=7"),
        "simfile": BuiltIn("ktpel_capture.devices.simulators.declared", "simulated device described in a TOML file"),
        "folder": BuiltIn("ktpel_capture.devices.drivers.folder", "images of a folder, folder:/path?kind=fingerprint"),
        "zfm": BuiltIn("ktpel_capture.devices.drivers.zfm", "ZhianTec ZFM-20/R30x/R503, zfm:///dev/ttyUSB0"),
        "replay": BuiltIn("ktpel_capture.devices.replay", "recorded traffic, replay:/path/to/recording"),
        "volume": BuiltIn("ktpel_capture.devices.drivers.volume", "backup drive or folder, volume:/media/backup"),
    }
)


@dataclass(frozen=True, slots=True)
class Survey:
    """What `survey` found: devices, and what went wrong while looking (each names its scheme)."""

    devices: tuple[DeviceInfo, ...]
    problems: tuple[DeviceError, ...] = ()


def _plugins() -> tuple[dict[str, EntryPoint], list[DeviceError]]:
    """Drivers of other distributions by scheme, and those that are refused."""
    found: dict[str, EntryPoint] = {}
    refused: list[DeviceError] = []
    for point in entry_points(group=GROUP):
        owner = point.dist.name if point.dist else point.value
        if point.name in BUILT_IN:
            reason = f"plug-in {owner} claims the built-in scheme {point.name!r} and is not used"
        elif point.name in found and found[point.name].value != point.value:
            reason = f"plug-in {owner} claims scheme {point.name!r}, which another plug-in has; it is not used"
        else:
            found[point.name] = point
            continue
        refused.append(DeviceError(f"{point.name}:", reason, advice=f"Remove {owner}, or ask its maker for a fix."))
    return found, refused


def schemes() -> tuple[str, ...]:
    """All schemes known on this machine, built-in ones first."""
    return (*BUILT_IN, *_plugins()[0])


def driver_of(scheme: str, shown: str) -> Driver:
    """The driver of a scheme, loaded; ``shown`` is the address that errors name.

    Raises
    ------
    DriverMissing : there is none, or it cannot be loaded.
    """
    if scheme in BUILT_IN:
        built_in = BUILT_IN[scheme]
        try:
            return cast(Driver, import_module(built_in.module))
        except ModuleNotFoundError as error:
            if not built_in.extra or (error.name or "").startswith("ktpel_capture"):
                raise
            command = f'pip install "ktpel-capture[{built_in.extra}]"'
            raise DriverMissing(
                shown, f"the driver needs {error.name}, which is not installed", advice=f"Install it: {command}"
            ) from error
    plugins, _ = _plugins()
    if scheme not in plugins:
        known = (*BUILT_IN, *plugins)
        guess = nearest(scheme, known)
        hint = f'; did you mean "{guess}:"?' if guess else f"; known are {', '.join(known)}"
        raise DriverMissing(shown, f"no driver for scheme {scheme!r}{hint}")
    point = plugins[scheme]
    owner = point.dist.name if point.dist else point.value
    try:
        driver = point.load()
    except Exception as error:
        raise DriverMissing(
            shown,
            f"plug-in {owner} cannot be loaded: {type(error).__name__}: {error}",
            advice=f"Reinstall {owner}, or ask its maker.",
        ) from error
    lacking = [name for name in ("discover", "open") if not callable(getattr(driver, name, None))]
    if lacking:
        raise DriverMissing(shown, f"plug-in {owner} has no function {' and '.join(lacking)}", advice="Ask its maker.")
    return cast(Driver, driver)


def open_device(address: str, *, clock: Clock = SYSTEM_CLOCK) -> Device:
    """Open whatever stands behind an address; the typed openers are for applications.

    The key ``fault`` is taken here for every scheme: it wraps the device in a script of faults (`faults`).

    Raises
    ------
    DeviceError : nothing there, busy, no driver, or an address that cannot be read.
    """
    where = Address.parse(address)
    driver = driver_of(where.scheme, address)
    if "fault" in where.query:
        from ktpel_capture.devices.faults import open_faulty

        return open_faulty(driver, where, clock)
    return opened(driver, where, clock)


def opened(driver: Driver, where: Address, clock: Clock) -> Device:
    """Open with one driver and look at what it gives, whoever wrote it."""
    try:
        device = driver.open(where, clock=clock)
    except KtpelError:
        raise
    except Exception as error:
        raise DeviceError(
            str(where),
            f"its driver failed with {type(error).__name__}: {error}",
            advice="Report this to the driver's maker.",
        ) from error
    info = getattr(device, "info", None)
    if not isinstance(info, DeviceInfo) or not isinstance(info.kind, Kind):
        close = getattr(device, "close", None)
        if callable(close):
            close()
        raise DeviceError(
            str(where),
            f"its driver returned {type(device).__name__}, which is no device",
            advice="Report this to the driver's maker.",
        )
    return device


def survey(*, timeout: float = 2.0) -> Survey:
    """Ask every driver what is attached, all at once, and wait at most ``timeout`` seconds of real time for them.

    A driver that raises, hangs or lies is named in ``problems``; the others' devices are still found.
    """
    if not timeout > 0:
        raise ValueError(f"timeout must be more than 0 s, not {timeout!r}")
    plugins, problems = _plugins()
    lock = threading.Lock()
    found: dict[str, tuple[DeviceInfo, ...] | DeviceError] = {}

    def ask(scheme: str) -> None:
        result: tuple[DeviceInfo, ...] | DeviceError
        try:
            devices = tuple(driver_of(scheme, f"{scheme}:").discover(timeout=timeout))
            strange = next((each for each in devices if not isinstance(each, DeviceInfo)), None)
            if strange is not None:
                raise TypeError(f"discover() gave {type(strange).__name__}, not DeviceInfo")
            result = devices
        except DeviceError as error:
            result = error
        except Exception as error:
            result = DeviceError(f"{scheme}:", f"looking for devices failed with {type(error).__name__}: {error}")
        with lock:
            found[scheme] = result

    order = (*BUILT_IN, *plugins)
    searches = [
        threading.Thread(target=ask, args=(scheme,), name=f"discover {scheme}", daemon=True) for scheme in order
    ]
    for search in searches:
        search.start()
    ends = SYSTEM_CLOCK.monotonic() + timeout
    for search in searches:
        search.join(max(0.0, ends - SYSTEM_CLOCK.monotonic()))
    devices: list[DeviceInfo] = []
    with lock:
        for scheme in order:
            result = found.get(scheme, DeviceError(f"{scheme}:", "looking for devices took too long", waited=timeout))
            if isinstance(result, DeviceError):
                problems.append(result)
            else:
                devices.extend(result)
    return Survey(tuple(devices), tuple(problems))


def discover(*, timeout: float = 2.0) -> tuple[DeviceInfo, ...]:
    """The devices that can be opened on this machine; problems go to the log."""
    result = survey(timeout=timeout)
    for problem in result.problems:
        _log.warning("%s", problem)
    return result.devices
