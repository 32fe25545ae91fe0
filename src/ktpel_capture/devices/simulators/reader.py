"""``sim:card-reader``: a reader with a contactless slot and a slot for the SAM, and cards to put in.

`insert` and `remove` are the hands. A card here is a small file system behind ISO/IEC 7816-4 commands; it holds no
secrets and stands for no real card.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.clock import Clock, Deadline
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.protocols import CommandApdu, Condition, DeviceInfo, DeviceStatus, Kind, ResponseApdu
from ktpel_capture.devices.simple import SimpleDevice
from ktpel_capture.errors import CaptureTimeout, CardRemoved, DeviceBusy, DeviceError

SLOTS = ("contactless", "sam")
_ATR: Mapping[str, bytes] = MappingProxyType(
    {
        "contactless": bytes.fromhex("3b8880010000000000000000" + "09"),
        "sam": bytes.fromhex("3b9f95810000"),
    }
)
_POLL = 0.1
_APDU_TIME = 0.004


@dataclass(slots=True)
class SimulatedCard:
    """A card: its answer to reset and its elementary files by identifier."""

    atr: bytes
    files: dict[int, bytes] = field(default_factory=dict)
    seed: int = 0
    _selected: int | None = None
    _challenges: int = 0

    def answer(self, command: CommandApdu) -> ResponseApdu:
        """SELECT by identifier, READ BINARY, UPDATE BINARY, GET CHALLENGE; anything else is not supported."""
        if command.cla != 0x00:
            return ResponseApdu(b"", 0x6E00)
        match command.ins:
            case 0xA4:
                return self._select(command)
            case 0xB0:
                return self._read(command)
            case 0xD6:
                return self._update(command)
            case 0x84:
                self._challenges += 1
                random = np.random.default_rng([self.seed, self._challenges])
                return ResponseApdu(random.bytes(command.expected or 8), 0x9000)
        return ResponseApdu(b"", 0x6D00)

    def _select(self, command: CommandApdu) -> ResponseApdu:
        if len(command.data) != 2:
            return ResponseApdu(b"", 0x6700)
        identifier = int.from_bytes(command.data)
        if identifier != 0x3F00 and identifier not in self.files:
            return ResponseApdu(b"", 0x6A82)
        self._selected = identifier
        return ResponseApdu(b"", 0x9000)

    def _read(self, command: CommandApdu) -> ResponseApdu:
        content = self.files.get(self._selected or 0)
        if content is None:
            return ResponseApdu(b"", 0x6986)
        offset = (command.p1 & 0x7F) << 8 | command.p2
        if offset > len(content):
            return ResponseApdu(b"", 0x6B00)
        wanted = command.expected or 256
        part = content[offset : offset + wanted]
        return ResponseApdu(part, 0x9000 if len(part) == wanted or command.expected in (None, 0) else 0x6282)

    def _update(self, command: CommandApdu) -> ResponseApdu:
        content = self.files.get(self._selected or 0)
        if content is None or self._selected is None:
            return ResponseApdu(b"", 0x6986)
        offset = (command.p1 & 0x7F) << 8 | command.p2
        if offset + len(command.data) > len(content):
            return ResponseApdu(b"", 0x6A84)
        self.files[self._selected] = content[:offset] + command.data + content[offset + len(command.data) :]
        return ResponseApdu(b"", 0x9000)


class SimulatedCardReader(SimpleDevice):
    """Holds a card in each slot for as long as nobody takes it out."""

    def __init__(self, info: DeviceInfo, clock: Clock) -> None:
        super().__init__(info, clock)
        self._cards: dict[str, SimulatedCard] = {}
        self._held: set[str] = set()
        self._hands = threading.Lock()

    def slots(self) -> tuple[str, ...]:
        self._must_be_open()
        return SLOTS

    def insert(self, slot: str, card: SimulatedCard | None = None) -> SimulatedCard:
        """Put a card in (or on)."""
        card = card or SimulatedCard(_ATR[slot], {0x2F01: bytes(256)})
        with self._hands:
            self._cards[slot] = card
        return card

    def remove(self, slot: str) -> None:
        """Take the card away, held or not."""
        with self._hands:
            self._cards.pop(slot, None)

    @contextmanager
    def card(self, slot: str, *, timeout: float, cancel: CancelToken = NEVER) -> Iterator[_HeldCard]:
        if slot not in SLOTS:
            raise ValueError(f"{slot!r} is no slot of this reader; it has {', '.join(SLOTS)}")
        deadline = Deadline(self._clock, timeout)
        while True:
            self._check(cancel)
            with self._hands:
                card = self._cards.get(slot)
                if slot in self._held:
                    raise DeviceBusy(self.info, f"another call holds the card in slot {slot}")
                if card is not None:
                    self._held.add(slot)
                    break
            if deadline.passed:
                raise CaptureTimeout(
                    self.info,
                    f"no card in slot {slot}",
                    waited=timeout,
                    advice="Lay the card on the reader and keep it.",
                )
            self._clock.wait(min(_POLL, deadline.remaining), cancel=cancel)
        try:
            yield _HeldCard(self, slot, card)
        finally:
            with self._hands:
                self._held.discard(slot)

    def _is_in(self, slot: str, card: SimulatedCard) -> bool:
        with self._hands:
            return self._cards.get(slot) is card

    def _ask_status(self) -> DeviceStatus:
        with self._hands:
            details = {slot: "card" if slot in self._cards else "empty" for slot in SLOTS}
        return DeviceStatus(Condition.READY, (), details)


class _HeldCard:
    """A card held exclusively."""

    def __init__(self, reader: SimulatedCardReader, slot: str, card: SimulatedCard) -> None:
        self._reader, self._slot, self._card = reader, slot, card

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def transmit(self, command: CommandApdu, *, timeout: float = 5.0) -> ResponseApdu:
        reader = self._reader
        reader._must_be_open()
        if not timeout > 0:
            raise ValueError(f"timeout must be more than 0 s, not {timeout!r}")
        if self._slot not in reader._held:
            raise DeviceError(reader.info, "this card was given back", advice="Ask for the card again.")
        reader._clock.wait(_APDU_TIME)
        if not reader._is_in(self._slot, self._card):
            raise CardRemoved(reader.info, f"the card in slot {self._slot} was taken away")
        return self._card.answer(command)


def open_reader(where: Address, clock: Clock) -> SimulatedCardReader:
    """``sim:card-reader?card=1&sam=1``: with a card on it and a SAM in it from the start, or not."""
    where.allow("card", "sam", "seed", "scene", "serial")
    seed = where.whole("seed", 0)
    serial = where.query.get("serial", f"SIM{seed:06d}")
    info = DeviceInfo(str(where), Kind.CARD_READER, "ktpel_capture", "Simulated card reader", serial, "1.0", "sim")
    reader = SimulatedCardReader(info, clock)
    for key, slot in (("card", "contactless"), ("sam", "sam")):
        if where.choice(key, ("0", "1"), "1") == "1":
            reader.insert(slot, SimulatedCard(_ATR[slot], {0x2F01: bytes(256)}, seed))
    return reader
