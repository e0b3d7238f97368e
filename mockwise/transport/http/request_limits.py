"""uvicorn's HTTP protocol with limits on how a request arrives: how long its head, how slow, how many at once.

httptools has no limits, and uvicorn sets none: a header without an end grows in memory, a body that stops half way
keeps its connection and its app for ever, and so does a lone empty line between two requests.

How a limit is kept for next to nothing: nearly every request is whole in one read. Only if one is not does a clock
begin to run, and one timer a connection looks at it from time to time (it is not set and cancelled with each request).
For the head it is enough to count the bytes of reads that ended neither a head nor brought a piece of a body. A long
read is taken in slices, so that the count is exact and a thousand requests in one write do not stop the world.

Whoever is refused gets its answer in its turn, behind those of the good requests before it (RFC 9112 §9.3.2).

No host switches to another protocol. A request that offers one (`Upgrade`) is served as if it had not, with its body
and all that follows on the connection (RFC 9110 §7.8).
"""

from __future__ import annotations

from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mockwise.transport.http.final_response import HTTP_1_1_REQUIRED, FinalResponse, final_response_bytes

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sized

    from uvicorn import Config
    from uvicorn._types import ASGI3Application, HTTPScope
    from uvicorn.server import ServerState

    from mockwise.transport.http.figures import ConnectionLimits

_SLICE = 16 * 1024
_FRAMING = (b"content-length", b"transfer-encoding")  # the fields that say where a body ends (RFC 9112 §6)


class _PatientFlow(FlowControl):
    """Does not read on while whole requests wait: uvicorn would take more of them with each that it answers."""

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        """Read on, unless requests wait."""
        if self.read_paused and not self._waiting:
            super().resume_reading()


class BoundedProtocol(HttpToolsProtocol):
    """HTTP on one connection, within limits."""

    def __init__(self, config: Config, state: ServerState, limits: ConnectionLimits) -> None:
        super().__init__(config, state, {})
        self._limits = limits
        self._slice = min(_SLICE, limits.head // 4)
        self._unanswered: deque[RequestResponseCycle] = deque()
        self._whole: object = None  # the scope of the last request that came to its end
        self._offering: HTTPScope | None = None  # of the request whose offer is being declined
        self._spent = 0  # bytes since a head came to its end, or a piece of a body came
        self._deaf = False  # the last word is spoken or waits its turn
        self._ignored = 0  # reads since then
        self._began: float | None = (
            None  # when the request began that has not come to its end; the loop's time
        )
        self._stuck_since: float | None = None  # when the peer ceased to read; the loop's time
        self._watch: asyncio.TimerHandle | None = None

    @property
    def waits_since(self) -> float | None:
        """Since when it has waited for its peer, by the loop's clock; None while it is the server's turn."""
        if self._stuck_since is not None:
            return self._stuck_since
        if self.timeout_keep_alive_task is not None:
            return self.timeout_keep_alive_task.when() - self.timeout_keep_alive
        if self._waited_for or (self._is_answering and not self._lacks_body):
            return None
        return self._began

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request no longer than for the next ones."""
        super().connection_made(transport)
        self.flow = _PatientFlow(transport, self.pipeline)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave no timer behind, which would keep the connection in memory."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if self._watch is not None:
            self._watch.cancel()

    def pause_writing(self) -> None:
        """The peer does not read what it is sent."""
        super().pause_writing()
        self._stuck_since = self.loop.time()

    def resume_writing(self) -> None:
        """It does."""
        super().resume_writing()
        self._stuck_since = None

    def data_received(self, data: bytes) -> None:
        """Take what came, in slices if it is long."""
        if len(data) + self._spent <= self._slice:
            self._take(data)
            return
        at = 0
        while at < len(data) and not self._deaf:
            size = min(self._slice, self._limits.head - self._spent)
            self._take(data[at : at + size])
            at += size

    def on_headers_complete(self) -> None:
        """Know all requests that are not answered: uvicorn itself knows the last one alone."""
        if self._offering is not None:  # its app has begun already
            self.scope, self.headers = (
                self._offering,
                cast("list[tuple[bytes, bytes]]", self._offering["headers"]),
            )
            self._offering = None
            return
        HttpToolsProtocol.on_headers_complete(self)
        self._spent = 0
        unanswered = self._unanswered
        while unanswered and unanswered[0].response_complete:
            unanswered.popleft()
        unanswered.append(self.cycle)

    def on_body(self, body: bytes) -> None:
        """A piece of a body, of which the app says how long it may be."""
        self._spent = 0
        HttpToolsProtocol.on_body(self, body)  # `super()` costs more, and this is the hot path

    def on_message_complete(self) -> None:
        """A request is whole."""
        if self.parser.should_upgrade():  # the parser ends here, whether there is a body or not
            return
        HttpToolsProtocol.on_message_complete(self)
        self._spent = 0
        self._whole = self.scope
        self._began = None

    def _take(self, data: bytes) -> None:
        if self._deaf:
            self._ignored += 1
            return
        before = self._whole
        self._unset_keepalive_if_required()
        self._parse(data)
        if self._whole is not self.scope or self._whole is before:  # the latter for nothing but empty lines
            self._wait_for_the_rest(len(data))
        if self.pipeline and len(self.pipeline) > self._limits.pipelined:
            self._refuse(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"More than {self._limits.pipelined} requests wait on this connection.",
            )

    def _parse(self, data: bytes) -> None:
        """Do what uvicorn's `data_received` does, and go on where the parser stops: behind an offer of `Upgrade`."""
        while True:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as offer:
                data = self._declining_head() + data[offer.args[0] :]
            except HttpParserError as error:
                self._end(self._answer_to(error))
                return
            else:
                return

    def _declining_head(self) -> bytes:
        """A head, for a new parser, with which it reads the body of a request that offered another protocol.

        To the old one HTTP ended with that request's head. This head says how long the body is, and offers nothing.
        """
        self._offering = self.scope
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn
        fields = [b"%b: %b\r\n" % field for field in self.headers if field[0] in _FRAMING]
        if not self.cycle.keep_alive:
            fields.append(b"connection: close\r\n")
        return b"POST / HTTP/1.1\r\n%b\r\n" % b"".join(fields)

    def _answer_to(self, error: HttpParserError) -> bytes:
        """The answer to bytes that are no request which can be served."""
        method = self.parser.get_method()
        if method == b"PRI":
            return HTTP_1_1_REQUIRED
        if method == b"CONNECT" and isinstance(error, HttpParserCallbackError):  # `host:port` is not a path
            return self._refusal(HTTPStatus.NOT_IMPLEMENTED, "CONNECT is for proxies, and this host is none.")
        return self._refusal(HTTPStatus.BAD_REQUEST, "Invalid HTTP request received.")

    def _wait_for_the_rest(self, size: int) -> None:
        self._spent += size
        if self._spent >= self._limits.head:
            self._refuse(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"The request line and headers are over {self._limits.head} bytes.",
            )
        elif self._began is None and not self._deaf:
            self._began = self.loop.time()
            if self._watch is None:
                self._watch = self.loop.call_later(self._limits.arrival, self._look)

    def _look(self) -> None:
        """Whether the time of a request is up."""
        self._watch = None
        if self._began is None:
            return
        now = self.loop.time()
        if self._waited_for:
            self._began = now
        left = self._began + self._limits.arrival - now
        if left > 0:
            self._watch = self.loop.call_later(left, self._look)
        elif self._lacks_head or self._lacks_body:
            self._refuse(
                HTTPStatus.REQUEST_TIMEOUT,
                f"The request was not whole after {self._limits.arrival:g} seconds.",
            )
        elif self._is_answering:  # only empty lines, and the time between two requests has not begun
            self._began = None
        else:
            self.transport.close()

    @property
    def _waited_for(self) -> bool:
        """Whether the peer cannot go on because nobody reads, or nobody said `100 Continue` yet."""
        return self.flow.read_paused or (self._lacks_body and self.cycle.waiting_for_100_continue)

    @property
    def _last(self) -> RequestResponseCycle | None:
        return self.cycle  # which uvicorn's types say there always is

    @property
    def _lacks_head(self) -> bool:
        last = self._last.scope if self._last else None
        return self.scope is not last

    @property
    def _lacks_body(self) -> bool:
        return self._last is not None and self._last.scope is self.scope and self._whole is not self.scope

    @property
    def _is_answering(self) -> bool:
        return any(not (it.response_complete or it.disconnected) for it in self._unanswered)

    def _refusal(self, status: HTTPStatus, reason: str) -> bytes:
        return final_response_bytes(status, reason, self.server_state.default_headers)

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        self._end(self._refusal(status, reason))

    def _end(self, answer: bytes) -> None:
        """Have the peer's last request answered so, once those before it are answered; hear no more of it."""
        if self._deaf:
            return
        self._deaf = True
        self._began = None
        if self._lacks_body:
            if self.cycle.response_started:  # the answer may take its time, but then it is over
                self.cycle.keep_alive = False
                if self.cycle.response_complete:
                    self.transport.close()
                return
            self._give_up(self.cycle)
        word = FinalResponse(self.transport, self.flow, self.loop, answer, lambda: self._ignored)
        if self._is_answering:
            self.pipeline.appendleft((cast("RequestResponseCycle", word), cast("ASGI3Application", None)))
        else:
            word.say()

    def _give_up(self, cycle: RequestResponseCycle) -> None:
        """Let an app know that its request will not come to an end, or not begin it."""
        cycle.disconnected = True
        cycle.message_event.set()
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
