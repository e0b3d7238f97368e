"""How handshakes learn what other mocks revoked, and what they do while the state is silent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from mockwise.errors import StorageError
from mockwise.sandbox.revocation_sync import RevocationSync
from mockwise.storage.threads import StoreThreads

LONG = 20.0  # seconds that no test takes


class Everything:
    """What is shared, and what a mock believes."""

    def __init__(self) -> None:
        self.serials: set[int] = set()
        self.revoked: set[int] = set()
        self.asked = 0
        self.begun, self.learnt, self.gate = threading.Event(), threading.Event(), threading.Event()
        self.gate.set()
        self.lost = False

    def revocations(self) -> int:
        """As `Commons` counts them."""
        self.asked += 1
        count = len(self.serials)
        self.begun.set()
        assert self.gate.wait(LONG)
        if self.lost:
            raise StorageError("the state does not answer")
        return count

    def revoked_serials(self) -> set[int]:
        """As `Commons` knows them."""
        return set(self.serials)

    def revoke(self, serial: int) -> None:
        """As `Trust` does."""
        self.revoked.add(serial)
        self.learnt.set()

    def forget(self, serials: set[int]) -> None:
        """As `Trust` does."""
        self.revoked -= serials


@pytest.fixture
def all_of_it() -> Everything:
    """Nothing is revoked yet."""
    return Everything()


@pytest.fixture
def made(all_of_it: Everything) -> Iterator[Callable[[float], RevocationSync]]:
    """What handshakes ask, with the time that they have."""
    threads = StoreThreads()
    yield lambda patience: RevocationSync(
        cast("Any", all_of_it), cast("Any", all_of_it), lambda _: None, threads, patience
    )
    all_of_it.gate.set()
    threads.stop()
    threads.join()


def test_a_handshake_knows_what_was_revoked_before_it(
    all_of_it: Everything, made: Callable[[float], RevocationSync]
) -> None:
    """Also if a look that began earlier is under way; many at the same time share one look."""

    async def ask() -> None:
        revocations = made(LONG)
        all_of_it.gate.clear()
        before = asyncio.ensure_future(revocations.poll())
        assert await asyncio.to_thread(all_of_it.begun.wait, LONG)
        all_of_it.serials.add(7)
        after = [asyncio.ensure_future(revocations.poll()) for _ in range(5)]
        await asyncio.sleep(0)
        all_of_it.gate.set()
        await before
        await asyncio.gather(*after)
        assert (all_of_it.revoked, all_of_it.asked) == ({7}, 2)
        all_of_it.serials.clear()
        await revocations.poll()
        assert (all_of_it.revoked, all_of_it.asked) == (set(), 3)

    asyncio.run(ask())


def test_while_the_state_is_silent_handshakes_go_on(
    all_of_it: Everything, made: Callable[[float], RevocationSync], caplog: pytest.LogCaptureFixture
) -> None:
    """With what was known; it is told once, and what changed is known when it speaks again."""

    async def ask() -> None:
        revocations = made(0.01)
        all_of_it.gate.clear()
        all_of_it.serials.add(7)
        for _ in range(3):
            await revocations.poll()
        assert all_of_it.revoked == set()
        all_of_it.gate.set()
        assert await asyncio.to_thread(all_of_it.learnt.wait, LONG)
        assert all_of_it.revoked == {7}

    asyncio.run(ask())
    assert len(caplog.records) == 1
    assert "did not answer within 0.01 seconds" in caplog.text


def test_a_lost_state_is_told_once_until_it_is_back(
    all_of_it: Everything, made: Callable[[float], RevocationSync], caplog: pytest.LogCaptureFixture
) -> None:
    """However many handshakes there are meanwhile."""

    async def ask() -> None:
        revocations = made(LONG)
        for lost in (True, True, False, True):
            all_of_it.lost = lost
            await revocations.poll()

    asyncio.run(ask())
    assert [record.getMessage() for record in caplog.records] == [
        "certificates are judged by what was known: the state does not answer"
    ] * 2
