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


class FakeSharedState:
    """A shared state and a mock's trust, which record what is asked and revoked."""

    def __init__(self) -> None:
        self.serials: set[int] = set()
        self.revoked: set[int] = set()
        self.asked = 0
        self.begun, self.learnt, self.may_answer = threading.Event(), threading.Event(), threading.Event()
        self.may_answer.set()
        self.lost = False

    def revocations(self) -> int:
        """The count of revocations, as the shared state gives it."""
        self.asked += 1
        count = len(self.serials)
        self.begun.set()
        assert self.may_answer.wait(LONG)
        if self.lost:
            raise StorageError("the state does not answer")
        return count

    def revoked_serials(self) -> set[int]:
        """The revoked serials, as the shared state gives them."""
        return set(self.serials)

    def revoke(self, serial: int) -> None:
        """Revoke a serial, as the mock's trust does."""
        self.revoked.add(serial)
        self.learnt.set()

    def forget(self, serials: set[int]) -> None:
        """Forget revoked serials, as the mock's trust does."""
        self.revoked -= serials


@pytest.fixture
def shared() -> FakeSharedState:
    """A shared state in which nothing is revoked yet."""
    return FakeSharedState()


@pytest.fixture
def made(shared: FakeSharedState) -> Iterator[Callable[[float], RevocationSync]]:
    """What handshakes ask, with the time that they have."""
    threads = StoreThreads()
    yield lambda patience: RevocationSync(
        cast("Any", shared), cast("Any", shared), lambda _: None, threads, patience
    )
    shared.may_answer.set()
    threads.stop()
    threads.join()


def test_a_handshake_knows_what_was_revoked_before_it(
    shared: FakeSharedState, made: Callable[[float], RevocationSync]
) -> None:
    """Also if a look that began earlier is under way; many at the same time share one look."""

    async def ask() -> None:
        revocations = made(LONG)
        shared.may_answer.clear()
        before = asyncio.ensure_future(revocations.poll())
        assert await asyncio.to_thread(shared.begun.wait, LONG)
        shared.serials.add(7)
        after = [asyncio.ensure_future(revocations.poll()) for _ in range(5)]
        await asyncio.sleep(0)
        shared.may_answer.set()
        await before
        await asyncio.gather(*after)
        assert (shared.revoked, shared.asked) == ({7}, 2)
        shared.serials.clear()
        await revocations.poll()
        assert (shared.revoked, shared.asked) == (set(), 3)

    asyncio.run(ask())


def test_while_the_state_is_silent_handshakes_go_on(
    shared: FakeSharedState, made: Callable[[float], RevocationSync], caplog: pytest.LogCaptureFixture
) -> None:
    """With what was known; it is told once, and what changed is known when it speaks again."""

    async def ask() -> None:
        revocations = made(0.01)
        shared.may_answer.clear()
        shared.serials.add(7)
        for _ in range(3):
            await revocations.poll()
        assert shared.revoked == set()
        shared.may_answer.set()
        assert await asyncio.to_thread(shared.learnt.wait, LONG)
        assert shared.revoked == {7}

    asyncio.run(ask())
    assert len(caplog.records) == 1
    assert "did not answer within 0.01 seconds" in caplog.text


def test_a_lost_state_is_told_once_until_it_is_back(
    shared: FakeSharedState, made: Callable[[float], RevocationSync], caplog: pytest.LogCaptureFixture
) -> None:
    """However many handshakes there are meanwhile."""

    async def ask() -> None:
        revocations = made(LONG)
        for lost in (True, True, False, True):
            shared.lost = lost
            await revocations.poll()

    asyncio.run(ask())
    assert [record.getMessage() for record in caplog.records] == [
        "certificates are judged by what was known: the state does not answer"
    ] * 2
