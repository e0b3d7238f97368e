"""Fetches one token without an `httpx.Auth`: for a script, a health check, the command line."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from mockwise.client.grants import ClientCredentials, Grant
from mockwise.client.handshake import FAILURES
from mockwise.client.origins import token_endpoint
from mockwise.client.retry import RetryPolicy, wall_time
from mockwise.client.token import CachedToken, Token
from mockwise.client.token_exchange import BasicAuthCredentials, TokenExchange

_DEFAULT = RetryPolicy()
_CLIENT_CREDENTIALS = ClientCredentials()


def fetch_token(
    client: httpx.Client,
    client_id: str,
    client_secret: str,
    *,
    grant: Grant = _CLIENT_CREDENTIALS,
    token_url: str | None = None,
    clock: Callable[[], float] = wall_time,
    pace: RetryPolicy = _DEFAULT,
) -> Token:
    """Ask for a token over this client's connections, trying again as `pace` says.

    Args:
        client: any client; its own `auth` is not used, and redirects are not followed.
        client_id: who asks.
        client_secret: its secret.
        grant: what to ask with; a user's code, `AuthorizationCode` or `RegistrationCode`, is exchanged this way.
        token_url: the token endpoint; `/oauth/token` at the client's `base_url` without it.
        clock: the time, in seconds since 1970.
        pace: how often and how long to try.

    Raises:
        GrantRefused: the code is no good; the user's consent is needed again.
        WiseError: there is no token; the class and the message say why and what to do.
        ValueError: an id or a secret that cannot be sent, or there is no token URL.
    """
    exchange = _exchange(
        client, BasicAuthCredentials(client_id, client_secret), grant, token_url, clock=clock, pace=pace
    )
    while True:
        try:
            response = client.send(exchange.request(), auth=None, follow_redirects=False)
        except FAILURES as failure:
            outcome: CachedToken | float = exchange.failed(failure)
        else:
            outcome = exchange.answered(response)
        if isinstance(outcome, CachedToken):
            return outcome.token
        pace.sleep(outcome)


async def afetch_token(
    client: httpx.AsyncClient,
    client_id: str,
    client_secret: str,
    *,
    grant: Grant = _CLIENT_CREDENTIALS,
    token_url: str | None = None,
    clock: Callable[[], float] = wall_time,
    pace: RetryPolicy = _DEFAULT,
) -> Token:
    """Ask for a token like `fetch_token`, over the connections of an async client."""
    exchange = _exchange(
        client, BasicAuthCredentials(client_id, client_secret), grant, token_url, clock=clock, pace=pace
    )
    while True:
        try:
            response = await client.send(exchange.request(), auth=None, follow_redirects=False)
        except FAILURES as failure:
            outcome: CachedToken | float = exchange.failed(failure)
        else:
            outcome = exchange.answered(response)
        if isinstance(outcome, CachedToken):
            return outcome.token
        await pace.asleep(outcome)


def _exchange(
    client: httpx.Client | httpx.AsyncClient,
    credentials: BasicAuthCredentials,
    grant: Grant,
    token_url: str | None,
    *,
    clock: Callable[[], float],
    pace: RetryPolicy,
) -> TokenExchange:
    if token_url is None and not client.base_url.host:
        raise ValueError("token_url: needed, because the client has no base_url")
    return TokenExchange(
        credentials=credentials,
        grant=grant,
        url=token_endpoint(token_url, client.base_url),
        clock=clock,
        pace=pace,
        leeway=0.0,
        extensions={"timeout": client.timeout.as_dict()},
        user_agent=client.headers.get("User-Agent"),
    )
