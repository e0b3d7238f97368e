"""The way to an upstream: a server of the user's that answers for what the mock does not model (mock-only).

Bodies stream both ways. Headers of one connection stay on it (RFC 9110 section 7.6.1); redirects, cookies and
compression are the peer's own business, and proxies of the environment are not used. The upstream is told who called
in `x-mockwise-` headers, which no peer can set.

The HTTP client belongs to the event loop: a task keeps it, which asyncio cancels with the loop's last tasks.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from contextlib import aclosing, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
from typing_extensions import override

from mockwise.common.urls import check_upstream
from mockwise.oauth.bearer import Caller
from mockwise.web.wise.api_errors import spring
from mockwise.web.wise.body import ClientDisconnected, pass_body
from mockwise.web.wise.request_context import Headers, RequestContext
from mockwise.web.wise.responses import ASGIResponse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from starlette.types import Receive, Scope, Send

_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection"}
    | {b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
# The journal is to be read, so nothing is compressed on the way; the server has answered an expectation itself.
_NOT_SENT = _HOP_BY_HOP | {b"host", b"accept-encoding", b"expect"}
# What the mock and its server write themselves.
_NOT_ANSWERED = _HOP_BY_HOP | {b"date", b"server", b"x-trace-id", b"x-external-correlation-id"}
_OURS = b"x-mockwise-"
_NO_LETTER = re.compile(rb"[^a-z0-9]")

_TIMEOUT = httpx.Timeout(60, connect=10)  # seconds
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20)

# It would write each URL at level INFO, query and all.
logging.getLogger("httpx").setLevel(logging.WARNING)


class Upstream:
    """A server that calls are sent on to.

    Args:
        url: http or https, with a path in front of all others if it has one.
        timeout: how long to wait for it.

    Raises:
        InvalidValueError: the URL cannot be used.
    """

    def __init__(self, url: str, timeout: httpx.Timeout = _TIMEOUT) -> None:
        self.url = httpx.URL(check_upstream(url))
        self.timeout = timeout
        # The system's authorities; no context is made where none is needed.
        self._verify = ssl.create_default_context() if self.url.scheme == "https" else False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keeper: asyncio.Task[None] | None = None

    def forward(self, context: RequestContext, caller: Caller | None, raw_path: bytes) -> ProxiedResponse:
        """The answer of the upstream, which asks it when it is sent."""
        target = self.url.raw_path.rstrip(b"/") + raw_path + (b"?" + context.query if context.query else b"")
        headers = [*_without(context.headers, _NOT_SENT), *_introduction(context, caller)]
        return ProxiedResponse(self, context, target, headers)

    def client(self) -> httpx.AsyncClient:
        """The HTTP client of the running loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._client = httpx.AsyncClient(
                verify=self._verify,
                timeout=self.timeout,
                limits=_LIMITS,
                trust_env=False,
                follow_redirects=False,
            )
            self._loop, self._keeper = loop, loop.create_task(_keep(self._client))
        return self._client


async def _keep(client: httpx.AsyncClient) -> None:
    """Close the client when the loop ends."""
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        await client.aclose()


class ProxiedResponse(ASGIResponse):
    """One exchange with the upstream; it sends itself, as ASGI responses do."""

    def __init__(
        self, upstream: Upstream, context: RequestContext, target: bytes, headers: list[tuple[bytes, bytes]]
    ) -> None:
        self._upstream = upstream
        self._context = context
        self._target = target
        self._headers = headers

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the upstream and pass its answer on, until it is done or the peer leaves."""
        self._context.proxied = True
        body_is_read = asyncio.Event()
        exchange = asyncio.ensure_future(self._exchange(scope, receive, send, body_is_read))
        peer = asyncio.ensure_future(_leaves(receive, body_is_read))
        try:
            await asyncio.wait((exchange, peer), return_when=asyncio.FIRST_COMPLETED)
        finally:
            peer.cancel()
            exchange.cancel()
            await asyncio.wait((exchange, peer))
        with suppress(asyncio.CancelledError, ClientDisconnected):
            exchange.result()

    async def _exchange(
        self, scope: Scope, receive: Receive, send: Send, body_is_read: asyncio.Event
    ) -> None:
        async with aclosing(self._body(receive, body_is_read)) as body:
            request = httpx.Request(
                self._context.method,
                self._upstream.url,
                headers=self._headers,
                content=body if _has_body(self._context.headers) else None,
                extensions={"target": self._target, "timeout": self._upstream.timeout.as_dict()},
            )
            if not _has_body(self._context.headers):
                body_is_read.set()
            try:
                response = await self._upstream.client().send(request, stream=True)
            except httpx.TimeoutException:
                problem, reason = HTTPStatus.GATEWAY_TIMEOUT, "The upstream took too long to answer."
            except httpx.TransportError:
                problem = HTTPStatus.BAD_GATEWAY
                reason = "The upstream cannot be reached, or does not speak HTTP. Is it running at the --upstream URL?"
            else:
                await self._relay(response, receive, send)
                return
        refusal = spring(problem, self._context.time, reason)
        self._context.reason = refusal.reason
        await refusal.answer(scope, receive, send)

    async def _body(self, receive: Receive, body_is_read: asyncio.Event) -> AsyncGenerator[bytes]:
        async for chunk in pass_body(self._context, receive):
            yield chunk
        body_is_read.set()

    async def _relay(self, response: httpx.Response, receive: Receive, send: Send) -> None:
        headers = list(_without([(n.lower(), v) for n, v in response.headers.raw], _NOT_ANSWERED))
        async with aclosing(response):
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            try:
                async for chunk in response.aiter_raw():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            except httpx.TransportError:
                # The status is out; a broken connection is the one way left to say that this is not all.
                self._context.reason = "The upstream broke off in the middle of its answer."
                self._context.connection.abort()
                await _leaves(receive)
                return
            await send({"type": "http.response.body"})


async def _leaves(receive: Receive, body_is_read: asyncio.Event | None = None) -> None:
    """Return when the peer is gone; whoever reads the body finds out by itself."""
    if body_is_read is not None:
        await body_is_read.wait()
    while (await receive())["type"] != "http.disconnect":
        pass


def _has_body(headers: Headers) -> bool:
    """Whether a request announces a body (RFC 9112 section 6.3)."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in headers
    )


def _without(headers: Headers, names: frozenset[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Headers that travel on: not of these names, not named by `Connection`, and not what the mock says of itself.

    Nor what a server may take for one of them, or for the length of the body.
    """
    named = b",".join(value for name, value in headers if name == b"connection").split(b",")
    dropped = names | {_canonical(name.strip()) for name in named}
    for name, value in headers:
        canonical = _canonical(name)
        is_framing = canonical == b"content-length" and name != canonical
        if canonical not in dropped and not canonical.startswith(_OURS) and not is_framing:
            yield name, value


def _canonical(name: bytes) -> bytes:
    """One for all names that a server may take for the same: CGI, WSGI and PHP fold case and all that is no letter."""
    return _NO_LETTER.sub(b"-", name.lower())


def _introduction(context: RequestContext, caller: Caller | None) -> Iterator[tuple[bytes, bytes]]:
    """The headers that tell the upstream who called: sandbox, client, user and kind of token."""
    said: dict[str, object] = {"sandbox": context.sandbox.name}
    if caller is not None:
        subject = caller.token.subject
        said |= {
            "client-id": subject.client_id,
            "token-kind": subject.kind,
            "user-id": subject.user_id,
            "profile-id": subject.profile_id,
        }
    for name, value in said.items():
        if value is not None:
            # Percent-encoded where a header could not carry it.
            yield _OURS + name.encode(), quote(str(value), safe="!#$&'()*+,/:;=?@[]").encode()
