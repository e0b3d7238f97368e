"""A server with every kind of listener, an app that echoes what the transport told it, and clients to judge it."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack, cast

from uvicorn._types import ASGI3Application

from mockwise.pki.authority import Authority, Identity
from mockwise.transport.http.connection_limits import DEFAULT_LIMITS, ConnectionLimits
from mockwise.transport.server.bad_server_kinds import BadServerKind
from mockwise.transport.server.bad_servers import BadServers
from mockwise.transport.server.listener import Listener, bind
from mockwise.transport.server.thread import GRACE, HANDSHAKE_TIMEOUT, ServerThread
from mockwise.transport.tls.alerts import FailedHandshake
from mockwise.transport.tls.trust import Trust

Loop = Literal["asyncio", "uvloop"]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PATIENCE = 10.0  # seconds after which a test that waits has failed
NAMES = ["localhost", "127.0.0.1"]
REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
DAY = timedelta(days=1)
LARGE = 16 << 20  # bytes


def now() -> datetime:
    """The time of the wall clock."""
    return datetime.now(UTC)


def write_identity(folder: Path, name: str, identity: Identity) -> None:
    """Write certificate and key as `name.pem` and `name.key`."""
    (folder / f"{name}.pem").write_bytes(identity.certificate_pem)
    (folder / f"{name}.key").write_bytes(identity.key_pem)


class Certificates:
    """One authority, its server, a good client and the bad ones, as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(now=now)
        self.foreign_authority = Authority(now=now)
        self.server = self.authority.issue_server(NAMES)
        issue = self.authority.issue_client
        self.identities = {
            "good": issue("client"),
            "expired": issue("client", not_before=now() - 3 * DAY, not_after=now() - DAY),
            "not-yet-valid": issue("client", not_before=now() + DAY),
            "revoked": issue("client", serial=self.authority.revoked_serial),
            "no-client-auth": issue("client", client_auth=False),
            "foreign": self.foreign_authority.issue_client("client"),
        }
        for name, identity in self.identities.items():
            write_identity(folder, name, identity)
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(self.authority.certificate_pem)

    def context(self, name: str | None = "good", version: str = "1.3") -> ssl.SSLContext:
        """A client's context that shows the named certificate, speaking only this version of TLS."""
        context = ssl.create_default_context(cafile=self.ca)
        context.minimum_version = context.maximum_version = VERSIONS[version]
        if name:
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context


VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Refusals:
    """The refusals of a server, to be waited for."""

    def __init__(self) -> None:
        self.all: deque[FailedHandshake] = deque()
        self.fail: Exception | None = None
        self._changed = threading.Condition()

    def __call__(self, refusal: FailedHandshake) -> None:
        """Take one from the server."""
        if self.fail:
            raise self.fail
        with self._changed:
            self.all.append(refusal)
            self._changed.notify_all()

    def wait(self, count: int = 1) -> FailedHandshake:
        """The last one, once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.all) >= count, PATIENCE), "no refusal came"
            return self.all[-1]


class App:
    """Echoes the extensions of a request; its other paths do what the tests ask of a connection."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.left = threading.Event()
        self.special: Callable[[Scope, Receive, Send], Awaitable[None]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do what the path says."""
        handler = self.special or getattr(self, scope["path"].strip("/") or "echo")
        await handler(scope, receive, send)

    async def echo(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """What the transport told of the connection."""
        connection = scope["extensions"]["mockwise.connection"]
        seen = {
            "tls": scope["extensions"].get("tls"),
            "id": connection.id,
            "listener": connection.listener,
            "peer": connection.peer,
            "tls_version": connection.tls_version,
            "cipher": connection.cipher,
            "serial": connection.certificate_serial,
        }
        await respond(send, json.dumps(seen).encode())

    async def abort(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        """End the connection without waiting for what is to be written."""
        scope["extensions"]["mockwise.connection"].abort()

    async def reset(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        """Reset the connection, so that the peer sees no orderly end."""
        scope["extensions"]["mockwise.connection"].abort(reset=True)

    async def half(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        """Write half an answer past HTTP and end the connection."""
        connection = scope["extensions"]["mockwise.connection"]
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        connection.abort()

    async def wait(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        """Wait until the peer has gone."""
        self.entered.set()
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self.left.set()

    async def large(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer with more than the system keeps of a connection."""
        await respond(send, bytes(LARGE))

    async def crash(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        """Raise an exception out of the app."""
        raise RuntimeError("a bug in the app")


async def respond(send: Send, body: bytes) -> None:
    """Answer 200 with this body."""
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class ConnectOptions(TypedDict, total=False):
    """How a client connects: its certificate, TLS version, listener, context and session."""

    name: str | None
    version: str
    listener: str
    context: ssl.SSLContext
    session: ssl.SSLSession | None


class ServerOptions(TypedDict, total=False):
    """What a server does otherwise than usually."""

    handshake_timeout: float
    grace: float
    limits: ConnectionLimits


class Server:
    """An engine with four listeners: `required`, `optional`, `none` and `plain`."""

    def __init__(
        self,
        certificates: Certificates,
        loop: Loop,
        *,
        handshake_timeout: float = HANDSHAKE_TIMEOUT,
        grace: float = GRACE,
        limits: ConnectionLimits = DEFAULT_LIMITS,
    ) -> None:
        self.certificates = certificates
        self.trust = Trust(certificates.authority, certificates.server)
        self.refusals = Refusals()
        self.app = App()
        app = cast("ASGI3Application", self.app)
        listeners = [
            Listener("required", app, bind("127.0.0.1", 0), self.trust, "required", names=NAMES),
            Listener("optional", app, bind("127.0.0.1", 0), self.trust, "optional"),
            Listener("none", app, bind("127.0.0.1", 0), self.trust, "none"),
            Listener("plain", app, bind("127.0.0.1", 0)),
        ]
        self.ports: dict[str, int] = {}
        for listener in listeners:
            self.ports[listener.name] = listener.socket.getsockname()[1]
        self.server_thread = ServerThread(
            listeners,
            now=now,
            on_refusal=self.refusals,
            loop=loop,
            handshake_timeout=handshake_timeout,
            grace=grace,
            limits=limits,
        )
        self.bad_servers = BadServers(
            self.server_thread,
            listeners[0],
            "127.0.0.1",
            lambda bound: f"https://127.0.0.1:{bound.getsockname()[1]}",
        )

    def bad(self, kind: BadServerKind) -> str:
        """Start a bad server; returns the name under which it can be connected to."""
        self.ports[kind] = int(self.bad_servers.get(kind).url.rpartition(":")[2])
        return kind

    def connect(self, listener: str = "required") -> socket.socket:
        """Open a TCP connection to one of the server's listeners."""
        return socket.create_connection(("127.0.0.1", self.ports[listener]), PATIENCE)

    @contextmanager
    def secured(
        self,
        name: str | None = "good",
        version: str = "1.3",
        listener: str = "required",
        context: ssl.SSLContext | None = None,
        session: ssl.SSLSession | None = None,
    ) -> Iterator[ssl.SSLSocket]:
        """A TLS connection with the named certificate."""
        context = context or self.certificates.context(name, version)
        with (
            self.connect(listener) as raw,
            context.wrap_socket(raw, server_hostname="localhost", session=session) as secured,
        ):
            yield secured

    def get(self, path: str = "/", **how: Unpack[ConnectOptions]) -> dict[str, Any]:
        """What the app echoes on a new TLS connection."""
        with self.secured(**how) as secured:
            return exchange(secured, path)

    def refuses(self, **how: Unpack[ConnectOptions]) -> str:
        """The error of a client that must be refused; the answer it gets otherwise fails the test."""
        try:
            answer = self.get(**how)
        except OSError as error:
            return str(error)
        raise AssertionError(f"served: {answer}")

    def openssl(self, name: str | None, *options: str, listener: str = "required") -> str:
        """What `openssl s_client` prints when it sends a request with the named certificate."""
        folder = self.certificates.folder
        shown = ["-cert", f"{folder}/{name}.pem", "-key", f"{folder}/{name}.key"] if name else []
        address = f"127.0.0.1:{self.ports[listener]}"
        done = subprocess.run(
            [
                "openssl",
                "s_client",
                "-connect",
                address,
                "-CAfile",
                self.certificates.ca,
                "-ign_eof",
                *shown,
                *options,
            ],
            input=REQUEST.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        return (done.stdout + done.stderr).decode(errors="replace")

    def curl(
        self, name: str | None, *options: str, listener: str = "required", scheme: str = "https"
    ) -> tuple[int, str]:
        """The exit status and output of curl with the named certificate."""
        folder = self.certificates.folder
        shown = ["--cert", f"{folder}/{name}.pem", "--key", f"{folder}/{name}.key"] if name else []
        done = subprocess.run(
            [
                "curl",
                "-sS",
                "--cacert",
                self.certificates.ca,
                *shown,
                *options,
                f"{scheme}://127.0.0.1:{self.ports[listener]}/",
            ],
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, (done.stdout + done.stderr).decode()


def hello(context: ssl.SSLContext) -> bytes:
    """The first message of a client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def shake_by_hand(
    context: ssl.SSLContext, raw: socket.socket
) -> tuple[ssl.SSLObject, ssl.MemoryBIO, ssl.MemoryBIO]:
    """A handshake whose last message is still in the last of the three: the client, what comes in, what goes out."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    while True:
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            raw.sendall(outgoing.read())
            incoming.write(raw.recv(65536))
        else:
            return client, incoming, outgoing


def exchange(connection: socket.socket, path: str = "/") -> dict[str, Any]:
    """Ask once on a connection and read the JSON answer."""
    connection.sendall(REQUEST.replace(b"/ ", path.encode() + b" ", 1))
    seen: dict[str, Any] = json.loads(read_body(connection))
    return seen


def read_body(connection: socket.socket) -> bytes:
    """The body of one answer with a content-length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += received(connection)
    head, body = data.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200"), head
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += received(connection)
    return body


def received(connection: socket.socket) -> bytes:
    """Some bytes; an end of the connection is an error."""
    if not (data := connection.recv(65536)):
        raise ConnectionError("the server closed the connection")
    return data


def drained(connection: socket.socket) -> bytes:
    """All bytes until the server closes."""
    data = b""
    while more := connection.recv(65536):
        data += more
    return data
