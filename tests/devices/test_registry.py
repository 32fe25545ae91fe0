"""Drivers found, plug-ins that misbehave named and refused, the rest at work."""

import sys
import time
import types
from importlib.metadata import EntryPoint

import pytest

import ktpel_capture as kc
from ktpel_capture.devices import registry
from ktpel_capture.devices.registry import BUILT_IN, GROUP, schemes, survey
from ktpel_capture.devices.simulators.uplink import open_uplink


class Driver:
    """A plug-in that works."""

    @staticmethod
    def discover(*, timeout):
        return [kc.DeviceInfo("acme:0", kc.Kind.UPLINK, "Acme")]

    @staticmethod
    def open(address, *, clock):
        return open_uplink(kc.Address("sim", "uplink"), clock)


@pytest.fixture
def plug_in(monkeypatch):
    """Pretends that distributions with these drivers are installed."""

    def install(**drivers):
        points = []
        for scheme, driver in drivers.items():
            name = f"ktpel_test_plugin_{scheme}"
            module = types.ModuleType(name)
            module.driver = driver
            monkeypatch.setitem(sys.modules, name, module)
            points.append(EntryPoint(scheme, f"{name}:driver", GROUP))
        monkeypatch.setattr(registry, "entry_points", lambda group: points if group == GROUP else [])
        return points

    return install


def test_a_plug_in_is_found_and_opened(plug_in):
    plug_in(acme=Driver)
    assert "acme" in schemes()
    assert "acme:0" in [info.address for info in kc.discover()]
    with kc.open_uplink("acme:0", clock=kc.VirtualClock()) as device:
        assert device.link().online


def test_all_simulated_kinds_are_always_there(plug_in):
    plug_in()
    found = survey()
    assert found.problems == ()
    assert {info.kind for info in found.devices} == set(kc.Kind)
    for info in found.devices:
        if info.address.startswith("sim:"):
            registry.open_device(info.address, clock=kc.VirtualClock()).close()


@pytest.mark.parametrize("scheme", BUILT_IN)
def test_every_built_in_driver_has_both_functions(scheme):
    driver = registry.driver_of(scheme, scheme)
    assert callable(driver.discover)
    assert callable(driver.open)


def test_a_claim_on_a_built_in_scheme_is_refused_by_name(plug_in):
    plug_in(sim=Driver, acme=Driver)
    found = survey()
    assert any("ktpel_test_plugin_sim" in str(problem) for problem in found.problems)
    assert "acme:0" in [info.address for info in found.devices]
    with kc.open_iris_scanner("sim:iris", clock=kc.VirtualClock()) as device:
        assert device.info.maker == "ktpel_capture"


def test_a_plug_in_that_fails_on_import_is_named_and_the_rest_works(plug_in):
    points = plug_in(acme=Driver)
    points.append(EntryPoint("broken", "ktpel_test_no_such_module", GROUP))
    found = survey()
    assert any("ktpel_test_no_such_module" in str(problem) for problem in found.problems)
    assert "acme:0" in [info.address for info in found.devices]
    with pytest.raises(kc.DriverMissing, match="cannot be loaded: ModuleNotFoundError"):
        kc.open_uplink("broken:0")


def test_two_plug_ins_for_one_scheme_are_told_apart(plug_in):
    points = plug_in(acme=Driver)
    points.append(EntryPoint("acme", "elsewhere:driver", GROUP))
    assert any("elsewhere" in str(problem) for problem in survey().problems)


class Raises(Driver):
    @staticmethod
    def discover(*, timeout):
        raise RuntimeError("usb stack on fire")

    @staticmethod
    def open(address, *, clock):
        raise RuntimeError("usb stack on fire")


class Lies(Driver):
    @staticmethod
    def discover(*, timeout):
        return ["acme:0"]

    @staticmethod
    def open(address, *, clock):
        return "a string"


class Hangs(Driver):
    @staticmethod
    def discover(*, timeout):
        time.sleep(3)
        return []


@pytest.mark.parametrize(
    ("driver", "said"), [(Raises, "usb stack on fire"), (Lies, "not DeviceInfo"), (Hangs, "took too long")]
)
def test_a_plug_in_that_misbehaves_in_discovery_is_named(plug_in, driver, said):
    plug_in(bad=driver, acme=Driver)
    found = survey(timeout=0.7)
    assert any("bad:" in str(problem) and said in str(problem) for problem in found.problems)
    assert "acme:0" in [info.address for info in found.devices]


@pytest.mark.parametrize(
    ("driver", "said"), [(Raises, "RuntimeError: usb stack on fire"), (Lies, "which is no device")]
)
def test_a_plug_in_that_misbehaves_in_opening_is_named(plug_in, driver, said):
    plug_in(bad=driver)
    with pytest.raises(kc.DeviceError, match=said):
        kc.open_uplink("bad:0")


def test_a_plug_in_of_the_wrong_kind_is_closed_again(plug_in):
    plug_in(acme=Driver)
    with pytest.raises(kc.DeviceError, match="this is an uplink, not a card printer"):
        kc.open_card_printer("acme:0")


def test_a_plug_in_without_its_functions_is_refused(plug_in):
    plug_in(bad=object())
    with pytest.raises(kc.DriverMissing, match="no function discover and open"):
        kc.open_uplink("bad:0")
