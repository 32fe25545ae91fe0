"""What the kits of all kinds share: opening, closing, info and status."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any, ClassVar

from ktpel_capture.clock import Clock, SystemClock, VirtualClock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.protocols import Condition, DeviceInfo, DeviceStatus, Kind, Trigger
from ktpel_capture.devices.testing.rig import ManualRig, Rig, SimulatedRig
from ktpel_capture.errors import DeviceError
from ktpel_capture.messages import Advice

_IN_PROCESS = ("sim", "folder", "volume", "replay", "simfile")
ANSWER = 0.5
"""Seconds within which a cancel or a close is answered."""


class Broken(AssertionError):
    """A promise that was not kept."""


def promise(kept: object, sentence: str) -> None:
    """Fail with the promise as a sentence where it was not kept."""
    if not kept:
        raise Broken(sentence)


@contextmanager
def must_raise(expected: type[BaseException] | tuple[type[BaseException], ...], sentence: str) -> Iterator[list[Any]]:
    """The block must end in one of these errors; gives a list that holds it afterwards."""
    caught: list[Any] = []
    try:
        yield caught
    except expected as error:
        caught.append(error)
        return
    except Exception as error:
        raise Broken(f"{sentence}; it raised {type(error).__name__}: {error}") from error
    raise Broken(f"{sentence}; nothing was raised")


class DeviceKit:
    """Checks of every kind.

    Attributes
    ----------
    address : of the device under test; set it.
    kind : which kind the kit is for.
    cycles : how often the long run opens and closes; 10,000 where the environment says ``KTPEL_KIT_LONG``.
    virtual : whether the device runs on a virtual clock; None finds out from the address.
    """

    address: ClassVar[str] = ""
    kind: ClassVar[Kind]
    cycles: ClassVar[int] = 1000
    virtual: ClassVar[bool | None] = None

    rig: Rig
    _opened: list[Any]

    def make_rig(self) -> Rig:
        """The kit's hands; override it for a device with hands of its own."""
        where = Address.parse(self.address)
        in_process = where.scheme in _IN_PROCESS or where.path == "loopback"
        virtual = in_process if self.virtual is None else self.virtual
        clock: Clock = VirtualClock() if virtual else SystemClock()
        if in_process:
            return SimulatedRig(self.address, clock)
        cls: Any = type(self)
        if "_manual" not in cls.__dict__:  # one person for all checks of a class
            cls._manual = ManualRig(self.address, clock)
        rig: Rig = cls._manual
        return rig

    def setup_method(self) -> None:
        if not self.address:
            from unittest import SkipTest

            raise SkipTest("the kit needs an address: class TestMine(...Kit): address = 'acme:0'")
        self._opened = []
        self.rig = self.make_rig()

    def teardown_method(self) -> None:
        for device in self._opened:
            device.close()
        self.rig.close()

    def opened(self, how: Callable[[], Any] | None = None) -> Any:
        """The device under test; closed when the check is over."""
        device = (how or self.rig.open)()
        self._opened.append(device)
        return device

    @contextmanager
    def within(self, seconds: float, what: str) -> Iterator[None]:
        """The block must end within this time, on the device's clock and on the wall's."""
        start, wall = self.rig.clock.monotonic(), time.monotonic()
        yield
        took = self.rig.clock.monotonic() - start
        promise(took <= seconds + 1e-6, f"{what} within {seconds:g} s; it took {took:.2f} s")
        real = time.monotonic() - wall
        promise(real <= seconds + 2.0, f"{what} within {seconds:g} s; it took {real:.2f} s of real time")

    # Nobody is needed.

    def test_info_is_of_the_kits_kind(self) -> None:
        info = self.opened().info
        promise(isinstance(info, DeviceInfo), f"info is a DeviceInfo, not {type(info).__name__}")
        promise(info.kind is self.kind, f"info.kind is {self.kind}, not {info.kind}")

    def test_info_names_an_address_that_opens_it_again(self) -> None:
        device = self.opened()
        address = device.info.address
        where = Address.parse(address)
        promise(where.scheme == Address.parse(self.rig.address).scheme, f"info.address {address!r} has its scheme")
        device.close()
        rig_address, self.rig.address = self.rig.address, address
        try:
            again = self.opened()
        finally:
            self.rig.address = rig_address
        promise(again.info.model == device.info.model, "info.address opens the same model again")

    def test_info_says_what_it_is(self) -> None:
        info = self.opened().info
        promise(info.model, "info.model is not empty")
        promise(info.driver, "info.driver names the driver")
        promise(isinstance(info.trigger, Trigger), "info.trigger is a Trigger")

    def test_info_needs_no_device(self) -> None:
        device = self.opened()
        before = device.info
        device.close()
        promise(device.info == before, "info stays known, unchanged, when the device is closed: it does no I/O")

    def test_status_answers_within_two_seconds(self) -> None:
        device = self.opened()
        with self.within(2.0, "status() answers"):
            status = device.status()
        promise(isinstance(status, DeviceStatus), f"status() is a DeviceStatus, not {type(status).__name__}")

    def test_a_device_just_opened_can_be_used(self) -> None:
        status = self.opened().status()
        usable = (Condition.READY, Condition.WARMING_UP, Condition.NEEDS_ATTENTION)
        promise(status.condition in usable, f"open() returns a working device, not one that is {status.condition}")
        if status.condition is Condition.NEEDS_ATTENTION:
            promise(status.problems, "a device that needs attention says what a person must do")

    def test_status_speaks_to_people_in_both_languages(self) -> None:
        status = self.opened().status()
        for problem in status.problems:
            promise(isinstance(problem, Advice) and problem.id and problem.en, "a problem is a sentence in id and en")
        json.dumps(dict(status.details))
        strings = all(isinstance(text, str) for pair in status.details.items() for text in pair)
        promise(strings, "details are texts by name")

    def test_close_is_idempotent(self) -> None:
        device = self.opened()
        with self.within(2.0, "close() returns"):
            device.close()
            device.close()

    def test_close_from_another_thread(self) -> None:
        device = self.opened()
        errors: list[BaseException] = []

        def close() -> None:
            try:
                device.close()
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=close)
        thread.start()
        thread.join(5.0)
        promise(not thread.is_alive(), "close() works from any thread; it hangs")
        promise(not errors, f"close() works from any thread; it raised {errors}")

    def test_a_with_block_closes_it(self) -> None:
        with self.opened() as device:
            promise(device is self._opened[-1], "__enter__ gives the device itself")
        self._refuses(device)

    def test_a_closed_device_refuses_to_work(self) -> None:
        device = self.opened()
        device.close()
        self._refuses(device)

    def test_the_status_of_a_closed_device_is_gone(self) -> None:
        device = self.opened()
        device.close()
        try:
            with self.within(2.0, "status() of a closed device answers"):
                status = device.status()
        except DeviceError:
            return
        promise(status.condition is Condition.GONE, f"a closed device is gone, not {status.condition}")

    def test_it_opens_again_after_closing(self) -> None:
        for _ in range(3):
            device = self.opened()
            self._works(device)
            device.close()

    def test_opening_twice_is_busy_or_harmless(self) -> None:
        first = self.opened()
        try:
            second = self.opened()
        except DeviceError as error:
            promise(error.code == "device.busy", f"a second open() is DeviceBusy or works, not {error!r}")
        else:
            second.close()
        self._works(first)

    def test_use_in_another_thread_than_the_one_that_opened_it(self) -> None:
        device = self.opened()
        errors: list[BaseException] = []

        def use() -> None:
            try:
                self._works(device)
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=use)
        thread.start()
        thread.join(60.0)
        promise(not thread.is_alive(), "a device works in any thread; it hangs")
        promise(not errors, f"a device works in any thread; {errors}")

    def test_closing_leaves_no_thread_behind(self) -> None:
        before = set(threading.enumerate())
        device = self.opened()
        self._works(device)
        device.close()
        deadline = time.monotonic() + 2.0
        while time.monotonic() < deadline and set(threading.enumerate()) - before:
            time.sleep(0.02)
        left = [thread.name for thread in set(threading.enumerate()) - before]
        promise(not left, f"close() ends every thread of the driver; left are {left}")

    def test_a_thousand_cycles_leave_nothing_behind(self) -> None:
        cycles = 10 * self.cycles if os.environ.get("KTPEL_KIT_LONG") else self.cycles
        tracemalloc.start(1)
        try:
            for _ in range(20):  # what is made once is made now
                self._cycle()
            marks = [_resources()]
            for _ in range(2):
                for _ in range(cycles // 2):
                    self._cycle()
                marks.append(_resources())
        finally:
            tracemalloc.stop()
        # what leaks grows in both halves; a cache that fills does so once
        grown = {name: 2 * min(b[name] - a[name] for a, b in pairwise(marks)) for name in marks[0]}
        promise(grown["handles"] <= 2, f"{cycles} cycles leak no handle; {grown['handles']} more are open")
        promise(grown["threads"] <= 0, f"{cycles} cycles leak no thread; {grown['threads']} more run")
        promise(grown["traced"] < 1 << 20, f"{cycles} cycles leak no megabyte; {grown['traced']} bytes more are held")
        promise(
            grown["resident"] < 24 << 20,
            f"{cycles} cycles leak no memory outside Python; {grown['resident'] >> 20} MB more are resident",
        )

    # What a kind does.

    def _works(self, device: Any) -> None:
        """Use the device once, in its simplest way; raises where it does not work."""
        raise NotImplementedError

    def _cycle(self) -> None:
        """Open, use, close."""
        with self.rig.open_for_a_cycle() as device:
            self._works(device)

    def _refuses(self, device: Any) -> None:
        with must_raise(DeviceError, "a closed device refuses to work with a DeviceError"):
            self._works(device)


class CableKit(DeviceKit):
    """Checks for which the cable is pulled; they come last."""

    def test_an_unplugged_device_says_so(self) -> None:
        device = self.opened(self.rig.open_to_unplug)
        self.rig.unplug()
        try:
            with self.within(2.0, "status() of an unplugged device answers"):
                status = device.status()
        except DeviceError:
            pass
        else:
            promise(status.condition is Condition.GONE, f"an unplugged device is gone, not {status.condition}")
        with must_raise(DeviceError, "an unplugged device refuses to work with a DeviceError"):
            self._works(device)

    def test_an_unplugged_device_closes_and_opens_again_when_it_is_back(self) -> None:
        device = self.opened(self.rig.open_to_unplug)
        self.rig.unplug()
        with self.within(2.0, "close() of an unplugged device returns"):
            device.close()
        with must_raise(DeviceError, "open() without the device is a DeviceError"):
            self.opened(self.rig.open_to_unplug)
        self.rig.restore()
        self._works(self.opened(self.rig.open_to_unplug))


def _resources() -> dict[str, int]:
    """Open handles, running threads, bytes that Python's allocators hold, bytes resident; 0 where the system is mum."""
    gc.collect()
    handles = resident = 0
    with suppress(OSError):
        handles = len(os.listdir("/proc/self/fd"))
        with open("/proc/self/statm", encoding="ascii") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    traced, _ = tracemalloc.get_traced_memory()
    return {"handles": handles, "threads": threading.active_count(), "traced": traced, "resident": resident}
