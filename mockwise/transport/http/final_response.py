"""The final response on a connection whose peer broke a limit: sent in its turn, before the connection is closed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from uvicorn.protocols.http.flow_control import FlowControl

LINGER = 1.0  # seconds that the peer has for reading it
_QUIET = 0.05  # seconds without a byte after which a peer on TLS has sent all it had

# For a client that speaks HTTP/2 without having negotiated it (RFC 9113 §3.3): empty SETTINGS, then GOAWAY with the
# last stream 0, the error HTTP_1_1_REQUIRED and debug data that some clients show (§6.5, §6.8, §7).
_DEBUG_DATA = b"HTTP/2 is not spoken here: use HTTP/1.1."
_GOAWAY = bytes(4) + (0xD).to_bytes(4) + _DEBUG_DATA
HTTP_1_1_REQUIRED = b"\0\0\0\4\0" + bytes(4) + len(_GOAWAY).to_bytes(3) + b"\7\0" + bytes(4) + _GOAWAY


class FinalResponse:
    """A response that needs no app, and stands in uvicorn's queue of requests like a request.

    What the peer still sends is read and thrown away for a moment: an end with bytes unread would be a reset, which
    can overtake the answer (RFC 9112 §9.6). Plain TCP ends its own direction at once; TLS can
    only close both, and does so when the peer is silent.

    Args:
        transport: where to write.
        flow: the flow control of that transport.
        loop: the event loop.
        answer: the bytes of the response.
        ignored: how many reads have been dropped since the peer was refused.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        flow: FlowControl,
        loop: asyncio.AbstractEventLoop,
        answer: bytes,
        ignored: Callable[[], int],
    ) -> None:
        self._transport = transport
        self._flow = flow
        self._loop = loop
        self._answer = answer
        self._ignored = ignored

    async def run_asgi(self, _app: object) -> None:
        """Send the response; uvicorn calls this when the requests before it have been answered."""
        self.send()

    def send(self) -> None:
        """Send the response and end the connection, whatever the peer does."""
        if self._transport.is_closing():
            return
        self._transport.write(self._answer)
        self._flow.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._loop.call_later(_QUIET, self._close_when_quiet, self._ignored())
        self._loop.call_later(LINGER, self._transport.close)
        self._loop.call_later(2 * LINGER, self._transport.abort)

    def _close_when_quiet(self, ignored: int) -> None:
        if self._transport.is_closing():
            return
        if self._ignored() == ignored:
            self._transport.close()
        else:
            self._loop.call_later(_QUIET, self._close_when_quiet, self._ignored())


def final_response_bytes(status: HTTPStatus, reason: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """An HTTP response in plain text, as the bytes that are sent."""
    body = reason.encode("ascii") + b"\n"
    fields = (
        *headers,
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    )
    line = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    return line + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n" + body
