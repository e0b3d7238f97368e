"""A store in an SQLite file: it outlives the process, and whatever moment that is killed at.

Each verb is one transaction in the write-ahead log. Nothing waits for the disk, so that a loss of power may cost the
last changes, but never tears one. Several mocks of one machine may use one file.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from mockwise.core import notation
from mockwise.core.errors import BadValue, StateTrouble
from mockwise.core.store import Kind

R = TypeVar("R")

_OURS = 0x6D6F636B  # "mock" in SQLite's application_id
_VERSION = 1
_PATIENCE = 5.0  # seconds that another process may hold the file

_TABLES = f"""
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS records (
        arrival INTEGER PRIMARY KEY AUTOINCREMENT,
        sandbox TEXT NOT NULL, kind TEXT NOT NULL, key BLOB NOT NULL, record TEXT NOT NULL,
        UNIQUE (sandbox, kind, key)
    );
    CREATE TABLE IF NOT EXISTS counters (
        sandbox TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL,
        PRIMARY KEY (sandbox, name)
    ) WITHOUT ROWID;
    PRAGMA application_id = {_OURS};
    PRAGMA user_version = {_VERSION};
    COMMIT;
"""
_GET = "SELECT record FROM records WHERE sandbox = ? AND kind = ? AND key = ?"
_PUT = (
    "INSERT INTO records (sandbox, kind, key, record) VALUES (?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET record = excluded.record"
)
_NEW = "INSERT OR IGNORE INTO records (sandbox, kind, key, record) VALUES (?, ?, ?, ?)"
_REPLACE = "UPDATE records SET record = ? WHERE sandbox = ? AND kind = ? AND key = ? AND record = ?"
_DELETE = "DELETE FROM records WHERE sandbox = ? AND kind = ? AND key = ?"
_SCAN = "SELECT key, record FROM records WHERE sandbox = ? AND kind = ? ORDER BY arrival"
_INCREMENT = (
    "INSERT INTO counters (sandbox, name, value) VALUES (?, ?, ?) "
    "ON CONFLICT DO UPDATE SET value = value + excluded.value RETURNING value"
)


class SqliteStore:
    """Records in a file, written down by `notation`.

    Args:
        path: the file; it is made if there is none, for its owner alone, since it holds secrets.

    Raises:
        BadValue: the file is something else, or of another version of mockwise.
        StateTrouble: it cannot be opened.
    """

    shared = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StateTrouble(
                f"{path} cannot be opened: {error.strerror}. Name another file with --state"
            ) from None
        with self._telling():
            self._database = sqlite3.connect(
                path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    def get(self, kind: Kind[R], sandbox: str, key: str) -> R | None:
        """See `Store.get`."""
        rows = self._ask(_GET, (sandbox, kind.name, notation.name(key)))
        return notation.read(kind, rows[0][0]) if rows else None

    def put(self, kind: Kind[R], sandbox: str, key: str, record: R) -> None:
        """See `Store.put`."""
        self._ask(_PUT, (sandbox, kind.name, notation.name(key), notation.write(record)))

    def delete(self, kind: Kind[R], sandbox: str, key: str) -> None:
        """See `Store.delete`."""
        self._ask(_DELETE, (sandbox, kind.name, notation.name(key)))

    def scan(self, kind: Kind[R], sandbox: str) -> Iterable[tuple[str, R]]:
        """See `Store.scan`."""
        return [
            (notation.name_of(key), notation.read(kind, record))
            for key, record in self._ask(_SCAN, (sandbox, kind.name))
        ]

    def replace(self, kind: Kind[R], sandbox: str, key: str, expected: R | None, new: R) -> bool:
        """See `Store.replace`."""
        place = (sandbox, kind.name, notation.name(key))
        if expected is None:
            return self._change(_NEW, (*place, notation.write(new)))
        return self._change(_REPLACE, (notation.write(new), *place, notation.write(expected)))

    def increment(self, sandbox: str, counter: str, by: int = 1) -> int:
        """See `Store.increment`."""
        ((value,),) = self._ask(_INCREMENT, (sandbox, counter, by))
        return int(value)

    def drop(self, sandbox: str) -> None:
        """See `Store.drop`."""
        with self._telling(), self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("DELETE FROM records WHERE sandbox = ?", (sandbox,))
            self._database.execute("DELETE FROM counters WHERE sandbox = ?", (sandbox,))

    def close(self) -> None:
        """See `Store.close`."""
        with self._lock:
            self._database.close()

    def _ask(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._telling(), self._lock:
            return self._database.execute(statement, values).fetchall()

    def _change(self, statement: str, values: Sequence[object]) -> bool:
        with self._telling(), self._lock:
            return self._database.execute(statement, values).rowcount == 1

    def _prepare(self) -> None:
        with self._telling():
            (whose,) = self._database.execute("PRAGMA application_id").fetchone()
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            (tables,) = self._database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables and whose != _OURS:
            raise BadValue(f"{self._path} is another program's database. Name another file with --state")
        if tables and version != _VERSION:
            raise BadValue(
                f"{self._path} is of another version of mockwise. Delete it, or name another file with --state"
            )
        with self._telling():
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(_TABLES)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say what is wrong with the file."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StateTrouble(f"the state in {self._path} cannot be reached: {error}") from None
        except sqlite3.DatabaseError as error:
            raise StateTrouble(
                f"{self._path} cannot be used as state: {error}. Delete it, or name another file with --state"
            ) from None
