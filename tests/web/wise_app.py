"""Wise's app without a transport: the ASGI scope gets by hand what a listener would put into it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.types import Message, Receive, Scope, Send

from mockwise.journal.journal import Exchange
from mockwise.oauth.jose import Signer
from mockwise.oauth.server import AuthorizationServer
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.storage.memory import MemoryStore
from mockwise.web.wise.app import build_app

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
"""What the wall clock shows; it stands still, so that times can be compared exactly."""

ID, SECRET = "partner", "wise-guy"
AUTH = (ID, SECRET)
GRANT = {"grant_type": "client_credentials"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}

TOKEN_HEADERS = {"cache-control": "no-store", "pragma": "no-cache", "content-type": "application/json"}
GATEWAY_HEADERS = {
    "cache-control": "private, no-cache, no-store, max-age=0",
    "pragma": "no-cache",
    "expires": "0",
    "content-type": "application/json; charset=utf-8",
}

_SIGNER = Signer()


@dataclass(frozen=True)
class Connection:
    """What a listener says of a connection."""

    id: str = "connection-7"
    listener: str = "tls"
    tls_version: str = "TLSv1.3"
    cipher: str = "TLS_AES_256_GCM_SHA384"
    is_open: bool = True


class WiseApp:
    """The app that stands in for Wise, with one client, and requests to it that read as plain HTTP."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        self.registry = Registry(
            MemoryStore(), options or SandboxOptions(token_format="uuid", mtls="optional"), lambda: NOW
        )
        self.box = self.registry.default
        self.registry.add_client(self.box, client_id=ID, client_secret=SECRET)
        self.app = build_app(self.registry, AuthorizationServer(_SIGNER))

    @property
    def last(self) -> Exchange:
        """The newest exchange of the default sandbox."""
        return self.box.journal.exchanges()[-1]

    def request(
        self,
        method: str,
        path: str,
        *,
        listener: str = "tls",
        certificate: str | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Make a request; `certificate` is the PEM that the peer presented."""
        connection = Connection(listener=listener)

        async def listening(scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(_with_transport(scope, connection, certificate), receive, send)

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(listening, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="https://wise") as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def token(self, **options: Any) -> httpx.Response:
        """Ask for a token: rightly, but for what the options say."""
        if not options.keys() & {"data", "content", "files", "json"}:
            options["data"] = GRANT
        return self.request("POST", "/oauth/token", **{"auth": AUTH, **options})

    def access_token(self, **options: Any) -> str:
        """The text of a fresh access token."""
        return str(self.token(**options).json()["access_token"])

    def call(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        """Call the API with a bearer token; without one, a fresh one is taken."""
        headers = {"authorization": f"Bearer {token or self.access_token()}", **options.pop("headers", {})}
        return self.request(method, path, headers=headers, **options)

    def raw(
        self,
        headers: list[tuple[bytes, bytes]],
        *received: Message,
        path: str = "/oauth/token",
        query: bytes = b"",
    ) -> Sent:
        """Speak ASGI itself, for what no HTTP client would say; after `received` the peer is gone."""
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query,
            "headers": headers,
        }
        messages = iter(received)
        sent = Sent([], [])

        async def receive() -> Message:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            sent.messages.append(message)
            sent.journal_sizes.append(len(self.box.journal.exchanges()))

        async def serve() -> None:
            await self.app(_with_transport(scope, Connection(), None), receive, send)

        asyncio.run(serve())
        return sent


@dataclass(frozen=True)
class Sent:
    """ASGI messages that went out, and how much was in the journal at each."""

    messages: list[Message]
    journal_sizes: list[int]


def _with_transport(scope: Scope, connection: Connection, certificate: str | None) -> Scope:
    chain = [] if certificate is None else [certificate]
    scope["extensions"] = {"mockwise.connection": connection, "tls": {"client_cert_chain": chain}}
    return scope


@cache
def certificate_of(common_name: str) -> str:
    """A client certificate in PEM. Self-signed: whom it is signed by is the transport's to judge."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 0xC0FFEE)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=364))
        .sign(key, hashes.SHA256())
    )
    return signed.public_bytes(serialization.Encoding.PEM).decode()
