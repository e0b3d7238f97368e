"""Serves one listener in the event loop: uvicorn's configuration, protocol and state behind a TCP server of our own.

uvicorn's `Server` is left out: it catches signals, wakes up ten times a second, and stops by waiting for its peers.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal, cast

from uvicorn import Config
from uvicorn.server import ServerState

from mockwise.transport.http.protocol import HttpProtocol
from mockwise.transport.http.unresponsive import UnresponsiveProtocol
from mockwise.transport.server.bad_server_kinds import GOOD_SERVER, BadServerSpec
from mockwise.transport.tls.alerts import FailedHandshake
from mockwise.transport.tls.context import LiveContext
from mockwise.transport.tls.handshake import HandshakeProtocol
from mockwise.transport.tls.peer import certificate_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from uvicorn._types import ASGI3Application

    from mockwise.transport.http.connection import Connection
    from mockwise.transport.http.connection_limits import ConnectionLimits
    from mockwise.transport.server.descriptors import DescriptorGuard
    from mockwise.transport.tls.context import ClientCertificates
    from mockwise.transport.tls.trust import Trust

BACKLOG = 2048  # connections that the system keeps until they are accepted
_AT_ONCE = 16  # connections that asyncio accepts in one turn of the loop; few, so that waiting ones can be closed in time
_KEPT = (
    256 * 1024
)  # bytes of answers that the system buffers for a connection; without a limit it would take megabytes
KEEP_ALIVE = 75  # seconds; shorter ones make pooled clients meet a closed connection


def bind(host: str, port: int) -> socket.socket:
    """A TCP socket on an address of this machine; port 0 takes a free one.

    Raises:
        OSError: the name is unknown, the port is taken or not allowed; the message says which.
    """
    try:
        # As bytes, since Python would import all of Unicode's names to encode a str.
        name = host.encode() if host.isascii() else host
        family, kind, proto, _, address = socket.getaddrinfo(
            name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        number, why = (error.errno, error.strerror) if isinstance(error, OSError) else (errno.EINVAL, error)
        raise OSError(number, f"cannot listen on {host!r}: {why}") from None
    sock = socket.socket(family, kind, proto)
    try:
        # Elsewhere the option would let two servers share the port.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KEPT)  # which its connections inherit
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        hint = (
            ": another process has it; choose another port, or 0 for a free one"
            if error.errno == errno.EADDRINUSE
            else ""
        )
        raise OSError(error.errno, f"cannot listen on {host} port {port}: {error.strerror}{hint}") from None
    return sock


@dataclass(frozen=True)
class Listener:
    """An app on a bound socket, above TLS if there is a trust.

    `bad_server` says how it differs from a good server of these `names`.
    """

    name: str
    app: ASGI3Application
    socket: socket.socket
    trust: Trust | None = None
    client_certificates: ClientCertificates = "none"
    bad_server: BadServerSpec = GOOD_SERVER
    names: Sequence[str] = ()


class ListenerServer:
    """Accepts and serves the connections of one listener, in the thread of its event loop."""

    def __init__(
        self,
        listener: Listener,
        *,
        loop: Literal["auto", "asyncio", "uvloop"],
        now: Callable[[], datetime],
        on_refusal: Callable[[FailedHandshake], None],
        handshake_timeout: float,
        limits: ConnectionLimits,
        descriptor_guard: DescriptorGuard,
    ) -> None:
        self.name = listener.name
        self.limits = limits
        self.descriptor_guard = descriptor_guard
        self.now = now
        self.handshake_timeout = handshake_timeout
        self.handshakes: set[HandshakeProtocol | UnresponsiveProtocol] = set()
        self.state = ServerState()
        self.bad_server = listener.bad_server
        self._on_refusal = on_refusal
        self.stopping = False
        self._socket = listener.socket
        self._server: asyncio.Server | None = None
        self._trust = listener.trust
        self._live = (
            LiveContext(listener.trust, listener.client_certificates, listener.bad_server, listener.names)
            if listener.trust
            else None
        )
        self.config = Config(
            listener.app,
            loop=loop,
            interface="asgi3",
            http=HttpProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            ssl_context_factory=self._live,
        )

    def load(self) -> None:
        """Load the app and the certificates, in any thread.

        Raises:
            Exception: what keeps it from answering, for example a certificate that cannot be loaded.
        """
        self.config.load()
        self.refresh_date()

    async def open(self) -> None:
        """Begin to accept connections."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._new_protocol, sock=self._socket, backlog=_AT_ONCE)
        self._socket.listen(BACKLOG)  # the loops use the one number for both

    def _new_protocol(self) -> asyncio.Protocol:
        if self.bad_server.unresponsive:
            return UnresponsiveProtocol(self, self.bad_server.unresponsive)
        return HandshakeProtocol(self, self._live) if self._live else HttpProtocol(self)

    def refused(
        self, connection: Connection, tls_version: str | None, alert: str | None, reason: str
    ) -> None:
        """Report a handshake that failed."""
        self._on_refusal(
            FailedHandshake(
                time=self.now(),
                listener=self.name,
                connection=connection.id,
                peer=connection.peer,
                tls_version=tls_version,
                alert=alert,
                reason=reason,
            )
        )

    def client_left(self, connection: Connection) -> None:
        """Report, for a bad server, a client that left after its handshake: some refuse a server in this way."""
        if self.bad_server.must_refuse and not self.stopping:
            self.refused(connection, connection.tls_version, None, self.bad_server.left_after_handshake)

    def refresh_date(self) -> None:
        """Set the `date` header, which counts whole seconds."""
        date = format_datetime(self.now().astimezone(UTC), usegmt=True).encode()
        self.state.default_headers = [(b"date", date), *self.config.encoded_headers]

    def certificate_error(self, der: bytes) -> str | None:
        """What is wrong with a client certificate that the handshake let through; None for nothing."""
        return certificate_error(der, self._trust, self.now()) if self._trust else None

    def stop_accepting(self) -> None:
        """Accept no more connections; those just accepted appear within the next turns of the loop.

        asyncio would fail on these, and leave their sockets open, if the server were closed at once.
        """
        if self._server is None:
            return  # it never opened
        with suppress(NotImplementedError):  # loops without file descriptor events accept in another way
            asyncio.get_running_loop().remove_reader(self._socket)

    def close_connections(self) -> None:
        """Drop handshakes, close idle connections, and close the others after the answers under way."""
        self.stopping = True
        if self._server is not None:
            self._server.close()
        for handshake in self.handshakes:
            handshake.abort()
        for http in list(self.state.connections):
            http.shutdown()

    def hang_up(self, certificate_serial: int) -> bool:
        """End the connections of a client certificate; say whether there are any left to end."""
        open_ones = [it for it in self._connections() if it.certificate_serial == certificate_serial]
        for connection in open_ones:
            connection.abort()
        return bool(open_ones)

    def abort_connections(self) -> None:
        """Abort the connections that are left and cancel their requests."""
        for connection in self._connections():
            connection.abort()
        for task in self.state.tasks:
            task.cancel()

    def _connections(self) -> list[Connection]:
        return [http.connection for http in self._http_protocols()]

    def _http_protocols(self) -> list[HttpProtocol]:
        return [cast("HttpProtocol", http) for http in self.state.connections]

    def open_connections(self) -> list[HandshakeProtocol | UnresponsiveProtocol | HttpProtocol]:
        """The open connections, those in the handshake too."""
        return [*self.handshakes, *self._http_protocols()]

    def descriptors(self) -> list[int]:
        """The numbers of its sockets."""
        numbers = [self._socket.fileno(), *(it.connection.descriptor for it in self.open_connections())]
        return [number for number in numbers if number >= 0]

    @property
    def idle(self) -> bool:
        """Whether no connection and no request is left."""
        return not (self.handshakes or self.state.connections or self.state.tasks)
