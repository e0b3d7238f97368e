"""The last answer on a connection whose peer went too far: in its turn, then a moment to read it, then the end."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from uvicorn.protocols.http.flow_control import FlowControl

LINGER = 1.0  # seconds for reading why


class LastWord:
    """Stands in uvicorn's queue of requests as one, and needs no app.

    What the peer still sends is read and thrown away for a moment: an end with bytes unread would be a reset, which
    can overtake the answer (RFC 9112 §9.6).
    """

    def __init__(
        self, transport: asyncio.Transport, flow: FlowControl, loop: asyncio.AbstractEventLoop, answer: bytes
    ) -> None:
        self._transport = transport
        self._flow = flow
        self._loop = loop
        self._answer = answer

    async def run_asgi(self, _app: object) -> None:
        """What uvicorn calls when the requests before it have been answered."""
        self.say()

    def say(self) -> None:
        """Answer, and end the connection a moment later, whether the peer takes part or not."""
        if self._transport.is_closing():
            return
        self._transport.write(self._answer)
        self._flow.resume_reading()
        self._loop.call_later(LINGER, self._transport.close)
        self._loop.call_later(2 * LINGER, self._transport.abort)


def refusal(status: HTTPStatus, reason: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """An answer in plain text, as it goes over the wire."""
    body = reason.encode("ascii") + b"\n"
    fields = (
        *headers,
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    )
    line = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    return line + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n" + body
