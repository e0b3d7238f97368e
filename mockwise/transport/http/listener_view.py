"""The parts of a listener that the protocols of its connections use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn import Config
    from uvicorn.server import ServerState

    from mockwise.transport.http.connection import Connection
    from mockwise.transport.http.connection_limits import ConnectionLimits
    from mockwise.transport.server.bad_server_kinds import BadServerSpec


class ConnectionCounter(Protocol):
    """Counts connections against the limit of open files."""

    def connection_opened(self, transport: asyncio.Transport) -> None:
        """Count a connection that has just been accepted."""
        ...


class ListenerView(Protocol):
    """A listener, as the protocols of its connections see it."""

    name: str
    config: Config
    state: ServerState
    limits: ConnectionLimits
    handshake_timeout: float
    stopping: bool
    bad_server: BadServerSpec

    @property
    def descriptor_guard(self) -> ConnectionCounter:
        """What counts its connections against the limit of open files."""
        ...

    @property
    def handshakes(self) -> set[Any]:
        """The protocols of connections whose handshake is not over."""
        ...

    def certificate_error(self, der: bytes) -> str | None:
        """What is wrong with a client certificate that the handshake let through; None for nothing."""
        ...

    def refused(
        self, connection: Connection, tls_version: str | None, alert: str | None, reason: str
    ) -> None:
        """Record a handshake that failed."""
        ...

    def client_left(self, connection: Connection) -> None:
        """Record a client that closed the connection after its handshake and sent no request."""
        ...
