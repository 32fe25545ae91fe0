"""A wire that fails by a script: ``corrupt@read:40,unplug@write:3``; drivers take it as their key ``wire``.

=============  =================================================================
fault          what happens to the bytes of that read or write
=============  =================================================================
``corrupt``    one bit is turned over
``truncate``   the second half is lost
``overlong``   forty bytes too many follow
``garbage``    forty random bytes come first
``repeat``     they come twice
``silence``    nothing passes from now on
``slow``       from now on the line is ten times slower
``unplug``     the wire is gone: `WireLost`
=============  =================================================================
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import nearest
from ktpel_capture.devices.transports import Transport, WireLost
from ktpel_capture.errors import AddressError

FAULTS = ("corrupt", "truncate", "overlong", "garbage", "repeat", "silence", "slow", "unplug")
EVENTS = ("read", "write")
_STEP = re.compile(r"([a-z]+)@([a-z]+):([1-9][0-9]{0,8})")
_SLOW = 10 / 5760
"""Seconds a byte on a slow line."""
_PIECE = 32
"""Bytes that come at once on a slow line."""


def parse_wire_script(text: str, address: str = "wire=") -> dict[tuple[str, int], str]:
    """(event, count) -> fault.

    Raises
    ------
    AddressError : a fault or an event that does not exist, with the nearest that does.
    """
    script = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _STEP.fullmatch(part)
        if match is None:
            raise AddressError(address, f"{part!r} is no fault of a wire; it is written like corrupt@read:40")
        if match[1] not in FAULTS:
            raise AddressError(address, f"a wire has no fault {match[1]!r}", nearest=nearest(match[1], FAULTS))
        if match[2] not in EVENTS:
            raise AddressError(address, f"a wire has no event {match[2]!r}", nearest=nearest(match[2], EVENTS))
        script[match[2], int(match[3])] = match[1]
    return script


class FaultyTransport:
    """Carries bytes over another transport, and damages them where the script says.

    Parameters
    ----------
    inner : the good wire.
    clock : of the slow line.
    script : what goes wrong, as text or as `parse_wire_script` reads it; only reads that bring bytes count.
    seed : of the damage.
    """

    def __init__(self, inner: Transport, clock: Clock, script: str | dict[tuple[str, int], str], seed: int = 0) -> None:
        self._inner = inner
        self._clock = clock
        self._script = parse_wire_script(script) if isinstance(script, str) else dict(script)
        self._counts: Counter[str] = Counter()
        self._random = np.random.default_rng(seed)
        self._silent = self._gone = self._slow = False
        self._late = b""

    @property
    def baud(self) -> int:
        return self._inner.baud

    @baud.setter
    def baud(self, value: int) -> None:
        self._inner.baud = value

    def write(self, content: bytes) -> None:
        content = self._through("write", content)
        if content:
            self._inner.write(content)

    def read(self, timeout: float, *, cancel: CancelToken = NEVER) -> bytes:
        if self._gone:
            raise WireLost("the cable was pulled out")
        content = self._inner.read(0.0 if self._late else timeout, cancel=cancel)
        if content:
            content = self._through("read", content)
        if not self._slow:
            return content
        self._late += content
        arriving = min(len(self._late), _PIECE, int(timeout / _SLOW))
        self._clock.wait(_SLOW * arriving, cancel=cancel)
        content, self._late = self._late[:arriving], self._late[arriving:]
        return content

    def close(self) -> None:
        self._inner.close()

    def _through(self, event: str, content: bytes) -> bytes:
        if self._gone:
            raise WireLost("the cable was pulled out")
        self._counts[event] += 1
        fault = self._script.pop((event, self._counts[event]), "")
        self._silent |= fault == "silence"
        self._slow |= fault == "slow"
        if fault == "unplug":
            self._gone = True
            raise WireLost("the cable was pulled out")
        return b"" if self._silent else self._damaged(fault, content)

    def _damaged(self, fault: str, content: bytes) -> bytes:
        match fault:
            case "corrupt":
                at = int(self._random.integers(len(content)))
                flipped = content[at] ^ (1 << int(self._random.integers(8)))
                return content[:at] + bytes([flipped]) + content[at + 1 :]
            case "truncate":
                return content[: len(content) // 2]
            case "overlong":
                return content + self._random.bytes(40)
            case "garbage":
                return self._random.bytes(40) + content
            case "repeat":
                return content + content
        return content
