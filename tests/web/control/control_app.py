"""The control app without a transport, over a mock whose hosts do not run: its registry and its authority are real."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import httpx
from typing_extensions import override

from mockwise.common.clock import wall_now
from mockwise.errors import MockwiseError
from mockwise.pki.authority import Authority
from mockwise.sandbox.context import ServerContext
from mockwise.sandbox.handle import Sandbox
from mockwise.sandbox.mock_controls import MockControls
from mockwise.settings import Settings
from mockwise.state.directory import OwnClient
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import DEFAULT, Registry
from mockwise.storage.memory import MemoryStore
from mockwise.transport.tls.alerts import FailedHandshake
from mockwise.transport.tls.ca_rotation import TrustAnchors
from mockwise.transport.tls.trust import Trust
from mockwise.web.access import Access, Guesses
from mockwise.web.control.app import build_control_app

LOCAL = Access(names=frozenset({"127.0.0.1"}))
OWN = "app"
"""The id of the default sandbox's own client."""


class OfflineMock(MockControls):
    """A mock without hosts: its sandboxes are those of a registry."""

    def __init__(self, registry: Registry, list_handshakes: Callable[[], list[FailedHandshake]]) -> None:
        super().__init__(Settings())
        self._list_handshakes = list_handshakes
        authority = Authority(now=wall_now)
        folder = Path(tempfile.gettempdir()) / "mockwise-control-app"  # nobody asks for a certificate
        self._server_context = ServerContext(
            _registry=registry,
            _trust=Trust(authority, authority.issue_client("server")),
            anchors=TrustAnchors(authority, folder / "ca.pem", folder / "ca.pem"),
            folder=folder,
            mtls_url="https://mtls",
            tls_url="https://tls",
            control_url="http://control",
            control_token=None,
            hang_up=lambda _: None,
            forget=lambda _: None,
            open_bad_server=_unable,
            running_bad_servers=list,
            issue_server=_unable,
        )
        # A client that a test made before becomes the own one.
        if registry.of_client(OWN) is not None:
            registry.activate(DEFAULT, OwnClient(OWN, registry.default.clients.require(OWN).secrets[0].value))
        self._default = self._keep(Sandbox(self._server_context, DEFAULT, {"client_id": OWN}))

    @property
    @override
    def handshakes(self) -> list[FailedHandshake]:
        return self._list_handshakes()


def _unable(_: object) -> NoReturn:
    raise MockwiseError("this mock has no hosts")


class ControlApp:
    """A control app, its registry, and requests that read as plain HTTP."""

    def __init__(
        self,
        access: Access = LOCAL,
        *,
        registry: Registry | None = None,
        handshakes: Callable[[], list[FailedHandshake]] = list,
    ) -> None:
        self.registry = registry or Registry(MemoryStore(), SandboxOptions(token_format="uuid"))
        self.mock = OfflineMock(self.registry, handshakes)
        self.waits: list[float] = []  # that a wrong token was answered late by, in seconds
        self.app = build_control_app(self.mock, self.registry, access, "1.2.3", guesses=Guesses(self._wait))

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    def request(
        self,
        method: str,
        path: str,
        *,
        base: str = "http://127.0.0.1:8445",
        **options: Any,
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
