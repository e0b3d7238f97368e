"""Reference clients that are ready to call a sandbox, and live by its clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from ssl import SSLContext
from typing import Protocol

import httpx

from mockwise.client import (
    AsyncWiseTransport,
    AuthorizationCode,
    UserAuth,
    WiseAuth,
    WiseTransport,
    fetch_token,
)


class ConsentLike(Protocol):
    """The consent of a user, as `Sandbox.authorize` returns it."""

    @property
    def code(self) -> str:
        """The authorization code, to be exchanged for tokens."""
        ...

    @property
    def redirect_uri(self) -> str:
        """The redirect URI that must be sent with the code."""
        ...


class SandboxLike(Protocol):
    """What these clients need to know of a sandbox."""

    @property
    def mtls_url(self) -> str:
        """The URL of the mTLS host."""
        ...

    @property
    def client_id(self) -> str:
        """The id of the client to call as."""
        ...

    @property
    def client_secret(self) -> str:
        """The secret of that client."""
        ...

    @property
    def now(self) -> datetime:
        """The time on the sandbox's clock."""
        ...

    def ssl_context(self) -> SSLContext:
        """A TLS context with the certificate of that client."""
        ...


def make_client(sandbox: SandboxLike) -> httpx.Client:
    """A client that fetches, keeps and renews its token, and whose errors explain themselves."""
    return httpx.Client(base_url=sandbox.mtls_url, transport=_transport(sandbox), auth=_tokens(sandbox))


def make_async_client(sandbox: SandboxLike) -> httpx.AsyncClient:
    """A client for asyncio that fetches, keeps and renews its token."""
    transport = AsyncWiseTransport(httpx.AsyncHTTPTransport(verify=sandbox.ssl_context()))
    return httpx.AsyncClient(base_url=sandbox.mtls_url, transport=transport, auth=_tokens(sandbox))


def make_user_client(sandbox: SandboxLike, consent: ConsentLike) -> httpx.Client:
    """A client in the name of a user who consented."""
    grant = AuthorizationCode(consent.code, consent.redirect_uri)
    with httpx.Client(base_url=sandbox.mtls_url, transport=_transport(sandbox)) as client:
        token = fetch_token(
            client, sandbox.client_id, sandbox.client_secret, grant=grant, clock=_clock(sandbox)
        )
    auth = UserAuth(sandbox.client_id, sandbox.client_secret, token, clock=_clock(sandbox))
    return httpx.Client(base_url=sandbox.mtls_url, transport=_transport(sandbox), auth=auth)


def _transport(sandbox: SandboxLike) -> WiseTransport:
    return WiseTransport(httpx.HTTPTransport(verify=sandbox.ssl_context()))


def _tokens(sandbox: SandboxLike) -> WiseAuth:
    return WiseAuth(sandbox.client_id, sandbox.client_secret, clock=_clock(sandbox))


def _clock(sandbox: SandboxLike) -> Callable[[], float]:
    def clock() -> float:
        return sandbox.now.timestamp()

    return clock
