"""What `WiseAuth` and `UserAuth` have in common: how a call gets its bearer token, and what a 401 means."""

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
from mockwise.client.token_cache import TokenSlot
from mockwise.client.token_exchange import FAILURE, BasicAuthCredentials, TokenExchange, same_origin

_UNAUTHORIZED = 401


class Bearer(httpx.Auth):
    """Bearer tokens for an httpx client, fetched over that client's own connections."""

    def __init__(
        self,
        login: BasicAuthCredentials,
        *,
        token_url: str | None,
        origins: Iterable[str],
        leeway: float | timedelta | None,
        clock: Callable[[], float],
        pace: RetryPolicy,
    ) -> None:
        self._login = login
        self._token_url = None if token_url is None else str(token_endpoint(token_url, httpx.URL()))
        self._origins = AllowedOrigins(origins)
        self._leeway = leeway.total_seconds() if isinstance(leeway, timedelta) else leeway
        self._clock = clock
        self._pace = pace

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of client {self._login.client_id!r}>"

    @abstractmethod
    def _of_thread(self) -> TokenSlot:
        """Where the token of a sync call is."""

    @abstractmethod
    def _of_loop(self) -> TokenSlot:
        """Where the token of an async call is."""

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """What httpx drives for a sync client."""
        self._origins.admit(request.url)
        can_repeat, repeated = _can_repeat(request), False
        slot = self._of_thread()
        while True:
            held: CachedToken | float | None = None
            while not isinstance(held, CachedToken):
                place = slot.acquire(self._clock())
                if isinstance(place, CachedToken):
                    held = place
                elif isinstance(place, Waiter):
                    held = place.wait()
                else:
                    with slot.leading(place):
                        exchange = self._exchange(place, request)
                        while True:
                            answer = yield exchange.request()
                            answer.read()
                            held = self._outcome(slot, place, exchange, answer)
                            if not isinstance(held, float):
                                break
                            self._pace.sleep(held)
            response = yield _carrying(held, request)
            if repeated or not _is_refused(request, response):
                return
            slot.drop(held)
            if not can_repeat:
                return
            repeated = True
            # Now, because an unread answer holds a connection that the token request may be waiting for.
            response.read()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """What httpx drives for an async client. If it is cancelled, httpx closes it and somebody else leads."""
        self._origins.admit(request.url)
        can_repeat, repeated = _can_repeat(request), False
        slot = self._of_loop()
        while True:
            held: CachedToken | float | None = None
            while not isinstance(held, CachedToken):
                place = slot.acquire(self._clock(), asyncio.current_task())
                if isinstance(place, CachedToken):
                    held = place
                elif isinstance(place, Waiter):
                    held = await place.await_()
                else:
                    with slot.leading(place):
                        exchange = self._exchange(place, request)
                        while True:
                            answer = yield exchange.request()
                            await answer.aread()
                            held = self._outcome(slot, place, exchange, answer)
                            if not isinstance(held, float):
                                break
                            await self._pace.asleep(held)
            response = yield _carrying(held, request)
            if repeated or not _is_refused(request, response):
                return
            slot.drop(held)
            if not can_repeat:
                return
            repeated = True
            await response.aread()

    def _exchange(self, single_flight: SingleFlight, request: httpx.Request) -> TokenExchange:
        """A walk to the token endpoint, with the timeout of the call; a short one while the older token lives."""
        url = token_endpoint(self._token_url, request.url)
        lent = {"timeout", "sni_hostname"} if same_origin(url, request.url) else {"timeout"}
        return TokenExchange(
            login=self._login,
            grant=single_flight.grant,
            url=url,
            clock=self._clock,
            pace=replace(self._pace, attempts=1) if single_flight.spare else self._pace,
            leeway=self._leeway,
            extensions={name: value for name, value in request.extensions.items() if name in lent}
            | {FAILURE: True},
            user_agent=request.headers.get("User-Agent"),
        )

    def _outcome(
        self, slot: TokenSlot, single_flight: SingleFlight, exchange: TokenExchange, answer: httpx.Response
    ) -> CachedToken | float | None:
        """The token, new or still good, or the seconds to wait; None: board again."""
        try:
            outcome = exchange.answered(answer)
        except WiseError as error:
            return slot.fail(single_flight, error, self._clock())
        return slot.complete(single_flight, outcome) if isinstance(outcome, CachedToken) else outcome


def _carrying(held: CachedToken, request: httpx.Request) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {held.token.access_token}"
    return request


def _can_repeat(request: httpx.Request) -> bool:
    """Whether the body is bytes; asked before the call, because afterwards a stream may look like bytes."""
    return isinstance(request.stream, httpx.ByteStream)


def _is_refused(request: httpx.Request, response: httpx.Response) -> bool:
    """Whether it is the API itself that refuses the token, and not somebody to whom it redirected."""
    return response.status_code == _UNAUTHORIZED and same_origin(response.url, request.url)
