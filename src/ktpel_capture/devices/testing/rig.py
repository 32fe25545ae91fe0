"""The kit's hands: they present a finger, take it away, pull the cable and put it back."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any
from unittest import SkipTest

from ktpel_capture.clock import Clock, SystemClock, VirtualClock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.faults import Trouble, open_with
from ktpel_capture.devices.registry import open_device
from ktpel_capture.devices.simulators.scene import Scene, scene

_THREAD_HEAD_START = 0.25
"""Real seconds that virtual time stands still while another thread acts."""


class Rig:
    """Hands that can do nothing but open and wait; others can do more.

    Parameters
    ----------
    address : of the device under test.
    clock : that it is opened with.
    """

    def __init__(self, address: str, clock: Clock) -> None:
        self.address = address
        self.clock = clock
        self._timers: list[threading.Timer] = []

    def open(self) -> Any:
        """The device under test, opened anew."""
        return open_device(self.address, clock=self.clock)

    def open_to_unplug(self) -> Any:
        """The device, opened such that `unplug` reaches it."""
        return self.open()

    def open_for_a_cycle(self) -> Any:
        """The device, opened for a long run in which nobody is needed."""
        return self.open()

    def present(self) -> None:
        """Put on the glass, or before the lens, what the kit asks for; it stays there."""
        raise SkipTest("this rig cannot present anything")

    def withdraw(self) -> None:
        """Take it away."""
        raise SkipTest("this rig cannot take anything away")

    def unplug(self) -> None:
        """Pull the cable, from any thread."""
        raise SkipTest("this rig cannot pull the cable")

    def restore(self) -> None:
        """Put the cable back."""
        raise SkipTest("this rig cannot put the cable back")

    def stall(self) -> Any:
        """The device, opened such that its live view stands still after some frames."""
        raise SkipTest("this rig cannot make the live view stand still")

    def insert(self, device: Any, slot: str) -> None:
        """Put a card into a slot of a reader."""
        raise SkipTest("this rig cannot insert a card")

    def remove(self, device: Any, slot: str) -> None:
        """Take the card out."""
        raise SkipTest("this rig cannot remove a card")

    def exhaust(self) -> Any:
        """The device, opened such that it has run out: a link without network."""
        raise SkipTest("this rig cannot use up a supply")

    def after(self, seconds: float, call: Callable[[], None], *, thread: bool = False) -> None:
        """Have something done while a call of the device runs.

        Parameters
        ----------
        seconds : from now, on the device's clock.
        call : what is done, once.
        thread : in a thread of its own even where time is virtual.
        """
        if isinstance(self.clock, VirtualClock):
            self._after_virtual(self.clock, seconds, call, thread)
            return
        timer = threading.Timer(seconds, call)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def close(self) -> None:
        """Forget what was still to be done."""
        for timer in self._timers:
            timer.cancel()
            timer.join(2.0)

    @staticmethod
    def _after_virtual(clock: VirtualClock, seconds: float, call: Callable[[], None], thread: bool) -> None:
        due = clock.monotonic() + seconds
        done = False

        def watch(now: float) -> None:
            nonlocal done
            if done or now < due:
                return
            done = True
            unwatch()
            if not thread:
                call()
                return
            actor = threading.Thread(target=call, daemon=True)
            actor.start()
            actor.join(_THREAD_HEAD_START)

        unwatch = clock.watch(watch)


class SimulatedRig(Rig):
    """Hands for simulated devices and wires: a scene, a cable, and time that takes no time.

    Parameters
    ----------
    address : of a simulated device; a scene of the rig's own is added where it takes one.
    clock : virtual by default.
    """

    _count = 0

    def __init__(self, address: str, clock: Clock | None = None, *, scene_name: str = "") -> None:
        super().__init__(address, clock or VirtualClock())
        SimulatedRig._count += 1
        where = Address.parse(address)
        self._alone = address
        self.trouble = Trouble()
        self.scene: Scene | None = None
        if where.scheme == "sim" or where.path == "loopback":
            name = scene_name or where.query.get("scene") or f"rig-{SimulatedRig._count}"
            self.address = str(Address(where.scheme, where.path, {**where.query, "scene": name}))
            self.scene = scene(name)
            if self.scene.person is None:
                self.scene.seat(where.whole("person", where.whole("seed", 7)))

    def open_to_unplug(self) -> Any:
        return self._wrapped(self.trouble)

    def open_for_a_cycle(self) -> Any:
        return open_device(self._alone, clock=self.clock)  # in a scene of its own that begins anew each time

    def present(self) -> None:
        if self.scene is not None:
            self.scene.come_back()

    def withdraw(self) -> None:
        if self.scene is None:
            raise SkipTest("what this device shows cannot be taken away")
        self.scene.leave()

    def unplug(self) -> None:
        self.trouble.unplug()

    def restore(self) -> None:
        self.trouble.restore()

    def stall(self) -> Any:
        from ktpel_capture.devices.faults import parse_script

        return self._wrapped(Trouble(parse_script("stall@frame:3")))

    def exhaust(self) -> Any:
        where = Address.parse(self.address)
        if where.path != "uplink":
            raise SkipTest("this rig cannot use up a supply")
        return open_device(str(Address(where.scheme, where.path, {**where.query, "signal": "-130"})), clock=self.clock)

    def insert(self, device: Any, slot: str) -> None:
        device.insert(slot)

    def remove(self, device: Any, slot: str) -> None:
        device.remove(slot)

    def _wrapped(self, trouble: Trouble) -> Any:
        def opener(where: Address, clock: Clock) -> Any:
            return open_device(str(where), clock=clock)

        return open_with(opener, Address.parse(self.address), self.clock, trouble)


class ManualRig(Rig):
    """A person's hands, asked on the terminal; absent where nobody sits at one.

    What was asked for stays, so that checks in the kit's order need few presentations.
    """

    def __init__(self, address: str, clock: Clock | None = None) -> None:
        super().__init__(address, clock or SystemClock())
        self._presented: bool | None = None

    def present(self) -> None:
        if self._presented is not True:
            self._ask("Present (finger on the glass, eyes before the lens, pen in the hand), and keep so")
            self._presented = True

    def withdraw(self) -> None:
        if self._presented is not False:
            self._ask("Take everything away")
            self._presented = False

    def unplug(self) -> None:
        print("\n>>> Pull the cable NOW", file=sys.stderr, flush=True)

    def restore(self) -> None:
        self._ask("Put the cable back")

    def insert(self, device: Any, slot: str) -> None:
        self._ask(f"Put a card into slot {slot}")

    def remove(self, device: Any, slot: str) -> None:
        self._ask(f"Take the card out of slot {slot}")

    def _ask(self, what: str) -> None:
        if not sys.stdin or not sys.stdin.isatty():
            raise SkipTest(f"nobody is there to: {what.lower()} (run pytest with -s on a terminal)")
        print(f"\n>>> {what}, then press Enter", file=sys.stderr, flush=True)
        sys.stdin.readline()
