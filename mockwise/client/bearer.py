"""The base class of `WiseAuth` and `UserAuth`: how a call gets its bearer token, and what follows a 401."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from dataclasses import replace
from datetime import timedelta

import httpx

from mockwise.client.errors import WiseError
from mockwise.client.origins import AllowedOrigins, token_endpoint
from mockwise.client.retry import RetryPolicy
from mockwise.client.single_flight import SingleFlight, Waiter
from mockwise.client.token import CachedToken
from mockwise.client.token_cache import CacheEntry
from mockwise.client.token_exchange import FAILURE, BasicAuthCredentials, TokenExchange, same_origin

_UNAUTHORIZED = 401


class Bearer(httpx.Auth):
    """Bearer tokens for an httpx client, fetched over that client's own connections."""

    def __init__(
        self,
        credentials: BasicAuthCredentials,
        *,
        token_url: str | None,
        origins: Iterable[str],
        leeway: float | timedelta | None,
        clock: Callable[[], float],
        pace: RetryPolicy,
    ) -> None:
        self._credentials = credentials
        self._token_url = None if token_url is None else str(token_endpoint(token_url, httpx.URL()))
        self._origins = AllowedOrigins(origins)
        self._leeway = leeway.total_seconds() if isinstance(leeway, timedelta) else leeway
        self._clock = clock
        self._pace = pace

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of client {self._credentials.client_id!r}>"

    @abstractmethod
    def _thread_entry(self) -> CacheEntry:
        """The cache entry for a sync call in this thread."""

    @abstractmethod
    def _loop_entry(self) -> CacheEntry:
        """The cache entry for an async call in this event loop."""

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield the requests of one call to httpx: token requests if needed, then the call itself, at most twice."""
        self._origins.admit(request.url)
        can_repeat, repeated = _can_repeat(request), False
        entry = self._thread_entry()
        while True:
            cached: CachedToken | float | None = None
            while not isinstance(cached, CachedToken):
                acquired = entry.acquire(self._clock())
                if isinstance(acquired, CachedToken):
                    cached = acquired
                elif isinstance(acquired, Waiter):
                    cached = acquired.wait()
                else:
                    with entry.leading(acquired):
                        exchange = self._exchange(acquired, request)
                        while True:
                            answer = yield exchange.request()
                            answer.read()
                            cached = self._outcome(entry, acquired, exchange, answer)
                            if not isinstance(cached, float):
                                break
                            self._pace.sleep(cached)
            response = yield _with_token(cached, request)
            if repeated or not _is_refused(request, response):
                return
            entry.drop(cached)
            if not can_repeat:
                return
            repeated = True
            # Read now, because an unread answer occupies a connection that the token request may wait for.
            response.read()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The same for an async client. If the call is cancelled, httpx closes this and another call fetches the token."""
        self._origins.admit(request.url)
        can_repeat, repeated = _can_repeat(request), False
        entry = self._loop_entry()
        while True:
            cached: CachedToken | float | None = None
            while not isinstance(cached, CachedToken):
                acquired = entry.acquire(self._clock(), asyncio.current_task())
                if isinstance(acquired, CachedToken):
                    cached = acquired
                elif isinstance(acquired, Waiter):
                    cached = await acquired.await_()
                else:
                    with entry.leading(acquired):
                        exchange = self._exchange(acquired, request)
                        while True:
                            answer = yield exchange.request()
                            await answer.aread()
                            cached = self._outcome(entry, acquired, exchange, answer)
                            if not isinstance(cached, float):
                                break
                            await self._pace.asleep(cached)
            response = yield _with_token(cached, request)
            if repeated or not _is_refused(request, response):
                return
            entry.drop(cached)
            if not can_repeat:
                return
            repeated = True
            await response.aread()

    def _exchange(self, single_flight: SingleFlight, request: httpx.Request) -> TokenExchange:
        """A token exchange with the timeout of the call, and with one attempt only while the older token is alive."""
        url = token_endpoint(self._token_url, request.url)
        reused = {"timeout", "sni_hostname"} if same_origin(url, request.url) else {"timeout"}
        return TokenExchange(
            credentials=self._credentials,
            grant=single_flight.grant,
            url=url,
            clock=self._clock,
            pace=replace(self._pace, attempts=1) if single_flight.spare else self._pace,
            leeway=self._leeway,
            extensions={name: value for name, value in request.extensions.items() if name in reused}
            | {FAILURE: True},
            user_agent=request.headers.get("User-Agent"),
        )

    def _outcome(
        self, entry: CacheEntry, single_flight: SingleFlight, exchange: TokenExchange, answer: httpx.Response
    ) -> CachedToken | float | None:
        """The token, new or still good, or the seconds to wait; None: acquire the entry again."""
        try:
            outcome = exchange.answered(answer)
        except WiseError as error:
            return entry.fail(single_flight, error, self._clock())
        return entry.complete(single_flight, outcome) if isinstance(outcome, CachedToken) else outcome


def _with_token(cached: CachedToken, request: httpx.Request) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {cached.token.access_token}"
    return request


def _can_repeat(request: httpx.Request) -> bool:
    """Whether the body is bytes; asked before the call, because afterwards a stream may look like bytes."""
    return isinstance(request.stream, httpx.ByteStream)


def _is_refused(request: httpx.Request, response: httpx.Response) -> bool:
    """Whether it is the API itself that refuses the token, and not somebody to whom it redirected."""
    return response.status_code == _UNAUTHORIZED and same_origin(response.url, request.url)
