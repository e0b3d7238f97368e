"""One token per `WiseAuth` and thread or event loop, fetched once however many are waiting for it."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from mockwise.client import AsyncWiseTransport, ClientRefused, ConnectionLost, WiseAuth, WiseTransport
from tests.client.support import HOST, START, Clock, Server, make_auth

ME = f"{HOST}/v1/me"
CROWD = 100


def open_async(auth: WiseAuth, server: Server) -> httpx.AsyncClient:
    """A client on the running loop."""
    return httpx.AsyncClient(transport=AsyncWiseTransport(httpx.MockTransport(server.ahandle)), auth=auth)


async def descriptor_guard(client: httpx.AsyncClient) -> list[httpx.Response | BaseException]:
    """A hundred calls at once."""
    return await asyncio.gather(*(client.get(ME) for _ in range(CROWD)), return_exceptions=True)


@pytest.mark.asyncio
async def test_a_hundred_tasks_share_one_fetch(clock: Clock, server: Server) -> None:
    """Single flight: at the start, and again after the token was revoked under all of them."""
    async with open_async(make_auth(clock), server) as client:
        for tokens in (1, 2):
            answers = await descriptor_guard(client)
            assert {a.status_code for a in answers if isinstance(a, httpx.Response)} == {200}
            assert len(answers) == CROWD
            assert len(server.token_requests) == tokens
            server.live = None


@pytest.mark.parametrize(
    ("trouble", "error"),
    [(httpx.Response(401), ClientRefused), (httpx.ConnectError("nobody"), ConnectionLost)],
)
@pytest.mark.asyncio
async def test_a_hundred_tasks_share_one_failure(
    trouble: httpx.Response | Exception, error: type[Exception], clock: Clock, server: Server
) -> None:
    """Otherwise each would wait for its own row of attempts; who comes later tries again."""
    server.tokens = [trouble] * 4
    async with open_async(make_auth(clock), server) as client:
        answers = await descriptor_guard(client)
        assert {type(a) for a in answers} == {error}
        assert len({id(a) for a in answers}) == CROWD
        server.tokens = []
        assert (await client.get(ME)).status_code == 200


@pytest.mark.asyncio
async def test_a_cancelled_fetcher_strands_nobody(clock: Clock, server: Server) -> None:
    """The next one in the row fetches."""
    begun, never = asyncio.Event(), asyncio.Event()
    waits = iter([never])

    async def answer(request: httpx.Request) -> httpx.Response:
        if (wait := next(waits, None)) is not None:
            begun.set()
            await wait.wait()
        return await server.ahandle(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=make_auth(clock)) as client:
        first = asyncio.create_task(client.get(ME))
        await begun.wait()
        others = [asyncio.create_task(client.get(ME)) for _ in range(5)]
        await asyncio.sleep(0)
        first.cancel()
        assert {a.status_code for a in await asyncio.gather(*others)} == {200}
        assert len(server.token_requests) == 1
        with pytest.raises(asyncio.CancelledError):
            await first


@pytest.mark.asyncio
async def test_an_ageing_token_is_used_while_somebody_renews_it(clock: Clock, server: Server) -> None:
    """Nobody waits for a renewal that is ahead of its time; when it is over the new one is used."""
    renewing, go = asyncio.Event(), asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token" and server.live is not None:
            renewing.set()
            await go.wait()
        return await server.ahandle(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=make_auth(clock)) as client:
        await client.get(ME)
        clock.now = START + 43199 - 60
        renewal = asyncio.create_task(client.get(ME))
        await renewing.wait()
        assert (await client.get(ME)).request.headers["Authorization"] == "Bearer token-1"
        go.set()
        assert (await renewal).request.headers["Authorization"] == "Bearer token-2"


@pytest.mark.asyncio
async def test_whoever_waited_takes_what_came_however_old(clock: Clock, server: Server) -> None:
    """A token that was slow to come is still one fetch for all, not one each."""
    server.fields = {"expires_in": 10}

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            clock.now += 60
        return await server.ahandle(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=make_auth(clock)) as client:
        await descriptor_guard(client)
    assert len(server.token_requests) == 1


def test_each_thread_has_a_token_of_its_own(clock: Clock, server: Server) -> None:
    """One per thread or worker, as Wise asks (docs/wise/lifetimes-and-formats.md#storage), from one `WiseAuth` and one client."""
    together = threading.Barrier(8)
    valid: set[str] = set()
    lock = threading.Lock()

    def answer(request: httpx.Request) -> httpx.Response:
        with lock:
            if request.url.path == "/oauth/token":
                given = server.handle(request)
                valid.add(f"Bearer {server.live}")
                return given
        return httpx.Response(200 if request.headers["Authorization"] in valid else 401)

    def work(_: int) -> set[str]:
        together.wait(10)
        answers = [client.get(ME) for _ in range(5)]
        assert {a.status_code for a in answers} == {200}
        return {a.request.headers["Authorization"] for a in answers}

    transport = WiseTransport(httpx.MockTransport(answer))
    with httpx.Client(transport=transport, auth=make_auth(clock)) as client, ThreadPoolExecutor(8) as pool:
        used = list(pool.map(work, range(8)))
    assert [len(tokens) for tokens in used] == [1] * 8
    assert len(set[str]().union(*used)) == len(server.token_requests) == 8


def test_each_loop_has_a_token_of_its_own_and_takes_it_along(clock: Clock, server: Server) -> None:
    """A closed loop leaves nothing; a sync client in the same thread has yet another token."""
    auth = make_auth(clock)

    async def once() -> None:
        async with open_async(auth, server) as client:
            await descriptor_guard(client)
            await descriptor_guard(client)

    for loops in (1, 2, 3):
        asyncio.run(once())
        assert len(server.token_requests) == loops
    with httpx.Client(transport=httpx.MockTransport(server.handle), auth=auth) as client:
        client.get(ME)
    assert len(server.token_requests) == 4
    assert len(auth._entries._loops) == 1  # what it keeps cannot be seen from outside


def test_a_forked_worker_does_not_inherit_a_token(
    clock: Clock, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One per worker, as Wise asks (docs/wise/lifetimes-and-formats.md#storage)."""
    with httpx.Client(transport=httpx.MockTransport(server.handle), auth=make_auth(clock)) as client:
        client.get(ME)
        monkeypatch.setattr(os, "getpid", lambda: -1)
        client.get(ME)
        client.get(ME)
    assert len(server.token_requests) == 2


def test_a_newer_token_is_not_forgotten_for_the_older_ones_sake(clock: Clock, server: Server) -> None:
    """A 401 says something of the token that was sent, not of the one that came meanwhile."""
    nested: list[int] = []

    def hook(response: httpx.Response) -> None:
        if response.status_code == 401 and not nested:
            nested.append(0)
            nested[0] = client.get(ME).status_code

    hooks = {"response": [hook]}
    with httpx.Client(
        transport=httpx.MockTransport(server.handle), auth=make_auth(clock), event_hooks=hooks
    ) as client:
        client.get(ME)
        server.live = None
        assert client.get(ME).status_code == 200
    assert nested == [200]
    assert len(server.token_requests) == 2
