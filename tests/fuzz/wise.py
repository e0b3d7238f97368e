"""Requests to Wise's two hosts that nobody would send, and what must hold of each answer."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from starlette.types import Message, Scope

from mockwise.oauth.headless_consent import authorize
from mockwise.oauth.personal import issue_personal
from tests.web.wise_app import AUTH, GRANT, ID, Connection, WiseApp, certificate_of


@dataclass(frozen=True)
class FuzzRequest:
    """A request, as bytes on a wire."""

    method: str
    path: bytes
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: tuple[bytes, ...] = ()
    """In pieces."""
    listener: str = "tls"
    certificate: str | None = None
    leaves: bool = False
    """Whether the peer goes away before the body is whole."""


@dataclass(frozen=True)
class FuzzResponse:
    """What came back: status, headers and body."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class FuzzTarget:
    """An app with tokens of every kind, and a way in that takes bytes."""

    def __init__(self) -> None:
        self.wise_app = WiseApp()
        self.box = self.wise_app.box
        ann = self.box.users.require("ann@example.com")
        self.profiles = [it.profile_id for it in self.box.users.profiles_of(ann.user_id)]
        given = authorize(self.box, ID)
        form = {"grant_type": "authorization_code", "client_id": ID, "redirect_uri": given.redirect_uri}
        linked = self.wise_app.token(auth=AUTH, data={**form, "code": given.code}).json()
        self.refresh_token = linked["refresh_token"]
        application = self.wise_app.token(auth=AUTH, data=GRANT).json()["access_token"]
        self.tokens = [application, linked["access_token"], issue_personal(self.box, ann.user_id)]
        self.loop = asyncio.new_event_loop()

    def close(self) -> None:
        """Close the event loop."""
        self.loop.close()

    def ask(self, request: FuzzRequest) -> FuzzResponse | None:
        """The answer; None to a peer who left. An exception out of the app is the test's to see."""
        sent: list[Message] = []
        pieces = [{"type": "http.request", "body": piece, "more_body": True} for piece in request.body]
        last = [] if request.leaves else [{"type": "http.request", "body": b"", "more_body": False}]
        received = iter([*pieces, *last])

        async def receive() -> Message:
            return next(received, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            sent.append(message)

        before = self.box.journal.count()
        self.loop.run_until_complete(
            asyncio.wait_for(self.wise_app.app(_scope_of(request), receive, send), timeout=20)
        )
        assert self.box.journal.count() == before + 1, "each exchange is written down once"
        return _answer_of(sent)


def _scope_of(request: FuzzRequest) -> Scope:
    chain = [] if request.certificate is None else [certificate_of(request.certificate)]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "path": unquote_to_bytes(request.path).decode("utf-8", "replace"),  # as uvicorn does
        "raw_path": request.path,
        "root_path": "",
        "query_string": request.query,
        "headers": list(request.headers),
        "extensions": {
            "mockwise.connection": replace(Connection(), listener=request.listener),
            "tls": {"client_cert_chain": chain},
        },
    }


def _answer_of(sent: list[Message]) -> FuzzResponse | None:
    """Judged by ASGI itself: one start, one end, and as many bytes as were announced."""
    if not sent:
        return None
    start, *bodies = sent
    assert start["type"] == "http.response.start"
    assert bodies
    assert all(it["type"] == "http.response.body" for it in bodies)
    assert [it.get("more_body", False) for it in bodies] == [True] * (len(bodies) - 1) + [False]
    names = [name for name, _ in start["headers"]]
    assert all(name == name.lower() for name in names)
    headers = dict(start["headers"])
    assert all(b"\r" not in value and b"\n" not in value for value in headers.values())
    body = b"".join(it.get("body", b"") for it in bodies)
    if b"content-length" in headers:
        assert int(headers[b"content-length"]) == len(body)
    return FuzzResponse(start["status"], headers, body)


def judge(target: FuzzTarget, request: FuzzRequest, answer: FuzzResponse | None) -> None:
    """What holds of every answer while nothing is armed."""
    record = target.box.journal.exchanges()[-1]
    if answer is None:
        assert request.leaves
        assert record.status == 0
        return
    assert record.status == answer.status
    assert answer.status < 500 or answer.status == 501, record.reason
    assert re.fullmatch(rb"[0-9a-f]{32}", answer.headers[b"x-trace-id"])
    if answer.headers.get(b"content-type", b"").startswith(b"application/json") and request.method != "HEAD":
        json.loads(answer.body)
    refused = answer.status >= 400
    reason = answer.headers.get(b"x-mockwise-reason", b"").decode()
    assert bool(reason) == refused or b"text/html" in answer.headers.get(b"content-type", b"")
    assert reason.isascii()
    if refused:
        for text in (*target.tokens, target.refresh_token, AUTH[1]):
            assert text.encode() not in answer.body, "a secret in a refusal"
            assert text not in reason
