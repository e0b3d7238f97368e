"""What the protocol of a connection needs to know of the listener that accepted it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn import Config
    from uvicorn.server import ServerState

    from mockwise.transport.http.connection import Connection
    from mockwise.transport.http.figures import ConnectionLimits
    from mockwise.transport.server.bad_server_kinds import BadServerSpec


class JoinsConnections(Protocol):
    """Counts connections against the limit of open files."""

    def joined_by(self, transport: asyncio.Transport) -> None:
        """A connection was accepted."""
        ...


class ListenerView(Protocol):
    """A listener, as the protocols of its connections see it."""

    name: str
    config: Config
    state: ServerState
    limits: ConnectionLimits
    handshake_timeout: float
    stopping: bool
    trouble: BadServerSpec

    @property
    def descriptor_guard(self) -> JoinsConnections:
        """Counts its connections."""
        ...

    @property
    def handshakes(self) -> set[Any]:
        """The connections that have not come to HTTP."""
        ...

    def fault(self, der: bytes) -> str | None:
        """What is wrong with a client certificate that the handshake let through; None for nothing."""
        ...

    def refused(
        self, connection: Connection, tls_version: str | None, alert: str | None, reason: str
    ) -> None:
        """Record a connection that came to nothing."""
        ...

    def left(self, connection: Connection) -> None:
        """Record a client that went away after its handshake and asked nothing."""
        ...
