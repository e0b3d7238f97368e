"""Time that a test moves by hand, threads that start together, a plain exchange, and a store that shows its records."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from typing_extensions import override

from mockwise.journal.journal import Exchange
from mockwise.storage.memory import MemoryStore
from mockwise.storage.store import Kind, Store

R = TypeVar("R")
_WORDS = Kind("word", str)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class FakeClock:
    """A wall clock for tests: it shows what it is set to and moves when told."""

    def __init__(self, time: datetime = NOON) -> None:
        self.time = time

    def __call__(self) -> datetime:
        """The real time, as far as the test is concerned."""
        return self.time

    def move(self, by: timedelta) -> None:
        """Let that much real time pass."""
        self.time += by


def together(threads: int, work: Callable[[int], R]) -> list[R]:
    """Run `work(0)` ... `work(threads - 1)` at the same time; an exception of any is raised here."""
    barrier = threading.Barrier(threads)

    def started(number: int) -> R:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(started, range(threads)))


def must_be_one(one: Store, two: Store) -> None:
    """Two stores of one place are one: what happens once happens once over both, and what is counted is counted once."""
    stores = (one, two)
    assert together(2, lambda n: stores[n].replace(_WORDS, "box", "name", None, str(n))).count(True) == 1
    given = together(2, lambda n: [stores[n].increment("box", "n") for _ in range(100)])
    assert sorted([*given[0], *given[1]]) == list(range(1, 201))
    one.drop("box")
    assert two.get(_WORDS, "box", "name") is None


def exchange(number: int) -> Exchange:
    """A plain exchange with that number."""
    return Exchange(
        number=number,
        time=NOON,
        wall_time=NOON,
        duration=timedelta(milliseconds=1),
        sandbox="default",
        host="mtls",
        connection="c1",
        open_connections=1,
        tls_version="TLSv1.3",
        cipher="TLS_AES_256_GCM_SHA384",
        certificate=None,
        client_id="app",
        grant_type="client_credentials",
        token=None,
        token_kind=None,
        link=None,
        fingerprint="f1",
        method="POST",
        path="/oauth/token",
        query="",
        request_headers=(),
        request_body="",
        status=200,
        response_headers=(),
        response_body="",
        fault=None,
        reason=None,
        trace_id="0" * 32,
    )


class OpenStore(MemoryStore):
    """A store that can be asked which records it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.held: set[tuple[str, str, str]] = set()

    @override
    def put(self, kind: Kind[R], sandbox: str, key: str, record: R) -> None:
        super().put(kind, sandbox, key, record)
        self.held.add((sandbox, kind.name, key))

    @override
    def delete(self, kind: Kind[R], sandbox: str, key: str) -> None:
        super().delete(kind, sandbox, key)
        self.held.discard((sandbox, kind.name, key))

    @override
    def replace(self, kind: Kind[R], sandbox: str, key: str, expected: R | None, new: R) -> bool:
        done = super().replace(kind, sandbox, key, expected, new)
        if done:
            self.held.add((sandbox, kind.name, key))
        return done

    @override
    def drop(self, sandbox: str) -> None:
        super().drop(sandbox)
        self.held = {entry for entry in self.held if entry[0] != sandbox}


class Entry:
    """What tells a plain exchange with that number."""

    def __init__(self, number: int, size: int = 1) -> None:
        self.number = number
        self.size = size

    def exchange(self) -> Exchange:
        """The exchange that this entry stands for."""
        return exchange(self.number)
