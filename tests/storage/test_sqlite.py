"""The file: whose it is, what is wrong with it, and what several processes do with it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from mockwise.errors import InvalidValueError, StorageError
from mockwise.storage.deadlines import waiting_until
from mockwise.storage.location import check_state
from mockwise.storage.memory import MemoryStore
from mockwise.storage.opening import open_store
from mockwise.storage.sqlite import SqliteStore
from mockwise.storage.store import Kind
from tests.state.helpers import must_be_one

WORDS = Kind("word", str)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where there is no file yet."""
    return tmp_path / "state.db"


def test_what_is_kept_outlives_the_store(path: Path) -> None:
    """Records, counters and their order (storage.sqlite)."""
    with closing(SqliteStore(path)) as store:
        for key in "ba":
            store.put(WORDS, "box", key, key)
        store.increment("box", "n", 7)
    with closing(SqliteStore(path)) as store:
        assert list(store.scan(WORDS, "box")) == [("b", "b"), ("a", "a")]
        assert store.increment("box", "n", 0) == 7


def test_the_file_is_its_owners_alone(path: Path) -> None:
    """The file holds secrets, so its owner alone may read it."""
    with closing(SqliteStore(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_stores_on_one_file_are_one(path: Path) -> None:
    """Several mocks of a machine may share it (storage.sqlite)."""
    with closing(SqliteStore(path)) as one, closing(SqliteStore(path)) as two:
        must_be_one(one, two)


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"{}"])
def test_another_file_is_left_alone(path: Path, content: bytes) -> None:
    """What is no database is not written over (errors)."""
    path.write_bytes(content)
    with pytest.raises(
        StorageError, match=r"state\.db cannot be used as state: file is not a database. Delete it"
    ):
        SqliteStore(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_left_alone(path: Path) -> None:
    """Its tables stay as they are (errors)."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE theirs (a)")
    with pytest.raises(
        InvalidValueError, match=r"is another program's database. Name another file with --state"
    ):
        SqliteStore(path)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]


@pytest.mark.parametrize("version", [2, 99])
def test_another_versions_file_is_left_alone(path: Path, version: int) -> None:
    """Older or newer, it is told how to go on (errors)."""
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(
        InvalidValueError, match=r"is of another version of mockwise. Delete it, or name another file"
    ):
        SqliteStore(path)


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """A folder is no file, and in a folder that is not there is none (errors)."""
    with pytest.raises(
        StorageError, match=r"cannot be opened: Is a directory. Name another file with --state"
    ):
        SqliteStore(tmp_path)
    with pytest.raises(StorageError, match=r"cannot be opened: No such file or directory"):
        SqliteStore(tmp_path / "none" / "state.db")


def test_a_file_that_somebody_holds_is_trouble_until_they_let_go(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, and the next request tries again (storage.store)."""
    monkeypatch.setattr("mockwise.storage.sqlite._LONGEST_WAIT", 0.0)
    with closing(SqliteStore(path)) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(
            StorageError, match=r"the state in .*state\.db cannot be reached: database is locked"
        ) as caught:
            store.put(WORDS, "box", "k", "v")
        assert type(caught.value) is StorageError
        assert "Another process holds the file" in caught.value.reason
        with pytest.raises(StorageError, match=r"locked"):
            store.drop("box")
        other.execute("ROLLBACK")
        store.put(WORDS, "box", "k", "v")
        store.drop("box")


def test_who_only_reads_waits_for_nobody(path: Path) -> None:
    """Neither for who holds the file, nor for those of this process who wait for it (storage.sqlite)."""
    with closing(SqliteStore(path)) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        store.put(WORDS, "box", "k", "v")
        store.increment("box", "n", 7)
        other.execute("BEGIN IMMEDIATE")
        writer = threading.Thread(target=store.put, args=(WORDS, "box", "k", "new"))
        writer.start()
        assert (store.get(WORDS, "box", "k"), store.increment("box", "n", 0)) == ("v", 7)
        assert list(store.scan(WORDS, "box")) == [("k", "v")]
        assert store.increment("box", "none", 0) == 0
        other.execute("ROLLBACK")
        writer.join()
        assert store.get(WORDS, "box", "k") == "new"


def test_a_request_waits_for_the_file_no_longer_than_it_may(path: Path) -> None:
    """Nor for other threads of this process (storage.deadlines)."""
    with (
        closing(SqliteStore(path)) as store,
        waiting_until(time.monotonic() + 0.02),
        store._lock,
        pytest.raises(StorageError, match="did not answer within"),
    ):
        store.get(WORDS, "box", "k")


@pytest.mark.parametrize("names", [("",), ("", "-wal", "-shm")], ids=["the file", "all its files"])
def test_a_file_that_is_deleted_is_written_again(
    path: Path, names: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is lost, whichever of the mocks notices first; it is told (storage.sqlite)."""
    with closing(SqliteStore(path)) as one, closing(SqliteStore(path)) as two:
        one.put(WORDS, "box", "k", "v")
        for name in names:
            Path(f"{path}{name}").unlink()
        assert two.get(WORDS, "box", "k") == "v"
        one.put(WORDS, "box", "k", "new")
        assert two.get(WORDS, "box", "k") == "new"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.unlink()
        assert one.get(WORDS, "box", "k") == "new"
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2  # once by each, however often
    assert "state.db was deleted or replaced while the mock runs" in told[0]
    with closing(SqliteStore(path)) as store:
        assert store.get(WORDS, "box", "k") == "new"
    assert sorted(it.name for it in path.parent.iterdir()) == ["state.db"]


def test_a_file_that_is_put_there_meanwhile_is_not_written_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another mock may be quicker (storage.sqlite)."""
    with closing(SqliteStore(path)) as one:
        one.put(WORDS, "box", "k", "v")
        with closing(SqliteStore(path)) as two:
            path.unlink()
            link = os.link

            def late(copy: Path, file: Path) -> None:
                monkeypatch.undo()
                two.put(WORDS, "box", "k", "new")
                link(copy, file)

            monkeypatch.setattr("os.link", late)
            assert one.get(WORDS, "box", "k") == "new"


@pytest.mark.parametrize("content", [b"", b"no database" * 100])
def test_a_file_that_is_replaced_by_another_is_left_alone(path: Path, content: bytes) -> None:
    """It is told what to do, and the former one can be put back (storage.sqlite)."""
    away = path.with_name("away")
    with closing(SqliteStore(path)) as store:
        store.put(WORDS, "box", "k", "v")
        path.rename(away)
        path.write_bytes(content)
        for _ in range(2):
            with pytest.raises(
                StorageError, match="was replaced by another file while the mock runs"
            ) as caught:
                store.get(WORDS, "box", "k")
        assert "Put the former one back" in caught.value.reason
        assert path.read_bytes() == content
        away.rename(path)
        assert store.get(WORDS, "box", "k") == "v"


def test_another_state_in_the_place_of_a_file_is_left_alone(path: Path) -> None:
    """Also while somebody holds it (storage.sqlite)."""
    other = path.with_name("other.db")
    SqliteStore(other).close()
    with closing(SqliteStore(path)) as store:
        other.rename(path)
        with pytest.raises(StorageError, match="was replaced"):
            store.get(WORDS, "box", "k")
        with closing(sqlite3.connect(path, isolation_level=None)) as subject:
            subject.execute("PRAGMA journal_mode = DELETE")
            subject.execute("BEGIN EXCLUSIVE")
            with waiting_until(time.monotonic() + 0.02), pytest.raises(StorageError, match=r"locked|within"):
                store.get(WORDS, "box", "k")


def test_a_file_that_cannot_be_written_again_is_told(path: Path) -> None:
    """Its folder went with it; once that is back, so is the file (storage.sqlite)."""
    folder = path.parent / "folder"
    folder.mkdir()
    with closing(SqliteStore(folder / "state.db")) as store:
        store.put(WORDS, "box", "k", "v")
        shutil.rmtree(folder)
        with pytest.raises(
            StorageError, match="was deleted while the mock runs, and cannot be written again: No such"
        ):
            store.get(WORDS, "box", "k")
        folder.mkdir()
        assert store.get(WORDS, "box", "k") == "v"


def test_a_file_is_the_same_wherever_the_process_goes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name may be relative (storage.sqlite)."""
    monkeypatch.chdir(path.parent)
    with closing(SqliteStore(Path(path.name))) as store:
        store.put(WORDS, "box", "k", "v")
        monkeypatch.chdir("/")
        assert store.get(WORDS, "box", "k") == "v"


def test_what_the_file_refuses_is_told_at_once(path: Path) -> None:
    """Nobody holds it, so that waiting does not help: a full disk, a file that may only be read (errors)."""
    with closing(SqliteStore(path)) as store:
        store._database.execute("PRAGMA query_only = 1")
        with pytest.raises(StorageError, match=r"cannot be reached: attempt to write a readonly database"):
            store.put(WORDS, "box", "k", "v")
        assert store.get(WORDS, "box", "k") is None


def test_a_closed_store_says_so(path: Path) -> None:
    """A request that comes late meets an error of ours (errors)."""
    store = SqliteStore(path)
    store.close()
    with pytest.raises(StorageError, match=r"closed"):
        store.get(WORDS, "box", "k")


@pytest.mark.parametrize(
    "state", ["state.db", "/a/b", "redis://h:1/0", "rediss://h", "unix:///s", "valkey://h/1"]
)
def test_a_state_is_a_file_or_a_server(state: str) -> None:
    """Both drivers' ways to name a server (storage.opening)."""
    assert check_state(state) == state


@pytest.mark.parametrize("state", ["", "http://h", "postgres://h/db", "file://x"])
def test_another_state_is_refused(state: str) -> None:
    """It says what can be named (errors)."""
    with pytest.raises(InvalidValueError, match=r"name a file, or a server as redis://HOST:PORT/0"):
        check_state(state)


def test_a_server_needs_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra, and the error names it (storage.opening)."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert check_state("state.db") == "state.db"
    with pytest.raises(InvalidValueError, match=r"pip install 'mockwise\[redis\]'"):
        check_state("redis://h")


def test_a_state_opens_its_store(path: Path) -> None:
    """In memory, unless a place is named (storage.opening)."""
    memory = open_store(None)
    memory.close()
    assert isinstance(memory, MemoryStore)
    with closing(open_store(str(path))) as store:
        assert isinstance(store, SqliteStore)
