"""From a TCP connection to HTTP above TLS, or to a refusal.

The listeners are plain TCP servers; TLS begins here with `loop.start_tls`, not with `create_server(ssl=...)`. Then
the raw connection is ours on every loop and Python: a refused peer can be disconnected and a silent one dropped, both
also when the server stops, where asyncio and uvloop would wait for them (30 and 60 s); and the peer of a failed handshake is known.

A refused peer gets the alert, then FIN, and a moment to read it: closing at once, with its request still unread,
would answer with RST, which can overtake the alert. After that moment the connection is aborted, whatever the peer does.

TLS begins with the client's first byte, because the server has nothing to send before it: thousands of clients that
only connect cost no TLS object and no buffer of 256 KiB.

`_early` keeps what arrives while nobody is ready for it: the beginning of the client's hello, before `start_tls`
runs (it goes to TLS); and on asyncio the first request, before `start_tls` returns (it goes to HTTP).
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from typing_extensions import override

from mockwise.transport.http.connection import Connection
from mockwise.transport.http.protocol import HttpProtocol
from mockwise.transport.tls.alerts import explain
from mockwise.transport.tls.context import HandshakeContext

if TYPE_CHECKING:
    import ssl

    from mockwise.transport.http.listener_view import ListenerView
    from mockwise.transport.tls.alerts import AlertSSLObject
    from mockwise.transport.tls.context import LiveContext

LINGER = 1.0  # seconds that a refused peer has for reading why
SHUTDOWN_TIMEOUT = 1.0  # seconds that a peer has for answering close_notify

_LEAST = 0.001  # seconds; the loops take no timeout of zero
_TIMED_OUT = "the client did not finish the handshake within %g seconds"
_EVICTED = (
    "the mock ran short of file descriptors and dropped the handshakes that waited longest: "
    "close connections, or raise the limit of open files (ulimit -n)"
)
_SPEAK_TLS = b"This port speaks TLS: begin the URL with https.\n"
_PLAIN_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_SPEAK_TLS), _SPEAK_TLS)
)


class HandshakeProtocol(asyncio.Protocol):
    """The asyncio protocol of one TLS connection, until its handshake is over."""

    def __init__(self, listener: ListenerView, live: LiveContext) -> None:
        self._listener = listener
        self._live = live
        self._loop = asyncio.get_running_loop()
        self._early = bytearray()
        self._recorded = False  # whether its end has been recorded, or need not be
        self._ssl_object: AlertSSLObject | None = None
        self._task: asyncio.Task[None] | None = None
        self._timeout: asyncio.TimerHandle | None = None
        self._began = self._loop.time()

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # what TCP servers give
        self._raw = transport
        self.connection = Connection(transport, self._listener.name)
        self._listener.handshakes.add(self)
        if self._listener.stopping:  # uvloop had accepted it before the server stopped
            self.abort()
        if transport.is_closing():
            self._loop.call_soon(self._listener.handshakes.discard, self)
            return
        self._timeout = self._loop.call_later(self._listener.handshake_timeout, self._on_timeout)
        self._listener.descriptor_guard.connection_opened(transport)

    @override
    def data_received(self, data: bytes) -> None:
        # TLS begins with the first byte; what comes before TLS or HTTP is ready for it is kept.
        self._early += data
        if self._task is None and self._timeout is not None:
            self._timeout.cancel()
            self._task = self._loop.create_task(self._run_handshake())
            self._task.add_done_callback(self._done)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._task is None and self._timeout is not None:
            self._timeout.cancel()
            self._listener.handshakes.discard(self)

    def _on_timeout(self) -> None:
        self._record(None, _TIMED_OUT % self._listener.handshake_timeout)
        self._raw.abort()

    def abort(self) -> None:
        """End the connection at once and record nothing: the server stops."""
        self._recorded = True
        self._raw.abort()

    @property
    def waits_since(self) -> float | None:
        """Since when it waits for its peer, by the loop's clock: from the beginning."""
        return self._began

    @property
    def unread(self) -> int:
        """Bytes that the peer has not taken: counted as none, because a handshake is short."""
        return 0

    def evict(self) -> None:
        """End the connection to free its file descriptor."""
        self._record(None, _EVICTED)
        self._raw.abort()

    async def _run_handshake(self) -> None:
        if self._raw.is_closing():
            return  # on a closed connection the loops would wait for a handshake that cannot come
        if (synchronize := self._live.trust.before_handshake) is not None:
            await synchronize()
            if self._raw.is_closing():
                return
        try:
            with HandshakeContext.to(self._live.current(), self._set_ssl_object, self._early) as context:
                transport = await self._start_tls(context)
            if transport is not None:
                # asyncio reads on before it hands over, and what it reads may have ended the connection.
                if not self._raw.is_closing():
                    self._hand_over(transport)
                else:
                    self._listener.client_left(self.connection)
            elif self._agreed_version:
                self._record(None, self._listener.bad_server.left_during_handshake)
        except BaseException:
            self._raw.abort()
            raise

    def _set_ssl_object(self, ssl_object: AlertSSLObject) -> None:
        self._ssl_object = ssl_object
        ssl_object.on_failure = self._refuse

    def _done(self, task: asyncio.Task[None]) -> None:
        self._listener.handshakes.discard(self)
        self._ssl_object = None  # it refers to this protocol: the cycle would keep OpenSSL's memory until Python collects garbage
        if not task.cancelled() and (error := task.exception()):
            self._loop.call_exception_handler({"message": "a handshake failed here", "exception": error})

    async def _start_tls(self, context: HandshakeContext) -> asyncio.Transport | None:
        timeout = self._listener.handshake_timeout
        try:
            return await self._loop.start_tls(
                self._raw,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=max(self._began + timeout - self._loop.time(), _LEAST),
                ssl_shutdown_timeout=SHUTDOWN_TIMEOUT,
            )
        except OSError as error:  # the peer is late, has gone, or is refused
            if isinstance(error, ConnectionAbortedError):
                self._record(None, _TIMED_OUT % timeout)
            error.__traceback__ = (
                None  # asyncio's traceback is a reference cycle that keeps its read buffer of 256 KiB
            )
        return None

    def _hand_over(self, transport: asyncio.Transport) -> None:
        # Without session tickets the server has nothing to send now, and would acknowledge the client's last message
        # 40 ms late; a client with Nagle's algorithm holds back its request until then.
        with suppress(AttributeError, OSError):  # Linux only, and the peer may be gone
            self._raw.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        http = HttpProtocol(self._listener, self.connection)
        transport.set_protocol(http)
        http.connection_made(transport)
        if self._early:
            http.data_received(bytes(self._early))

    def _refuse(self, error: ssl.SSLError) -> None:
        alert, reason = explain(error, self._agreed_version)
        self._record(alert, self._listener.bad_server.explained(error, reason))
        self._loop.call_soon(self._close_after_alert, error.reason == "HTTP_REQUEST")

    def _close_after_alert(self, plain: bool) -> None:
        """End the connection after the loop has written the alert."""
        # If the peer has ended it meanwhile, uvloop raises a RuntimeError.
        with suppress(OSError, RuntimeError):
            if plain:
                self._raw.write(_PLAIN_ANSWER)
            self._raw.write_eof()
        self._loop.call_later(LINGER, self._raw.abort)

    def _record(self, alert: str | None, reason: str) -> None:
        if self._recorded:
            return
        self._recorded = True
        self._listener.refused(self.connection, self._agreed_version, alert, reason)

    @property
    def _agreed_version(self) -> str | None:
        """The TLS version, or None if the client has not sent its hello."""
        return self._ssl_object.agreed_version if self._ssl_object else None
