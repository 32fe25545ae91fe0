"""``volume:/media/backup``: a mounted drive or any folder as a backup volume.

A write goes to a temporary name, is flushed to the medium, and takes its name in one step, so that a name is there
whole or not at all, whenever the power fails.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.protocols import Condition, DeviceInfo, DeviceStatus, Digest, Kind, VolumeUsage
from ktpel_capture.devices.simple import SimpleDevice
from ktpel_capture.errors import DeviceDisconnected, DeviceError, DeviceFault, DeviceNotFound, VolumeFull
from ktpel_capture.messages import advice

_PARTIAL = ".partial-"
_STALE = 3600.0
"""Seconds after which an unfinished file belongs to nobody."""
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class FolderVolume(SimpleDevice):
    """A folder that keeps whole files only.

    Parameters
    ----------
    root : the folder; it must exist.
    info, clock : as for every device.
    """

    def __init__(self, root: Path, info: DeviceInfo, clock: Clock) -> None:
        super().__init__(info, clock)
        self._root = root
        self._ejected = False
        self._sweep()

    def usage(self) -> VolumeUsage:
        self._must_be_there()
        with self._told_of_trouble():
            usage = shutil.disk_usage(self._root)
        return VolumeUsage(usage.total, usage.free, os.access(self._root, os.W_OK))

    def names(self, prefix: str = "") -> Iterator[str]:
        """Names of whole files, sorted; a slash parts folders."""
        self._must_be_there()
        with self._told_of_trouble():
            found = sorted(
                path.relative_to(self._root).as_posix()
                for path in self._root.rglob("*")
                if path.is_file() and not path.name.startswith(_PARTIAL)
            )
        return iter([name for name in found if name.startswith(prefix)])

    def write(self, name: str, content: Iterable[bytes], *, cancel: CancelToken = NEVER) -> Digest:
        self._must_be_there()
        self._check(cancel)
        target = self._path(name)
        digest = hashlib.sha256()
        partial = target.with_name(f"{_PARTIAL}{uuid.uuid4().hex}")
        with self._told_of_trouble():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with partial.open("xb") as file:
                    for chunk in content:
                        self._check(cancel)
                        self._before_chunk(len(chunk))
                        file.write(chunk)
                        digest.update(chunk)
                    file.flush()
                    os.fsync(file.fileno())
                self._check(cancel)
                os.replace(partial, target)
            except BaseException:
                with contextlib.suppress(OSError):
                    partial.unlink()
                raise
            _flush_folder(target.parent)
        return digest.hexdigest()

    @contextlib.contextmanager
    def read(self, name: str) -> Iterator[BinaryIO]:
        self._must_be_there()
        path = self._path(name)
        with self._told_of_trouble(name):
            file = path.open("rb")
        with file:
            yield file

    def remove(self, name: str) -> None:
        self._must_be_there()
        path = self._path(name)
        with self._told_of_trouble(name):
            path.unlink()
            _flush_folder(path.parent)

    def eject(self) -> None:
        """Everything is on the medium; nothing more is written until it is opened again."""
        self._must_be_there()
        if hasattr(os, "sync"):
            os.sync()
        self._ejected = True

    def _sweep(self) -> None:
        """Take away what a power cut left half written; a write that still runs is younger."""
        with contextlib.suppress(OSError):
            for path in self._root.rglob(f"{_PARTIAL}*"):
                if time.time() - path.stat().st_mtime > _STALE:
                    path.unlink()

    def _before_chunk(self, length: int) -> None:
        """A hook for a volume with a size of its own."""

    def _ask_status(self) -> DeviceStatus:
        if self._ejected or not self._root.is_dir():
            return DeviceStatus(Condition.GONE, (advice("device.volume_gone"),))
        usage = self.usage()
        details = {"total": str(usage.total), "free": str(usage.free)}
        if not usage.writable:
            return DeviceStatus(Condition.NEEDS_ATTENTION, (advice("device.volume_read_only"),), details)
        if usage.free < max(200 << 20, usage.total // 50) and usage.free < usage.total // 2:
            return DeviceStatus(Condition.NEEDS_ATTENTION, (advice("device.volume_nearly_full"),), details)
        return DeviceStatus(Condition.READY, (), details)

    def _must_be_there(self) -> None:
        self._must_be_open()
        if self._ejected:
            raise DeviceDisconnected(self.info, "the volume was ejected")
        if not self._root.is_dir():
            raise DeviceDisconnected(self.info, f"{self._root} is not there any more")

    def _path(self, name: str) -> Path:
        parts = name.split("/")
        if not name or any(part in ("", ".", "..") or part.startswith(_PARTIAL) for part in parts) or "\0" in name:
            raise ValueError(f"{name!r} is no name on a volume; it is relative, its parts divided by single slashes")
        if "\\" in name or ":" in name:
            raise ValueError(f"{name!r} is no name on a volume; it holds a backslash or a colon")
        return self._root.joinpath(*parts)

    @contextlib.contextmanager
    def _told_of_trouble(self, name: str = "") -> Iterator[None]:
        """Turn what the system says into what a volume says."""
        try:
            yield
        except FileNotFoundError as error:
            if self._root.is_dir():
                raise DeviceError(
                    self.info, f"there is no {name or error.filename!r} on it", advice="List what is there: names()."
                ) from error
            raise DeviceDisconnected(self.info, f"{self._root} is not there any more") from error
        except OSError as error:
            if error.errno in _FULL:
                raise VolumeFull(self.info, "there is no room left") from error
            if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
                raise DeviceFault(
                    self.info, "it cannot be written to", advice="Move the drive's lock switch, or take another drive."
                ) from error
            if error.errno in (errno.ENODEV, errno.ENXIO, errno.EIO) and not self._root.is_dir():
                raise DeviceDisconnected(self.info, f"{self._root} is not there any more") from error
            raise DeviceFault(self.info, f"the system says: {error.strerror or error}") from error


def _flush_folder(folder: Path) -> None:
    """Put the folder's own entries on the medium; Windows does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def discover(*, timeout: float) -> Iterator[DeviceInfo]:
    """Nothing: which folder is the backup is for the operator to say."""
    del timeout
    return iter(())


def open(address: Address, *, clock: Clock) -> FolderVolume:
    """Open the folder of an address as a volume."""
    address.allow()
    root = Path(address.path.removeprefix("//") if address.path.startswith("///") else address.path)
    if not address.path or not root.is_dir():
        raise DeviceNotFound(
            str(address), f"there is no folder {str(root)!r}", advice="Plug the drive in and mount it."
        )
    info = DeviceInfo(str(address), Kind.BACKUP_VOLUME, model=f"Folder {root.name or root}", driver="volume")
    return FolderVolume(root, info, clock)
