"""The backup holds everything, is read back, and can be restored; the outbox sends each byte once."""

from contextlib import suppress
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import ktpel_capture as kc
from enrolment.volumes import MemoryVolume, RottenVolume
from ktpel_capture.errors import DeviceDisconnected, IntegrityError, KtpelError, VolumeFull
from ktpel_enrolment.store.backup import back_up, restore
from ktpel_enrolment.store.journal import Store
from ktpel_enrolment.store.outbox import SimulatedOffice, package, send

AT = datetime(2026, 2, 10, 1, 0, tzinfo=UTC)


def add(store, number, shade=None):
    face = kc.FaceSample(np.full((20, 15, 3), number if shade is None else shade, np.uint8))
    with store.transaction(AT) as change:
        change.do(f"pupil {number}", "photo", {"n": number}, {"face": face})
        change.enter("recording_register", {"pupil": number})


@given(st.lists(st.sampled_from(["add", "same", "back up"]), max_size=14))
@settings(deadline=None, max_examples=25)
def test_after_any_history_the_last_backup_restores_what_stood_at_its_time(tmp_path_factory, operations):
    folder = tmp_path_factory.mktemp("store")
    volume = MemoryVolume()
    model, backed_up = [], None
    with Store(folder / "a") as store:
        for operation in [*operations, "back up"]:
            if operation == "back up":
                backup = back_up(store, volume, AT)
                backed_up = list(model)
                assert backup.files == len(store.blob_names()) + 2
            else:
                add(store, len(model), shade=7 if operation == "same" else None)
                model.append(7 if operation == "same" else len(model))
    restore(volume, folder / "b", station="contoh-1")
    with Store(folder / "b") as again:
        assert again.problems() == []
        assert len(again.done("photo")) == len(backed_up)
        for number, shade in enumerate(backed_up):
            assert again.samples(f"pupil {number}", "photo")["face"].image[0, 0, 0] == shade % 256


def test_a_second_backup_writes_only_what_is_new_but_reads_all(tmp_path):
    volume = MemoryVolume()
    with Store(tmp_path) as store:
        add(store, 1)
        back_up(store, volume, AT)
        add(store, 2)
        before = len(volume.writes)
        backup = back_up(store, volume, AT)
    assert (backup.number, backup.written, backup.files) == (2, 3, 4)
    assert len(volume.writes) - before == 3


def test_a_bit_that_flips_on_the_way_is_written_again_and_one_that_always_flips_is_told(tmp_path):
    with Store(tmp_path) as store:
        add(store, 1)
        assert back_up(store, RottenVolume(times=1), AT).number == 1
        broken = RottenVolume(times=99)
        with pytest.raises(IntegrityError, match="reads back otherwise"):
            back_up(store, broken, AT)
        assert not [name for name in broken.files if name.endswith("manifest.json")], "a bad backup must not count"


def test_a_blob_that_rotted_on_the_drive_is_mended_at_the_next_backup(tmp_path):
    volume = MemoryVolume()
    with Store(tmp_path) as store:
        add(store, 1)
        back_up(store, volume, AT)
        name = next(name for name in volume.files if name.endswith(".png"))
        good = volume.files[name]
        volume.files[name] = b"rot"
        back_up(store, volume, AT)
    assert volume.files[name] == good


def test_a_full_drive_is_told_and_leaves_no_backup_that_counts(tmp_path):
    volume = MemoryVolume(room=100)
    with Store(tmp_path) as store:
        add(store, 1)
        with pytest.raises(VolumeFull):
            back_up(store, volume, AT)
    with pytest.raises(FileNotFoundError):
        restore(volume, tmp_path / "b", station="contoh-1")


def test_a_damaged_backup_is_not_restored_and_a_full_folder_not_overwritten(tmp_path):
    volume = MemoryVolume()
    with Store(tmp_path / "a") as store:
        add(store, 1)
        back_up(store, volume, AT)
    with pytest.raises(FileExistsError):
        restore(volume, tmp_path / "a", station="contoh-1")
    name = next(name for name in volume.files if name.endswith(".png"))
    volume.files[name] += b"x"
    with pytest.raises(IntegrityError):
        restore(volume, tmp_path / "b", station="contoh-1")


def test_the_simulated_drive_keeps_a_backup_too(tmp_path):
    with (
        kc.open_backup_volume(f"sim:backup?path={tmp_path.as_posix()}/drive") as drive,
        Store(tmp_path / "a") as store,
    ):
        add(store, 1)
        back_up(store, drive, AT)
        restore(drive, tmp_path / "b", station="contoh-1")
    with Store(tmp_path / "b") as again:
        assert again.problems() == []


class Line:
    """An uplink that breaks after so many pieces."""

    def __init__(self, office, pieces):
        self.office, self.pieces, self.carried = office, pieces, 0

    def online(self, *, timeout, cancel=None):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def received(self, key):
        return self.office.received(key)

    def receive(self, key, offset, chunk):
        self.pieces -= 1
        if self.pieces < 0:
            raise DeviceDisconnected("sim:uplink", "the link dropped")
        self.carried += len(chunk)
        return self.office.receive(key, offset, chunk)

    def acknowledge(self, key):
        return self.office.acknowledge(key)


@given(st.lists(st.integers(0, 6), max_size=6))
@settings(deadline=None, max_examples=20)
def test_a_broken_line_goes_on_where_it_broke_off_and_every_byte_crosses_once(tmp_path_factory, breaks):
    folder = tmp_path_factory.mktemp("out")
    noise = np.random.default_rng(1).integers(0, 256, (500, 700, 3), dtype=np.uint8)
    with Store(folder / "a") as store:
        with store.transaction(AT) as change:
            change.do("pupil", "photo", {}, {"face": kc.FaceSample(noise)})
        office = SimulatedOffice(folder / "office")
        carried = 0
        for pieces in [*breaks, 10**6]:
            line = Line(office, pieces)
            with suppress(DeviceDisconnected):
                send(store, "pupil", line, line)
            carried += line.carried
        assert carried == len(package(store, "pupil")) > 700_000
        line = Line(office, 10**6)
        assert send(store, "pupil", line, line) == 0, "what has arrived is not sent again"


def test_a_server_that_has_something_else_is_not_believed(tmp_path):
    with Store(tmp_path / "a") as store:
        add(store, 1)
        office = SimulatedOffice(tmp_path / "office")
        office.acknowledge = lambda key: "0" * 64
        line = Line(office, 10**6)
        with pytest.raises(KtpelError, match="something else"):
            send(store, "pupil 1", line, line)
