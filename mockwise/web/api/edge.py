"""The outer layer: every request passes it once down and once up, and is written into a journal whatever happens.

The journal is written before the last byte of the answer goes out, so that whoever has the answer finds the record.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from mockwise.core.journal import Exchange
from mockwise.core.registry import Registry
from mockwise.oauth.dialect import LONGEST_CORRELATION_ID
from mockwise.web.api.masking import MASK, mask_body, mask_headers, mask_pairs, mask_query, mask_text
from mockwise.web.api.passage import Passage

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


_LONGEST_ANSWER = 4096  # bytes of an answer that the journal keeps


class Edge:
    """Wraps an app; gives each request its passage, each answer its trace headers, each exchange its record."""

    def __init__(self, app: ASGIApp, registry: Registry) -> None:
        self._app = app
        self._registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began = time.perf_counter()
        passage = Passage(scope, self._registry)
        recorder = _Recorder(passage, scope, began, send)
        try:
            await self._app(scope, receive, recorder.send)
        finally:
            recorder.write()


class _Recorder:
    """Watches one answer go out."""

    def __init__(self, passage: Passage, scope: Scope, began: float, send: Send) -> None:
        self._passage = passage
        self._scope = scope
        self._began = began
        self._send = send
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = b""
        self._written = False

    async def send(self, message: Message) -> None:
        """Pass one message on, and look at it."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = message["headers"] = [*message["headers"], *self._trace_headers()]
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                self.write()
        await self._send(message)

    def _trace_headers(self) -> list[tuple[bytes, bytes]]:
        passage = self._passage
        headers = [(b"x-trace-id", passage.trace_id.encode())]
        if 0 < len(passage.correlation_id) <= LONGEST_CORRELATION_ID:
            headers.append((b"x-external-correlation-id", passage.correlation_id))
        if passage.reason is not None and passage.sandbox.policy.hints:
            headers.append((b"x-mockwise-reason", passage.reason.encode("ascii")))
        return headers

    def write(self) -> None:
        """Write the exchange into its sandbox's journal, once."""
        if self._written:
            return
        self._written = True
        passage, scope, connection = self._passage, self._scope, self._passage.connection
        journal = passage.sandbox.journal
        body = self._body
        if passage.issued_text is not None:
            body = body.replace(passage.issued_text.encode(), MASK.encode())
        journal.write(
            Exchange(
                number=journal.next_number(),
                time=passage.time,
                wall_time=passage.wall_time,
                duration=timedelta(seconds=time.perf_counter() - self._began),
                sandbox=passage.sandbox.name,
                host=connection.listener,
                connection=connection.id,
                tls_version=connection.tls_version,
                cipher=connection.cipher,
                certificate=passage.peer.certificate,
                client_id=passage.client_id and mask_text(passage.client_id),
                grant_type=next(
                    (mask_text(value) for name, value in passage.form if name == "grant_type"), None
                ),
                token=passage.token,
                method=scope["method"],
                path=mask_text(scope["path"]),
                query=mask_query(query) if (query := scope["query_string"]) else "",
                request_headers=mask_headers(scope["headers"], passage.credentials),
                request_body=_request_body(passage),
                status=self._status,
                response_headers=mask_headers(self._headers, None),
                response_body=body[:_LONGEST_ANSWER].decode("utf-8", "replace"),
                fault=None,
                reason=passage.reason,
                trace_id=passage.trace_id,
            )
        )


def _request_body(passage: Passage) -> str:
    if passage.form:
        return mask_pairs(passage.form)
    return mask_body(passage.body) if passage.body else ""
