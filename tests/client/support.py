"""A server that does as it is told, a clock that never waits, and one way to call that is sync or async."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import httpx

from mockwise.client import AsyncWiseTransport, RetryPolicy, Token, UserAuth, WiseAuth, WiseTransport

HOST = "https://wise.test"
ID, SECRET = "the-client", "the-very-secret"
REFRESH = "the-refresh/token"
BASIC = "dGhlLWNsaWVudDp0aGUtdmVyeS1zZWNyZXQ="
START = 1_800_000_000.0

Answer = httpx.Response | Exception


class Clock:
    """Seconds since 1970; sleeping moves it."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    def __call__(self) -> float:
        """The time that the clock shows."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Sleep as long as it takes to add."""
        self.slept.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        """The same, and let others run."""
        self.sleep(seconds)
        await asyncio.sleep(0)


class Server:
    """A scripted server: `tokens` and `calls` are its next answers; without any it does its job."""

    def __init__(self) -> None:
        self.tokens: list[Answer] = []
        self.calls: list[Answer] = []
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []
        self.live: str | None = None
        self.during: Callable[[], object] = lambda: (
            None
        )  # what happens while a token is made, or answers instead
        self.fields: dict[str, object] = {"token_type": "bearer", "expires_in": 43199, "scope": "transfers"}

    @property
    def token_requests(self) -> list[httpx.Request]:
        """Those that asked for a token."""
        return [request for request in self.requests if request.url.path.endswith("/oauth/token")]

    @property
    def forms(self) -> list[dict[str, str]]:
        """The parameters of the token requests."""
        return [dict(parse_qsl(request.content.decode())) for request in self.token_requests]

    @property
    def api_requests(self) -> list[httpx.Request]:
        """The requests that were no token requests."""
        return [request for request in self.requests if not request.url.path.endswith("/oauth/token")]

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a sync client."""
        self.bodies.append(request.read())
        return self._answer(request)

    async def ahandle(self, request: httpx.Request) -> httpx.Response:
        """Answer an async client, after others had their turn."""
        self.bodies.append(await request.aread())
        await asyncio.sleep(0)
        return self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        is_token = request.url.path.endswith("/oauth/token")
        script = self.tokens if is_token else self.calls
        if script:
            answer = script.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)
        if is_token:
            if isinstance(instead := self.during(), httpx.Response):
                return instead
            self.live = f"token-{len(self.token_requests)}"
            return httpx.Response(200, json={"access_token": self.live} | self.fields)
        if request.headers.get("Authorization") == f"Bearer {self.live}":
            return httpx.Response(200, json={})
        return httpx.Response(401, json={"error": "invalid_token", "error_description": "Invalid token"})


def parts() -> Iterator[bytes]:
    """A body that can be sent once."""
    yield b"once"


async def aparts() -> AsyncIterator[bytes]:
    """The same for an async client."""
    yield b"once"


class Caller:
    """A client, sync or async, whose calls read the same; an async one keeps one event loop."""

    def __init__(
        self,
        kind: str,
        auth: httpx.Auth,
        server: Server | None = None,
        *,
        verify: ssl.SSLContext | None = None,
        wrap: bool = True,
        **options: Any,
    ) -> None:
        self.is_async = kind == "async"
        self._runner = asyncio.Runner() if self.is_async else None
        if self._runner is not None:
            inner: Any = (
                httpx.MockTransport(server.ahandle)
                if server
                else httpx.AsyncHTTPTransport(verify=verify or True)
            )
            self.async_client = httpx.AsyncClient(
                transport=AsyncWiseTransport(inner) if wrap else inner, auth=auth, **options
            )
        else:
            inner = (
                httpx.MockTransport(server.handle) if server else httpx.HTTPTransport(verify=verify or True)
            )
            self.client = httpx.Client(
                transport=WiseTransport(inner) if wrap else inner, auth=auth, **options
            )

    def get(self, url: str = f"{HOST}/v1/me", **options: Any) -> httpx.Response:
        """Make a GET request."""
        return self.request("GET", url, **options)

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Make a request with any method."""
        if self._runner is not None:
            return self._runner.run(self.async_client.request(method, url, **options))
        return self.client.request(method, url, **options)

    def close(self) -> None:
        """Close the client and its event loop."""
        if self._runner is not None:
            self._runner.run(self.async_client.aclose())
            self._runner.close()
        else:
            self.client.close()


MakeCaller = Callable[..., Caller]


def make_auth(clock: Clock, **options: Any) -> WiseAuth:
    """A `WiseAuth` on a clock of its own that draws the longest lot."""
    chosen: dict[str, Any] = {"clock": clock, "pace": make_pace(clock)} | options
    return WiseAuth(ID, SECRET, **chosen)


def make_user(clock: Clock, refresh_token: str | Token = REFRESH, **options: Any) -> UserAuth:
    """The same for a user who has linked the account."""
    chosen: dict[str, Any] = {"clock": clock, "pace": make_pace(clock)} | options
    return UserAuth(ID, SECRET, refresh_token, **chosen)


def make_pace(clock: Clock, **options: Any) -> RetryPolicy:
    """A pace that never waits in truth."""
    return RetryPolicy(**{"sleep": clock.sleep, "asleep": clock.asleep, "draw": lambda: 1.0} | options)
