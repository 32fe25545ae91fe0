"""Recordings leave as standard records: whole files only, each held against its rules, the same in store and folder."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import ktpel_capture as kc
from enrolment.test_visit import conductor
from enrolment.volumes import MemoryVolume
from enrolment.world import Table, fresh, install
from ktpel_capture import DeviceDisconnected
from ktpel_enrolment.store.backup import back_up, restore
from ktpel_enrolment.store.journal import Store
from ktpel_enrolment.store.outbox import package
from ktpel_enrolment.visit import exporting
from ktpel_enrolment.visit.exporting import RULES, export

NAMES = {"001.xml", "001-signature.iso", "002.xml", "002-signature.iso"}


@pytest.fixture
def table(monkeypatch):
    table = Table()
    install(monkeypatch, table)
    monkeypatch.setattr(exporting, "_as_exchanged", lambda sample: sample)  # a test's eyes show no iris
    return table


def recorded(store, table, tmp_path, missing=()):
    visit = conductor(store, table, tmp_path)
    visit.agenda.applicants = [replace(item, unavailable=tuple(missing)) for item in visit.agenda.applicants]
    for phase in ("plan", "kit", "recording"):
        visit.run(phase)
    return visit


def whole(folder: Path) -> dict[str, bytes]:
    """The files of a folder that have their names."""
    return {path.name: path.read_bytes() for path in folder.glob("*") if not path.name.startswith(".")}


def niks(store):
    return [entry.content["nik"] for entry in store.book("recording_register")]


parts = st.lists(st.sampled_from([*kc.FINGERS, "left_eye", "right_eye"]), max_size=12, unique=True)


@given(parts)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_finger_and_eye_is_in_the_set_as_captured_or_as_an_exception(table, tmp_path_factory, absent):
    folder = tmp_path_factory.mktemp("visit")
    declared = tuple(kc.Unavailable(name, "injured") for name in absent)
    with fresh(folder) as store:
        recorded(store, table, folder, declared)
        for nik in niks(store):
            made = export(store, nik)
            (name,) = (name for name in made.documents if name.endswith(".xml"))
            record = kc.records.decode(made.documents[name])
            shown = {exporting.sample_name(sample) for sample in record.samples()}
            assert shown == {"face", "left_eye", "right_eye", *kc.FINGERS} - set(absent)
            assert set(record.unavailable) == set(declared)
            assert made.content["fingers"] + made.content["irises"] + len(record.unavailable) == 12


def test_the_pixels_leave_as_they_were_captured(table, tmp_path):
    with fresh(tmp_path) as store:
        recorded(store, table, tmp_path)
        nik = niks(store)[0]
        kept = {sample.digest for step in exporting._CAPTURES for sample in store.samples(nik, step).values()}
        made = export(store, nik)
        left = {sample.digest for sample in kc.records.decode(made.documents["001.xml"]).samples()}
        assert left == kept
        (written,) = kc.records.decode(made.documents["001-signature.iso"]).samples()
        assert written.t.size == store.samples(nik, "signature")["signature"].t.size


def test_a_set_that_breaks_a_rule_leaves_all_the_same_and_every_violation_is_noted(table, tmp_path):
    with fresh(tmp_path) as store:
        visit = recorded(store, table, tmp_path)
        visit.run("export")
        for nik in niks(store):
            content = store.steps(nik)["exported"].content
            assert not content["valid"]
            (file,) = (file for file in content["files"].values() if file["format"] == "CBEFF")
            assert file["rules"] == RULES
            assert len(file["violations"]) == 2, "two irises that are not cropped"
            assert all("cropped" in violation for violation in file["violations"])


def test_store_folder_backup_and_package_hold_the_same_records(table, tmp_path):
    with fresh(tmp_path) as store:
        visit = recorded(store, table, tmp_path)
        for _ in range(2):
            visit.run("export")
        copies = whole(tmp_path / "records")
        assert set(copies) == NAMES
        kept = {}
        for nik in niks(store):
            documents = store.documents(nik)
            kept |= documents
            assert all(content in package(store, nik) for content in documents.values())
        assert kept == copies
        volume = MemoryVolume()
        back_up(store, volume, visit.recorder.station.clock.now())
    restore(volume, tmp_path / "again", station="contoh-1")
    with Store(tmp_path / "again") as again:
        assert again.problems() == []
        assert {name: data for nik in niks(again) for name, data in again.documents(nik).items()} == copies


def test_a_copy_that_was_lost_or_changed_is_made_again_from_the_store(table, tmp_path):
    with fresh(tmp_path) as store:
        visit = recorded(store, table, tmp_path)
        visit.run("export")
        before = whole(tmp_path / "records")
        (tmp_path / "records" / "001.xml").unlink()
        (tmp_path / "records" / "002.xml").write_bytes(b"<BIR")
        visit.run("export")
        assert whole(tmp_path / "records") == before


class Killed(BaseException):
    """The process ends here, as with kill -9: nothing is tidied up that a real end would not tidy up."""


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("nth", range(12))
def test_an_export_that_is_killed_leaves_whole_files_only_and_goes_on(table, tmp_path, monkeypatch, call, nth):
    with fresh(tmp_path) as store:
        visit = recorded(store, table, tmp_path)
        left = nth

        def ends(*arguments):
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return whole_call(*arguments)

        owner = {"fsync": os, "replace": Path}[call]
        whole_call = getattr(owner, call)
        with monkeypatch.context() as patch:
            patch.setattr(owner, call, lambda *arguments: ends(*arguments))
            with suppress(Killed):
                visit.run("export")
        for data in whole(tmp_path / "records").values():
            kc.records.decode(data)
        assert store.problems() == []
        visit.run("export")
        assert set(whole(tmp_path / "records")) == NAMES
        assert not list((tmp_path / "records").glob(".*")), "halves are cleared away"


@pytest.mark.parametrize("piece", range(0, 18, 3))
def test_a_drive_that_is_pulled_out_holds_whole_files_only_and_the_next_backup_is_complete(table, tmp_path, piece):
    with fresh(tmp_path) as store:
        visit = recorded(store, table, tmp_path)
        visit.run("export")
        with kc.open_backup_volume(f"sim:backup?path={(tmp_path / 'drive').as_posix()}") as drive:
            left = [piece]

            def pulled(_length, drive=drive, left=left):
                left[0] -= 1
                if left[0] < 0:
                    raise DeviceDisconnected(drive.info, "it was pulled out")

            drive._before_chunk = pulled
            with pytest.raises(DeviceDisconnected):
                back_up(store, drive, visit.recorder.station.clock.now())
        blobs = {name: store.blob(name) for name in store.blob_names()}
        for path in (tmp_path / "drive").rglob("*"):
            assert path.is_dir() or blobs.get(path.name) == path.read_bytes() or path.name == "facts.sqlite"
        with kc.open_backup_volume(f"sim:backup?path={(tmp_path / 'drive').as_posix()}") as drive:
            back_up(store, drive, visit.recorder.station.clock.now())
            restore(drive, tmp_path / "again", station="contoh-1")
        documents = {nik: store.documents(nik) for nik in niks(store)}
    with Store(tmp_path / "again") as again:
        assert {nik: again.documents(nik) for nik in niks(again)} == documents


def test_a_changed_document_is_noticed(table, tmp_path):
    with fresh(tmp_path) as store:
        visit = recorded(store, table, tmp_path)
        visit.run("export")
        path = next(store.blobs.glob("*.xml"))
        path.write_bytes(path.read_bytes() + b" ")
        assert store.problems() == [f"blob {path.name} was changed"]
