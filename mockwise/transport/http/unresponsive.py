"""The bad servers without TLS: one that never answers a handshake, and one that resets the connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from typing_extensions import override

from mockwise.transport.http.connection import Connection, reset_on_close

if TYPE_CHECKING:
    from mockwise.transport.http.listener_view import ListenerView

_HEADER = 5  # bytes before a TLS record; the last two of them say how long it is (RFC 8446 §5.1)


class UnresponsiveProtocol(asyncio.Protocol):
    """Reads what the client sends and never answers, or resets the connection after the client's hello."""

    def __init__(self, listener: ListenerView, kind: Literal["hang", "reset"]) -> None:
        self._listener = listener
        self._kind = kind
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._received_any = False
        self._recorded = False

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # what TCP servers give
        self._raw = transport
        self.connection = Connection(transport, self._listener.name)
        self.waits_since: float | None = self._loop.time()
        self._begin = self.waits_since
        self._listener.handshakes.add(self)
        if self._listener.stopping:
            self.abort()
        else:
            self._listener.descriptor_guard.connection_opened(transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._received_any = True
        if self._kind == "reset":
            self._received += data
            if len(self._received) >= _HEADER + int.from_bytes(self._received[3:_HEADER]):
                self._record(
                    "this server reset the connection in the middle of the handshake, as it is meant to"
                )
                reset_on_close(self._raw)
                self._raw.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._listener.handshakes.discard(self)
        if self._received_any:  # a client that only tries the port and sends nothing is not recorded
            seconds = self._loop.time() - self._begin
            self._record(f"the client gave up after {seconds:.1f} seconds on a server that never answers")

    def abort(self) -> None:
        """End the connection at once and record nothing: the server stops."""
        self._recorded = True
        self._raw.abort()

    @property
    def unread(self) -> int:
        """Bytes that the peer has not taken: none, because nothing is ever sent."""
        return 0

    def evict(self) -> None:
        """End the connection to free its file descriptor; it is not recorded, because the client did not give up."""
        self.abort()

    def _record(self, reason: str) -> None:
        if not self._recorded:
            self._recorded = True
            self._listener.refused(self.connection, None, None, reason)
