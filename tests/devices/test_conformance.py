"""Simulators, folder and ZFM keep the promises of the protocols."""

import os

import numpy as np
import pytest
from PIL import Image

import ktpel_capture as kc
from ktpel_capture.devices.testing import (
    BackupVolumeKit,
    CardPrinterKit,
    CardReaderKit,
    FaceCameraKit,
    FingerprintScannerKit,
    IrisScannerKit,
    SignaturePadKit,
    UplinkKit,
)

_CYCLES = int(os.environ.get("KTPEL_KIT_CYCLES", "20"))
"""Of devices that draw pictures; those of the desk are quick and run the kit's own thousand."""


class TestSimulatedFingerprintScanner(FingerprintScannerKit):
    address = "sim:fingerprint?sensor=fap45&trigger=host"
    cycles = _CYCLES


@pytest.mark.long
class TestSimulatedFingerprintScannerDecidingItself(FingerprintScannerKit):
    address = "sim:fingerprint?sensor=fap20&trigger=device&rate=30"
    cycles = _CYCLES


@pytest.mark.long
class TestSimulatedFingerprintScannerWithoutLiveView(FingerprintScannerKit):
    address = "sim:fingerprint?sensor=fap10&trigger=device&rate=0"
    cycles = _CYCLES


class TestSimulatedIrisScanner(IrisScannerKit):
    address = "sim:iris"
    cycles = _CYCLES


@pytest.mark.long
class TestSimulatedIrisScannerOnCommand(IrisScannerKit):
    address = "sim:iris?trigger=host&rate=30"
    cycles = _CYCLES


class TestSimulatedCamera(FaceCameraKit):
    address = "sim:face?sensor=webcam"
    cycles = _CYCLES


class TestSimulatedPad(SignaturePadKit):
    address = "sim:signature?sensor=screen"
    cycles = _CYCLES


@pytest.mark.long
class TestSimulatedPadWithButton(SignaturePadKit):
    address = "sim:signature?sensor=plain&trigger=device"
    cycles = _CYCLES


class TestSimulatedReader(CardReaderKit):
    address = "sim:card-reader"


class TestSimulatedPrinter(CardPrinterKit):
    address = "sim:card-printer"


class TestSimulatedDrive(BackupVolumeKit):
    address = "sim:backup"


class TestSimulatedUplink(UplinkKit):
    address = "sim:uplink"


@pytest.mark.long
class TestZfm20(FingerprintScannerKit):
    address = "zfm:loopback?model=zfm20"
    cycles = _CYCLES


class TestR503(FingerprintScannerKit):
    address = "zfm:loopback?model=r503"
    cycles = _CYCLES


@pytest.fixture(scope="module", autouse=True)
def _pictures(tmp_path_factory):
    """A folder of pictures for the folder devices."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(2)
    for name in ("right_index", "left_index"):
        image = random.integers(0, 255, (300, 240), np.uint8)
        (folder / "prints").mkdir(exist_ok=True)
        Image.fromarray(image).save(folder / "prints" / f"{name}.png", dpi=(500, 500))
    (folder / "faces").mkdir()
    Image.fromarray(random.integers(0, 255, (400, 300, 3), np.uint8)).save(folder / "faces" / "a.png")
    TestFolderOfPrints.address = f"folder:{folder}/prints?kind=fingerprint"
    TestFolderOfFaces.address = f"folder:{folder}/faces?kind=face"
    recording = folder / "r503.jsonl"
    clock = kc.VirtualClock()
    with kc.open_fingerprint_scanner(f"zfm:loopback?model=r503&record={recording}", clock=clock) as scanner:
        kc.capture(scanner, kc.FingerRequest("right_index"), timeout=30)
    TestReplay.address = f"replay:{recording}"
    described = folder / "acme.toml"
    described.write_text('kind = "fingerprint"\nmodel = "A-100"\n[sensor]\nwidth = 300\nheight = 260\n')
    TestDeclared.address = f"simfile:{described}"
    drive = tmp_path_factory.mktemp("drive")
    TestFolderAsDrive.address = f"volume:{drive}"


@pytest.mark.long
class TestFolderOfPrints(FingerprintScannerKit):
    cycles = _CYCLES


@pytest.mark.long
class TestFolderOfFaces(FaceCameraKit):
    cycles = _CYCLES


@pytest.mark.long
class TestReplay(FingerprintScannerKit):
    cycles = _CYCLES


@pytest.mark.long
class TestScannerInAWrapperOfFaults(FingerprintScannerKit):
    address = "sim:fingerprint?sensor=fap10&fault=skip@frame:99999"
    cycles = _CYCLES


@pytest.mark.long
class TestDriveInAWrapperOfFaults(BackupVolumeKit):
    address = "sim:backup?fault=full@chunk:9999999"
    cycles = _CYCLES


@pytest.mark.long
class TestDeclared(FingerprintScannerKit):
    cycles = _CYCLES


class TestFolderAsDrive(BackupVolumeKit):
    virtual = True


_KITS = [each for name, each in list(globals().items()) if name.startswith("Test")]


@pytest.mark.long
@pytest.mark.parametrize("kit", _KITS, ids=lambda kit: kit.__name__)
def test_ten_thousand_cycles_leave_nothing_behind(kit, monkeypatch):
    monkeypatch.setattr(kit, "cycles", 10_000)
    check = kit()
    check.setup_method()
    try:
        check.test_a_thousand_cycles_leave_nothing_behind()
    finally:
        check.teardown_method()
