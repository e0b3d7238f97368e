"""A TCP connection as an ASGI app can inspect and end it: `scope["extensions"]["mockwise.connection"]`."""

from __future__ import annotations

import asyncio
import socket
import struct
from itertools import count
from typing import TYPE_CHECKING

from mockwise.transport.tls.peer import certificate_serial

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockwise.transport.http.write_buffer import WriteBuffer

_NUMBERS = count(1)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # linger: on, 0 seconds


class Connection:
    """A TCP connection and, on a TLS listener, what its handshake agreed on.

    `id` is unique in this process, `listener` the name it was given, `peer` the other side's address and port (None if
    it was gone at once), `tls_version` such as `TLSv1.3` and `cipher` OpenSSL's name of the suite (None without TLS),
    `certificate_serial` that of the client's certificate if it showed one.
    `abort` and `write` belong to the thread of the event loop, where the app runs; once the connection is lost, they do
    nothing. A journal that keeps this object then keeps these values, and no transport.
    """

    def __init__(self, raw: asyncio.Transport, listener: str) -> None:
        self.id = f"c{next(_NUMBERS)}"
        self.listener = listener
        peername = raw.get_extra_info("peername")
        self.peer: tuple[str, int] | None = (str(peername[0]), int(peername[1])) if peername else None
        self.tls_version: str | None = None
        self.cipher: str | None = None
        self.certificate_serial: int | None = None
        self._raw: asyncio.Transport | None = raw
        self._http: tuple[WriteBuffer, Callable[[], None]] | None = None

    def begin_http(self, write_buffer: WriteBuffer, on_abort: Callable[[], None]) -> None:
        """Note what HTTP is written to: a buffer above the raw transport or TLS."""
        self._http = write_buffer, on_abort
        if (secured := write_buffer.get_extra_info("ssl_object")) is not None:
            self.tls_version = secured.version()
            self.cipher = secured.cipher()[0]
            self.certificate_serial = certificate_serial(secured)

    @property
    def is_open(self) -> bool:
        """Whether the connection is open, as far as is known here."""
        return self._raw is not None and not self._raw.is_closing()

    @property
    def descriptor(self) -> int:
        """The number of its socket; negative once that is closed."""
        return -1 if self._raw is None else int(self._raw.get_extra_info("socket").fileno())

    @property
    def unread(self) -> int:
        """Bytes that were written and that the peer has not taken."""
        if self._raw is None or self._http is None:
            return 0
        below = (
            self._raw.get_write_buffer_size() if self.tls_version else 0
        )  # what TLS has written to the raw transport
        return self._http[0].get_write_buffer_size() + below

    def write(self, data: bytes) -> None:
        """Send bytes past HTTP, as they are (inside TLS, if there is any)."""
        if self._http is not None:
            self._http[0].write(data)

    def abort(self, *, reset: bool = False) -> None:
        """End the connection at once without TLS's close_notify: with FIN, or with RST if `reset`.

        What was written before is still sent; what the app sends afterwards is dropped.
        """
        if self._raw is None or self._http is None:
            return
        write_buffer, on_abort = self._http
        write_buffer.flush()
        on_abort()
        if reset:
            reset_on_close(self._raw)
        # It is aborted one turn of the loop later, because uvloop sends what was written at the end of this one.
        asyncio.get_running_loop().call_soon(self._raw.abort)

    def release(self) -> None:
        """Drop the references to the transports, because the connection is over.

        The journal keeps the connections of ten thousand requests, and each would keep alive its protocols, its TLS
        object with the whole context, and the loop's read buffer of 256 KiB.
        """
        self._raw = self._http = None


def reset_on_close(transport: asyncio.Transport) -> None:
    """Let a TCP connection end with RST instead of FIN."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
