"""The kits of card readers, card printers, backup volumes and uplinks."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from ktpel_capture.cancel import CancelToken
from ktpel_capture.devices.protocols import (
    CardJob,
    CommandApdu,
    JobStage,
    JobState,
    Kind,
    LinkState,
    ResponseApdu,
    Supplies,
    VolumeUsage,
)
from ktpel_capture.devices.testing.kit import ANSWER, CableKit, must_raise, promise
from ktpel_capture.errors import CaptureCancelled, CaptureTimeout, CardRemoved, DeviceBusy, DeviceError

_SELECT_MASTER_FILE = CommandApdu(0x00, 0xA4, 0x00, 0x00, b"\x3f\x00")
_UNKNOWN = CommandApdu(0x00, 0xEE, 0x00, 0x00)


class CardReaderKit(CableKit):
    """Checks of card readers.

    Attributes
    ----------
    slot : the slot that the rig puts cards into.
    """

    kind = Kind.CARD_READER
    slot: ClassVar[str] = "contactless"

    def _works(self, device: Any) -> None:
        device.slots()
        self.rig.insert(device, self.slot)
        with device.card(self.slot, timeout=5.0) as card:
            card.transmit(_SELECT_MASTER_FILE)

    def test_slots_are_named(self) -> None:
        slots = self.opened().slots()
        promise(slots and all(isinstance(name, str) and name for name in slots), f"slots have names: {slots}")
        promise(len(set(slots)) == len(slots), f"no two slots have one name: {slots}")

    def test_an_unknown_slot_is_the_callers_error(self) -> None:
        device = self.opened()
        with (
            must_raise((ValueError, DeviceError), "a slot that is not there is refused"),
            device.card("no-such-slot", timeout=1.0),
        ):
            pass

    def test_a_timeout_of_nothing_is_the_callers_error(self) -> None:
        device = self.opened()
        with must_raise(ValueError, "timeout=0 is a ValueError"), device.card(self.slot, timeout=0):
            pass

    def test_a_card_answers(self) -> None:
        device = self.opened()
        self.rig.insert(device, self.slot)
        with device.card(self.slot, timeout=5.0) as card:
            promise(isinstance(card.atr, bytes) and card.atr, "a card has an answer to reset")
            answer = card.transmit(_SELECT_MASTER_FILE)
        promise(isinstance(answer, ResponseApdu), f"transmit() gives a ResponseApdu, not {type(answer).__name__}")

    def test_a_cards_refusal_is_an_answer_and_no_error(self) -> None:
        device = self.opened()
        self.rig.insert(device, self.slot)
        with device.card(self.slot, timeout=5.0) as card:
            answer = card.transmit(_UNKNOWN)
        promise(not answer.ok, "what the card refuses comes back as its status word; nothing is raised")

    def test_a_card_is_held_exclusively(self) -> None:
        device = self.opened()
        self.rig.insert(device, self.slot)
        with device.card(self.slot, timeout=5.0):
            self._is_held(device)
        with device.card(self.slot, timeout=5.0) as card:
            card.transmit(_SELECT_MASTER_FILE)

    def _is_held(self, device: Any) -> None:
        with (
            must_raise((DeviceBusy, CaptureTimeout), "a card that is held is not given to a second caller"),
            device.card(self.slot, timeout=0.5),
        ):
            pass

    def test_a_card_given_back_is_not_spoken_to(self) -> None:
        device = self.opened()
        self.rig.insert(device, self.slot)
        with device.card(self.slot, timeout=5.0) as card:
            pass
        with must_raise(DeviceError, "a card that was given back answers no more"):
            card.transmit(_SELECT_MASTER_FILE)

    def test_a_closed_reader_takes_its_card_along(self) -> None:
        device = self.opened()
        self.rig.insert(device, self.slot)
        with device.card(self.slot, timeout=5.0) as card:
            device.close()
            with must_raise(DeviceError, "a card of a closed reader answers no more"):
                card.transmit(_SELECT_MASTER_FILE)

    def test_no_card_is_a_timeout(self) -> None:
        device = self.opened()
        self.rig.remove(device, self.slot)
        with (
            self.within(1.0 + ANSWER, "waiting for a card with timeout=1 ends"),
            must_raise(CaptureTimeout, "no card within the timeout is CaptureTimeout"),
            device.card(self.slot, timeout=1.0),
        ):
            pass

    def test_waiting_for_a_card_can_be_called_off(self) -> None:
        device, token = self.opened(), CancelToken()
        self.rig.remove(device, self.slot)
        self.rig.after(0.3, token.cancel)
        with (
            self.within(0.3 + ANSWER, "a cancel is answered"),
            must_raise(CaptureCancelled, "waiting for a card ends CaptureCancelled when it is called off"),
            device.card(self.slot, timeout=20.0, cancel=token),
        ):
            pass

    def test_a_card_laid_on_while_waiting_is_seen(self) -> None:
        device = self.opened()
        self.rig.remove(device, self.slot)
        self.rig.after(0.5, lambda: self.rig.insert(device, self.slot))
        with self.within(2.0, "a card that is laid on is seen"), device.card(self.slot, timeout=20.0) as card:
            promise(card.atr, "a card that is laid on while somebody waits is given")

    def test_a_card_taken_away_is_told(self) -> None:
        device = self.opened()
        self.rig.insert(device, self.slot)
        with device.card(self.slot, timeout=5.0) as card:
            self.rig.remove(device, self.slot)
            with must_raise(CardRemoved, "a card that was taken away is CardRemoved"):
                for _ in range(3):
                    card.transmit(_SELECT_MASTER_FILE)


class CardPrinterKit(CableKit):
    """Checks of card printers; the long run submits nothing.

    Attributes
    ----------
    pace : seconds within which a card is printed.
    """

    kind = Kind.CARD_PRINTER
    pace: ClassVar[float] = 120.0

    def card(self, key: str | None = None) -> CardJob:
        """A small test card."""
        front = np.full((638, 1013, 3), 255, np.uint8)
        front[100:200, 100:400] = (200, 30, 35)
        return CardJob(key or f"kit-{uuid.uuid4().hex}", front)

    def finished(self, device: Any, job: str) -> JobState:
        """Wait until a job is finished."""
        waited = 0.0
        while waited < self.pace:
            state: JobState = device.job(job)
            if state.finished:
                return state
            self.rig.clock.wait(1.0)
            waited += 1.0
        raise AssertionError(f"a card is not printed within {self.pace:g} s: {device.job(job)}")

    def _works(self, device: Any) -> None:
        device.supplies()

    def test_supplies_are_counted_in_cards(self) -> None:
        supplies = self.opened().supplies()
        promise(isinstance(supplies, Supplies), f"supplies() gives Supplies, not {type(supplies).__name__}")
        counts = [item.cards_left for item in supplies.items if item.cards_left is not None]
        promise(all(count >= 0 for count in counts), f"a supply is never less than nothing: {counts}")

    def test_an_unknown_job_is_told(self) -> None:
        device = self.opened()
        with must_raise((DeviceError, ValueError), "a job that nobody submitted is refused"):
            device.job("no-such-job")

    def test_a_card_is_printed(self) -> None:
        device = self.opened()
        job = device.submit(self.card())
        promise(self.finished(device, job).stage is JobStage.DONE, "a card that was submitted is printed")

    def test_a_job_knows_its_key(self) -> None:
        device = self.opened()
        card = self.card()
        state = device.job(device.submit(card))
        promise(state.key == card.key, f"a job keeps its key {card.key!r}, not {state.key!r}")

    def test_submitting_returns_before_the_card_is_printed(self) -> None:
        device = self.opened()
        with self.within(2.0, "submit() hands in and returns"):
            device.submit(self.card())

    def test_a_key_is_never_printed_twice(self) -> None:
        device = self.opened()
        before = device.supplies().cards_left()
        card = self.card()
        first = device.submit(card)
        promise(device.submit(card) == first, "submit() with the same key gives the same job")
        self.finished(device, first)
        promise(device.submit(card) == first, "also when it has been printed")
        self.rig.clock.wait(3.0)
        after = device.supplies().cards_left()
        if before is not None and after is not None:
            promise(before - after == 1, f"one key uses one card, not {before - after}")

    def test_jobs_of_two_keys_are_two(self) -> None:
        device = self.opened()
        first, second = device.submit(self.card()), device.submit(self.card())
        promise(first != second, "two keys are two jobs")
        for job in (first, second):
            promise(self.finished(device, job).stage is JobStage.DONE, "both are printed")

    def test_a_waiting_job_can_be_withdrawn(self) -> None:
        device = self.opened()
        first, second = device.submit(self.card()), device.submit(self.card())
        state = device.withdraw(second)
        promise(
            state.stage in (JobStage.WITHDRAWN, JobStage.PRINTING), f"a waiting job is withdrawn, not {state.stage}"
        )
        self.finished(device, first)
        end = self.finished(device, second)
        promise(end.stage is state.stage or state.stage is JobStage.PRINTING, "a withdrawn job stays withdrawn")

    def test_a_printed_job_cannot_be_withdrawn(self) -> None:
        device = self.opened()
        job = device.submit(self.card())
        self.finished(device, job)
        promise(device.withdraw(job).stage is JobStage.DONE, "a printed card stays printed")

    def test_a_picture_that_is_none_is_the_callers_error(self) -> None:
        device = self.opened()
        with must_raise((ValueError, TypeError), "a card's side is RGB uint8"):
            device.submit(CardJob("kit-bad", np.zeros((10, 10), np.uint8)))

    def test_the_caller_may_reuse_its_picture(self) -> None:
        device = self.opened()
        card = self.card()
        job = device.submit(card)
        card.front[:] = 0
        promise(self.finished(device, job).stage is JobStage.DONE, "a job keeps its own copy of the picture")


class BackupVolumeKit(CableKit):
    """Checks of backup volumes; they write below ``kit/`` and remove it again."""

    kind = Kind.BACKUP_VOLUME

    def _works(self, device: Any) -> None:
        device.usage()
        list(device.names("kit/"))

    def _name(self) -> str:
        return f"kit/{uuid.uuid4().hex}"

    def _read(self, device: Any, name: str) -> bytes:
        with device.read(name) as file:
            content: bytes = file.read()
        return content

    def test_usage_is_room_in_bytes(self) -> None:
        usage = self.opened().usage()
        promise(isinstance(usage, VolumeUsage), f"usage() gives VolumeUsage, not {type(usage).__name__}")
        promise(0 <= usage.free <= usage.total, f"free {usage.free} of {usage.total} bytes")

    def test_what_is_written_is_read_back(self) -> None:
        device, name = self.opened(), self._name()
        content = [b"", b"first", bytes(100_000), b"last"]
        digest = device.write(name, content)
        whole = b"".join(content)
        promise(digest == hashlib.sha256(whole).hexdigest(), "write() gives the SHA-256 of what was written")
        promise(self._read(device, name) == whole, "read() gives what was written")
        device.remove(name)

    def test_a_name_is_listed_once_and_under_its_prefix(self) -> None:
        device, name = self.opened(), self._name()
        device.write(name, [b"1"])
        promise(list(device.names("kit/")).count(name) == 1, "names() lists a file once")
        promise(name not in list(device.names("other/")), "names(prefix) lists only names that begin so")
        device.remove(name)
        promise(name not in list(device.names()), "a removed file is listed no more")

    def test_writing_again_replaces(self) -> None:
        device, name = self.opened(), self._name()
        device.write(name, [b"a long first version"])
        device.write(name, [b"short"])
        promise(self._read(device, name) == b"short", "a second write() replaces the first whole")
        device.remove(name)

    def test_a_writer_that_fails_leaves_nothing(self) -> None:
        device, name = self.opened(), self._name()

        def chunks() -> Iterator[bytes]:
            yield b"half"
            raise ZeroDivisionError

        with must_raise(ZeroDivisionError, "the writer's own error is passed on"):
            device.write(name, chunks())
        promise(list(device.names(name)) == [], "a file is there whole or not at all")

    def test_a_writer_that_fails_keeps_the_old_version(self) -> None:
        device, name = self.opened(), self._name()
        device.write(name, [b"old"])

        def chunks() -> Iterator[bytes]:
            yield b"half of the new"
            raise ZeroDivisionError

        with must_raise(ZeroDivisionError, "the writer's own error is passed on"):
            device.write(name, chunks())
        promise(self._read(device, name) == b"old", "a write that failed leaves what was there")
        device.remove(name)

    def test_writing_can_be_called_off(self) -> None:
        device, name, token = self.opened(), self._name(), CancelToken()

        def chunks() -> Iterator[bytes]:
            for number in range(100_000):
                if number == 3:
                    token.cancel()
                yield bytes(1000)

        with must_raise(CaptureCancelled, "a write that is called off ends CaptureCancelled"):
            device.write(name, chunks(), cancel=token)
        promise(list(device.names(name)) == [], "a write that was called off leaves nothing")

    def test_a_name_that_is_not_there_is_told(self) -> None:
        device = self.opened()
        for call in (lambda: self._read(device, "kit/no-such-name"), lambda: device.remove("kit/no-such-name")):
            with must_raise(DeviceError, "a name that is not there is a DeviceError"):
                call()

    def test_a_name_that_leaves_the_volume_is_refused(self) -> None:
        device = self.opened()
        for name in ("", "../out", "/etc/passwd", "kit/../../out", "kit//x"):
            with must_raise(ValueError, f"the name {name!r} is a ValueError"):
                device.write(name, [b""])

    def test_an_empty_file_is_a_file(self) -> None:
        device, name = self.opened(), self._name()
        device.write(name, [])
        promise(self._read(device, name) == b"", "an empty file is kept")
        device.remove(name)

    def test_two_writers_at_once_both_arrive_whole(self) -> None:
        device = self.opened()
        names = [self._name() for _ in range(4)]
        errors: list[BaseException] = []

        def write(name: str, letter: bytes) -> None:
            try:
                device.write(name, [letter * 10_000] * 20)
            except BaseException as error:
                errors.append(error)

        threads = [
            threading.Thread(target=write, args=(name, bytes([65 + number]))) for number, name in enumerate(names)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60.0)
        promise(not errors, f"two writers at once both arrive; {errors}")
        for number, name in enumerate(names):
            promise(self._read(device, name) == bytes([65 + number]) * 200_000, "each file holds its own content")
            device.remove(name)

    def test_what_is_written_is_there_for_the_next_who_opens_it(self) -> None:
        device, name = self.opened(), self._name()
        device.write(name, [b"kept"])
        device.close()
        again = self.opened()
        promise(self._read(again, name) == b"kept", "what was written is there after closing")
        again.remove(name)

    def test_an_ejected_volume_takes_nothing_more(self) -> None:
        device = self.opened()
        device.eject()
        with must_raise(DeviceError, "an ejected volume takes nothing more"):
            device.write(self._name(), [b"1"])


class UplinkKit(CableKit):
    """Checks of uplinks."""

    kind = Kind.UPLINK

    def _works(self, device: Any) -> None:
        device.link()

    def test_the_link_says_how_it_is(self) -> None:
        device = self.opened()
        with self.within(2.0, "link() answers"):
            state = device.link()
        promise(isinstance(state, LinkState), f"link() gives LinkState, not {type(state).__name__}")
        promise(state.signal_dbm is None or -150 <= state.signal_dbm <= 0, f"a signal of {state.signal_dbm} dBm")
        promise(not state.online or state.registered, "packets pass only where the modem is registered")

    def test_a_timeout_of_nothing_is_the_callers_error(self) -> None:
        device = self.opened()
        with must_raise(ValueError, "timeout=0 is a ValueError"), device.online(timeout=0):
            pass

    def test_online_gives_a_link_that_passes_packets(self) -> None:
        device = self.opened()
        with device.online(timeout=60.0) as state:
            promise(state.online, "online() gives a link that is online")

    def test_an_error_of_the_caller_is_not_swallowed(self) -> None:
        device = self.opened()
        with must_raise(ZeroDivisionError, "an error in the caller's block is passed on"), device.online(timeout=60.0):
            raise ZeroDivisionError

    def test_no_network_is_a_timeout(self) -> None:
        device = self.opened(self.rig.exhaust)
        with (
            self.within(2.0 + ANSWER, "waiting for the network with timeout=2 ends"),
            must_raise(CaptureTimeout, "no network within the timeout is CaptureTimeout"),
            device.online(timeout=2.0),
        ):
            pass

    def test_waiting_for_the_network_can_be_called_off(self) -> None:
        device, token = self.opened(self.rig.exhaust), CancelToken()
        self.rig.after(0.4, token.cancel)
        with (
            self.within(0.4 + ANSWER, "a cancel is answered"),
            must_raise(CaptureCancelled, "waiting for the network ends CaptureCancelled when it is called off"),
            device.online(timeout=30.0, cancel=token),
        ):
            pass
