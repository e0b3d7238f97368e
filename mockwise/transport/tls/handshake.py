"""From a TCP connection to HTTP above TLS, or to a refusal.

The listeners are plain TCP servers; TLS begins here with `loop.start_tls`, not with `create_server(ssl=...)`. For then
the raw connection is ours on every loop and Python: a refused peer can be sent off and a mute one dropped, both also at
a stop, where asyncio and uvloop would wait for them (30 and 60 s); and a refusal knows its peer.

A refused peer gets the alert, then FIN, and a moment to take note: closing at once, with its request still unread,
would answer with RST, which can overtake the alert. It is cut off after that moment whatever it does.

TLS begins with the client's first byte, for the server would have nothing to say before: who only connects, and there
may be thousands of them, costs no TLS object and no buffer of 256 KiB.

`_early` keeps what arrives while nobody is ready for it: the beginning of the client's hello, before `start_tls`
runs (it goes to TLS); and on asyncio the first request, before `start_tls` returns (it goes to HTTP).
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

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
SHUTDOWN_TIMEOUT = 1.0  # seconds that a peer has for answering TLS's goodbye

_LEAST = 0.001  # seconds; the loops want more than none
_LATE = "the client did not finish the handshake within %g seconds"
_CROWDED = (
    "the mock ran short of file descriptors and dropped the handshakes that waited longest: "
    "close connections, or raise the limit of open files (ulimit -n)"
)
_SPEAK_TLS = b"This port speaks TLS: begin the URL with https.\n"
_PLAIN_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_SPEAK_TLS), _SPEAK_TLS)
)


class HandshakeProtocol(asyncio.Protocol):
    """One connection until its handshake is over."""

    def __init__(self, host: ListenerView, live: LiveContext) -> None:
        self._host = host
        self._live = live
        self._loop = asyncio.get_running_loop()
        self._early = bytearray()
        self._over = False  # its end is told or nobody's business
        self._watched: AlertSSLObject | None = None
        self._task: asyncio.Task[None] | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._began = self._loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # what TCP servers give
        """Begin TLS."""
        self._raw = transport
        self.connection = Connection(transport, self._host.name)
        self._host.handshakes.add(self)
        if self._host.stopping:  # uvloop had taken it before
            self.abort()
        if transport.is_closing():
            self._loop.call_soon(self._host.handshakes.discard, self)
            return
        self._silence = self._loop.call_later(self._host.handshake_timeout, self._end_silence)
        self._host.descriptor_guard.joined_by(transport)

    def data_received(self, data: bytes) -> None:
        """Begin TLS with the first that comes; keep what comes before TLS or HTTP is ready for it."""
        self._early += data
        if self._task is None and self._silence is not None:
            self._silence.cancel()
            self._task = self._loop.create_task(self._shake_hands())
            self._task.add_done_callback(self._done)

    def connection_lost(self, _error: Exception | None) -> None:
        """Let go of a peer that left before TLS began."""
        if self._task is None and self._silence is not None:
            self._silence.cancel()
            self._host.handshakes.discard(self)

    def _end_silence(self) -> None:
        self._tell(None, _LATE % self._host.handshake_timeout)
        self._raw.abort()

    def abort(self) -> None:
        """End the connection at once, and say nothing of it: the server stops."""
        self._over = True
        self._raw.abort()

    @property
    def waits_since(self) -> float | None:
        """Since when it waits for its peer, by the loop's clock: from the beginning."""
        return self._began

    @property
    def unread(self) -> int:
        """Nothing to speak of: a handshake is short."""
        return 0

    def make_room(self) -> None:
        """End the connection for the sake of others."""
        self._tell(None, _CROWDED)
        self._raw.abort()

    async def _shake_hands(self) -> None:
        if self._raw.is_closing():
            return  # and the loops would wait for a handshake that cannot come
        if (learn := self._live.trust.before_handshake) is not None:
            await learn()
            if self._raw.is_closing():
                return
        try:
            with HandshakeContext.to(self._live.current(), self._watch, self._early) as door:
                transport = await self._start_tls(door)
            if transport is not None:
                # asyncio reads on before it hands over, and what it reads may have ended the connection.
                if not self._raw.is_closing():
                    self._hand_over(transport)
                else:
                    self._host.left(self.connection)
            elif self._agreed_version:
                self._tell(None, self._host.trouble.left_in_the_middle)
        except BaseException:
            self._raw.abort()
            raise

    def _watch(self, watched: AlertSSLObject) -> None:
        self._watched = watched
        watched.watcher = self._refuse

    def _done(self, task: asyncio.Task[None]) -> None:
        self._host.handshakes.discard(self)
        self._watched = None  # which knows this one: OpenSSL's memory would wait until Python looks for rings
        if not task.cancelled() and (error := task.exception()):
            self._loop.call_exception_handler({"message": "a handshake failed here", "exception": error})

    async def _start_tls(self, door: HandshakeContext) -> asyncio.Transport | None:
        timeout = self._host.handshake_timeout
        try:
            return await self._loop.start_tls(
                self._raw,
                self,
                door,
                server_side=True,
                ssl_handshake_timeout=max(self._began + timeout - self._loop.time(), _LEAST),
                ssl_shutdown_timeout=SHUTDOWN_TIMEOUT,
            )
        except OSError as error:  # the peer is late, has gone, or is refused
            if isinstance(error, ConnectionAbortedError):
                self._tell(None, _LATE % timeout)
            error.__traceback__ = None  # asyncio's, a ring that its read buffer of 256 KiB hangs in
        return None

    def _hand_over(self, transport: asyncio.Transport) -> None:
        # Without session tickets the server has nothing to say now, and would acknowledge the client's last message
        # 40 ms late; a client with Nagle's algorithm holds back its request until then.
        with suppress(AttributeError, OSError):  # Linux only, and the peer may be gone
            self._raw.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        http = HttpProtocol(self._host, self.connection)
        transport.set_protocol(http)
        http.connection_made(transport)
        if self._early:
            http.data_received(bytes(self._early))

    def _refuse(self, error: ssl.SSLError) -> None:
        alert, reason = explain(error, self._agreed_version)
        self._tell(alert, self._host.trouble.explained(error, reason))
        self._loop.call_soon(self._turn_away, error.reason == "HTTP_REQUEST")

    def _turn_away(self, plain: bool) -> None:
        """End the connection, now that the loop has written the alert."""
        # The peer may have ended it meanwhile, which uvloop says with a RuntimeError.
        with suppress(OSError, RuntimeError):
            if plain:
                self._raw.write(_PLAIN_ANSWER)
            self._raw.write_eof()
        self._loop.call_later(LINGER, self._raw.abort)

    def _tell(self, alert: str | None, reason: str) -> None:
        if self._over:
            return
        self._over = True
        self._host.refused(self.connection, self._agreed_version, alert, reason)

    @property
    def _agreed_version(self) -> str | None:
        """The TLS version, once the client has been heard."""
        return self._watched.agreed_version if self._watched else None
