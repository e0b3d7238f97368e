"""`UserAuth`: the tokens of a user who has linked the account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from mockwise.client.bearer import Bearer
from mockwise.client.grants import RefreshToken
from mockwise.client.retry import RetryPolicy, wall_time
from mockwise.client.token import CachedToken, Token
from mockwise.client.token_cache import CacheEntry, SharedTokenCache
from mockwise.client.token_exchange import BasicAuthCredentials

_DEFAULT = RetryPolicy()
_RECOMMENDED = timedelta(hours=6)


class UserAuth(Bearer):
    """Bearer tokens of a user for httpx clients, renewed with the refresh token; otherwise like `WiseAuth`.

        token = fetch_token(client, client_id, client_secret, grant=AuthorizationCode(code, redirect_uri))
        httpx.Client(base_url=..., verify=context, auth=UserAuth(client_id, client_secret, token, on_token=keep))

    A refresh is the end of the access token before (docs/wise/lifetimes-and-formats.md#what-ends-a-token). So there is one token for all threads and event loops;
    one of them refreshes while the others wait and use what it brings; and a call that was on its way with the older
    token, and is answered with 401, is repeated with the newer one without another refresh. For the same reason make
    one `UserAuth` a user, in one process: two with the same refresh token would forever take the access token from
    each other, or, where the refresh token changes too, break the link. Other processes, forked workers among them,
    get the access token from the one that refreshes.

    When Wise says that the refresh token is dead, only the user can help. Then each call raises `LinkBroken`, and
    none asks Wise again, until `relink` brings what the user's new consent was exchanged for. Any other failed refresh
    is an error only when the older token has expired, as with `WiseAuth`.

    Args:
        client_id: who asks.
        client_secret: its secret; never shown or logged.
        refresh_token: what was kept of the user's link: the refresh token, or the whole `Token`, whose access token
            is then used until it is time to refresh it.
        token_url: the token endpoint; `/oauth/token` of the host being called without it.
        origins: where the token may go, as URLs; the origin of the first call without them.
        leeway: seconds before its end at which a token is refreshed; at most half of its life. The default makes it
            every 6 of 12 hours, as Wise recommends (docs/wise/lifetimes-and-formats.md#what-ends-a-token).
        on_token: called with each new `Token`, one after the other, before anybody uses it: the application keeps its
            `refresh_token`, which is always there. Wise does not change it, but may (docs/wise/conflicts.md#c6): then the one before
            is dead, and so is the link if this one is not kept. It runs in the thread or loop of the call that
            refreshed, and all others wait for it; it must not call with this auth. What it raises, that one call
            raises; the token is used nevertheless.
        clock: the time, in seconds since 1970; the process's, as it is at each call. A test may share its sandbox's:
            `lambda: sandbox.now.timestamp()`.
        pace: how often and how long to try.

    Raises:
        ValueError: an id or a secret that cannot be sent, or there is no refresh token.
        ForeignOrigin: a URL that is not https. From a call: it goes where the token does not belong.
        LinkBroken: from a call: the user must link the account again.
        WiseError: from a call: there is no token; the class and the message say why and what to do.
        RuntimeError: from a call: its own thread or task is refreshing, and it would wait for itself for ever. Calls
            from `on_token` and from event hooks of the token request do, and those of a sync client in an event loop.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        refresh_token: str | Token,
        *,
        token_url: str | None = None,
        origins: Iterable[str] = (),
        leeway: float | timedelta = _RECOMMENDED,
        on_token: Callable[[Token], object] | None = None,
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
        self._shared = SharedTokenCache(CacheEntry(*self._grant_and_token(refresh_token), on_token=on_token))

    @property
    def token(self) -> Token | None:
        """The newest token, or None if there is none yet or the link is broken."""
        cached = self._shared.for_process().cached
        return None if cached is None else cached.token

    def relink(self, refresh_token: str | Token) -> None:
        """Start again with what the user's new consent was exchanged for; at Wise it is the end of the older link.

        Raises:
            ValueError: there is no refresh token.
        """
        self._shared.for_process().restart(*self._grant_and_token(refresh_token))

    def _grant_and_token(self, kept: str | Token) -> tuple[RefreshToken, CachedToken | None]:
        if isinstance(kept, str):
            return RefreshToken(kept), None
        if kept.refresh_token is None:
            raise ValueError("refresh_token: the token has none; only those of users do")
        return RefreshToken(kept.refresh_token), CachedToken.kept(kept, self._clock(), self._leeway)

    def _thread_entry(self) -> CacheEntry:
        return self._shared.for_process()

    def _loop_entry(self) -> CacheEntry:
        return self._shared.for_process()
