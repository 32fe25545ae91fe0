"""``sim:backup``: a USB drive that is a folder underneath, with a size of its own.

``path`` names the folder (made if it is not there); without it the drive lives in a temporary folder as long as the
process, one per scene and serial, so that opening it again finds what was written.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.drivers.volume import FolderVolume
from ktpel_capture.devices.protocols import DeviceInfo, Digest, Kind, VolumeUsage
from ktpel_capture.errors import DeviceFault, VolumeFull

_DRIVES: dict[str, Path] = {}
_LOCK = threading.Lock()


class SimulatedDrive(FolderVolume):
    """A drive that fills, and may be locked against writing.

    Parameters
    ----------
    capacity : bytes it holds.
    locked : its write-protection switch.
    """

    def __init__(self, root: Path, capacity: int, locked: bool, info: DeviceInfo, clock: Clock) -> None:
        super().__init__(root, info, clock)
        self._capacity = capacity
        self._room = 0
        self.locked = locked

    def usage(self) -> VolumeUsage:
        self._must_be_there()
        used = sum(path.stat().st_size for path in self._root.rglob("*") if path.is_file())
        return VolumeUsage(self._capacity, max(0, self._capacity - used), not self.locked)

    def write(self, name: str, content: Iterable[bytes], *, cancel: CancelToken = NEVER) -> Digest:
        with self._lock:
            self._refuse_if_locked()
            self._room = self.usage().free
            return super().write(name, content, cancel=cancel)

    def remove(self, name: str) -> None:
        self._refuse_if_locked()
        super().remove(name)

    def _before_chunk(self, length: int) -> None:
        self._room -= length
        if self._room < 0:
            raise VolumeFull(self.info, "there is no room left")

    def _refuse_if_locked(self) -> None:
        self._must_be_there()
        if self.locked:
            raise DeviceFault(
                self.info, "it cannot be written to", advice="Move the drive's lock switch, or take another drive."
            )


def _temporary(key: str) -> Path:
    with _LOCK:
        if key not in _DRIVES or not _DRIVES[key].is_dir():
            _DRIVES[key] = Path(tempfile.mkdtemp(prefix="ktpel-backup-"))
            atexit.register(shutil.rmtree, _DRIVES[key], ignore_errors=True)
        return _DRIVES[key]


def open_volume(where: Address, clock: Clock) -> SimulatedDrive:
    """``sim:backup?path=/tmp/drive&capacity=64000000000&locked=1``."""
    where.allow("path", "capacity", "locked", "seed", "scene", "serial")
    capacity = where.whole("capacity", 64_000_000_000)
    serial = where.query.get("serial", f"SIM{where.whole('seed', 0):06d}")
    if where.query.get("path"):
        root = Path(where.query["path"])
        root.mkdir(parents=True, exist_ok=True)
    else:
        root = _temporary(f"{where.query.get('scene', '')}/{serial}")
    info = DeviceInfo(str(where), Kind.BACKUP_VOLUME, "ktpel_capture", "Simulated USB drive", serial, "", "sim")
    return SimulatedDrive(root, capacity, where.choice("locked", ("0", "1"), "0") == "1", info, clock)
