"""``replay:/path/to/recording``: a recorded device; and a bug report made a test in one command.

Record with the key ``record`` of a wire driver (``zfm:///dev/ttyUSB0?record=bug.jsonl``), then::

    python -m ktpel_capture.devices.replay bug.jsonl --test test_bug.py

plays the recording, prints what happens, and writes a test that holds it so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from ktpel_capture.clock import Clock, VirtualClock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.capturing import capture
from ktpel_capture.devices.protocols import Device, DeviceInfo
from ktpel_capture.devices.transports.loopback import Loopback
from ktpel_capture.devices.transports.recorded import ReplayFirmware, read_recording
from ktpel_capture.errors import DeviceNotFound, KtpelError, UnreadableFile
from ktpel_capture.requests import FingerRequest

_DRIVERS = {"zfm": "ktpel_capture.devices.drivers.zfm.driver"}
"""Drivers whose traffic can be played: modules with ``connect(transport, address, clock)``."""


def discover(*, timeout: float) -> Iterator[DeviceInfo]:
    """Nothing: which recording is a device is for the developer to say."""
    del timeout
    return iter(())


def open(address: Address, *, clock: Clock) -> Device:
    """Open a recording as the device it was made of."""
    address.allow()
    path = Path(address.path[2:] if address.path.startswith("///") else address.path)
    try:
        recording = read_recording(path)
    except UnreadableFile as error:
        raise DeviceNotFound(str(address), str(error), advice="Give the path of a recording.") from error
    if recording.driver not in _DRIVERS:
        known = ", ".join(_DRIVERS)
        raise DeviceNotFound(str(address), f"the recording is of driver {recording.driver!r}; known are {known}")
    wire = Loopback(ReplayFirmware(recording), clock, recording.baud)
    driver: Any = import_module(_DRIVERS[recording.driver])
    return cast(Device, driver.connect(wire, str(address), clock, baud=recording.baud))


def outcome(path: Path) -> str:
    """What a capture with a recorded device comes to: the sample's digest, or the error's code and reason."""
    clock = VirtualClock()
    try:
        with cast(Any, open(Address("replay", str(path)), clock=clock)) as device:
            samples = capture(device, FingerRequest(device.info.takes[0]), timeout=60.0)
    except KtpelError as error:
        return f"{error.code}: {getattr(error, 'reason', error.message)}"
    return f"sample {samples[0].digest}"


_TEST = '''"""Made from the recording {name} by `python -m ktpel_capture.devices.replay`."""

from pathlib import Path

from ktpel_capture.devices.replay import outcome

RECORDING = Path(__file__).parent / {name!r}


def test_the_recorded_device_ends_as_it_did():
    assert outcome(RECORDING) == {expected!r}
'''


def write_test(recording: Path, test: Path) -> str:
    """Write a test that plays a recording, which is copied beside it; what it expects."""
    expected = outcome(recording)
    beside = test.parent / recording.name
    if beside.resolve() != recording.resolve():
        beside.write_bytes(recording.read_bytes())
    test.write_text(_TEST.format(name=recording.name, expected=expected), "utf-8")
    return expected


def main(arguments: list[str] | None = None) -> int:
    """The command: play a recording, and make it a test where asked."""
    parser = argparse.ArgumentParser(prog="python -m ktpel_capture.devices.replay", description=main.__doc__)
    parser.add_argument("recording", type=Path, help="file made with the key record=FILE of a wire driver")
    parser.add_argument("--test", type=Path, help="write a test that holds the outcome; the recording goes beside it")
    given = parser.parse_args(arguments)
    expected = outcome(given.recording) if given.test is None else write_test(given.recording, given.test)
    print(expected)
    return 0


if __name__ == "__main__":
    sys.exit(main())
