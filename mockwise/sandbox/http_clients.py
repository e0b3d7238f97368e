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
    """What a user consented to."""

    @property
    def code(self) -> str:
        """To be exchanged for tokens."""
        ...

    @property
    def redirect_uri(self) -> str:
        """What to send with it."""
        ...


class SandboxLike(Protocol):
    """What is to be called."""

    @property
    def mtls_url(self) -> str:
        """Where."""
        ...

    @property
    def client_id(self) -> str:
        """As whom."""
        ...

    @property
    def client_secret(self) -> str:
        """With which secret."""
        ...

    @property
    def now(self) -> datetime:
        """When."""
        ...

    def ssl_context(self) -> SSLContext:
        """With which certificate."""
        ...


def make_client(box: SandboxLike) -> httpx.Client:
    """A client that fetches, keeps and renews its token, and whose errors explain themselves."""
    return httpx.Client(base_url=box.mtls_url, transport=_transport(box), auth=_tokens(box))


def make_async_client(box: SandboxLike) -> httpx.AsyncClient:
    """The same for asyncio."""
    transport = AsyncWiseTransport(httpx.AsyncHTTPTransport(verify=box.ssl_context()))
    return httpx.AsyncClient(base_url=box.mtls_url, transport=transport, auth=_tokens(box))


def make_user_client(box: SandboxLike, consent: ConsentLike) -> httpx.Client:
    """A client in the name of a user who consented."""
    grant = AuthorizationCode(consent.code, consent.redirect_uri)
    with httpx.Client(base_url=box.mtls_url, transport=_transport(box)) as client:
        token = fetch_token(client, box.client_id, box.client_secret, grant=grant, clock=_clock(box))
    auth = UserAuth(box.client_id, box.client_secret, token, clock=_clock(box))
    return httpx.Client(base_url=box.mtls_url, transport=_transport(box), auth=auth)


def _transport(box: SandboxLike) -> WiseTransport:
    return WiseTransport(httpx.HTTPTransport(verify=box.ssl_context()))


def _tokens(box: SandboxLike) -> WiseAuth:
    return WiseAuth(box.client_id, box.client_secret, clock=_clock(box))


def _clock(box: SandboxLike) -> Callable[[], float]:
    def clock() -> float:
        return box.now.timestamp()

    return clock
