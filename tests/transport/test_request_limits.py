"""How a request may arrive, by a clock that the test moves: uvicorn's protocol, without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mockwise.transport.http.connection_limits import ConnectionLimits
from tests.transport.support import Receive, Scope, Send, respond
from tests.transport.time_steps import ProtocolHarness, by_clockwork, request

LIMITS = ConnectionLimits(head=4000, arrival=30, pipelined=3)
CHUNKED = request("/", "transfer-encoding: chunked", verb="POST")
LONG = request("/", "content-length: 10", verb="POST")


class Reader:
    """An app that reads the body and answers with it, when it may; `heard` are the messages that it received."""

    def __init__(self) -> None:
        self.may = asyncio.Event()
        self.may.set()
        self.paths: list[str] = []
        self.heard: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body when it may, and answer with it."""
        self.paths.append(scope["path"])
        await self.may.wait()
        body = b""
        while True:
            self.heard.append(message := await receive())
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            if not message["more_body"]:
                break
        await respond(send, body)


async def hasty(_scope: Scope, _receive: Receive, send: Send) -> None:
    """An app that answers without a look at the body."""
    await respond(send, b"no")


@asynccontextmanager
async def harness(app: object, limits: ConnectionLimits = LIMITS) -> AsyncIterator[ProtocolHarness]:
    """A connection that is lost in the end."""
    it = ProtocolHarness(app, limits)
    yield it
    it.http.connection_lost(None)
    await it.settle()
    for task in it.http.tasks:
        task.cancel()


def head(size: int) -> bytes:
    """A request whose head is so many bytes long."""
    return request("/", "x: " + "y" * (size - len(request("/", "x: "))))


@pytest.mark.parametrize("size", [1, 7, 999, 100_000])
@by_clockwork
async def test_a_head_at_the_limit_is_served_and_a_byte_more_is_431(size: int) -> None:
    """RFC 6585 section 5; however it is cut into reads."""
    for length, status in ((4000, 200), (4001, 431)):
        async with harness(hasty) as it:
            data = head(length)
            await it.hear(*(data[at : at + size] for at in range(0, len(data), size)))
            assert it.statuses == [status]
            await it.after(1.5)
            assert it.pipe.closed == (status == 431)


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /" + b"a" * 5000,
        b"GET / HTTP/1.1\r\nx: " + b"y" * 5000,
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 1000,
        b"\r\n" * 2500,
    ],
    ids=["request line", "one header", "headers", "empty lines"],
)
@by_clockwork
async def test_what_never_becomes_a_head_is_431(endless: bytes) -> None:
    """It would be kept in memory, or read for ever."""
    async with harness(hasty) as it:
        await it.hear(endless, endless)
        assert it.statuses == [431]
        assert b"over 4000 bytes" in it.pipe.written


@pytest.mark.parametrize(
    "rest", [b"0\r\nx: " + b"y" * 5000, b"0\r\n" + b"x: y\r\n" * 1000, b"1;" + b"z" * 5000]
)
@by_clockwork
async def test_what_is_no_body_in_a_chunked_body_is_431(rest: bytes) -> None:
    """Trailers and chunk extensions (RFC 9112 section 7.1) would be another way to send headers without end."""
    app = Reader()
    async with harness(app) as it:
        await it.hear(CHUNKED, rest)
        assert it.statuses == [431]
        assert app.heard[-1]["type"] == "http.disconnect"


@by_clockwork
async def test_a_body_is_as_long_as_the_app_lets_it() -> None:
    """The limit of the head is none of the body's, also in chunks and with short trailers."""
    app = Reader()
    async with harness(app) as it:
        await it.hear(request("/", "content-length: 20000", verb="POST") + b"a" * 9000, b"a" * 11000)
        pieces = [b"a\r\n" + b"b" * 10 + b"\r\n"] * 2000
        await it.hear(CHUNKED + b"".join(pieces), *pieces, b"0\r\nx: y\r\n\r\n")
        assert it.statuses == [200, 200]
        assert (it.pipe.written.count(b"a" * 20000), it.pipe.written.count(b"b" * 40000)) == (1, 1)


@pytest.mark.parametrize(
    "begun", [b"G", b"GET / HTTP/1.1\r\nhost: loc", LONG, LONG + b"nine byte", CHUNKED + b"1\r\n"]
)
@by_clockwork
async def test_a_request_that_is_not_whole_in_time_is_408(begun: bytes) -> None:
    """RFC 9110 section 15.5.9; counted from its first byte, whatever comes after that."""
    async with harness(Reader()) as it:
        await it.hear(begun)
        await it.after(29.9)
        assert (it.statuses, it.http.waits_since) == ([], 1000.0)
        await it.after(0.2)
        assert it.statuses == [408]
        assert b"not whole after 30 seconds" in it.pipe.written
        await it.hear(b"x")
        await it.after(1.1)
        assert it.pipe.closed


@by_clockwork
async def test_a_byte_at_a_time_buys_no_time() -> None:
    """The clock does not begin anew with each."""
    async with harness(hasty) as it:
        for byte in b"GET / HTTP/1.1\r\nx: abcdefghijklmn":
            await it.hear(bytes([byte]))
            await it.after(1)
        assert it.statuses == [408]


@by_clockwork
async def test_each_request_has_its_own_time() -> None:
    """One timer looks after all: who takes 20 seconds for each of three requests is served."""
    async with harness(Reader()) as it:
        for _ in range(3):
            await it.hear(LONG)
            await it.after(20)
            await it.hear(b"0123456789")
        assert it.statuses == [200] * 3
        await it.after(40)
        assert not it.pipe.closed
        await it.after(40)
        assert it.pipe.closed  # by the time between two requests


@by_clockwork
async def test_the_answer_has_all_time() -> None:
    """Delays and drips are what the mock is for."""
    app = Reader()
    async with harness(app) as it:
        app.may.clear()
        await it.hear(LONG[:5], LONG[5:] + b"0123456789", b"\r\n")
        assert it.http.waits_since is None
        await it.after(1000)
        app.may.set()
        await it.settle()
        assert (it.statuses, it.pipe.closed) == ([200], False)


@by_clockwork
async def test_a_body_that_nobody_reads_or_asks_for_is_not_late() -> None:
    """The peer waits for the mock: reading is paused (64 KiB are kept), or `100 Continue` not said yet."""
    big = request("/", "content-length: 100000", verb="POST")
    asking = request("/", "content-length: 10", "expect: 100-continue", verb="POST")
    for begin, middle, end in ((big, b"a" * 90000, b"a" * 10000), (asking, b"", b"0123456789")):
        app = Reader()
        async with harness(app) as it:
            app.may.clear()
            await it.hear(begin + middle)
            assert it.http.waits_since is None
            await it.after(35)
            app.may.set()
            await it.after(1)
            await it.hear(end)
            assert it.statuses in ([200], [100, 200])


@by_clockwork
async def test_an_answer_that_began_before_its_body_came_is_not_cut() -> None:
    """It goes to its end, and the connection with it."""
    rest = asyncio.Event()

    async def dripping(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await rest.wait()
        await send({"type": "http.response.body", "body": b"b"})

    async with harness(dripping) as it:
        await it.hear(LONG)
        await it.after(31)
        assert not it.pipe.closed
        rest.set()
        await it.settle()
        assert it.pipe.written.endswith(b"\r\n\r\nab")
        assert it.pipe.closed


@by_clockwork
async def test_a_body_that_goes_on_after_the_answer_ends_with_the_connection() -> None:
    """It has its answer already: there is nothing more to say."""
    async with harness(hasty) as it:
        await it.hear(CHUNKED, b"1\r\na\r\n", b"1\r\na\r\n")
        await it.after(31)
        assert it.statuses == [200]
        assert it.pipe.closed


@by_clockwork
async def test_empty_lines_do_not_keep_a_connection() -> None:
    """They may come before a request (RFC 9112 section 2.2); uvicorn alone would forget the time."""
    for served in (b"", request()):
        async with harness(hasty) as it:
            await it.hear(*([served] if served else []), b"\r\n")
            await it.after(31)
            assert it.pipe.closed
            assert it.statuses == [200] * bool(served)


@by_clockwork
async def test_a_connection_that_never_asks_anything_ends() -> None:
    """After the time between two requests."""
    async with harness(hasty) as it:
        assert it.http.waits_since == 1000.0
        await it.after(it.http.timeout_keep_alive + 1)
        assert it.pipe.closed


@by_clockwork
async def test_a_refusal_in_the_middle_of_many_comes_in_its_turn() -> None:
    """RFC 9112 section 9.3.2: answers come in the order of the requests; what follows a refusal is not heard."""
    app = Reader()
    async with harness(app) as it:
        app.may.clear()
        await it.hear(request("/1") + request("/2") + b"NONSENSE\r\n\r\n" + request("/3"))
        await it.settle()
        assert it.statuses == []
        app.may.set()
        await it.settle()
        await it.settle()
        assert it.statuses == [200, 200, 400]
        assert app.paths == ["/1", "/2"]
        assert it.pipe.reads
        await it.after(1.1)
        assert it.pipe.closed


@by_clockwork
async def test_the_last_answer_is_followed_by_the_end_at_once_and_reading_goes_on() -> None:
    """An end with bytes unread would be a reset, which can overtake the answer (RFC 9112 section 9.6)."""
    async with harness(hasty) as it:
        await it.hear(b"NONSENSE\r\n\r\n")
        assert (it.statuses, it.pipe.ended, it.pipe.closed) == ([400], True, False)
        await it.hear(b"more", b"more")
        await it.after(1.1)
        assert it.pipe.closed


@by_clockwork
async def test_over_tls_the_end_comes_when_the_peer_is_silent_and_not_much_later_if_it_never_is() -> None:
    """TLS cannot end one way only, as the loops have it."""
    for reads in (0, 3, 100):
        async with harness(hasty) as it:
            it.pipe.secured = True
            await it.hear(b"NONSENSE\r\n\r\n")
            for _ in range(reads):
                await it.hear(b"more")
                await it.after(0.051)
                assert it.pipe.closed == (it.loop.now > 1001)
                if it.pipe.closed:
                    break
            await it.after(0.051)
            assert it.pipe.closed
            await it.after(2)
            it.loop.now = 1000.0


@by_clockwork
async def test_a_request_that_waits_behind_another_may_be_given_up() -> None:
    """Its body is no body, and it never begins."""
    app = Reader()
    async with harness(app) as it:
        app.may.clear()
        await it.hear(request("/1") + CHUNKED.replace(b"/ ", b"/2 ") + b"nonsense\r\n")
        app.may.set()
        await it.settle()
        assert it.statuses == [200, 400]
        assert app.paths == ["/1"]


@by_clockwork
async def test_too_many_at_once_are_429_behind_those_that_are_answered() -> None:
    """Each takes memory while it waits."""
    app = Reader()
    async with harness(app) as it:
        app.may.clear()
        await it.hear(request() * 5)
        app.may.set()
        for _ in range(5):
            await it.settle()
        assert it.statuses == [200] * 5 + [429]


@by_clockwork
async def test_who_is_refused_twice_hears_of_the_first_reason_only() -> None:
    """Too many at once, and nonsense behind them in the same read."""
    app = Reader()
    async with harness(app) as it:
        app.may.clear()
        await it.hear(request() * 5 + b"NONSENSE\r\n\r\n")
        app.may.set()
        for _ in range(5):
            await it.settle()
        assert it.statuses == [200] * 5 + [400]


@by_clockwork
async def test_nothing_is_read_while_requests_wait() -> None:
    """Otherwise each answer would make room for many more requests."""
    app = Reader()
    async with harness(app) as it:
        app.may.clear()
        await it.hear(request() * 3)
        assert not it.pipe.reads
        app.may.set()
        await it.settle()
        await it.settle()
        assert it.pipe.reads
        assert it.statuses == [200] * 3


@by_clockwork
async def test_a_last_word_to_nobody_is_not_said() -> None:
    """The connection has gone while it waited for its turn."""
    async with harness(hasty) as it:
        it.pipe.closed = True
        await it.hear(b"NONSENSE\r\n\r\n")
        assert it.pipe.written == b""


@by_clockwork
async def test_who_does_not_read_its_answers_is_known_since_when() -> None:
    """It waits for its peer, though a request is under way."""
    app = Reader()
    async with harness(app) as it:
        app.may.clear()
        await it.hear(request())
        await it.after(5)
        it.http.pause_writing()
        assert it.http.waits_since == 1005.0
        it.http.resume_writing()
        assert it.http.waits_since is None
