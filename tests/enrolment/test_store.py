"""The store keeps what it was given, to the last bit, and notices what was changed behind its back."""

import errno
import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

import ktpel_capture as kc
from ktpel_enrolment.store import journal
from ktpel_enrolment.store.blobs import decode, encode
from ktpel_enrolment.store.journal import BOOKS, Store
from ktpel_enrolment.store.problems import StoreBusy, StoreDamaged, StoreError

AT = datetime(2026, 2, 10, 1, 0, tzinfo=UTC)
CAPTURE = kc.CaptureInfo(
    "sim:iris?seed=7", AT, 12.5, 3, {"quality": 71, "boxes": [[1, 2], [3, 4]]}, b"\x00\xff", ("edit.exif_rotated",)
)

greys = arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 41)))
captures = st.sampled_from([None, CAPTURE])
finite = st.floats(-500, 500, allow_nan=False)
ppis = st.sampled_from([500.0, 1000.0, 499.9])
faces = arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 31), st.just(3)))
samples = st.one_of(
    st.builds(kc.FingerprintSample, greys, ppis, st.just("left_ring"), capture=captures),
    st.builds(kc.IrisSample, greys, st.sampled_from(["left", "right", "unknown"]), captures),
    st.builds(kc.FaceSample, faces, captures),
    st.integers(0, 30).flatmap(
        lambda n: st.builds(
            kc.SignatureSample,
            *[arrays(np.float64, n, elements=finite)] * 3,
            force=st.none() | arrays(np.float64, n, elements=st.floats(0, 1)),
            pen_down=st.none() | arrays(np.bool_, n),
            pad_size=st.sampled_from([None, (96.0, 60.0)]),
            capture=captures,
        )
    ),
)


@given(samples)
def test_a_sample_comes_back_equal_to_the_last_bit_with_all_its_facts(sample):
    stored, content = encode(sample)
    again = decode(stored, content)
    assert type(again) is type(sample)
    assert again.digest == sample.digest
    assert again.capture == sample.capture


@given(samples, st.data())
def test_a_changed_blob_is_never_taken_for_the_sample(sample, data):
    stored, content = encode(sample)
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytes([*content[:place], content[place] ^ 1, *content[place + 1 :]])
    with pytest.raises(StoreDamaged):
        decode(stored, changed)


def face(shade=90):
    return kc.FaceSample(np.full((6, 5, 3), shade, np.uint8))


def test_what_was_done_is_there_after_opening_again(tmp_path):
    with Store(tmp_path / "s") as store, store.transaction(AT) as change:
        change.do("6311011501099001", "photo", {"score": 80}, {"face": face()})
        change.enter("attendance", {"name": "Rahmat"})
    with Store(tmp_path / "s") as store:
        assert store.steps("6311011501099001")["photo"].content == {"score": 80}
        assert store.samples("6311011501099001", "photo")["face"].digest == face().digest
        assert [entry.number for entry in store.book("attendance")] == [1]
        assert store.last_time() == AT
        assert store.problems() == []


def _the_same_step_twice(store):
    with store.transaction(AT) as change:
        change.do("a", "photo", {}, {"face": face()})
        change.enter("recording_register", {})
        change.do("a", "photo", {})


def test_a_transaction_that_fails_leaves_nothing(tmp_path):
    with Store(tmp_path) as store:
        with pytest.raises(sqlite3.IntegrityError):
            _the_same_step_twice(store)
        assert store.steps("a") == {}
        assert all(store.book(book) == [] for book in BOOKS)
        with store.transaction(AT) as change:
            assert change.enter("recording_register", {}) == 1


def test_a_step_is_done_once(tmp_path):
    with Store(tmp_path) as store:
        for _ in range(2):
            try:
                with store.transaction(AT) as change:
                    change.do("a", "photo", {})
            except sqlite3.IntegrityError:
                break
        else:
            pytest.fail("the same step was taken twice")
        assert len(store.book("history")) == 1


@given(st.lists(st.sampled_from(BOOKS), max_size=12))
@settings(deadline=None, max_examples=20)
def test_every_book_is_numbered_without_gaps_and_sealed(tmp_path_factory, books):
    with Store(tmp_path_factory.mktemp("buku")) as store:
        for line, book in enumerate(books):
            with store.transaction(AT) as change:
                assert change.enter(book, {"line": line}) == books[: line + 1].count(book)
        for book in BOOKS:
            entries = store.book(book)
            assert [entry.number for entry in entries] == list(range(1, books.count(book) + 1))
            assert all(after.previous == before.hash for before, after in pairwise(entries))
        assert store.problems() == []


@pytest.fixture
def written(tmp_path):
    with Store(tmp_path) as store:
        for number in range(4):
            with store.transaction(AT) as change:
                change.do(f"pupil {number}", "photo", {"n": number}, {"face": face(number)})
                change.enter("recording_register", {"pupil": number})
    return tmp_path


@pytest.mark.parametrize(
    "statement", ["UPDATE entry SET content = '{}'", "DELETE FROM entry", "DELETE FROM sample", "DELETE FROM step"]
)
def test_the_database_itself_refuses_to_change_a_book(written, statement):
    connection = sqlite3.connect(written / "facts.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="only added to"):
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET content = '{\"pupil\":9}' WHERE book = 'recording_register' AND number = 2",
        "UPDATE entry SET at = '2026-02-11T00:00:00+00:00' WHERE book = 'history' AND number = 3",
        "DELETE FROM entry WHERE book = 'recording_register' AND number = 2",
        "DELETE FROM entry WHERE book = 'recording_register' AND number = 1",
    ],
)
def test_a_book_changed_by_force_is_noticed(written, statement):
    connection = sqlite3.connect(written / "facts.sqlite", isolation_level=None)
    for trigger in ("entry_keeps", "entry_stays"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(statement)
    connection.close()
    with Store(written) as store:
        (problem,) = store.problems()
        assert "no. " in problem


def test_a_book_cut_short_is_betrayed_by_its_head(written):
    with Store(written) as store:
        before = store.heads()["recording_register"]
    connection = sqlite3.connect(written / "facts.sqlite", isolation_level=None)
    connection.execute("DROP TRIGGER entry_stays")
    connection.execute("DELETE FROM entry WHERE book = 'recording_register' AND number = 4")
    connection.close()
    with Store(written) as store:
        assert store.heads()["recording_register"] != before


def test_a_missing_or_changed_blob_is_noticed(written):
    first, second, *_ = sorted((written / "blobs").iterdir())
    first.unlink()
    second.write_bytes(b"x")
    with Store(written) as store:
        assert len(store.problems()) == 2


def test_a_store_of_the_first_version_is_taken_over_and_one_of_a_later_version_is_not(written):
    for version, statement in ((1, "DROP TABLE document"), (9, "SELECT 1")):
        connection = sqlite3.connect(written / "facts.sqlite", isolation_level=None)
        connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.close()
        if version == 9:
            with pytest.raises(StoreError, match="another version"):
                Store(written)
        else:
            with Store(written) as store, store.transaction(AT) as change:
                change.do("pupil 0", "exported", {}, documents={"001.xml": b"<BIR/>"})
            with Store(written) as store:
                assert store.documents("pupil 0") == {"001.xml": b"<BIR/>"}
                assert len(store.done("photo")) == 4
                assert store.problems() == []


def test_a_second_program_is_kept_out_and_told_why(tmp_path):
    with Store(tmp_path), pytest.raises(StoreBusy, match="another program"):
        Store(tmp_path)
    Store(tmp_path).close()


def test_a_full_disk_keeps_what_was_kept_and_says_what_to_do(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    with Store(tmp_path) as store:
        with store.transaction(AT) as change:
            change.do("a", "photo", {}, {"face": face()})
        monkeypatch.setattr(journal, "write_durably", full)
        with pytest.raises(StoreError, match="No space left"), store.transaction(AT) as change:
            change.do("b", "photo", {}, {"face": face(1)})
        assert (list(store.steps("a")), list(store.steps("b"))) == (["photo"], [])
        assert store.problems() == []


def test_what_is_no_store_is_refused(tmp_path):
    (tmp_path / "facts.sqlite").write_bytes(b"not a database at all, but long enough to look at" * 100)
    with pytest.raises(StoreDamaged):
        Store(tmp_path)


def test_a_store_of_another_version_is_refused(tmp_path):
    Store(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "facts.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="another version"):
        Store(tmp_path)


_WRITER = """
import sys, hashlib
from datetime import UTC, datetime
import numpy as np
import ktpel_capture as kc
from ktpel_enrolment.store.journal import Store
with Store(sys.argv[1]) as store:
    start = len(store.done("photo"))
    for number in range(start, 100000):
        pixels = np.frombuffer(hashlib.sha256(str(number).encode()).digest() * 300, np.uint8).reshape(64, 50, 3)
        with store.transaction(datetime(2026, 2, 10, tzinfo=UTC)) as change:
            change.do(f"pupil {number}", "photo", {"n": number}, {"face": kc.FaceSample(pixels)})
            change.enter("recording_register", {"pupil": number})
        print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_kill_9_at_any_instant_loses_nothing_that_was_accepted(tmp_path):
    chance = random.Random(os.urandom(8))
    said = -1
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        rest = process.communicate()[0].split("\n")[:-1]
        said = max([said, *map(int, rest)])
        with Store(tmp_path) as store:
            done = store.done("photo")
            assert len(done) >= said + 1, "a step that was announced is gone"
            assert store.problems() == []
            assert [entry.content["pupil"] for entry in store.book("recording_register")] == list(range(len(done)))
            last = store.samples(f"pupil {len(done) - 1}", "photo")["face"]
            wanted = hashlib.sha256(str(len(done) - 1).encode()).digest() * 300
            assert last.image.tobytes() == wanted
    assert said > 5
