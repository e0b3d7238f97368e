"""uvicorn's HTTP protocol, with the connection and the peer's certificate in the ASGI scope.

uvicorn has no ASGI TLS extension yet (Kludex/uvicorn#3132, #3133), so the peer's certificate is read here, once for each
connection; a request then costs one dictionary more. If uvicorn ever fills `extensions["tls"]` itself, its entry wins
and `peer.py` can be removed.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from mockwise.transport.http.connection import Connection
from mockwise.transport.http.listener_view import ListenerView
from mockwise.transport.http.request_limits import BoundedProtocol
from mockwise.transport.http.write_buffer import PIECE, WriteBuffer
from mockwise.transport.tls.peer import tls_extension

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from uvicorn._types import ASGI3Application

    Send = Callable[[dict[str, Any]], Awaitable[None]]
    App = Callable[[dict[str, Any], object, Send], Awaitable[None]]


def _no_cancellation(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


# uvicorn writes what a peer did wrong (answered with 400) as warnings, and the tasks that a stop cancels as errors.
# Neither is logged; an error of the app itself is.
_LOG = logging.getLogger("mockwise.http")
_LOG.setLevel(logging.ERROR)
_LOG.addFilter(_no_cancellation)


class HttpProtocol(BoundedProtocol):
    """HTTP on one connection of a host: plain, or above TLS if a handshake hands its connection over."""

    connection: Connection

    def __init__(self, listener: ListenerView, connection: Connection | None = None) -> None:
        super().__init__(listener.config, listener.state, listener.limits)
        self.logger = _LOG
        self.access_log = (
            False  # set here, because uvicorn's option silences its logger for the whole process
        )
        self._listener = listener
        self._handed_over = connection
        self._held_back = 0  # bytes of a long body that are not written yet

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        # The app is wrapped: each scope gets the extensions, and long bodies are written in pieces.
        write_buffer = WriteBuffer(transport, self.loop.call_soon)
        super().connection_made(write_buffer)
        self.connection = self._handed_over or Connection(transport, self._listener.name)
        self.connection.begin_http(write_buffer, self._hang_up)
        extensions: dict[str, Any] = {"mockwise.connection": self.connection}
        if (secured := transport.get_extra_info("ssl_object")) is not None:
            extensions["tls"] = tls_extension(secured, self._listener.certificate_error)
            transport.set_write_buffer_limits(high=PIECE)  # as for TCP; TLS would buffer eight times as much
        app = cast("App", self.app)

        def extended(scope: dict[str, Any], receive: object, send: Send) -> Awaitable[None]:
            scope["extensions"] = {**extensions, **scope.get("extensions", {})}
            begin = partial(app, scope, receive, partial(self._send, send))
            return self._begin_when_read(begin) if self.flow.write_paused else begin()

        self.app = cast("ASGI3Application", extended)
        if self._listener.stopping:  # uvloop had accepted it before the server stopped
            self.connection.abort()
        elif self._handed_over is None:
            self._listener.descriptor_guard.connection_opened(transport)

    async def _begin_when_read(self, begin: Callable[[], Awaitable[None]]) -> None:
        """Begin a request when the peer has read the answer before it, so that answers do not pile up in memory."""
        await self.flow.drain()
        if not self.transport.is_closing():
            await begin()

    def _send(self, send: Send, message: dict[str, Any]) -> Awaitable[None]:
        return (
            send(message) if len(message.get("body", b"")) <= PIECE else self._send_in_pieces(send, message)
        )

    async def _send_in_pieces(self, send: Send, message: dict[str, Any]) -> None:
        """Write a long body only as fast as the peer reads, which uvicorn waits for before each message.

        What is written is copied by the transport, by TLS several times; what waits here is not copied.
        """
        body, more = message["body"], message.get("more_body", False)
        try:
            for at in range(0, len(body), PIECE):
                self._held_back = len(body) - at
                piece = body[at : at + PIECE]
                await send({**message, "body": piece, "more_body": more or self._held_back > PIECE})
        finally:
            self._held_back = 0

    @property
    def unread(self) -> int:
        """Bytes of answers that the peer has not taken yet."""
        return self._held_back + self.connection.unread

    def evict(self) -> None:
        """End the connection to free its file descriptor and memory."""
        self.connection.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._hang_up()
        super().connection_lost(exc)
        if self.cycle is None:  # there was no request
            self._listener.client_left(self.connection)
        self.connection.release()
        self.app = (
            self.config.loaded_app
        )  # the extended one holds the protocol, which would wait for the collector

    def _hang_up(self) -> None:
        """Mark all requests as disconnected, so that uvicorn accepts an app that returns without a response."""
        for cycle in self._unanswered:
            cycle.disconnected = True
