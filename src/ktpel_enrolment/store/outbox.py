"""Sending recordings to the office: resumed where it broke off, acknowledged, and harmless when sent twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from ktpel_capture import NEVER, CancelToken, KtpelError, Uplink
from ktpel_enrolment.store.blobs import replace_durably
from ktpel_enrolment.store.journal import Store

_CHUNK = 256 * 1024


class OfficeServer(Protocol):
    """What the office's server promises. Its real interface is not public; this is the least it must do."""

    def received(self, key: str) -> int:
        """How many bytes of this package are safe there."""
        ...

    def receive(self, key: str, offset: int, chunk: bytes) -> int:
        """Take a piece; returns how many bytes are safe there now. A piece that is there already changes nothing."""
        ...

    def acknowledge(self, key: str) -> str:
        """SHA-256 of the whole package as the server has it."""
        ...


def package(store: Store, nik: str) -> bytes:
    """A recording as one package, the same bytes whenever it is made: its steps, and its standard records.

    What has not been exported yet goes as the samples' own blobs.
    """
    steps = {name: step.content for name, step in store.steps(nik).items() if name not in ("printed", "handed_over")}
    document: dict[str, object] = {"station": store.station, "subject": nik, "steps": steps}
    if documents := store.documents(nik):
        document["records"] = documents
    else:
        document["samples"] = {
            f"{step}/{part}": (name, checksum, facts, store.blob(name))
            for step, part, name, checksum, facts in store.sample_rows(nik)
        }
    return msgspec.msgpack.encode(document, order="sorted")


def send(store: Store, nik: str, server: OfficeServer, uplink: Uplink, *, cancel: CancelToken = NEVER) -> int:
    """Send one recording; returns the bytes that had to go over the line this time.

    Raises
    ------
    DeviceError : the link is down; what has arrived counts, the next call goes on from there.
    KtpelError : the server has something else than was sent.
    """
    content = package(store, nik)
    key = hashlib.sha256(content).hexdigest()
    sent = 0
    with uplink.online(timeout=60.0, cancel=cancel):
        for offset, chunk in _pieces(content, server.received(key)):
            server.receive(key, offset, chunk)
            sent += len(chunk)
    if server.acknowledge(key) != key:
        raise KtpelError("the office's server acknowledges something else than was sent", remedy="Send it again.")
    return sent


def _pieces(content: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    for offset in range(start, len(content), _CHUNK):
        yield offset, content[offset : offset + _CHUNK]


class SimulatedOffice:
    """An office server that is a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def received(self, key: str) -> int:
        path = self._folder / key
        return path.stat().st_size if path.exists() else 0

    def receive(self, key: str, offset: int, chunk: bytes) -> int:
        there = (self._folder / key).read_bytes() if self.received(key) else b""
        if offset > len(there):
            raise ValueError(f"a piece at {offset} leaves a gap after {len(there)}")
        replace_durably(self._folder / key, there[:offset] + chunk + there[offset + len(chunk) :])
        return self.received(key)

    def acknowledge(self, key: str) -> str:
        return hashlib.sha256((self._folder / key).read_bytes()).hexdigest()
