"""A ZFM sensor on a loopback in no time, and behind real wires."""

import os
import struct
import threading
import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import ktpel_capture as kc
from ktpel_capture.devices.drivers.zfm.driver import connect
from ktpel_capture.devices.drivers.zfm.firmware import MODELS, R503, ZFM20, Firmware
from ktpel_capture.devices.drivers.zfm.packets import (
    BAUD_RATES,
    HEADER,
    PACKET_SIZES,
    Instruction,
    Packet,
    PacketType,
    Parameters,
    Receiver,
    Reply,
    command,
    pack_image,
    unpack_image,
)
from ktpel_capture.devices.transports.faulty import EVENTS, FAULTS, FaultyTransport
from ktpel_capture.devices.transports.loopback import Loopback
from ktpel_capture.devices.transports.served import PtyServer, TcpServer

INDEX = kc.FingerRequest("right_index")
posix_only = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are not on Windows")


def ridges(model, seed=0):
    """Something with ridges, not square where the sensor is not, different for each seed."""
    width, height = model.size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    bend = 0.15 * seed
    wave = np.sin(0.6 * (x * np.cos(bend + y / 90) + y * np.sin(bend + x / (70 + 9 * seed))))
    return np.rint(127.5 + 120 * wave).astype(np.uint8)


def loopback(model=ZFM20, finger=0, clock=None, **options):
    clock = clock or kc.VirtualClock()
    glass = (lambda now: None) if finger is None else (lambda now: ridges(model, finger))
    firmware = Firmware(model, glass, **options)
    return firmware, clock, Loopback(firmware, clock, 57_600)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("size", PACKET_SIZES)
def test_the_picture_on_the_glass_arrives(model, size):
    _, clock, wire = loopback(model, 3, parameters=Parameters(packet_size=size))
    with connect(wire, "zfm:test", clock) as scanner:
        (sample,) = kc.capture(scanner, INDEX, timeout=20)
    assert np.array_equal(sample.image, unpack_image(pack_image(ridges(model, 3))))
    assert sample.ppi == (500 if model is ZFM20 else 508)
    assert sample.position == "right_index"
    assert sample.capture.reported == {"grey_levels": 16}


@pytest.mark.parametrize("baud", BAUD_RATES)
def test_a_sensor_left_at_another_speed_is_found_or_named(baud):
    _, clock, wire = loopback(parameters=Parameters(baud=baud))
    with connect(wire, "zfm:test", clock, baud=baud) as scanner:
        assert scanner.parameters.baud == baud
        assert wire.baud == baud


def test_a_sensor_at_an_unexpected_speed_is_found():
    _, clock, wire = loopback(parameters=Parameters(baud=115_200))
    with connect(wire, "zfm:test", clock) as scanner:
        assert scanner.handshake()
        assert wire.baud == 115_200


def test_the_speed_can_be_changed_and_the_picture_comes_faster():
    _, clock, wire = loopback()
    with connect(wire, "zfm:test", clock) as scanner:
        took = []
        for baud in (57_600, 115_200):
            scanner.set_baud(baud)
            start = clock.monotonic()
            kc.capture(scanner, INDEX, timeout=20)
            took.append(clock.monotonic() - start)
    assert took[1] == pytest.approx(took[0] / 2, rel=0.15)
    assert 3.2 < took[1] < 4.5


def test_settings_are_written_and_read():
    _, clock, wire = loopback()
    with connect(wire, "zfm:test", clock) as scanner:
        scanner.set_packet_size(256)
        scanner.set_security(5)
        assert scanner.read_parameters().packet_size == 256
        assert scanner.parameters.security == 5
        for change in (
            lambda: scanner.set_baud(1234),
            lambda: scanner.set_packet_size(100),
            lambda: scanner.set_security(6),
        ):
            with pytest.raises(ValueError, match="must be"):
                change()


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_the_lamp_goes_on_and_off_on_both_generations(model):
    firmware, clock, wire = loopback(model)
    with connect(wire, "zfm:test", clock) as scanner:
        scanner.light()
        assert firmware.led


def test_an_r503_says_who_it_is_and_a_zfm20_does_not():
    for model, serial in ((R503, "00000042"), (ZFM20, "")):
        _, clock, wire = loopback(model, serial="00000042")
        with connect(wire, "zfm:test", clock) as scanner:
            assert scanner.info.serial == serial
            assert scanner.info.trigger is kc.Trigger.DEVICE
            assert scanner.info.frame_rate == 0


def test_no_finger_is_a_timeout_with_advice():
    _, clock, wire = loopback(finger=None)
    with connect(wire, "zfm:test", clock) as scanner:
        start = clock.monotonic()
        with pytest.raises(kc.CaptureTimeout, match="no finger was placed on the sensor within 5 s"):
            kc.capture(scanner, INDEX, timeout=5)
        assert clock.monotonic() - start < 5.5


def test_a_locked_sensor_wants_its_password():
    _, clock, wire = loopback(password=0xC0FFEE)
    with pytest.raises(kc.DeviceFault, match="another password"):
        connect(wire, "zfm:test", clock)
    _, clock, wire = loopback(password=0xC0FFEE)
    connect(wire, "zfm:test", clock, password=0xC0FFEE).close()


def test_a_module_address_of_its_own_is_spoken_to():
    _, clock, wire = loopback(parameters=Parameters(address=0x1234))
    with connect(wire, "zfm:test", clock, module=0x1234) as scanner:
        assert scanner.parameters.address == 0x1234


def test_a_slap_is_refused():
    _, clock, wire = loopback()
    with connect(wire, "zfm:test", clock) as scanner, pytest.raises(kc.RequestUnsupported):
        kc.capture(scanner, kc.FingerRequest("right_four"), timeout=5)


def test_nothing_on_the_wire_is_not_found():
    class Deaf(Firmware):
        def feed(self, content, now):
            pass

    clock = kc.VirtualClock()
    with pytest.raises(kc.DeviceNotFound, match="RX and TX"):
        connect(Loopback(Deaf(), clock, 57_600), "zfm:test", clock)
    assert clock.monotonic() < 5


# The wire fails.


def damaged(script, model=R503, **options):
    _, clock, wire = loopback(model, 1, **options)
    faulty = FaultyTransport(wire, clock, {})
    scanner = connect(faulty, "zfm:test", clock)
    faulty._counts.clear()
    faulty._script = script
    return scanner, clock


@pytest.mark.parametrize("fault", ["corrupt", "truncate", "overlong", "garbage", "repeat"])
@pytest.mark.parametrize("count", [4, 30, 100])
def test_one_damaged_packet_of_an_upload_is_mended_by_asking_again(fault, count):
    scanner, _ = damaged({("read", count): fault})
    with scanner:
        try:
            (sample,) = kc.capture(scanner, INDEX, timeout=60)
        except kc.ProtocolError:
            return  # damage that cannot be told from another answer is an error, never a wrong picture
        assert np.array_equal(sample.image, unpack_image(pack_image(ridges(R503, 1))))


@given(
    st.dictionaries(st.tuples(st.sampled_from(EVENTS), st.integers(1, 260)), st.sampled_from(FAULTS), max_size=6),
)
@settings(max_examples=40, deadline=None)
def test_whatever_the_wire_does_the_picture_is_right_or_the_error_is_typed(script):
    scanner, clock = damaged(script)
    with scanner:
        start = clock.monotonic()
        try:
            (sample,) = kc.capture(scanner, INDEX, timeout=60)
            assert np.array_equal(sample.image, unpack_image(pack_image(ridges(R503, 1))))
        except kc.DeviceError as error:
            assert isinstance(error, kc.ProtocolError | kc.DeviceDisconnected | kc.CaptureTimeout | kc.DeviceFault), (
                error
            )
        assert clock.monotonic() - start < 66


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_firmware_survives_any_bytes(content):
    firmware = Firmware(R503, lambda now: ridges(R503))
    firmware.feed(content, 0.0)
    firmware.output(1e6)
    firmware.feed(command(Instruction.HANDSHAKE), 1e6)
    assert firmware.output(2e6) or firmware._receiver.waiting


@given(st.sampled_from(Instruction), st.binary(max_size=20))
@settings(deadline=None)
def test_every_instruction_with_any_arguments_is_answered_once(instruction, arguments):
    firmware = Firmware(R503, lambda now: ridges(R503))
    firmware.output(0.0)
    firmware.feed(command(instruction, arguments), 0.0)
    answers = [item for item in Receiver().feed(firmware.output(1e6)) if isinstance(item, Packet)]
    assert answers
    assert answers[0].type.name == "ACK"


@pytest.mark.parametrize("timeout", [0.2, 1.0, 3.0])
def test_an_upload_that_is_too_long_for_the_call_ends_it_in_time(timeout):
    _, clock, wire = loopback(ZFM20, 2)
    with connect(wire, "zfm:test", clock) as scanner:
        start = clock.monotonic()
        with pytest.raises(kc.CaptureTimeout):
            kc.capture(scanner, INDEX, timeout=timeout)
        assert clock.monotonic() - start < timeout + 0.5
        assert len(kc.capture(scanner, INDEX, timeout=30)) == 1


@pytest.mark.parametrize("moment", [0.3, 0.9, 2.0])
def test_a_capture_called_off_in_the_upload_leaves_the_sensor_usable(moment):
    _, clock, wire = loopback(R503, 2)
    with connect(wire, "zfm:test", clock) as scanner:
        token = kc.CancelToken()
        due = clock.monotonic() + moment
        unwatch = clock.watch(lambda now: token.cancel() if now >= due else None)
        with pytest.raises(kc.CaptureCancelled):
            kc.capture(scanner, INDEX, timeout=30, cancel=token)
        unwatch()
        assert clock.monotonic() - due < 0.5
        asked = clock.monotonic()
        scanner.status()
        assert clock.monotonic() - asked <= 2
        (sample,) = kc.capture(scanner, INDEX, timeout=30)
        assert np.array_equal(sample.image, unpack_image(pack_image(ridges(R503, 2))))
        assert scanner.handshake()


def test_an_unplugged_wire_is_a_disconnection_and_the_status_says_gone():
    scanner, _ = damaged({("read", 40): "unplug"})
    with scanner:
        with pytest.raises(kc.DeviceDisconnected):
            kc.capture(scanner, INDEX, timeout=60)
        assert scanner.status().condition is kc.Condition.GONE


def test_a_silent_wire_shows_in_the_status():
    scanner, clock = damaged({("write", 1): "silence"})
    with scanner:
        start = clock.monotonic()
        assert scanner.status().problems[0].key == "device.no_answer"
        assert clock.monotonic() - start <= 2


class Babbler:
    """Something that is no sensor and never falls silent."""

    speed = 57_600

    def __init__(self, content):
        self.content = content

    def feed(self, content, now):
        pass

    def output(self, now):
        return self.content

    def next_output(self):
        return None


babble = st.one_of(
    st.binary(min_size=1, max_size=60),
    st.binary(max_size=40).map(lambda content: HEADER + content),
    st.builds(lambda packet: packet.encode(), st.builds(Packet, st.sampled_from(PacketType), st.binary(max_size=300))),
)


@given(babble)
@settings(max_examples=60, deadline=None)
def test_a_line_that_never_falls_silent_is_no_sensor(content):
    clock = kc.VirtualClock()
    wire = Loopback(Babbler(content), clock, 57_600)
    original = wire.read

    def slowly(timeout, *, cancel=kc.NEVER):
        clock.advance(0.005)
        return original(timeout, cancel=cancel)

    wire.read = slowly
    with suppress(kc.DeviceError):
        connect(wire, "zfm:test", clock).close()
    assert clock.monotonic() < 60


@pytest.mark.long
@posix_only
@pytest.mark.parametrize("wire", ["pty", "tcp"])
@pytest.mark.parametrize("content", [b"\xef\x01" * 20, bytes(range(256)), b"\xef\x01\xff\xff\xff\xff\x07\xff\xff"])
def test_garbage_on_a_real_wire_is_a_typed_error(wire, content):
    server = PtyServer(Babbler(content)) if wire == "pty" else TcpServer(Babbler(content))
    with server:
        address = f"zfm://{server.path}" if wire == "pty" else f"zfm:socket://127.0.0.1:{server.port}"
        with pytest.raises(kc.DeviceError):
            on_port(address)


# What the sensor itself can do.


class Talk:
    """Speaks to firmware directly."""

    def __init__(self, firmware):
        self.firmware, self.now = firmware, 0.0
        firmware.output(0.0)

    def __call__(self, instruction, *arguments):
        self.firmware.feed(command(instruction, *arguments), self.now)
        self.now += 100
        items = list(Receiver().feed(self.firmware.output(self.now)))
        return items[0].payload[0], items[0].payload[1:]


def enrolled(fingers=(0, 1, 2)):
    shown = [0]
    firmware = Firmware(R503, lambda now: ridges(R503, shown[0]))
    talk = Talk(firmware)
    for page, finger in enumerate(fingers):
        shown[0] = finger
        for buffer in (1, 2):
            assert talk(Instruction.COLLECT)[0] == Reply.OK
            assert talk(Instruction.EXTRACT, buffer)[0] == Reply.OK
        assert talk(Instruction.COMBINE)[0] == Reply.OK
        assert talk(Instruction.STORE, 1, struct.pack(">H", page))[0] == Reply.OK
    return firmware, talk, shown


def test_the_sensors_own_library_finds_the_finger():
    _, talk, shown = enrolled()
    assert talk(Instruction.COUNT) == (Reply.OK, b"\x00\x03")
    assert talk(Instruction.INDEX, 0)[1][0] == 0b111
    for finger in (0, 1, 2):
        shown[0] = finger
        talk(Instruction.COLLECT)
        talk(Instruction.EXTRACT, 1)
        code, found = talk(Instruction.SEARCH, 1, struct.pack(">HH", 0, 200))
        assert code == Reply.OK
        assert struct.unpack(">HH", found)[0] == finger
    shown[0] = 9
    talk(Instruction.COLLECT)
    talk(Instruction.EXTRACT, 1)
    assert talk(Instruction.SEARCH, 1, struct.pack(">HH", 0, 200))[0] == Reply.NOT_FOUND
    assert talk(Instruction.DELETE, struct.pack(">HH", 0, 2))[0] == Reply.OK
    assert talk(Instruction.COUNT)[1] == b"\x00\x01"
    assert talk(Instruction.EMPTY)[0] == Reply.OK
    assert talk(Instruction.COUNT)[1] == b"\x00\x00"


def test_two_different_fingers_do_not_combine():
    _, talk, shown = enrolled(())
    for buffer, finger in ((1, 0), (2, 9)):
        shown[0] = finger
        talk(Instruction.COLLECT)
        talk(Instruction.EXTRACT, buffer)
    assert talk(Instruction.COMBINE)[0] == Reply.CANNOT_COMBINE
    assert talk(Instruction.MATCH)[0] == Reply.NO_MATCH


def test_notes_are_kept():
    _, talk, _ = enrolled(())
    assert talk(Instruction.WRITE_NOTE, 3, b"KTP-el".ljust(32, b"\0"))[0] == Reply.OK
    assert talk(Instruction.READ_NOTE, 3)[1].startswith(b"KTP-el")
    assert talk(Instruction.READ_NOTE, 16)[0] == Reply.NO_SUCH_NOTE


# Real wires.


def on_port(address):
    return kc.open_fingerprint_scanner(address)


@posix_only
def test_behind_a_pseudo_terminal():
    firmware = Firmware(R503, lambda now: ridges(R503, 2), parameters=Parameters(baud=115_200))
    with PtyServer(firmware) as server, on_port(f"zfm://{server.path}?baud=115200") as scanner:
        assert scanner.info.model == "R503"
        (sample,) = kc.capture(scanner, INDEX, timeout=20)
        assert np.array_equal(sample.image, unpack_image(pack_image(ridges(R503, 2))))
        with pytest.raises(kc.DeviceBusy, match="another program"):
            on_port(f"zfm://{server.path}")


def test_behind_a_socket():
    firmware = Firmware(R503, lambda now: ridges(R503, 2), parameters=Parameters(baud=115_200))
    with TcpServer(firmware) as server, on_port(f"zfm:socket://127.0.0.1:{server.port}?baud=115200") as scanner:
        (sample,) = kc.capture(scanner, INDEX, timeout=20)
        assert np.array_equal(sample.image, unpack_image(pack_image(ridges(R503, 2))))


@pytest.mark.filterwarnings("ignore:set.* is deprecated:DeprecationWarning")
def test_behind_a_terminal_server(rfc2217_server):
    firmware = Firmware(R503, lambda now: ridges(R503, 2), parameters=Parameters(baud=115_200))
    port = rfc2217_server(firmware)
    with on_port(f"zfm:rfc2217://127.0.0.1:{port}?baud=115200") as scanner:
        (sample,) = kc.capture(scanner, INDEX, timeout=20)
        assert np.array_equal(sample.image, unpack_image(pack_image(ridges(R503, 2))))


@posix_only
@pytest.mark.parametrize("wire", ["pty", "tcp"])
def test_a_wire_pulled_in_a_capture_is_a_disconnection_soon(wire):
    firmware = Firmware(R503, lambda now: None)
    server = PtyServer(firmware) if wire == "pty" else TcpServer(firmware)
    with server:
        address = f"zfm://{server.path}" if wire == "pty" else f"zfm:socket://127.0.0.1:{server.port}"
        with on_port(address) as scanner:
            pulled = []

            def pull():
                pulled.append(time.monotonic())
                server.close()

            threading.Timer(0.3, pull).start()
            with pytest.raises(kc.DeviceDisconnected):
                kc.capture(scanner, INDEX, timeout=20)
            assert time.monotonic() - pulled[0] < 2
            assert scanner.status().condition is kc.Condition.GONE


@posix_only
def test_a_capture_on_a_pty_is_called_off_from_another_thread():
    with PtyServer(Firmware(R503, lambda now: None)) as server, on_port(f"zfm://{server.path}") as scanner:
        for stop in ("cancel", "close"):
            token = kc.CancelToken()
            threading.Timer(0.3, token.cancel if stop == "cancel" else scanner.close).start()
            with pytest.raises(kc.CaptureCancelled):
                kc.capture(scanner, INDEX, timeout=20, cancel=token)


@pytest.mark.parametrize("path", ["///dev/ktpel-no-such-port", "socket://127.0.0.1:1", "nonsense://x"])
def test_a_port_that_is_not_there(path):
    with pytest.raises(kc.DeviceNotFound):
        on_port(f"zfm:{path}")


@pytest.mark.parametrize(
    ("query", "said"),
    [("baud=5", "baud must be one of"), ("password=xyz", "hexadecimal"), ("wire=corupt@read:1", "corrupt")],
)
def test_a_wrong_option_is_named(query, said):
    with pytest.raises(kc.AddressError, match=said):
        on_port(f"zfm:loopback?{query}")


def test_the_loopback_address_sees_the_scene():
    room, clock = kc.scene("test-zfm"), kc.VirtualClock()
    room.seat(4)
    with kc.open_fingerprint_scanner("zfm:loopback?scene=test-zfm&model=r503", clock=clock) as scanner:
        (first,) = kc.capture(scanner, INDEX, timeout=20)
        room.leave()
        with pytest.raises(kc.CaptureTimeout):
            kc.capture(scanner, INDEX, timeout=5)
    assert first.image.std() > 20
