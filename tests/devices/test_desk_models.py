"""Drive and printer against models in memory, by random sequences; a drive whose writer is killed."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import ktpel_capture as kc

names = st.sampled_from(["a", "b", "visit/1", "visit/2", "visit/1x"])
contents = st.lists(st.binary(max_size=300), max_size=4)


class DriveModel(RuleBasedStateMachine):
    """A drive does what a dictionary does, whatever fails in between."""

    @initialize(scheme=st.sampled_from(["volume:{}", "sim:backup?path={}&capacity=2500"]))
    def plug_in(self, scheme):
        self.folder = tempfile.mkdtemp()
        self.address = scheme.format(self.folder)
        self.room = 2500 if "capacity" in scheme else None
        self.model = {}
        self.drive = kc.open_backup_volume(self.address)

    @rule(name=names, content=contents)
    def write(self, name, content):
        whole = b"".join(content)
        used = sum(map(len, self.model.values()))
        try:
            digest = self.drive.write(name, content)
        except kc.VolumeFull:
            assert self.room is not None
            assert used + len(whole) > self.room
        except kc.DeviceFault:
            assert self._in_the_way(name)
        else:
            assert digest == hashlib.sha256(whole).hexdigest()
            self.model[name] = whole

    def _in_the_way(self, name):
        return any(other.startswith(f"{name}/") or name.startswith(f"{other}/") for other in self.model)

    @rule(name=names, content=contents, when=st.integers(0, 3))
    def fail_while_writing(self, name, content, when):
        token = kc.CancelToken()

        def chunks():
            for number, chunk in enumerate([*content, b"", b"", b"", b""]):
                if number == when:
                    token.cancel()
                yield chunk

        with pytest.raises((kc.CaptureCancelled, kc.VolumeFull, kc.DeviceFault)):
            self.drive.write(name, chunks(), cancel=token)

    @rule(name=names)
    def remove(self, name):
        if name in self.model:
            self.drive.remove(name)
            del self.model[name]
        else:
            with pytest.raises(kc.DeviceError):
                self.drive.remove(name)

    @rule()
    def plug_out_and_in(self):
        self.drive.close()
        self.drive = kc.open_backup_volume(self.address)

    @rule(prefix=st.sampled_from(["", "v", "visit/", "visit/1", "z"]))
    def list_names(self, prefix):
        assert list(self.drive.names(prefix)) == sorted(name for name in self.model if name.startswith(prefix))

    @invariant()
    def everything_is_there(self):
        if not hasattr(self, "drive"):
            return
        for name, content in self.model.items():
            with self.drive.read(name) as file:
                assert file.read() == content

    def teardown(self):
        if hasattr(self, "drive"):
            self.drive.close()
            shutil.rmtree(self.folder)


class PrinterModel(RuleBasedStateMachine):
    """Whatever happens, each key becomes one card at most, and every finished card used one of each supply."""

    @initialize()
    def switch_on(self):
        self.clock = kc.VirtualClock()
        self.address = f"sim:card-printer?scene=model-{id(self)}&pace=10&cards=8&ribbon=12&cleaning=20"
        self.printer = kc.open_card_printer(self.address, clock=self.clock)
        self.jobs, self.jams, self.loaded = {}, 0, 0

    @rule(key=st.sampled_from("abcdefghijkl"))
    def submit(self, key):
        job = self.printer.submit(kc.CardJob(key, np.zeros((20, 32, 3), np.uint8)))
        assert self.jobs.setdefault(key, job) == job

    @rule(seconds=st.sampled_from([1, 5, 11, 40]))
    def wait(self, seconds):
        self.clock.advance(seconds)

    @rule(key=st.sampled_from("abcdef"))
    def withdraw(self, key):
        if key in self.jobs:
            before = self.printer.job(self.jobs[key]).stage
            after = self.printer.withdraw(self.jobs[key]).stage
            if before in (kc.JobStage.WAITING, kc.JobStage.HELD):
                assert after is kc.JobStage.WITHDRAWN
            else:
                assert after is before

    @rule()
    def jam_and_clear(self):
        before = self._left("cards")
        self.printer.jam()
        assert self.printer.status().problems[0].key == "device.printer_jam"
        self.printer.clear()
        self.jams += min(1, before)

    @rule()
    def reconnect(self):
        self.printer.close()
        self.printer = kc.open_card_printer(self.address, clock=self.clock)

    def _left(self, name):
        return {item.name: item.cards_left for item in self.printer.supplies().items}[name]

    @invariant()
    def supplies_are_used_by_finished_cards_alone(self):
        if not hasattr(self, "printer"):
            return
        stages = [self.printer.job(job).stage for job in self.jobs.values()]
        done = stages.count(kc.JobStage.DONE)
        assert self._left("ribbon") == 12 - done
        assert self._left("cards") == 8 - done - self.jams
        assert stages.count(kc.JobStage.PRINTING) <= 1
        if kc.JobStage.HELD in stages:
            assert self.printer.status().problems


TestDriveModel = DriveModel.TestCase
TestPrinterModel = PrinterModel.TestCase
TestDriveModel.settings = TestPrinterModel.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)

_WRITER = """
import sys, ktpel_capture as kc
with kc.open_backup_volume(sys.argv[1]) as drive:
    print("ready", flush=True)
    for number in range(1000):
        drive.write(f"n{number % 3}", [bytes([number % 251]) * 50_000] * 20)
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is not on Windows")
@pytest.mark.parametrize("after", [0.02, 0.11, 0.23])
def test_a_writer_killed_at_any_moment_leaves_whole_files_only(tmp_path, after):
    with subprocess.Popen([sys.executable, "-c", _WRITER, f"volume:{tmp_path}"], stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        time.sleep(after)
        writer.kill()
    with kc.open_backup_volume(f"volume:{tmp_path}") as drive:
        for name in drive.names():
            with drive.read(name) as file:
                content = file.read()
            assert len(content) == 1_000_000
            assert len(set(content)) == 1


def test_what_a_power_cut_left_is_swept_when_it_is_old(tmp_path):
    half, running = Path(tmp_path, ".partial-old"), Path(tmp_path, ".partial-new")
    for path in (half, running):
        path.write_bytes(b"half")
    os.utime(half, (1, 1))
    with kc.open_backup_volume(f"volume:{tmp_path}") as drive:
        assert list(drive.names()) == []
    assert not half.exists()
    assert running.exists()
