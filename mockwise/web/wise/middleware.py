"""The outer layer: every request passes it once down and once up, and is written into a journal whatever happens.

The journal is written before the last byte of the answer goes out, so that whoever has the answer finds the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mockwise.oauth.wise_wire import LONGEST_CORRELATION_ID
from mockwise.real_time import monotonic
from mockwise.state.registry import Registry
from mockwise.web.wise.request_context import MOST_LOOKED_AT, RequestContext
from mockwise.web.wise.responses import WITHOUT_LENGTH, failure_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mockwise.storage.threads import StoreThreads


class ExchangeMiddleware:
    """Wraps an app; gives each request its context, each answer its trace headers, each exchange its record.

    `shortcuts` are the endpoints of `(method, path)` that need not go through the app's own layers, for speed. The
    state is asked in `threads`; None: it never keeps anybody waiting, and is asked where it is needed.
    """

    def __init__(
        self,
        app: ASGIApp,
        registry: Registry,
        shortcuts: Mapping[tuple[str, str], ASGIApp],
        threads: StoreThreads | None = None,
    ) -> None:
        self._app = app
        self._registry = registry
        self._shortcuts = shortcuts
        self._threads = threads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI calls it."""
        recorder = _ResponseRecorder(RequestContext(scope, self._registry, self._threads), send)
        app = self._shortcuts.get((scope["method"], scope["path"]), self._app)
        try:
            await app(scope, receive, recorder.send)
        except Exception:
            if not recorder.context.status:
                await failure_response(recorder.context)(scope, receive, recorder.send)
            raise  # so that the server logs it
        finally:
            recorder.end()


class _ResponseRecorder:
    """Records the answer to one request while it is sent."""

    __slots__ = ("_began", "_ended", "_held", "_send", "context")

    def __init__(self, context: RequestContext, send: Send) -> None:
        self.context = context
        self._began = monotonic()
        self._send = send
        self._ended = False
        self._held: Message | None = None

    async def send(self, message: Message) -> None:
        """Note what a message says of the answer, and pass it on."""
        context = self.context
        if message["type"] == "http.response.start":
            context.status = message["status"]
            context.response_headers = message["headers"] = [*message["headers"], *self._trace_headers()]
            if _is_all(message, context.method):
                self._held = message  # the peer would have the whole answer, and the record is not there yet
                return
        else:
            if (room := MOST_LOOKED_AT - len(context.response_body)) > 0:
                context.response_body += message.get("body", b"")[:room]
            if not message.get("more_body", False):
                self.end()
            if self._held is not None:
                await self._send(self._held)
                self._held = None
        await self._send(message)

    def end(self) -> None:
        """Have the exchange written down, once."""
        if not self._ended:
            self._ended = True
            self.context.end(monotonic() - self._began)

    def _trace_headers(self) -> list[tuple[bytes, bytes]]:
        context = self.context
        headers = [(b"x-trace-id", context.trace_id.encode())]
        if 0 < len(context.correlation_id) <= LONGEST_CORRELATION_ID:
            headers.append((b"x-external-correlation-id", context.correlation_id))
        if context.reason is not None and context.sandbox.options.hints:
            headers.append((b"x-mockwise-reason", context.reason.encode("ascii")))
        return headers


def _is_all(start: Message, method: str) -> bool:
    """Whether an answer ends with its headers."""
    return (
        method == "HEAD" or start["status"] in WITHOUT_LENGTH or (b"content-length", b"0") in start["headers"]
    )
