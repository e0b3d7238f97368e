"""`WiseAuth`: bearer tokens for an httpx client, fetched over that client's own connections."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from dataclasses import replace
from datetime import timedelta

import httpx

from mockwise.client.errand import FAILURE, Errand, Login, same_origin
from mockwise.client.errors import WiseError
from mockwise.client.locations import Origins, token_endpoint
from mockwise.client.pace import Pace
from mockwise.client.slots import Slot, Slots
from mockwise.client.token import Held

_DEFAULT = Pace()
_UNAUTHORIZED = 401


class WiseAuth(httpx.Auth):
    """Bearer tokens of Wise for `httpx.Client` and, on asyncio, `httpx.AsyncClient`; for any number of either.

        httpx.Client(base_url=..., verify=context, auth=WiseAuth(client_id, client_secret))

    It asks for a token at the first call, over the same mutual TLS; keeps one in memory per thread or event loop;
    renews it ahead of its end, and if that fails uses the older one as long as it lives; and fetches a new one, once,
    when a call is answered with 401. A second 401 is handed to the caller. So is the first one if the body of the
    call is a stream, which is gone by then and would be sent empty: pass `content=bytes` to have it repeated.
    The token endpoint is tried again after 429, 5xx and, over `WiseTransport`, lost connections.

    Args:
        client_id: who asks.
        client_secret: its secret; never shown or logged.
        token_url: the token endpoint; `/oauth/token` of the host being called without it.
        origins: where the token may go, as URLs; the origin of the first call without them.
        leeway: seconds before its end at which a token is renewed; at most half of its life.
        clock: the time, in seconds since 1970; a test may share its sandbox's: `lambda: box.now.timestamp()`.
        pace: how often and how long to try.

    Raises:
        ValueError: an id or a secret that cannot be sent.
        ForeignOrigin: a URL that is not https. From a call: it goes where the token does not belong.
        WiseError: from a call: there is no token; the class and the message say why and what to do.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        token_url: str | None = None,
        origins: Iterable[str] = (),
        leeway: float | timedelta = 60.0,
        clock: Callable[[], float] = time.time,
        pace: Pace = _DEFAULT,
    ) -> None:
        self._login = Login(client_id, client_secret)
        self._token_url = None if token_url is None else str(token_endpoint(token_url, httpx.URL()))
        self._origins = Origins(origins)
        self._leeway = leeway.total_seconds() if isinstance(leeway, timedelta) else leeway
        self._clock = clock
        self._pace = pace
        self._slots = Slots()

    def __repr__(self) -> str:
        return f"<WiseAuth of client {self._login.client_id!r}>"

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """What httpx drives for a sync client."""
        self._origins.admit(request.url)
        can_repeat, repeated = _can_repeat(request), False
        slot = self._slots.of_thread()
        while True:
            held = slot.usable(self._clock())
            if held is None:
                errand = self._errand(slot, request)
                while held is None:
                    answer = yield errand.request()
                    answer.read()
                    outcome = self._outcome(slot, errand, answer)
                    if isinstance(outcome, Held):
                        held = outcome
                    else:
                        self._pace.sleep(outcome)
            response = yield _carrying(held, request)
            if repeated or not _is_refused(request, response):
                return
            slot.drop(held)
            if not can_repeat:
                return
            repeated = True
            response.read()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """What httpx drives for an async client. If it is cancelled, httpx closes it and the lock is free again."""
        self._origins.admit(request.url)
        can_repeat, repeated = _can_repeat(request), False
        slot = self._slots.of_loop()
        while True:
            seen, held = slot.flights, slot.usable(self._clock())
            if held is None:
                async with slot.lock:
                    held = slot.shared(seen) or slot.fresh(self._clock())
                    errand = self._errand(slot, request)
                    while held is None:
                        answer = yield errand.request()
                        await answer.aread()
                        outcome = self._outcome(slot, errand, answer)
                        if isinstance(outcome, Held):
                            held = outcome
                        else:
                            await self._pace.asleep(outcome)
            response = yield _carrying(held, request)
            if repeated or not _is_refused(request, response):
                return
            slot.drop(held)
            if not can_repeat:
                return
            repeated = True
            # Now, because an unread answer holds a connection that the token request may be waiting for.
            await response.aread()

    def _errand(self, slot: Slot, request: httpx.Request) -> Errand:
        """A walk to the token endpoint, with the timeout of the call; a short one while the older token lives."""
        url = token_endpoint(self._token_url, request.url)
        lent = {"timeout", "sni_hostname"} if same_origin(url, request.url) else {"timeout"}
        spare = slot.held is not None and slot.held.alive(self._clock())
        return Errand(
            login=self._login,
            url=url,
            clock=self._clock,
            pace=replace(self._pace, attempts=1) if spare else self._pace,
            leeway=self._leeway,
            extensions={name: value for name, value in request.extensions.items() if name in lent}
            | {FAILURE: True},
            user_agent=request.headers.get("User-Agent"),
        )

    def _outcome(self, slot: Slot, errand: Errand, answer: httpx.Response) -> Held | float:
        """The token, new or still good, or the seconds to wait."""
        try:
            outcome = errand.answered(answer)
        except WiseError as error:
            return slot.crashed(error, self._clock())
        return slot.landed(outcome) if isinstance(outcome, Held) else outcome


def _carrying(held: Held, request: httpx.Request) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {held.token.access_token}"
    return request


def _can_repeat(request: httpx.Request) -> bool:
    """Whether the body is bytes; asked before the call, because afterwards a stream may look like bytes."""
    return isinstance(request.stream, httpx.ByteStream)


def _is_refused(request: httpx.Request, response: httpx.Response) -> bool:
    """Whether it is the API itself that refuses the token, and not somebody to whom it redirected."""
    return response.status_code == _UNAUTHORIZED and same_origin(response.url, request.url)
