"""An upstream that is told what to answer, byte by byte, and a peer that speaks ASGI and may leave at any time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

from starlette.types import Message, Scope

from tests.web.wise_app import Connection, WiseApp

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class UpstreamServer:
    """A server whose `answer` is bytes, or a coroutine with the rest of the connection in its hands."""

    def __init__(self, answer: bytes | Answering = OK, tls: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self._tls = tls
        self.requests: list[bytes] = []
        self.connections = 0
        self.left = asyncio.Event()
        """Set when a connection has ended."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http{'s' if self._tls else ''}://localhost:{self.port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    def heads(self) -> list[list[bytes]]:
        """The lines of each request's head."""
        return [request.partition(b"\r\n\r\n")[0].split(b"\r\n") for request in self.requests]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await self._head(reader):
                self.requests.append(head)
                if b"\r\ntransfer-encoding: chunked" in head.lower():
                    self.requests[-1] += await reader.readuntil(b"0\r\n\r\n")
                elif b"\r\ncontent-length: " in head.lower():
                    length = head.lower().partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
                    self.requests[-1] += await reader.readexactly(int(length))
                if not isinstance(self._answer, bytes):
                    await self._answer(reader, writer)
                    return
                writer.write(self._answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.left.set()
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    @staticmethod
    async def _head(reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""


class FakePeerConnection(Connection):
    """A connection that can be cut."""

    cut: asyncio.Event

    def abort(self) -> None:
        """Cut the connection to the peer."""
        self.cut.set()


class FakePeer:
    """A peer: what it sends, what it got, and when it is gone."""

    def __init__(self, *chunks: bytes, more: bool = False) -> None:
        self._chunks = list(chunks or (b"",))
        self._more = more
        self.gone = asyncio.Event()
        self.got: list[Message] = []
        self.something = asyncio.Event()
        """Set with the first piece of a body."""

    async def ask(
        self,
        wise_app: WiseApp,
        method: str,
        path: str,
        headers: Iterable[tuple[bytes, bytes]] = (),
        query: bytes = b"",
    ) -> Self:
        """Make a request; return when the app has returned."""
        connection = FakePeerConnection()
        object.__setattr__(connection, "cut", self.gone)
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query,
            "headers": list(headers),
            "extensions": {"mockwise.connection": connection, "tls": {"client_cert_chain": []}},
        }
        await wise_app.app(scope, self._receive, self._send)
        return self

    @property
    def status(self) -> int:
        """The status that came back."""
        status: int = self.got[0]["status"]
        return status

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that came back."""
        headers: list[tuple[bytes, bytes]] = self.got[0]["headers"]
        return headers

    @property
    def body(self) -> bytes:
        """The body that came back."""
        return b"".join(message.get("body", b"") for message in self.got[1:])

    @property
    def whole(self) -> bool:
        """Whether the answer came to its end."""
        return len(self.got) > 1 and not self.got[-1].get("more_body", False)

    async def _receive(self) -> Message:
        if self._chunks:
            body = self._chunks.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(self._chunks) or self._more}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.got.append(message)
        if message.get("body"):
            self.something.set()
