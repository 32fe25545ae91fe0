"""A backup drive in memory, and one that forgets or lies: what a volume promises, and what it must not do unnoticed."""

import hashlib
import io
from contextlib import contextmanager

from ktpel_capture.devices.protocols import DeviceInfo, Kind, VolumeUsage
from ktpel_capture.errors import VolumeFull


class MemoryVolume:
    def __init__(self, room=10**9):
        self.files = {}
        self.room = room
        self.writes = []

    info = DeviceInfo("memory:", Kind.BACKUP_VOLUME, serial="MEM")

    def usage(self):
        used = sum(map(len, self.files.values()))
        return VolumeUsage(self.room, self.room - used)

    def names(self, prefix=""):
        return iter(sorted(name for name in self.files if name.startswith(prefix)))

    def write(self, name, content, *, cancel=None):
        data = b"".join(content)
        if len(data) > self.usage().free:
            raise VolumeFull(self.info, "no room")
        self.files[name] = data
        self.writes.append(name)
        return hashlib.sha256(data).hexdigest()

    @contextmanager
    def read(self, name):
        yield io.BytesIO(self.files[name])


class RottenVolume(MemoryVolume):
    """Flips a bit of what it is given, the first so many times."""

    def __init__(self, times):
        super().__init__()
        self.times = times

    def write(self, name, content, *, cancel=None):
        digest = super().write(name, content)
        if self.times > 0 and name.endswith(".png"):
            self.times -= 1
            self.files[name] = bytes([self.files[name][0] ^ 1]) + self.files[name][1:]
        return digest
