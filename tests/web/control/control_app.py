"""The control app without a transport, over a fake mock that has a real registry."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

import httpx

from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.storage.memory import MemoryStore
from mockwise.web.control.app import build_control_app
from mockwise.web.control.guesses import Guesses
from mockwise.web.control.ports import Access, Mock
from mockwise.web.control.stream import StreamRegistry

LOCAL = Access(names=frozenset({"127.0.0.1"}))


class ControlApp:
    """A control app, its registry, and requests that read as plain HTTP."""

    def __init__(self, access: Access = LOCAL, *, registry: Registry | None = None, **answers: Any) -> None:  # noqa: ANN401  because they are the port's
        self.registry = registry or Registry(MemoryStore(), SandboxOptions(token_format="uuid"))
        port = {
            "registry": self.registry,
            "mtls_url": "https://mtls",
            "tls_url": "https://tls",
            "control_url": "http://control",
            "audience": StreamRegistry(),
            "handshakes": list,
            "own_client": lambda _: "app",
        }
        self.mock = mock = cast("Mock", SimpleNamespace(**port | answers))
        self.waits: list[float] = []  # that a wrong token was answered late by, in seconds
        self.app = build_control_app(mock, access, "1.2.3", Guesses(self._wait))

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    def request(
        self,
        method: str,
        path: str,
        *,
        base: str = "http://127.0.0.1:8445",
        **options: Any,  # noqa: ANN401  because these are httpx's own
    ) -> httpx.Response:
        """Make a request of the control app and wait for the answer."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=base) as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def send(self, method: str, path: str, body: object) -> httpx.Response:
        """Make a request with JSON in ASCII, which can spell what UTF-8 cannot."""
        headers = {"content-type": "application/json"}
        return self.request(method, path, content=json.dumps(body).encode(), headers=headers)
