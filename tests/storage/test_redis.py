"""The server: what it holds, and what happens while it is lost or slow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mockwise.errors import InvalidValueError, StorageError
from mockwise.storage.deadlines import waiting_until
from mockwise.storage.opening import open_store
from mockwise.storage.redis import RETRY_PAUSE, RedisStore
from mockwise.storage.store import Kind
from tests.redis_server import RedisServer
from tests.state.helpers import must_be_one

WORDS = Kind("word", str)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of the test's own, which it may lose."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that passes when the test appends to it."""
    moments = [0.0]
    monkeypatch.setattr("mockwise.storage.redis.monotonic", lambda: sum(moments))
    return moments


def test_two_stores_on_one_server_are_one(empty_redis: RedisServer) -> None:
    """That is what it is for (storage.redis)."""
    with closing(RedisStore(empty_redis.url)) as one, closing(RedisStore(empty_redis.url)) as two:
        must_be_one(one, two)


def test_what_is_dropped_leaves_nothing(empty_redis: RedisServer) -> None:
    """Memory stays flat over days of sandboxes (storage.redis)."""
    with closing(RedisStore(empty_redis.url)) as store:
        before = empty_redis.keys()
        for n in range(10):
            store.put(WORDS, f"box {n}", "k", "v")
            store.increment(f"box {n}", "c")
            store.drop(f"box {n}")
        assert set(empty_redis.keys()) - set(before) == {b"mockwise/arrivals"}
        assert all(key.startswith(b"mockwise/") for key in empty_redis.keys())  # noqa: SIM118  it is a method


def test_a_lost_server_is_told_and_found_again(server: RedisServer, passing: list[float]) -> None:
    """The error names it; when it is back, so is the store (errors)."""
    with closing(RedisStore(server.url)) as store:
        store.put(WORDS, "box", "k", "v")
        server.stop()
        with pytest.raises(
            StorageError, match=r"the state at unix:///.*redis\.sock does not answer \(.+\). See to"
        ):
            store.get(WORDS, "box", "k")
        server.start()
        with pytest.raises(StorageError, match=r"does not answer"):  # it rests, so that nobody waits in vain
            store.get(WORDS, "box", "k")
        passing.append(RETRY_PAUSE)
        assert store.get(WORDS, "box", "k") is None
        store.put(WORDS, "box", "k", "new")
        assert store.get(WORDS, "box", "k") == "new"


def test_a_slow_server_is_told_and_found_again(server: RedisServer, passing: list[float]) -> None:
    """No request waits longer than the patience that the URL may name (storage.redis)."""
    with closing(RedisStore(f"{server.url}&socket_timeout=0.05")) as store:
        store.put(WORDS, "box", "k", "v")
        server.stand_still()
        with pytest.raises(StorageError, match=r"does not answer.*[Tt]ime"):
            store.get(WORDS, "box", "k")
        server.go_on()
        passing.append(RETRY_PAUSE)
        assert _soon(store, passing) == "v"


def _soon(store: RedisStore, passing: list[float]) -> str | None:
    """What is there, once the server has caught its breath."""
    for _ in range(200):
        try:
            return store.get(WORDS, "box", "k")
        except StorageError:
            passing.append(RETRY_PAUSE)
            time.sleep(0.01)  # the server's own, on a loaded machine
    return None


@pytest.mark.parametrize(
    ("setting", "value", "before"), [("maxmemory", "1", "0"), ("min-replicas-to-write", "1", "0")]
)
def test_what_a_server_refuses_keeps_nobody_from_reading(
    server: RedisServer, setting: str, value: str, before: str
) -> None:
    """It ran out of memory, or may only be read: it answers, so that it needs no rest (storage.redis)."""
    with closing(RedisStore(server.url)) as store:
        store.put(WORDS, "box", "k", "v")
        store.increment("box", "n", 7)
        server.set(setting, value)
        with pytest.raises(
            StorageError, match=r"the state at unix://.* refuses a command \(.+\). See to"
        ) as caught:
            store.put(WORDS, "box", "k", "new")
        assert "refuses a command" in caught.value.reason
        assert (store.get(WORDS, "box", "k"), store.increment("box", "n", 0)) == ("v", 7)
        assert store.increment("box", "none", 0) == 0
        server.set(setting, before)
        store.put(WORDS, "box", "k", "new")


def test_who_was_told_that_it_took_too_long_asks_nothing_more(server: RedisServer) -> None:
    """So that nothing is spent for nobody (storage.deadlines)."""
    with (
        closing(RedisStore(server.url)) as store,
        waiting_until(0.0),
        pytest.raises(StorageError, match="did not answer within"),
    ):
        store.put(WORDS, "box", "k", "v")


def test_no_server_is_told_at_the_start(tmp_path: Path) -> None:
    """The message shows no password (errors)."""
    with pytest.raises(StorageError, match=r"does not answer") as caught:
        open_store("redis://user:s3cret@127.0.0.1:1/0?socket_timeout=0.5")
    assert "redis://127.0.0.1:1/0" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(StorageError, match=r"unix://"):
        open_store(f"unix://{tmp_path}/none.sock")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:port/0", "redis://127.0.0.1/0?nonsense=1"])
def test_a_url_that_cannot_be_used_is_told(url: str) -> None:
    """It says what is wrong with it (errors)."""
    with pytest.raises(InvalidValueError, match=r"the state's URL cannot be used: "):
        open_store(url)


@pytest.mark.parametrize("version", ["2", "99"])
def test_another_versions_state_is_left_alone(empty_redis: RedisServer, version: str) -> None:
    """Older or newer, it is told how to go on (errors)."""
    empty_redis.put_aside("mockwise/format", version)
    with pytest.raises(
        InvalidValueError, match=r"is of another version of mockwise: take another database of that server"
    ):
        RedisStore(empty_redis.url)


def test_valkey_is_spoken_to_as_redis() -> None:
    """Both have one protocol; only the URL is named otherwise (storage.opening)."""
    with pytest.raises(StorageError, match=r"redis://127.0.0.1:1/0 does not answer"):
        open_store("valkey://127.0.0.1:1/0")
