"""`WiseAuth`: the client's own tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from mockwise.client.bearer import Bearer
from mockwise.client.grants import ClientCredentials
from mockwise.client.retry import RetryPolicy, wall_time
from mockwise.client.token_cache import CacheEntry, TokenCache
from mockwise.client.token_exchange import BasicAuthCredentials

_DEFAULT = RetryPolicy()


class WiseAuth(Bearer):
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
        leeway: seconds before its end at which a token is renewed, at most half of its life; a fifth of its life
            without, as Wise recommends (docs/wise/sources.md#newer-sources, D26o).
        clock: the time, in seconds since 1970; the process's, as it is at each call. A test may share its sandbox's:
            `lambda: sandbox.now.timestamp()`.
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
        leeway: float | timedelta | None = None,
        clock: Callable[[], float] = wall_time,
        pace: RetryPolicy = _DEFAULT,
    ) -> None:
        super().__init__(
            BasicAuthCredentials(client_id, client_secret),
            token_url=token_url,
            origins=origins,
            leeway=leeway,
            clock=clock,
            pace=pace,
        )
        self._entries = TokenCache(ClientCredentials())

    def _thread_entry(self) -> CacheEntry:
        return self._entries.for_thread()

    def _loop_entry(self) -> CacheEntry:
        return self._entries.for_loop()
