"""``zfm:///dev/ttyUSB0``: ZhianTec ZFM-20, R30x and R503 serial fingerprint sensors.

Also ``zfm:COM3``, ``zfm:socket://host:port``, ``zfm:rfc2217://host:port``, and ``zfm:loopback?model=r503&seed=7``,
which runs the sensor's firmware in process on the given clock. ``wire`` is a script of `transports.faulty`,
``record`` a file that keeps the traffic (`transports.recorded`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.protocols import Device, DeviceInfo, Kind
from ktpel_capture.devices.transports import Transport
from ktpel_capture.errors import AddressError

_USB_SERIAL = frozenset(((0x1A86, 0x7523), (0x10C4, 0xEA60), (0x0403, 0x6001), (0x067B, 0x2303)))
"""USB identities of the serial converters that these sensors are sold with: CH340, CP210x, FT232, PL2303."""


def discover(*, timeout: float) -> Iterable[DeviceInfo]:
    """Serial converters that may have such a sensor behind them; nothing is sent to them, they may be anything."""
    del timeout
    from serial.tools.list_ports import comports

    return [
        DeviceInfo(
            f"zfm://{port.device}" if port.device.startswith("/") else f"zfm:{port.device}",
            Kind.FINGERPRINT_SCANNER,
            model="serial converter, perhaps a ZFM sensor",
            driver="zfm",
        )
        for port in comports()
        if (port.vid, port.pid) in _USB_SERIAL
    ]


def open(address: Address, *, clock: Clock) -> Device:
    """Open the sensor behind an address."""
    from ktpel_capture.devices.transports.faulty import FaultyTransport, parse_wire_script
    from ktpel_capture.devices.transports.recorded import RecordingTransport

    loopback = address.path == "loopback"
    address.allow(
        "baud",
        "module",
        "password",
        "ppi",
        "wire",
        "record",
        *(("model", "seed", "scene", "person") if loopback else ()),
    )
    script = address.query.get("wire", "")
    if script:
        parse_wire_script(script, str(address))
    wire = _loopback(address, clock) if loopback else _serial(address)
    if script:
        wire = FaultyTransport(wire, clock, script)
    if address.query.get("record"):
        path = Path(address.query["record"])
        wire = RecordingTransport(wire, path, clock, driver="zfm", address=str(address.without("record")))
    return connect(wire, address, clock=clock)


def connect(wire: Transport, address: Address, *, clock: Clock, shown: str = "") -> Device:
    """Open the sensor at the other end of a wire, with the speed, module, password and resolution of an address.

    Parameters
    ----------
    wire : closed together with the device.
    address : whose keys hold.
    clock : of the device.
    shown : address that the device goes by, where it is another one: that of a recording.
    """
    from ktpel_capture.devices.drivers.zfm.driver import connect as connect_to
    from ktpel_capture.devices.drivers.zfm.packets import ANY_MODULE

    return connect_to(
        wire,
        shown or str(address),
        clock,
        baud=_baud(address),
        module=_hexadecimal(address, "module", ANY_MODULE),
        password=_hexadecimal(address, "password", 0),
        ppi=address.number("ppi", 500.0, 1, 20_000) if "ppi" in address.query else None,
    )


def _baud(address: Address) -> int:
    from ktpel_capture.devices.drivers.zfm.packets import BAUD_RATES

    baud = address.whole("baud", 57_600)
    if baud not in BAUD_RATES:
        raise AddressError(str(address), f"baud must be one of {', '.join(map(str, BAUD_RATES))}, not {baud}")
    return baud


def _hexadecimal(address: Address, key: str, default: int) -> int:
    text = address.query.get(key)
    if text is None:
        return default
    try:
        value = int(text, 16)
    except ValueError:
        value = -1
    if not 0 <= value <= 0xFFFF_FFFF:
        raise AddressError(str(address), f"{key} must be up to eight hexadecimal digits, not {text!r}")
    return value


def _serial(address: Address) -> Transport:
    from ktpel_capture.devices.transports.serial import open_serial

    where = address.path.removeprefix("//") if address.path.startswith("///") else address.path
    if not where:
        raise AddressError(str(address), "it names no port, as in zfm:///dev/ttyUSB0")
    return open_serial(where, baud=_baud(address), shown=str(address))


def _loopback(address: Address, clock: Clock) -> Transport:
    from ktpel_capture.devices.drivers.zfm.firmware import MODELS, Firmware
    from ktpel_capture.devices.simulators.glass import glass_of
    from ktpel_capture.devices.transports.loopback import Loopback

    model = MODELS[address.choice("model", list(MODELS), "zfm20")]
    return Loopback(Firmware(model, glass_of(address, model.size)), clock, 57_600)
