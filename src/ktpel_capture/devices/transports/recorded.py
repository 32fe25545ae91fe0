"""Traffic of any wire kept in a file, and played back as the device's side.

A recording is lines of JSON: first ``{"recording": 1, "driver": ..., "address": ..., "baud": ...}``, then one line a
write or read, ``{"t": seconds, "to": "hex"}`` or ``{"t": seconds, "from": "hex"}``, and ``{"t": ..., "lost": "why"}``
where the wire went. It holds what passed over the wire, pictures included: keep it as you keep a fingerprint.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.clock import Clock
from ktpel_capture.devices.transports import Transport, WireLost
from ktpel_capture.errors import UnreadableFile

VERSION = 1


class RecordingTransport:
    """Passes bytes on and writes them down, each line at once, so that a crash keeps what led to it.

    Parameters
    ----------
    inner : the wire.
    path : of the recording; an old one is replaced.
    clock : of the time stamps.
    driver, address : what a replay opens.
    """

    def __init__(self, inner: Transport, path: Path, clock: Clock, *, driver: str, address: str) -> None:
        self._inner = inner
        self._clock = clock
        self._start = clock.monotonic()
        self._file = path.open("w", encoding="ascii", buffering=1)
        self._line(recording=VERSION, driver=driver, address=address, baud=inner.baud)

    @property
    def baud(self) -> int:
        return self._inner.baud

    @baud.setter
    def baud(self, value: int) -> None:
        self._inner.baud = value

    def write(self, content: bytes) -> None:
        self._event(to=content.hex())
        try:
            self._inner.write(content)
        except WireLost as error:
            self._event(lost=str(error))
            raise

    def read(self, timeout: float, *, cancel: CancelToken = NEVER) -> bytes:
        try:
            content = self._inner.read(timeout, cancel=cancel)
        except WireLost as error:
            self._event(lost=str(error))
            raise
        if content:
            self._event(**{"from": content.hex()})
        return content

    def close(self) -> None:
        self._inner.close()
        self._file.close()

    def _event(self, **facts: object) -> None:
        self._line(t=round(self._clock.monotonic() - self._start, 6), **facts)

    def _line(self, **facts: object) -> None:
        if not self._file.closed:
            self._file.write(json.dumps(facts) + "\n")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the host sent, and what came after it: (seconds later, bytes); ``lost`` where the wire went then."""

    sent: bytes
    answers: tuple[tuple[float, bytes], ...]
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording, read."""

    driver: str
    address: str
    baud: int
    exchanges: tuple[Exchange, ...]


def read_recording(path: Path) -> Recording:
    """Read a recording.

    Raises
    ------
    UnreadableFile : not there, not a recording, or a line that makes no sense; names the line.
    """
    try:
        lines = path.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(path, f"cannot be read: {error}") from error
    try:
        head = json.loads(lines[0])
        if head["recording"] != VERSION:
            raise UnreadableFile(path, f"is a recording of version {head['recording']}, not {VERSION}")
        driver, address, baud = str(head["driver"]), str(head["address"]), int(head["baud"])
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise UnreadableFile(path, "is no recording of a wire", remedy="Make one with the key record=FILE.") from error
    exchanges: list[Exchange] = []
    sent, begun, answers, lost = b"", 0.0, list[tuple[float, bytes]](), ""
    for number, line in enumerate(lines[1:], 2):
        try:
            event: dict[str, Any] = json.loads(line)
            now = float(event["t"])
            if "to" in event:
                exchanges.append(Exchange(sent, tuple(answers), lost))
                sent, begun, answers, lost = bytes.fromhex(event["to"]), now, [], ""
            elif "from" in event:
                answers.append((max(0.0, now - begun), bytes.fromhex(event["from"])))
            else:
                lost = str(event["lost"])
        except (KeyError, TypeError, ValueError) as error:
            if number == len(lines):  # the program died while it wrote this line
                break
            raise UnreadableFile(path, f"line {number} makes no sense: {line[:60]!r}") from error
    exchanges.append(Exchange(sent, tuple(answers), lost))
    return Recording(driver, address, baud, tuple(exchanges))


class ReplayFirmware:
    """Answers as the recorded device did.

    To each write the next recorded exchange that began with the same bytes is played; past the last of them, the last
    again. A write that was never recorded is answered by silence, and noted in ``strange``.

    Parameters
    ----------
    recording : what to play.
    """

    def __init__(self, recording: Recording) -> None:
        self._exchanges = recording.exchanges
        self._at = 0
        self._outgoing: deque[tuple[float, bytes]] = deque()
        self._lost_at: float | None = None
        self._loss = ""
        self.speed = recording.baud
        self.strange: list[bytes] = []
        first = recording.exchanges[0]
        if not first.sent:  # what came before anything was sent
            self._outgoing.extend(first.answers)

    @property
    def finished(self) -> bool:
        """Whether the last exchange has been played."""
        return self._at >= len(self._exchanges) - 1

    def feed(self, content: bytes, now: float) -> None:
        number = self._next(content)
        if number is None:
            self.strange.append(content)
            return
        self._at = max(self._at, number)
        exchange = self._exchanges[number]
        self._outgoing.extend((now + later, answer) for later, answer in exchange.answers)
        if exchange.lost:
            last = exchange.answers[-1][0] if exchange.answers else 0.0
            self._lost_at, self._loss = now + last, exchange.lost

    def output(self, now: float) -> bytes:
        sent = b""
        while self._outgoing and self._outgoing[0][0] <= now:
            sent += self._outgoing.popleft()[1]
        if not sent and self._lost_at is not None and now >= self._lost_at:
            raise WireLost(self._loss)
        return sent

    def next_output(self) -> float | None:
        return self._outgoing[0][0] if self._outgoing else None

    def _next(self, content: bytes) -> int | None:
        ahead = range(self._at + 1, len(self._exchanges))
        candidates = [*ahead, *range(self._at, -1, -1)]
        return next((number for number in candidates if self._exchanges[number].sent == content), None)
