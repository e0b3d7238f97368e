"""One refresh for all threads and event loops of a user: whoever comes meanwhile waits, and uses what it brings."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from mockwise.client import LinkBroken, Token, UserAuth
from mockwise.client.single_flight import Waiter
from tests.client.paused_server import LONG, ME, PausedServer, async_calls, sync_call
from tests.client.support import HOST, REFRESH, START, Clock, make_user


@pytest.fixture
def paused() -> PausedServer:
    """A server that does not hold its tokens back yet."""
    return PausedServer()


@pytest.fixture
def seated(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Counts those who wait for a refresh, whatever they are."""
    waiting = threading.Semaphore(0)
    wait, await_ = Waiter.wait, Waiter.await_

    def counted(waiter: Waiter) -> object:
        waiting.release()
        return wait(waiter)

    def acounted(waiter: Waiter) -> object:
        waiting.release()
        return await_(waiter)

    monkeypatch.setattr(Waiter, "wait", counted)
    monkeypatch.setattr(Waiter, "await_", acounted)
    return waiting


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """A pool of threads that make the calls."""
    with ThreadPoolExecutor(32) as threads:
        yield threads


def sync_leader(auth: UserAuth, paused: PausedServer) -> set[str]:
    """Refresh the token from a sync call in a thread."""
    return {sync_call(auth, paused)}


@pytest.mark.parametrize("leader", [sync_leader, async_calls])
def test_threads_and_loops_share_one_refresh(
    *,
    leader: Callable[[UserAuth, PausedServer], set[str]],
    clock: Clock,
    paused: PausedServer,
    seated: threading.Semaphore,
    pool: ThreadPoolExecutor,
) -> None:
    """At the start; again at half of the life, when nobody may use the older token; and after a revocation."""
    told: list[Token] = []
    auth = make_user(clock, on_token=told.append)
    for tokens, seconds in ((1, 0.0), (2, 43199 / 2), (3, 43199 / 2)):
        clock.now = START + seconds
        paused.close()
        first = pool.submit(leader, auth, paused)
        assert paused.begun.wait(LONG)
        threads = [pool.submit(sync_call, auth, paused) for _ in range(8)]
        loops = [pool.submit(async_calls, auth, paused, 10) for _ in range(3)]
        for _ in range(8 + 3 * 10):
            assert seated.acquire(timeout=LONG)
        paused.go.set()
        used = {one.result(LONG) for one in threads} | first.result(LONG)
        assert used.union(*(one.result(LONG) for one in loops)) == {f"Bearer token-{tokens}"}
        assert len(paused.server.token_requests) == len(told) == tokens
        assert len(paused.server.api_requests) % 39 == (tokens == 3)  # the leader's own 401
        paused.server.live = None if tokens == 2 else paused.server.live


def test_all_share_one_broken_link(
    clock: Clock, paused: PausedServer, seated: threading.Semaphore, pool: ThreadPoolExecutor
) -> None:
    """Nobody else asks with the dead token."""
    auth = make_user(clock)
    paused.server.tokens = [httpx.Response(400, json={"error": "invalid_grant"})]
    paused.close()
    calls: list[Future[object]] = [pool.submit(sync_call, auth, paused)]
    assert paused.begun.wait(LONG)
    calls += [pool.submit(sync_call, auth, paused) for _ in range(4)]
    calls += [pool.submit(async_calls, auth, paused) for _ in range(4)]
    for _ in range(8):
        assert seated.acquire(timeout=LONG)
    paused.go.set()
    raised = [call.exception(LONG) for call in calls]
    assert {type(error) for error in raised} == {LinkBroken}
    assert len({id(error) for error in raised}) == 9
    assert len(paused.server.requests) == 1


def test_a_call_with_a_token_that_was_replaced_meanwhile_is_just_repeated(
    clock: Clock, paused: PausedServer, pool: ThreadPoolExecutor
) -> None:
    """A refresh is the end of the older token (docs/wise/lifetimes-and-formats.md#what-ends-a-token): the 401 of a call that was on its way says no more."""
    auth = make_user(clock)
    sent, refreshed = threading.Event(), threading.Event()

    def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/slow" and not sent.is_set():
            sent.set()
            assert refreshed.wait(LONG)
        return paused.handle(request)

    def call() -> httpx.Response:
        with httpx.Client(transport=httpx.MockTransport(slow), auth=auth) as client:
            return client.get(f"{HOST}/slow")

    sync_call(auth, paused)
    on_its_way = pool.submit(call)
    assert sent.wait(LONG)
    clock.now = START + 43199 / 2
    assert sync_call(auth, paused) == "Bearer token-2"
    refreshed.set()
    answer = on_its_way.result(LONG)
    assert (answer.status_code, answer.request.headers["Authorization"]) == (200, "Bearer token-2")
    assert len(paused.server.token_requests) == 2
    assert len(paused.server.api_requests) == 4


@pytest.mark.asyncio
async def test_a_loop_goes_on_while_a_thread_refreshes(
    clock: Clock, paused: PausedServer, seated: threading.Semaphore, pool: ThreadPoolExecutor
) -> None:
    """And one who is cancelled while he waits takes nobody with him."""
    auth = make_user(clock)
    paused.close()
    first = pool.submit(sync_call, auth, paused)
    assert paused.begun.wait(LONG)
    transport = httpx.MockTransport(paused.ahandle)
    async with httpx.AsyncClient(transport=transport, auth=auth) as client:
        tasks = [asyncio.create_task(client.get(ME)) for _ in range(3)]
        for _ in tasks:
            assert await asyncio.to_thread(seated.acquire, timeout=LONG)
        tasks[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        paused.go.set()  # by this loop, which therefore is not blocked
        assert {answer.status_code for answer in await asyncio.gather(*tasks[1:])} == {200}
    assert first.result(LONG) == "Bearer token-1"
    assert len(paused.server.token_requests) == 1


@pytest.mark.asyncio
async def test_a_cancelled_refresh_strands_nobody(
    clock: Clock, paused: PausedServer, seated: threading.Semaphore, pool: ThreadPoolExecutor
) -> None:
    """One of those who waited, in a thread or a loop, makes the next; the others wait for that."""
    auth = make_user(clock)
    begun, never = asyncio.Event(), asyncio.Event()

    async def stuck(_: httpx.Request) -> httpx.Response:
        begun.set()
        await never.wait()
        return httpx.Response(500)

    async with httpx.AsyncClient(transport=httpx.MockTransport(stuck), auth=auth) as client:
        leader = asyncio.create_task(client.get(ME))
        await begun.wait()
        others = [pool.submit(sync_call, auth, paused) for _ in range(4)]
        loops = [pool.submit(async_calls, auth, paused, 4) for _ in range(2)]
        for _ in range(4 + 2 * 4):
            assert await asyncio.to_thread(seated.acquire, timeout=LONG)
        leader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
    used = {other.result(LONG) for other in others}.union(*(loop.result(LONG) for loop in loops))
    assert used == {"Bearer token-1"}
    assert len(paused.server.token_requests) == 1


@pytest.mark.asyncio
async def test_a_sync_call_that_blocks_the_refreshing_loop_is_an_error(
    clock: Clock, paused: PausedServer
) -> None:
    """It would wait for ever for a task that cannot go on."""
    auth = make_user(clock)
    paused.close()
    async with httpx.AsyncClient(transport=httpx.MockTransport(paused.ahandle), auth=auth) as client:
        task = asyncio.create_task(client.get(ME))
        assert await asyncio.to_thread(paused.begun.wait, LONG)
        with pytest.raises(RuntimeError, match="block the event loop"):
            sync_call(auth, paused)
        paused.go.set()
        assert (await task).status_code == 200
    assert sync_call(auth, paused) == "Bearer token-1"


def test_a_forked_worker_inherits_the_token_and_nothing_half_done(
    clock: Clock, paused: PausedServer, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refresh of its own would end its parent's token; a lock or a refresh of its parent's would never end."""
    auth, childs = make_user(clock), PausedServer()
    childs.server.live = "token-1"
    sync_call(auth, paused)
    clock.now = START + 43199 / 2
    paused.close()
    parents = pool.submit(sync_call, auth, paused)
    assert paused.begun.wait(LONG)
    slot = auth._shared.for_process()  # to hold its lock; a true fork beside threads is a warning
    with slot._lock, monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: -1)
        clock.now = START
        assert pool.submit(sync_call, auth, childs).result(LONG) == "Bearer token-1"
        assert childs.server.token_requests == []
        childs.server.live = None
        assert pool.submit(sync_call, auth, childs).result(LONG) == "Bearer token-1"
        assert childs.server.forms == [{"grant_type": "refresh_token", "refresh_token": REFRESH}]
    paused.go.set()
    assert parents.result(LONG) == "Bearer token-2"
