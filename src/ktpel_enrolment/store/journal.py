"""The store of one station: facts, samples, and the books that are only ever added to."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

import msgspec

from ktpel_enrolment.store.blobs import Sample, StoredSample, decode, encode, remove_halves, write_durably
from ktpel_enrolment.store.problems import StoreBusy, StoreDamaged, StoreError

Book: TypeAlias = Literal["history", "recording_register", "attendance", "receipt_book"]
BOOKS: tuple[Book, ...] = ("history", "recording_register", "attendance", "receipt_book")
"""Everything that happened; buku daftar perekaman; daftar hadir; buku tanda terima."""

_VERSION = 2
_SCHEMA = """
CREATE TABLE fact (name TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE step (
    subject TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (subject, name)
);
CREATE TABLE sample (
    subject TEXT NOT NULL, step TEXT NOT NULL, part TEXT NOT NULL,
    blob TEXT NOT NULL, checksum TEXT NOT NULL, digest TEXT NOT NULL, facts TEXT NOT NULL,
    PRIMARY KEY (subject, step, part),
    FOREIGN KEY (subject, step) REFERENCES step (subject, name) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE entry (
    book TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL, content TEXT NOT NULL,
    previous TEXT NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (book, number)
);
"""
_DOCUMENTS = """
CREATE TABLE document (
    subject TEXT NOT NULL, step TEXT NOT NULL, name TEXT NOT NULL, blob TEXT NOT NULL, checksum TEXT NOT NULL,
    PRIMARY KEY (subject, step, name),
    FOREIGN KEY (subject, step) REFERENCES step (subject, name) DEFERRABLE INITIALLY DEFERRED
);
"""
"""What the second version of the store added; a store of the first gets it when it is opened."""
_APPEND_ONLY = """
CREATE TRIGGER {table}_keeps BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END;
CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END;
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One step that was done for one subject (an applicant's NIK, or ``visit``), with what came of it."""

    subject: str
    name: str
    at: datetime
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a book: numbered from 1 without gaps, each sealing the one before."""

    book: Book
    number: int
    at: datetime
    content: Mapping[str, Any]
    previous: str
    hash: str


class Change:
    """What one transaction adds; see `Store.transaction`."""

    def __init__(self, store: Store, connection: sqlite3.Connection, at: datetime) -> None:
        self._store = store
        self._connection = connection
        self._at = at.isoformat()

    def do(
        self,
        subject: str,
        step: str,
        content: Mapping[str, Any],
        samples: Mapping[str, Sample] | None = None,
        documents: Mapping[str, bytes] | None = None,
    ) -> None:
        """Note a step as done, with the samples it gave by part (``right_index``, ``face``) and documents by name."""
        self._connection.execute("INSERT INTO step VALUES (?, ?, ?, ?)", (subject, step, self._at, _canonical(content)))
        for part, sample in (samples or {}).items():
            stored, blob = encode(sample)
            write_durably(self._store.blobs / stored.name, blob)
            self._connection.execute(
                "INSERT INTO sample VALUES (?, ?, ?, ?, ?, ?, ?)",
                (subject, step, part, stored.name, stored.checksum, stored.digest, stored.facts),
            )
        line: dict[str, Any] = {"step": step, "subject": subject, "samples": self._digests(subject, step)}
        for name, document in (documents or {}).items():
            checksum = hashlib.sha256(document).hexdigest()
            blob_name = f"{checksum}{Path(name).suffix}"
            write_durably(self._store.blobs / blob_name, document)
            self._connection.execute(
                "INSERT INTO document VALUES (?, ?, ?, ?, ?)", (subject, step, name, blob_name, checksum)
            )
            line.setdefault("documents", {})[name] = checksum
        self.enter("history", line)

    def enter(self, book: Book, content: Mapping[str, Any]) -> int:
        """Add a line to a book; returns its number."""
        row = self._connection.execute(
            "SELECT number, hash FROM entry WHERE book = ? ORDER BY number DESC LIMIT 1", (book,)
        ).fetchone()
        number, previous = (row[0] + 1, row[1]) if row else (1, _seed(book, self._store.station))
        text = _canonical(content)
        self._connection.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)",
            (book, number, self._at, text, previous, _link(previous, book, number, self._at, text)),
        )
        return int(number)

    def _digests(self, subject: str, step: str) -> dict[str, str]:
        rows = self._connection.execute(
            "SELECT part, checksum FROM sample WHERE subject = ? AND step = ? ORDER BY part", (subject, step)
        )
        return dict(rows.fetchall())


class Store:
    """The store of one station in one folder: ``facts.sqlite`` and ``blobs/``.

    Every transaction is on the disk before it returns; kill -9 at any instant loses nothing that was accepted. One
    program at a time. Not encrypted yet: simulated persons only.
    """

    def __init__(self, folder: str | Path, *, station: str = "contoh-1") -> None:
        self.folder = Path(folder)
        self.blobs = self.folder / "blobs"
        try:
            self.blobs.mkdir(parents=True, exist_ok=True)
            remove_halves(self.blobs)
        except OSError as error:
            raise _unusable(self.folder, error.strerror or error) from error
        try:
            self._connection = sqlite3.connect(self.folder / "facts.sqlite", timeout=0.5, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise _unusable(self.folder, error) from error
        try:
            self._prepare(station)
        except BaseException:
            self._connection.close()
            raise
        self.station: str = self.facts()["station"]

    def _prepare(self, station: str) -> None:
        run = self._connection.execute
        try:
            run("PRAGMA locking_mode = EXCLUSIVE")
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = FULL")
            run("PRAGMA foreign_keys = ON")
            run("BEGIN IMMEDIATE")
            (version,) = run("PRAGMA user_version").fetchone()
            if version == 0:
                tables = "".join(_APPEND_ONLY.format(table=table) for table in ("step", "sample", "entry"))
                for statement in _statements(_SCHEMA + tables):
                    run(statement)
                run("INSERT INTO fact VALUES ('station', ?)", (_canonical(station),))
            if version in (0, 1):
                for statement in _statements(_DOCUMENTS + _APPEND_ONLY.format(table="document")):
                    run(statement)
                run(f"PRAGMA user_version = {_VERSION}")
            run("COMMIT")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreBusy(
                    f"{self.folder} is open in another program",
                    remedy="Wait until that one has ended, or give another folder.",
                ) from error
            raise _unusable(self.folder, error) from error
        except sqlite3.DatabaseError as error:
            raise StoreDamaged(f"{self.folder / 'facts.sqlite'}: {error}") from error
        if version not in (0, 1, _VERSION):
            raise StoreError(
                f"{self.folder} was written by another version of this program ({version}; this one reads {_VERSION})",
                remedy="Use that version, or give another folder.",
            )

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Adding

    @contextmanager
    def transaction(self, at: datetime) -> Iterator[Change]:
        """Everything inside is kept together, or nothing is.

        Raises
        ------
        StoreError : the disk is full or fails; nothing of this transaction was kept, everything before was.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield Change(self, self._connection, at)
            self._connection.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            if isinstance(error, OSError | sqlite3.OperationalError):
                remedy = "Make room on the disk, then give the same command again: what was kept before is safe."
                raise StoreError(f"{self.folder} cannot be written to: {error}", remedy=remedy) from error
            raise

    def set_facts(self, facts: Mapping[str, Any]) -> None:
        """Set what may change: who runs what where."""
        self._connection.execute("BEGIN IMMEDIATE")
        for name, content in facts.items():
            self._connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, _canonical(content)))
        self._connection.execute("COMMIT")

    # Reading

    def facts(self) -> dict[str, Any]:
        return {name: msgspec.json.decode(content) for name, content in self._rows("SELECT name, content FROM fact")}

    def steps(self, subject: str) -> dict[str, Step]:
        """The steps done for one subject by name, in the order they were done."""
        rows = self._rows("SELECT name, at, content FROM step WHERE subject = ? ORDER BY rowid", subject)
        return {name: Step(subject, name, _time(at), msgspec.json.decode(content)) for name, at, content in rows}

    def done(self, step: str) -> dict[str, Step]:
        """All subjects for whom a step was done."""
        rows = self._rows("SELECT subject, at, content FROM step WHERE name = ? ORDER BY rowid", step)
        return {subject: Step(subject, step, _time(at), msgspec.json.decode(content)) for subject, at, content in rows}

    def samples(self, subject: str, step: str) -> dict[str, Sample]:
        """The samples of one step by part, checked against their checksums.

        Raises
        ------
        StoreDamaged : a blob is missing or changed.
        """
        return {part: decode(stored, self.blob(stored.name)) for part, stored in self._stored(subject, step)}

    def _stored(self, subject: str, step: str) -> list[tuple[str, StoredSample]]:
        rows = self._rows(
            "SELECT part, blob, checksum, digest, facts FROM sample WHERE subject = ? AND step = ? ORDER BY rowid",
            subject,
            step,
        )
        return [(part, StoredSample(*rest)) for part, *rest in rows]

    def sample_rows(self, subject: str) -> list[tuple[str, str, str, str, str]]:
        """Step, part, blob, checksum and facts of every sample of one subject."""
        query = "SELECT step, part, blob, checksum, facts FROM sample WHERE subject = ? ORDER BY rowid"
        return [(step, part, blob, checksum, facts) for step, part, blob, checksum, facts in self._rows(query, subject)]

    def documents(self, subject: str) -> dict[str, bytes]:
        """The documents of one subject by name, checked against their checksums.

        Raises
        ------
        StoreDamaged : a blob is missing or changed.
        """
        found = {}
        query = "SELECT name, blob, checksum FROM document WHERE subject = ? ORDER BY rowid"
        for name, blob, checksum in self._rows(query, subject):
            found[name] = self.blob(blob)
            if hashlib.sha256(found[name]).hexdigest() != checksum:
                raise StoreDamaged(f"blob {blob} has been changed since it was written")
        return found

    def blob(self, name: str) -> bytes:
        try:
            return (self.blobs / name).read_bytes()
        except OSError as error:
            raise StoreDamaged(f"blob {name} cannot be read: {error.strerror or error}") from error

    def blob_names(self) -> list[str]:
        """Every blob that a row refers to."""
        return [name for (name,) in self._rows("SELECT blob FROM sample UNION SELECT blob FROM document ORDER BY blob")]

    def book(self, book: Book) -> list[Entry]:
        rows = self._rows("SELECT number, at, content, previous, hash FROM entry WHERE book = ? ORDER BY number", book)
        return [Entry(book, number, _time(at), msgspec.json.decode(text), *links) for number, at, text, *links in rows]

    def heads(self) -> dict[str, tuple[int, str]]:
        """The last number and seal of each book: kept elsewhere (in a backup), they betray a book cut short."""
        rows = self._rows(
            "SELECT book, number, hash FROM entry e WHERE number = (SELECT max(number) FROM entry WHERE book = e.book)"
        )
        return {book: (number, seal) for book, number, seal in rows}

    def last_time(self) -> datetime | None:
        """When the last line of any book was written."""
        ((at,),) = self._rows("SELECT max(at) FROM entry")
        return _time(at) if at else None

    def snapshot(self) -> bytes:
        """The facts as one SQLite file, as they stand now."""
        return self._connection.serialize()

    def problems(self) -> list[str]:
        """What is not as it was written: gaps and broken seals in the books, missing or changed blobs."""
        found = []
        for book in BOOKS:
            previous = _seed(book, self.station)
            rows = self._rows(
                "SELECT number, at, content, previous, hash FROM entry WHERE book = ? ORDER BY number", book
            )
            for expected, (number, at, text, before, seal) in enumerate(rows, 1):
                if number != expected:
                    found.append(f"{book}: no. {expected} is missing")
                    break
                if before != previous or seal != _link(previous, book, number, at, text):
                    found.append(f"{book}: no. {number} is not sealed by its predecessor; it was changed")
                    break
                previous = seal
        every = "SELECT blob, checksum FROM sample UNION SELECT blob, checksum FROM document"
        for name, checksum in self._rows(every):
            try:
                if hashlib.sha256(self.blob(name)).hexdigest() != checksum:
                    found.append(f"blob {name} was changed")
            except StoreDamaged as error:
                found.append(error.message)
        return found

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise StoreDamaged(f"{self.folder / 'facts.sqlite'}: {error}") from error


def _unusable(folder: Path, reason: object) -> StoreError:
    return StoreError(f"{folder} cannot hold a store: {reason}", remedy="Give a folder that can be written to.")


def _canonical(content: object) -> str:
    return msgspec.json.encode(content, order="sorted").decode()


def _seed(book: str, station: str) -> str:
    return hashlib.sha256(f"ktpel_enrolment {station} {book}".encode()).hexdigest()


def _link(previous: str, book: str, number: int, at: str, text: str) -> str:
    return hashlib.sha256(_canonical([previous, book, number, at, text]).encode()).hexdigest()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _statements(script: str) -> Iterator[str]:
    """The single statements of a script (`executescript` would commit in between)."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
