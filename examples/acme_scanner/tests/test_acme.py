"""The Acme driver keeps its promises: `pytest examples/acme_scanner/tests` with the driver installed."""

import os

import pytest
from acme_scanner import sdk

import ktpel_capture as kc
from ktpel_capture.clock import SystemClock
from ktpel_capture.devices.registry import open_device
from ktpel_capture.devices.testing import FingerprintScannerKit, Rig


class AcmeRig(Rig):
    """Hands that reach into the SDK's own world; with a real scanner they would be a person's (`ManualRig`)."""

    def __init__(self):
        super().__init__("acme:0", SystemClock())
        self.present()
        self.restore()

    def present(self):
        sdk.library().acme_test_finger(1)

    def withdraw(self):
        sdk.library().acme_test_finger(0)

    def unplug(self):
        sdk.library().acme_test_unplug(1)

    def restore(self):
        sdk.library().acme_test_unplug(0)
        sdk.library().acme_test_stall(0)

    def stall(self):
        sdk.library().acme_test_stall(1)
        return open_device(self.address, clock=self.clock)

    def close(self):
        super().close()
        self.restore()


class TestAcme(FingerprintScannerKit):
    address = "acme:0"
    cycles = int(os.environ.get("ACME_CYCLES", "40"))

    def make_rig(self):
        return AcmeRig()


def test_it_is_discovered_through_its_entry_point():
    found = [info for info in kc.discover() if info.address.startswith("acme:")]
    assert [info.serial for info in found] == ["ACME-0001"]


def test_firmware_codes_are_kept_word_for_word():
    with kc.open_fingerprint_scanner("acme:0"), pytest.raises(kc.DeviceBusy) as caught:
        kc.open_fingerprint_scanner("acme:0")
    assert (caught.value.vendor_code, caught.value.vendor_text) == (sdk.BUSY, "device in use")
