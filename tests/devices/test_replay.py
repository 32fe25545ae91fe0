"""A recorded device plays as it was; a bug report becomes a test in one command."""

import json
import runpy
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, strategies as st

import ktpel_capture as kc
from ktpel_capture.devices import registry
from ktpel_capture.devices.drivers import zfm
from ktpel_capture.devices.replay import outcome, write_test
from ktpel_capture.devices.transports.recorded import read_recording

INDEX = kc.FingerRequest("right_index")


def record(path, wire=""):
    """A capture of a sensor on a wire, recorded; what it came to."""
    clock = kc.VirtualClock()
    address = f"zfm:loopback?model=r503&seed=5&record={path}" + (f"&wire={wire}" if wire else "")
    try:
        with kc.open_fingerprint_scanner(address, clock=clock) as scanner:
            return kc.capture(scanner, INDEX, timeout=30)[0]
    except kc.DeviceError as error:
        return error


def test_a_recorded_capture_plays_as_it_was(tmp_path):
    path = tmp_path / "good.jsonl"
    sample = record(path)
    clock = kc.VirtualClock()
    with kc.open_fingerprint_scanner(f"replay:{path}", clock=clock) as scanner:
        assert scanner.info.model == "R503"
        (played,) = kc.capture(scanner, INDEX, timeout=30)
        assert np.array_equal(played.image, sample.image)
        (again,) = kc.capture(scanner, INDEX, timeout=30)
        assert np.array_equal(again.image, sample.image)
    assert clock.monotonic() > 3, "it takes the time that the sensor took"


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        ("corrupt@read:40,corrupt@read:260", "device.protocol"),
        ("unplug@read:40", "device.disconnected"),
        ("silence@read:40", "device.protocol"),
    ],
)
def test_a_recorded_failure_fails_again_and_becomes_a_test(tmp_path, wire, code):
    path = tmp_path / "bug.jsonl"
    error = record(path, wire)
    assert error.code == code
    test = tmp_path / "tests" / "test_bug.py"
    test.parent.mkdir()
    assert write_test(path, test) == outcome(path)
    assert outcome(path).startswith(code)
    assert (test.parent / "bug.jsonl").exists()
    runpy.run_path(str(test))["test_the_recorded_device_ends_as_it_did"]()


def ktpel(*words):
    program = [sys.executable, "-c", "from ktpel_capture.cli import main; main()", *map(str, words)]
    return subprocess.run(program, capture_output=True, text=True, timeout=60)


def test_the_one_command_runs_as_a_program(tmp_path):
    path, test = tmp_path / "good.jsonl", tmp_path / "test_good.py"
    record(path)
    done = ktpel("devices", "replay", path, "--test", test)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("sample ")
    assert done.stdout.strip() in test.read_text()


def test_what_is_no_recording_becomes_no_test(tmp_path):
    path, test = tmp_path / "notes.txt", tmp_path / "test_notes.py"
    path.write_text("it did not work")
    done = ktpel("devices", "replay", path, "--test", test)
    assert done.returncode == 2
    assert "record=FILE" in done.stderr
    assert not test.exists()


def test_the_keys_of_the_recorded_address_hold(tmp_path):
    path = tmp_path / "keys.jsonl"
    clock = kc.VirtualClock()
    with kc.open_fingerprint_scanner(f"zfm:loopback?model=r503&ppi=508&record={path}", clock=clock) as scanner:
        (sample,) = kc.capture(scanner, INDEX, timeout=30)
    assert sample.ppi == 508
    with kc.open_fingerprint_scanner(f"replay:{path}", clock=kc.VirtualClock()) as scanner:
        (played,) = kc.capture(scanner, INDEX, timeout=30)
    assert played.ppi == 508
    assert played.digest == sample.digest


def test_a_vendors_driver_that_connects_to_a_wire_plays_too(tmp_path, monkeypatch):
    path = tmp_path / "acme.jsonl"
    record(path)
    head, *rest = path.read_text().splitlines()
    path.write_text("\n".join([head.replace('"driver": "zfm"', '"driver": "acme"'), *rest]) + "\n")
    with pytest.raises(kc.DriverMissing, match="acme"):
        kc.open_fingerprint_scanner(f"replay:{path}")
    monkeypatch.setattr(registry, "_plugins", lambda: ({"acme": _Point()}, []))
    with kc.open_fingerprint_scanner(f"replay:{path}", clock=kc.VirtualClock()) as scanner:
        assert scanner.info.model == "R503"


class _Point:
    """An entry point whose driver speaks the same protocol."""

    dist, value = None, "acme"

    def load(self):
        return zfm


def test_a_recording_that_ends_in_the_midst_of_a_line_is_read(tmp_path):
    path = tmp_path / "cut.jsonl"
    record(path)
    content = path.read_text()
    path.write_text(content[:-20])
    assert read_recording(path).driver == "zfm"


@given(st.text(max_size=200))
def test_any_text_is_a_recording_or_a_clear_error(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("recording") / "x.jsonl"
    head = json.dumps({"recording": 1, "driver": "zfm", "address": "zfm:x", "baud": 57600})
    for content in (text, f"{head}\n{text}"):
        path.write_text(content, "utf-8")
        try:
            read_recording(path)
        except kc.UnreadableFile as error:
            assert "x.jsonl" in str(error)


@pytest.mark.parametrize("content", ["", "{}", '{"recording": 2, "driver": "zfm", "address": "", "baud": 1}'])
def test_what_is_no_recording_is_told(tmp_path, content):
    path = tmp_path / "x.jsonl"
    path.write_text(content)
    with pytest.raises(kc.DeviceNotFound, match="recording"):
        kc.open_fingerprint_scanner(f"replay:{path}")
