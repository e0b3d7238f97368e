"""The outer layer: every request passes it once down and once up, and is written into a journal whatever happens.

The journal is written before the last byte of the answer goes out, so that whoever has the answer finds the record.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mockwise.core.registry import Registry
from mockwise.oauth.credentials import Basic
from mockwise.oauth.dialect import LONGEST_CORRELATION_ID
from mockwise.web.api.answers import failure_answer
from mockwise.web.api.masking import MASK
from mockwise.web.api.passage import Passage
from mockwise.web.api.sighting import Headers, Sighting

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Edge:
    """Wraps an app; gives each request its passage, each answer its trace headers, each exchange its record.

    `shortcuts` are the endpoints of `(method, path)` that need not go through the app's own layers, for speed.
    """

    def __init__(
        self, app: ASGIApp, registry: Registry, shortcuts: Mapping[tuple[str, str], ASGIApp]
    ) -> None:
        self._app = app
        self._registry = registry
        self._shortcuts = shortcuts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        recorder = _Recorder(Passage(scope, self._registry), scope, send)
        app = self._shortcuts.get((scope["method"], scope["path"]), self._app)
        try:
            await app(scope, receive, recorder.send)
        except Exception:
            if not recorder.status:
                await failure_answer(recorder.passage)(scope, receive, recorder.send)
            raise  # so that the server logs it
        finally:
            recorder.write()


class _Recorder:
    """Watches one answer go out."""

    def __init__(self, passage: Passage, scope: Scope, send: Send) -> None:
        self.passage = passage
        self.status = 0
        self._began = time.perf_counter()
        self._scope = scope
        self._send = send
        self._headers: Headers = ()
        self._body = b""
        self._written = False

    async def send(self, message: Message) -> None:
        """Pass one message on, and look at it."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._headers = message["headers"] = (*message["headers"], *self._trace_headers())
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                self.write()
        await self._send(message)

    def _trace_headers(self) -> list[tuple[bytes, bytes]]:
        passage = self.passage
        headers = [(b"x-trace-id", passage.trace_id.encode())]
        if 0 < len(passage.correlation_id) <= LONGEST_CORRELATION_ID:
            headers.append((b"x-external-correlation-id", passage.correlation_id))
        if passage.reason is not None and passage.sandbox.policy.hints:
            headers.append((b"x-mockwise-reason", passage.reason.encode("ascii")))
        return headers

    def write(self) -> None:
        """Write what was seen into the sandbox's journal, once."""
        if self._written:
            return
        self._written = True
        passage, scope, connection = self.passage, self._scope, self.passage.connection
        journal = passage.sandbox.journal
        issued = passage.issued_text
        seen = Sighting(
            number=journal.next_number(),
            time=passage.time,
            wall_time=passage.wall_time,
            seconds=time.perf_counter() - self._began,
            sandbox=passage.sandbox.name,
            host=connection.listener,
            connection=connection.id,
            tls_version=connection.tls_version,
            cipher=connection.cipher,
            certificate_pem=passage.certificate_pem,
            client_id=passage.client_id,
            token=passage.token,
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"],
            basic_user=passage.credentials.user if isinstance(passage.credentials, Basic) else None,
            request_headers=tuple(scope["headers"]),
            form=passage.form,
            body=passage.body,
            status=self.status,
            response_headers=self._headers,
            response_body=self._body
            if issued is None
            else self._body.replace(issued.encode(), MASK.encode()),
            reason=passage.reason,
            trace_id=passage.trace_id,
        )
        journal.write(seen.exchange)
