"""uvicorn's HTTP protocol with limits on a request: the size of its head, the time it takes, how many wait at once.

httptools has no limits, and uvicorn sets none: a header without an end grows in memory, a body that stops half way
keeps its connection and its app for ever, and so does a single empty line between two requests.

The limits cost next to nothing: nearly every request is complete in one read. Only if one is not, its start is noted,
and one timer for each connection checks it from time to time (it is not set and cancelled with each request).
For the head it is enough to count the bytes of reads that ended neither a head nor brought a piece of a body. A long
read is taken in slices, so that the count is exact and a thousand requests in one write do not hold up the other connections.

A refusal is sent in its turn, after the answers to the good requests before it (RFC 9112 §9.3.2).

No host switches to another protocol. A request that offers one (`Upgrade`) is served as if it had not, with its body
and all that follows on the connection (RFC 9110 §7.8).
"""

from __future__ import annotations

from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser
from typing_extensions import override
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mockwise.transport.http.final_response import HTTP_1_1_REQUIRED, FinalResponse, final_response_bytes

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sized

    from uvicorn import Config
    from uvicorn._types import ASGI3Application, HTTPScope
    from uvicorn.server import ServerState

    from mockwise.transport.http.connection_limits import ConnectionLimits

_SLICE = 16 * 1024
_FRAMING = (b"content-length", b"transfer-encoding")  # the fields that say where a body ends (RFC 9112 §6)


class _BackpressureFlow(FlowControl):
    """Flow control that reads nothing more while complete requests wait.

    uvicorn would read more of them with each that it answers.
    """

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    @override
    def resume_reading(self) -> None:
        if self.read_paused and not self._waiting:
            super().resume_reading()


class BoundedProtocol(HttpToolsProtocol):
    """HTTP on one connection, within the limits of its listener."""

    def __init__(self, config: Config, state: ServerState, limits: ConnectionLimits) -> None:
        super().__init__(config, state, {})
        self._limits = limits
        self._slice = min(_SLICE, limits.head // 4)
        self._unanswered: deque[RequestResponseCycle] = deque()
        self._whole: object = None  # the scope of the last request that was read to its end
        self._upgrade_scope: HTTPScope | None = (
            None  # of the request whose offer of another protocol is being declined
        )
        self._spent = 0  # bytes since the end of the last head, or since the last piece of a body
        self._ignoring = False  # whether the final response is sent or queued, so that nothing more is parsed
        self._ignored = 0  # reads since then, which were dropped
        self._began: float | None = None  # when the incomplete request began; the loop's time
        self._blocked_since: float | None = None  # when the peer stopped reading; the loop's time
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waits_since(self) -> float | None:
        """Since when it has waited for its peer, by the loop's clock; None while it is the server's turn."""
        if self._blocked_since is not None:
            return self._blocked_since
        if self.timeout_keep_alive_task is not None:
            return self.timeout_keep_alive_task.when() - self.timeout_keep_alive
        if self._peer_must_wait or (self._is_answering and not self._lacks_body):
            return None
        return self._began

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.flow = _BackpressureFlow(transport, self.pipeline)
        # uvicorn sets no time limit for the first request.
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # A timer that is left would keep the connection in memory.
        self._unset_keepalive_if_required()
        if self._timer is not None:
            self._timer.cancel()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._blocked_since = self.loop.time()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._blocked_since = None

    @override
    def data_received(self, data: bytes) -> None:
        if len(data) + self._spent <= self._slice:
            self._take(data)
            return
        at = 0
        while at < len(data) and not self._ignoring:
            size = min(self._slice, self._limits.head - self._spent)
            self._take(data[at : at + size])
            at += size

    @override
    def on_headers_complete(self) -> None:
        if self._upgrade_scope is not None:  # its app has begun already
            self.scope, self.headers = (
                self._upgrade_scope,
                cast("list[tuple[bytes, bytes]]", self._upgrade_scope["headers"]),
            )
            self._upgrade_scope = None
            return
        HttpToolsProtocol.on_headers_complete(self)
        self._spent = 0
        unanswered = self._unanswered  # uvicorn itself knows the last one only
        while unanswered and unanswered[0].response_complete:
            unanswered.popleft()
        unanswered.append(self.cycle)

    @override
    def on_body(self, body: bytes) -> None:
        self._spent = 0
        HttpToolsProtocol.on_body(self, body)  # `super()` costs more, and this is the hot path

    @override
    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():  # the parser ends here, whether there is a body or not
            return
        HttpToolsProtocol.on_message_complete(self)
        self._spent = 0
        self._whole = self.scope
        self._began = None

    def _take(self, data: bytes) -> None:
        if self._ignoring:
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
        self._upgrade_scope = self.scope
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn
        fields = [b"%b: %b\r\n" % field for field in self.headers if field[0] in _FRAMING]
        if not self.cycle.keep_alive:
            fields.append(b"connection: close\r\n")
        return b"POST / HTTP/1.1\r\n%b\r\n" % b"".join(fields)

    def _answer_to(self, error: HttpParserError) -> bytes:
        """The answer to bytes that are not a request, or not one that can be served."""
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
        elif self._began is None and not self._ignoring:
            self._began = self.loop.time()
            if self._timer is None:
                self._timer = self.loop.call_later(self._limits.arrival, self._check_arrival)

    def _check_arrival(self) -> None:
        """Refuse a request that has taken too long, or set the timer again."""
        self._timer = None
        if self._began is None:
            return
        now = self.loop.time()
        if self._peer_must_wait:
            self._began = now
        left = self._began + self._limits.arrival - now
        if left > 0:
            self._timer = self.loop.call_later(left, self._check_arrival)
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
    def _peer_must_wait(self) -> bool:
        """Whether the peer waits for the server, which has paused reading or not sent `100 Continue` yet."""
        return self.flow.read_paused or (self._lacks_body and self.cycle.waiting_for_100_continue)

    @property
    def _last(self) -> RequestResponseCycle | None:
        return self.cycle  # uvicorn's types say that there always is one

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
        """Send a final response after the answers to the requests before it; parse nothing more."""
        if self._ignoring:
            return
        self._ignoring = True
        self._began = None
        if self._lacks_body:
            if self.cycle.response_started:  # that answer is finished, and then the connection is closed
                self.cycle.keep_alive = False
                if self.cycle.response_complete:
                    self.transport.close()
                return
            self._disconnect(self.cycle)
        final = FinalResponse(self.transport, self.flow, self.loop, answer, lambda: self._ignored)
        if self._is_answering:
            self.pipeline.appendleft((cast("RequestResponseCycle", final), cast("ASGI3Application", None)))
        else:
            final.send()

    def _disconnect(self, cycle: RequestResponseCycle) -> None:
        """Tell an app that its request will not be completed, or remove the request if the app has not begun."""
        cycle.disconnected = True
        cycle.message_event.set()
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
