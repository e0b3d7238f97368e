"""A store in an SQLite file, which outlives the process, even if that is killed at any moment.

Each verb is one transaction in the write-ahead log. Nothing waits for the disk, so that a loss of power may cost the
last changes, but never tears one. Several mocks of one machine may use one file.

While another process holds the file, whoever must write waits outside of the lock, so that readers go on, which the
write-ahead log lets through. A file that is deleted while it is in use is written again, since SQLite holds all of it
until it is closed; one that is replaced is used if it is a copy of the same state, and else nothing is written at all.
"""

from __future__ import annotations

import itertools
import logging
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from typing_extensions import override

from mockwise.errors import InvalidValueError, StorageError
from mockwise.real_time import monotonic
from mockwise.storage import codec
from mockwise.storage.deadlines import WAIT_LIMIT, time_left, too_late
from mockwise.storage.store import Kind, Store

R = TypeVar("R")
T = TypeVar("T")

_APPLICATION_ID = 0x6D6F636B  # "mock" in SQLite's application_id
_VERSION = 3
_LONGEST_WAIT = WAIT_LIMIT  # seconds that another process may hold the file
_PAUSES = (0.001, 0.002, 0.005, 0.01, 0.02)  # seconds between two tries; the last is repeated
_BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_PRIMARY = 0xFF  # of SQLite's extended result codes
_WARNING_INTERVAL = 60.0  # seconds between two warnings in the log
_log = logging.getLogger("mockwise")

_TABLES = f"""
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS records (
        arrival INTEGER PRIMARY KEY AUTOINCREMENT,
        sandbox TEXT NOT NULL, kind TEXT NOT NULL, key BLOB NOT NULL, record BLOB NOT NULL,
        UNIQUE (sandbox, kind, key)
    );
    CREATE TABLE IF NOT EXISTS counters (
        sandbox TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL,
        PRIMARY KEY (sandbox, name)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS records_in_order ON records (sandbox, kind);
    PRAGMA application_id = {_APPLICATION_ID};
    PRAGMA user_version = {_VERSION};
    COMMIT;
"""
_BEGIN_LINEAGE = "INSERT OR IGNORE INTO counters VALUES ('', 'lineage', abs(random()))"
_GET = "SELECT record FROM records WHERE sandbox = ? AND kind = ? AND key = ?"
_PUT = (
    "INSERT INTO records (sandbox, kind, key, record) VALUES (?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET record = excluded.record"
)
_INSERT = "INSERT OR IGNORE INTO records (sandbox, kind, key, record) VALUES (?, ?, ?, ?)"
_REPLACE = "UPDATE records SET record = ? WHERE sandbox = ? AND kind = ? AND key = ? AND record = ?"
_DELETE = "DELETE FROM records WHERE sandbox = ? AND kind = ? AND key = ?"
_KEYS = "SELECT key FROM records WHERE sandbox = ? AND kind = ?"
_SCAN = "SELECT key, record FROM records WHERE sandbox = ? AND kind = ? ORDER BY arrival"
_PLACE = "SELECT arrival FROM records WHERE sandbox = ? AND kind = ? AND key = ?"
# The index on sandbox and kind has the arrivals in order, as each index of SQLite ends with the primary key.
_PAGE = (
    "SELECT key, record FROM records INDEXED BY records_in_order "
    "WHERE sandbox = ? AND kind = ? AND arrival < ? ORDER BY arrival DESC LIMIT ?"
)
_RECORD_COUNT = "SELECT count(*) FROM records WHERE sandbox = ? AND kind = ?"
_LAST_PLACE = 2**63 - 1
_KEYS_AT_ONCE = 500  # fewer than SQLite allows in one statement
_COUNT = "SELECT value FROM counters WHERE sandbox = ? AND name = ?"
_INCREMENT = (
    "INSERT INTO counters (sandbox, name, value) VALUES (?, ?, ?) "
    "ON CONFLICT DO UPDATE SET value = value + excluded.value RETURNING value"
)


_TOUCH = "SELECT count(*) FROM sqlite_schema"
# A random number that all copies of one state have in common, and no other state has.
_LINEAGE = "SELECT value FROM counters WHERE sandbox = '' AND name = 'lineage'"


class SqliteStore(Store):
    """Records in a file, written by `storage.codec`.

    Args:
        path: the file; it is made if there is none, for its owner alone, since it holds secrets.

    Raises:
        InvalidValueError: the file is something else, or of another version of mockwise.
        StorageError: it cannot be opened.
    """

    shared = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._warned_at: float | None = None
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StorageError(
                f"{path} cannot be opened: {error.strerror}. Name another file with --state"
            ) from None
        self._file = path.absolute()  # because the process may change its directory
        with self._storage_errors():
            self._open(_LONGEST_WAIT)
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    @override
    def get(self, kind: Kind[R], sandbox: str, key: str) -> R | None:
        rows = self._ask(_GET, (sandbox, kind.name, codec.key_bytes(key)))
        return codec.read(kind, rows[0][0]) if rows else None

    @override
    def put(self, kind: Kind[R], sandbox: str, key: str, record: R) -> None:
        self._ask(_PUT, (sandbox, kind.name, codec.key_bytes(key), codec.write(kind, record)))

    @override
    def delete(self, kind: Kind[R], sandbox: str, key: str) -> None:
        self._ask(_DELETE, (sandbox, kind.name, codec.key_bytes(key)))

    @override
    def scan(self, kind: Kind[R], sandbox: str) -> Iterable[tuple[str, R]]:
        return [
            (codec.key_text(key), codec.read(kind, record))
            for key, record in self._ask(_SCAN, (sandbox, kind.name))
        ]

    @override
    def keys(self, kind: Kind[R], sandbox: str) -> list[str]:
        return [codec.key_text(key) for (key,) in self._ask(_KEYS, (sandbox, kind.name))]

    @override
    def get_many(self, kind: Kind[R], sandbox: str, keys: Sequence[str]) -> list[R]:
        found: dict[str, R] = {}
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            some = [codec.key_bytes(key) for key in keys[start : start + _KEYS_AT_ONCE]]
            statement = f"SELECT key, record FROM records WHERE sandbox = ? AND kind = ? AND key IN ({', '.join('?' * len(some))})"  # noqa: S608  because only question marks are put in
            for key, record in self._ask(statement, (sandbox, kind.name, *some)):
                found[codec.key_text(key)] = codec.read(kind, record)
        return [found[key] for key in keys if key in found]

    @override
    def page(
        self, kind: Kind[R], sandbox: str, limit: int, before: str | None = None
    ) -> list[tuple[str, R]] | None:
        place = _LAST_PLACE
        if before is not None:  # a record keeps its place, so the two statements need no transaction
            rows = self._ask(_PLACE, (sandbox, kind.name, codec.key_bytes(before)))
            if not rows:
                return None
            place = rows[0][0]
        found = self._ask(_PAGE, (sandbox, kind.name, place, limit))
        return [(codec.key_text(key), codec.read(kind, record)) for key, record in reversed(found)]

    @override
    def count(self, kind: Kind[R], sandbox: str) -> int:
        return int(self._ask(_RECORD_COUNT, (sandbox, kind.name))[0][0])

    @override
    def replace(self, kind: Kind[R], sandbox: str, key: str, expected: R | None, new: R) -> bool:
        place = (sandbox, kind.name, codec.key_bytes(key))
        if expected is None:
            return self._change(_INSERT, (*place, codec.write(kind, new)))
        return self._change(_REPLACE, (codec.write(kind, new), *place, codec.write(kind, expected)))

    @override
    def increment(self, sandbox: str, counter: str, by: int = 1) -> int:
        if by == 0:  # reading needs no lock on the file
            rows = self._ask(_COUNT, (sandbox, counter))
        else:
            rows = self._ask(_INCREMENT, (sandbox, counter, by))
        return int(rows[0][0]) if rows else 0

    @override
    def drop(self, sandbox: str) -> None:
        def drop(database: sqlite3.Connection) -> None:
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.execute("DELETE FROM records WHERE sandbox = ?", (sandbox,))
                database.execute("DELETE FROM counters WHERE sandbox = ?", (sandbox,))

        self._do(drop)

    @override
    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _ask(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        return self._do(lambda database: database.execute(statement, values).fetchall())

    def _change(self, statement: str, values: Sequence[object]) -> bool:
        return self._do(lambda database: database.execute(statement, values).rowcount == 1)

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on the database once no other process holds the file, within the deadline of the request."""
        until = None
        pauses = itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1]))
        while True:
            left = time_left(_LONGEST_WAIT)
            if not self._lock.acquire(timeout=left):
                raise too_late()
            try:
                with self._storage_errors():
                    self._check_file()
                    return work(self._database)
            except _BusyError as busy:
                now = monotonic()
                until = now + left if until is None else until
                if now >= until:
                    raise StorageError(str(busy), busy.reason) from None
            finally:
                self._lock.release()
            time.sleep(next(pauses))

    def _check_file(self) -> None:
        """Open the file again if it was deleted or replaced since it was opened."""
        current = _identity(self._file)
        if current == self._identity:
            return
        if current is None:
            self._write_again()
        elif not _has_lineage(self._file, self._lineage):
            raise StorageError(
                f"{self._path} was replaced by another file while the mock runs, and nothing was written to it. "
                "Put the former file back, or start the mock again",
                "The file that keeps mockwise's state (--state) was replaced while the mock runs. "
                "Put the former one back, or start the mock again.",
            )
        else:
            self._remove_own_log()
        former = self._database
        self._open()
        former.close()
        self._warn()

    def _write_again(self) -> None:
        """Write a deleted file again from SQLite's open handle, which still has all of it, unless another mock was quicker."""
        copy = Path(f"{self._file}.{secrets.token_hex(4)}")
        try:
            try:
                os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
                with closing(sqlite3.connect(copy)) as database:
                    self._database.backup(database)
                self._remove_own_log()
                with suppress(FileExistsError):
                    os.link(copy, self._file)
            finally:
                copy.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"{self._path} was deleted while the mock runs, and cannot be written again: {error.strerror}",
                "The file that keeps mockwise's state (--state) was deleted while the mock runs, and cannot be written "
                "again; the log says why.",
            ) from None

    def _warn(self) -> None:
        now = monotonic()
        if self._warned_at is None or now - self._warned_at >= _WARNING_INTERVAL:
            self._warned_at = now
            _log.warning(
                "%s was deleted or replaced while the mock runs: the mock goes on with a copy that holds the same "
                "state. Stop the mock before you delete its state.",
                self._path,
            )

    def _remove_own_log(self) -> None:
        """Delete the write-ahead log of the former file, which SQLite would take for that of the new one."""
        log = Path(f"{self._file}-wal")
        if _identity(log) == self._log:
            log.unlink(missing_ok=True)
            Path(f"{self._file}-shm").unlink(missing_ok=True)

    def _open(self, timeout: float = 0) -> None:
        """Open the file; with a time-out, SQLite itself waits for a process that holds it, while our lock is held."""
        identity = _identity(self._file)
        database = sqlite3.connect(
            f"{self._file.as_uri()}?mode=rw",  # never create the file
            uri=True,
            timeout=timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute(_TOUCH).fetchone()  # which opens the write-ahead log, if there is one
        except BaseException:
            database.close()
            raise
        self._database, self._identity = database, identity
        self._log = _identity(Path(f"{self._file}-wal"))

    def _prepare(self) -> None:
        with self._storage_errors():
            (whose,) = self._database.execute("PRAGMA application_id").fetchone()
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            (tables,) = self._database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables and whose != _APPLICATION_ID:
            raise InvalidValueError(
                f"{self._path} is another program's database. Name another file with --state"
            )
        if tables and version != _VERSION:
            raise InvalidValueError(
                f"{self._path} is of another version of mockwise. Delete it, or name another file with --state"
            )
        with self._storage_errors():
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.executescript(_TABLES)
            self._database.execute(_BEGIN_LINEAGE)
            self._lineage: tuple[int] = self._database.execute(_LINEAGE).fetchone()
            self._database.execute("PRAGMA busy_timeout = 0")
            self._log = _identity(Path(f"{self._file}-wal"))

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        """Turn the errors of SQLite in the block into a `StorageError` that says what to do."""
        try:
            yield
        except sqlite3.OperationalError as error:
            code = (
                getattr(error, "sqlite_errorcode", 0) & _PRIMARY
            )  # errors that Python itself raises have no code
            if code in _BUSY_CODES:
                raise _BusyError(
                    f"the state in {self._path} cannot be reached: {error}. See to the process that holds the file",
                    "Another process holds the file that keeps mockwise's state (--state). Try again.",
                ) from None
            raise StorageError(f"the state in {self._path} cannot be reached: {error}") from None
        except sqlite3.DatabaseError as error:
            raise StorageError(
                f"{self._path} cannot be used as state: {error}. Delete it, or name another file with --state"
            ) from None


class _BusyError(StorageError):
    """Another process holds the file at this moment."""


def _identity(path: Path) -> tuple[int, int] | None:
    """The device and inode of a file, which identify it whatever its name; None: there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _has_lineage(file: Path, lineage: tuple[int]) -> bool:
    """Whether a file is a copy of that state; its write-ahead log is ignored, which may be another file's."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            return bool(database.execute(_LINEAGE).fetchone() == lineage)
    except sqlite3.DatabaseError:
        return False  # the file has no such table, or is no database
