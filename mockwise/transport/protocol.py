"""uvicorn's HTTP protocol, which tells the app about the connection.

uvicorn has no ASGI TLS extension yet (Kludex/uvicorn#3132, #3133), so the peer's certificate is read here, once a
connection; a request then costs one dictionary more. The day uvicorn fills `extensions["tls"]` itself, its entry wins
and `peer.py` can go.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from mockwise.transport.arrival import BoundedProtocol
from mockwise.transport.connection import Connection
from mockwise.transport.outbox import PIECE, Outbox
from mockwise.transport.peer import tls_extension

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from uvicorn._types import ASGI3Application

    from mockwise.transport.host import Host

    Send = Callable[[dict[str, Any]], Awaitable[None]]
    App = Callable[[dict[str, Any], object, Send], Awaitable[None]]


def _no_cancellation(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


# uvicorn writes what a peer did wrong (answered with 400) as warnings, and the tasks that a stop cancels as errors.
# Neither is news; what the app itself did wrong is.
_LOG = logging.getLogger("mockwise.http")
_LOG.setLevel(logging.ERROR)
_LOG.addFilter(_no_cancellation)


class HttpProtocol(BoundedProtocol):
    """HTTP on one connection of a host: plain, or above TLS if a handshake hands its connection over."""

    connection: Connection

    def __init__(self, host: Host, connection: Connection | None = None) -> None:
        super().__init__(host.config, host.state, host.limits)
        self.logger = _LOG
        self.access_log = (
            False  # said here, because uvicorn's option silences its logger for the whole process
        )
        self._host = host
        self._handed_over = connection
        self._in_hand = 0  # bytes of a long body that are not written yet

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Read the peer's certificate and wrap the app: each scope has the extensions, long bodies go out in pieces."""
        outbox = Outbox(transport, self.loop.call_soon)
        super().connection_made(outbox)
        self.connection = self._handed_over or Connection(transport, self._host.name)
        self.connection.opened(outbox, self._hang_up)
        extensions: dict[str, Any] = {"mockwise.connection": self.connection}
        if (secured := transport.get_extra_info("ssl_object")) is not None:
            extensions["tls"] = tls_extension(secured, self._host.fault)
            transport.set_write_buffer_limits(high=PIECE)  # as TCP has it; TLS would take eight times as much
        app = cast("App", self.app)

        def extended(scope: dict[str, Any], receive: object, send: Send) -> Awaitable[None]:
            scope["extensions"] = {**extensions, **scope.get("extensions", {})}
            begin = partial(app, scope, receive, partial(self._send, send))
            return self._begin_when_read(begin) if self.flow.write_paused else begin()

        self.app = cast("ASGI3Application", extended)
        if self._host.stopping:  # uvloop had taken it before
            self.connection.abort()
        elif self._handed_over is None:
            self._host.crowd.joined_by(transport)

    async def _begin_when_read(self, begin: Callable[[], Awaitable[None]]) -> None:
        """Serve a request once the peer takes the answer before it: it would make one more that nobody reads."""
        await self.flow.drain()
        if not self.transport.is_closing():
            await begin()

    def _send(self, send: Send, message: dict[str, Any]) -> Awaitable[None]:
        return (
            send(message) if len(message.get("body", b"")) <= PIECE else self._send_in_pieces(send, message)
        )

    async def _send_in_pieces(self, send: Send, message: dict[str, Any]) -> None:
        """Write a long body only as fast as the peer reads, which uvicorn waits for before each message.

        What is written is copied below, by TLS several times; what waits here is the app's own bytes.
        """
        body, more = message["body"], message.get("more_body", False)
        try:
            for at in range(0, len(body), PIECE):
                self._in_hand = len(body) - at
                piece = body[at : at + PIECE]
                await send({**message, "body": piece, "more_body": more or self._in_hand > PIECE})
        finally:
            self._in_hand = 0

    @property
    def unread(self) -> int:
        """Bytes of answers that its peer has not taken yet."""
        return self._in_hand + self.connection.unread

    def make_room(self) -> None:
        """End the connection for the sake of others."""
        self.connection.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the host of a client that asked nothing, and let go."""
        self._hang_up()
        super().connection_lost(exc)
        if self.cycle is None:
            self._host.left(self.connection)
        self.connection.lost()
        self.app = (
            self.config.loaded_app
        )  # the extended one holds the protocol, which would wait for the collector

    def _hang_up(self) -> None:
        """Have uvicorn take an app as it is that returns without a response, also while more requests wait behind it."""
        for cycle in self._unanswered:
            cycle.disconnected = True
