"""The obligatory backup after every activity: written to an external drive and read back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from ktpel_capture import BackupVolume, IntegrityError
from ktpel_enrolment.store.blobs import replace_durably, write_durably
from ktpel_enrolment.store.journal import Store

_ROOT = "ktpel"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written and read back.

    Attributes
    ----------
    number : from 1, on this volume for this station.
    volume : address and serial of the drive.
    files, size : how many were verified and their bytes.
    written : how many of them were new to the volume.
    manifest : SHA-256 of the list of all files; keep it in the history.
    """

    number: int
    volume: str
    files: int
    size: int
    written: int
    manifest: str


@dataclass(frozen=True, slots=True)
class _Manifest:
    station: str
    at: str
    files: dict[str, tuple[str, int]]
    """Name on the volume -> (SHA-256, size)."""
    heads: dict[str, tuple[int, str]]


def back_up(
    store: Store, volume: BackupVolume, at: datetime, progress: Callable[[int, int], None] = lambda done, of: None
) -> Backup:
    """Write everything the store holds to a volume and read every byte of it back.

    Blobs that the volume has already are not written again, but are read again. The manifest comes last: a backup
    without one was interrupted and does not count.

    Raises
    ------
    IntegrityError : what is read back differs though it was written twice.
    DeviceError : the volume is full, pulled out, broken.
    """
    root = f"{_ROOT}/{store.station}"
    there = set(volume.names(root))
    number = 1 + sum(name.endswith("/manifest.json") for name in there)
    facts = store.snapshot()
    files = {f"{root}/{number:04}/facts.sqlite": (hashlib.sha256(facts).hexdigest(), len(facts))}
    blobs = {f"{root}/blobs/{name}": name for name in store.blob_names()}
    written = 0
    for done, (target, name) in enumerate(blobs.items()):
        content = store.blob(name)
        files[target] = (name.split(".")[0], len(content))
        if target not in there:
            volume.write(target, _chunks(content))
            written += 1
        progress(done, 2 * len(blobs))
    volume.write(f"{root}/{number:04}/facts.sqlite", _chunks(facts))
    for done, (target, (checksum, _)) in enumerate(files.items()):
        if _checksum(volume, target) != checksum:
            content = facts if target not in blobs else store.blob(blobs[target])
            volume.write(target, _chunks(content))
            if _checksum(volume, target) != checksum:
                raise IntegrityError(volume.info, f"{target} reads back otherwise than it was written")
        progress(len(blobs) + done, 2 * len(blobs))
    manifest = msgspec.json.encode(_Manifest(store.station, at.isoformat(), files, store.heads()))
    digest = hashlib.sha256(manifest).hexdigest()
    target = f"{root}/{number:04}/manifest.json"
    volume.write(target, _chunks(manifest))
    if _checksum(volume, target) != digest:
        raise IntegrityError(volume.info, f"{target} reads back otherwise than it was written")
    size = sum(length for _, length in files.values())
    where = " ".join(filter(None, (volume.info.address, volume.info.serial)))
    return Backup(number, where, len(files) + 1, size, written + 2, digest)


def restore(volume: BackupVolume, folder: Path, *, station: str) -> int:
    """Bring the newest complete backup of a station into an empty folder; returns how many files.

    Raises
    ------
    FileNotFoundError : the volume holds no complete backup of that station.
    IntegrityError : a file on the volume is not what its manifest says.
    """
    if any(folder.iterdir()) if folder.exists() else False:
        raise FileExistsError(f"{folder} is not empty; restore into a new folder")
    root = f"{_ROOT}/{station}"
    manifests = sorted(name for name in volume.names(root) if name.endswith("/manifest.json"))
    if not manifests:
        raise FileNotFoundError(f"{volume.info.address} holds no complete backup of station {station!r}")
    with volume.read(manifests[-1]) as file:
        manifest = msgspec.json.decode(file.read(), type=_Manifest)
    for name, (checksum, _) in manifest.files.items():
        with volume.read(name) as file:
            content = file.read()
        if hashlib.sha256(content).hexdigest() != checksum:
            raise IntegrityError(volume.info, f"{name} is not what the manifest says")
        if name.endswith("/facts.sqlite"):
            replace_durably(folder / "facts.sqlite", content)
        else:
            write_durably(folder / "blobs" / name.rsplit("/", 1)[1], content)
    return len(manifest.files)


def _chunks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), _CHUNK):
        yield content[start : start + _CHUNK]


def _checksum(volume: BackupVolume, name: str) -> str:
    with volume.read(name) as file:
        return _digest(file)


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
