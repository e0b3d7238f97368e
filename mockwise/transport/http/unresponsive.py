"""Connections that lead nowhere: a server that never answers a handshake, and one that resets it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from mockwise.transport.http.connection import Connection, reset_on_close

if TYPE_CHECKING:
    from mockwise.transport.http.listener_view import ListenerView

_HEADER = 5  # bytes before a TLS record; the last two of them say how long it is (RFC 8446 §5.1)


class UnresponsiveProtocol(asyncio.Protocol):
    """Takes what the client says and does not answer; or hears the client's hello out, and resets the connection."""

    def __init__(self, host: ListenerView, kind: Literal["hang", "reset"]) -> None:
        self._host = host
        self._kind = kind
        self._loop = asyncio.get_running_loop()
        self._heard = bytearray()
        self._spoken_to = False
        self._over = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # what TCP servers give
        """Be there."""
        self._raw = transport
        self.connection = Connection(transport, self._host.name)
        self.waits_since: float | None = self._loop.time()
        self._begin = self.waits_since
        self._host.handshakes.add(self)
        if self._host.stopping:
            self.abort()
        else:
            self._host.descriptor_guard.joined_by(transport)

    def data_received(self, data: bytes) -> None:
        """Hang on, or wait for the end of the hello to reset the connection."""
        self._spoken_to = True
        if self._kind == "reset":
            self._heard += data
            if len(self._heard) >= _HEADER + int.from_bytes(self._heard[3:_HEADER]):
                self._tell(
                    "this server reset the connection in the middle of the handshake, as it is meant to"
                )
                reset_on_close(self._raw)
                self._raw.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        """The client gives up, as it should."""
        self._host.handshakes.discard(self)
        if self._spoken_to:  # a port that is only tried is no news
            seconds = self._loop.time() - self._begin
            self._tell(f"the client gave up after {seconds:.1f} seconds on a server that never answers")

    def abort(self) -> None:
        """End the connection at once, and say nothing of it: the server stops."""
        self._over = True
        self._raw.abort()

    @property
    def unread(self) -> int:
        """Nothing is ever sent."""
        return 0

    def make_room(self) -> None:
        """End the connection for the sake of others; the client did not give up."""
        self.abort()

    def _tell(self, reason: str) -> None:
        if not self._over:
            self._over = True
            self._host.refused(self.connection, None, None, reason)
