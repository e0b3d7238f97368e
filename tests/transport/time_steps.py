"""A connection without a network and a loop whose time stands still until a test moves it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from functools import wraps
from typing import Any, ParamSpec, cast

from typing_extensions import override
from uvicorn import Config
from uvicorn._types import ASGI3Application
from uvicorn.server import ServerState

from mockwise.transport.http.connection_limits import ConnectionLimits
from mockwise.transport.http.request_limits import BoundedProtocol

P = ParamSpec("P")


class Clockwork(asyncio.SelectorEventLoop):
    """A loop that tells the time it was given. It must not be left alone: it would wait for real."""

    now = 1000.0

    @override
    def time(self) -> float:
        return self.now


class Pipe(asyncio.Transport):
    """The server's side of a connection: it keeps what was written, and whether it reads and is closed."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written = b""
        self.reads = True
        self.closed = False
        self.ended = False
        self.secured = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        assert not self.ended
        self.written += data

    @override
    def pause_reading(self) -> None:
        self.reads = False

    @override
    def resume_reading(self) -> None:
        self.reads = True

    @override
    def can_write_eof(self) -> bool:
        return not self.secured

    @override
    def write_eof(self) -> None:
        self.ended = True

    @override
    def is_closing(self) -> bool:
        return self.closed

    @override
    def close(self) -> None:
        self.closed = True

    @override
    def abort(self) -> None:
        self.closed = True


class ProtocolHarness:
    """A bounded protocol on a pipe, with an app; `loop` is the running one."""

    def __init__(self, app: object, limits: ConnectionLimits) -> None:
        self.loop = cast("Clockwork", asyncio.get_running_loop())
        config = Config(
            cast("ASGI3Application", app),
            interface="asgi3",
            ws="none",
            lifespan="off",
            log_config=None,
            timeout_keep_alive=75,
        )
        config.load()
        self.pipe = Pipe()
        self.http = BoundedProtocol(config, ServerState(), limits)
        self.http.connection_made(self.pipe)

    async def hear(self, *pieces: bytes) -> None:
        """Let the protocol receive each piece in a read of its own."""
        for piece in pieces:
            assert self.pipe.reads, "nobody reads"
            self.http.data_received(piece)
            await self.settle()

    async def settle(self) -> None:
        """Let the loop do all that can be done now."""
        for _ in range(10):
            await asyncio.sleep(0)

    async def after(self, seconds: float) -> None:
        """Move the loop's clock by so many seconds and let it do its work."""
        self.loop.now += seconds
        await self.settle()

    @property
    def statuses(self) -> list[int]:
        """The statuses of the answers so far."""
        return statuses(self.pipe.written)


def statuses(written: bytes) -> list[int]:
    """The status of each answer on the wire."""
    return [int(it[:3]) for it in written.split(b"HTTP/1.1 ")[1:]]


def by_clockwork(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an asynchronous test on a loop whose time the test moves."""

    @wraps(test)
    def tried(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=Clockwork) as runner:
            runner.run(test(*args, **kwargs))

    return tried


def request(path: str = "/", *headers: str, body: bytes = b"", verb: str = "GET") -> bytes:
    """A request; the headers as `name: value`."""
    lines: Iterable[str] = (f"{verb} {path} HTTP/1.1", "host: localhost", *headers, "", "")
    return "\r\n".join(lines).encode() + body
