"""``replay:/path/to/recording``: a recorded device; and a bug report made a test in one command.

Record with the key ``record`` of a wire driver (``zfm:///dev/ttyUSB0?record=bug.jsonl``), then::

    ktpel devices replay bug.jsonl --test test_bug.py

plays the recording, prints what happens, and writes a test that holds it so. A vendor's driver takes part if it wraps
its wire in `RecordingTransport` and has, beside ``open``, a function ``connect(wire, address, *, clock, shown)``.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    from ktpel_capture.devices.registry import driver_of

    connect = getattr(driver_of(recording.driver, str(address)), "connect", None)
    if connect is None:
        raise DeviceNotFound(str(address), f"the driver {recording.driver!r} cannot play recordings")
    wire = Loopback(ReplayFirmware(recording), clock, recording.baud)
    return cast(Device, connect(wire, Address.parse(recording.address), clock=clock, shown=str(address)))


def outcome(path: Path) -> str:
    """What a capture with a recorded device comes to: the sample's digest, or the error's code and reason.

    Raises
    ------
    UnreadableFile : the file is no recording.
    """
    read_recording(path)
    clock = VirtualClock()
    try:
        with cast(Any, open(Address("replay", str(path)), clock=clock)) as device:
            samples = capture(device, FingerRequest(device.info.takes[0]), timeout=60.0)
    except KtpelError as error:
        return f"{error.code}: {getattr(error, 'reason', error.message)}"
    return f"sample {samples[0].digest}"


_TEST = '''"""Made from the recording {name} by `ktpel devices replay`."""

from pathlib import Path

from ktpel_capture.devices.replay import outcome

RECORDING = Path(__file__).parent / {name!r}


def test_the_recorded_device_ends_as_it_did():
    assert outcome(RECORDING) == {expected!r}
'''


def write_test(recording: Path, test: Path) -> str:
    """Write a test that plays a recording, which is copied beside it; what it expects.

    Raises
    ------
    UnreadableFile : the file is no recording.
    """
    expected = outcome(recording)
    beside = test.parent / recording.name
    if beside.resolve() != recording.resolve():
        beside.write_bytes(recording.read_bytes())
    test.write_text(_TEST.format(name=recording.name, expected=expected), "utf-8")
    return expected
