"""Reference clients that are ready to call a sandbox, and live by its clock."""

from __future__ import annotations

from datetime import datetime
from ssl import SSLContext
from typing import Protocol

import httpx

from mockwise.client import AsyncWiseTransport, WiseAuth, WiseTransport


class Box(Protocol):
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


def caller(box: Box) -> httpx.Client:
    """A client that fetches, keeps and renews its token, and whose errors explain themselves."""
    transport = WiseTransport(httpx.HTTPTransport(verify=box.ssl_context()))
    return httpx.Client(base_url=box.mtls_url, transport=transport, auth=_tokens(box))


def async_caller(box: Box) -> httpx.AsyncClient:
    """The same for asyncio."""
    transport = AsyncWiseTransport(httpx.AsyncHTTPTransport(verify=box.ssl_context()))
    return httpx.AsyncClient(base_url=box.mtls_url, transport=transport, auth=_tokens(box))


def _tokens(box: Box) -> WiseAuth:
    def clock() -> float:
        return box.now.timestamp()

    return WiseAuth(box.client_id, box.client_secret, clock=clock)
