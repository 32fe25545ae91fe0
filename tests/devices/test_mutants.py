"""Every check of the kit fails on the bad driver made for it, and passes on the good one behind the same wrapper."""

from unittest import SkipTest

import pytest

from ktpel_capture.devices.testing import CaptureKit, DeviceKit, FingerprintScannerKit, SimulatedRig
from ktpel_capture.devices.testing.capture import CaptureCableKit
from ktpel_capture.devices.testing.kinds import PictureKit
from ktpel_capture.devices.testing.kit import CableKit

from . import mutants_capture, mutants_desk, mutants_live  # each notes what it kills
from .mutants import ADDRESSES, KILLS, Good, MutantRig

BAD_DRIVERS = (mutants_capture, mutants_desk, mutants_live)
SHARED = (DeviceKit, CaptureKit, PictureKit, CableKit, CaptureCableKit)


def checks(kit):
    return [name for name in dir(kit) if name.startswith("test_")]


def run(kit_class, check, mutant, address):
    """Run one check on one driver: None where it passes, otherwise the reason."""
    kit = type(kit_class.__name__, (kit_class,), {"address": address, "cycles": 12})()
    kit.make_rig = lambda: MutantRig(mutant, address)
    kit.setup_method()
    try:
        getattr(kit, check)()
    except SkipTest as error:
        pytest.fail(f"skipped: {error}")
    except Exception as error:
        return error
    finally:
        for device in kit._opened:
            device.inner.close()
        kit.rig.close()
    return None


cases = [pytest.param(kit, check, *case, id=f"{kit.__name__}-{check}") for (kit, check), case in KILLS.items()]


@pytest.mark.parametrize(("kit", "check", "mutant", "address"), cases)
def test_the_check_kills_its_mutant(kit, check, mutant, address):
    reason = run(kit, check, mutant, address)
    assert reason is not None, f"{mutant.__name__} survived"


@pytest.mark.long
@pytest.mark.parametrize(("kit", "check", "mutant", "address"), cases)
def test_the_good_driver_behind_the_same_wrapper_passes(kit, check, mutant, address):
    assert run(kit, check, Good, address) is None


def test_no_check_is_without_a_mutant():
    killed = {check for _, check in KILLS}
    for kit in ADDRESSES:
        missing = [name for name in checks(kit) if name not in killed]
        assert missing == [], kit.__name__


def test_a_capture_kind_has_forty_checks_and_more():
    for kit in ADDRESSES:
        if issubclass(kit, CaptureKit):
            assert len(checks(kit)) >= 40, kit.__name__


def test_the_checks_of_one_kind_are_killed_on_that_kind():
    for kit, check in KILLS:
        assert check in checks(kit)
        owner = next(each for each in kit.__mro__ if check in vars(each))
        assert owner in (*SHARED, kit)


class CountingRig(SimulatedRig):
    """Hands that note what a person would have been asked for."""

    asked = ()
    presented = None

    def _to(self, presented):
        if CountingRig.presented is not presented:
            CountingRig.presented = presented
            CountingRig.asked += ("present" if presented else "withdraw",)

    def present(self):
        self._to(True)
        super().present()

    def withdraw(self):
        self._to(False)
        super().withdraw()

    def unplug(self):
        CountingRig.asked += ("unplug",)
        super().unplug()


@pytest.mark.parametrize("trigger", [pytest.param("host", marks=pytest.mark.long), "device"])
def test_on_hardware_a_dozen_presentations_do_and_the_cable_comes_last(trigger):
    kit_class = type("Kit", (FingerprintScannerKit,), {"address": f"sim:fingerprint?sensor=fap10&trigger={trigger}"})
    kit_class.cycles = 4
    kit_class.make_rig = lambda self: CountingRig(self.address)
    CountingRig.asked, CountingRig.presented = (), None
    for owner in reversed(kit_class.__mro__):  # the order in which pytest collects them
        for check in [name for name in vars(owner) if name.startswith("test_")]:
            kit = kit_class()
            kit.setup_method()
            try:
                getattr(kit, check)()
            except SkipTest:
                pass
            finally:
                kit.teardown_method()
    assert CountingRig.asked.count("present") <= 12
    first = CountingRig.asked.index("unplug")
    assert CountingRig.asked[first:].count("present") <= 2
