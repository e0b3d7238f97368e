"""A server that can be held up while it makes a token, and callers of it in threads and loops of their own."""

from __future__ import annotations

import asyncio
import threading

import httpx

from mockwise.client import AsyncWiseTransport, UserAuth, WiseTransport
from tests.client.support import HOST, Server

ME = f"{HOST}/v1/me"
LONG = 20
"""Seconds after which a test that hangs fails."""


class PausedServer:
    """A server that can hold back its tokens, and handles one request at a time."""

    def __init__(self) -> None:
        self.server = Server()
        self.begun, self.go = threading.Event(), threading.Event()
        self.go.set()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let the next token request wait."""
        self.begun.clear()
        self.go.clear()

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a sync client."""
        if request.url.path == "/oauth/token":
            self.begun.set()
            assert self.go.wait(LONG)
        with self._lock:
            return self.server.handle(request)

    async def ahandle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an async client, whose loop goes on meanwhile."""
        await request.aread()
        if request.url.path == "/oauth/token":
            self.begun.set()
            assert await asyncio.to_thread(self.go.wait, LONG)
        with self._lock:
            return self.server.handle(request)


def sync_call(auth: UserAuth, paused: PausedServer, url: str = ME) -> str:
    """The token that a sync call was answered with 200 to."""
    with httpx.Client(transport=WiseTransport(httpx.MockTransport(paused.handle)), auth=auth) as client:
        answer = client.get(url)
    assert answer.status_code == 200
    return answer.request.headers["Authorization"]


def async_calls(auth: UserAuth, paused: PausedServer, tasks: int = 1) -> set[str]:
    """The tokens that so many async calls were answered with 200 to, in a loop of their own."""

    async def descriptor_guard() -> list[httpx.Response]:
        transport = AsyncWiseTransport(httpx.MockTransport(paused.ahandle))
        async with httpx.AsyncClient(transport=transport, auth=auth) as client:
            return await asyncio.gather(*(client.get(ME) for _ in range(tasks)))

    answers = asyncio.run(descriptor_guard())
    assert {answer.status_code for answer in answers} == {200}
    return {answer.request.headers["Authorization"] for answer in answers}
