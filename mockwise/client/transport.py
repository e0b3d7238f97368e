"""Transports that raise named errors for failed handshakes, and let `WiseAuth` see a lost connection.

An `httpx.Auth` never learns of a transport's error: httpx closes its flow and raises. So the transport is the one
place where an error can be named for tokens and API calls alike, and where a lost token request can be handed back to
the flow, which alone knows how long to wait, whom else it concerns, and whether an older token will do. It is handed
back as an answer with status 599 that only the flow (and event hooks) ever sees. A context manager around the call
could name errors but not try again. Calls of the API are never repeated here, because only the caller knows whether that is safe.

Nor is a token request redirected, whatever the client does with redirects: a refresh token may be in its body.
"""

from __future__ import annotations

import ssl

import httpx

from mockwise.client.handshake import FAILURES, connection_error, explain
from mockwise.client.token_exchange import FAILURE

_NO_ANSWER = 599


class WiseTransport(httpx.BaseTransport):
    """A transport around another one that explains failed handshakes: `httpx.Client(transport=WiseTransport(httpx.HTTPTransport(verify=context)))`."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over the wrapped transport.

        Raises:
            ConnectionLost: one of its subclasses, for a handshake that was refused by either side.
            httpx.TransportError: anything else that happened, as httpx words it.
        """
        try:
            response = self._inner.handle_request(request)
            if FAILURE in request.extensions:
                response.read()  # a body that breaks off is a lost connection, too, and the auth flow could not handle it
                response.headers.pop("Location", None)
        except FAILURES as failure:
            return _as_response(request, failure)
        return response

    def close(self) -> None:
        """Close the transport that this one wraps."""
        self._inner.close()


class AsyncWiseTransport(httpx.AsyncBaseTransport):
    """The same as `WiseTransport` for `httpx.AsyncClient`, around an `httpx.AsyncHTTPTransport`."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over the wrapped transport.

        Raises:
            ConnectionLost: one of its subclasses, for a handshake that was refused by either side.
            httpx.TransportError: anything else that happened, as httpx words it.
        """
        try:
            response = await self._inner.handle_async_request(request)
            if FAILURE in request.extensions:
                await response.aread()
                response.headers.pop("Location", None)
        except FAILURES as failure:
            return _as_response(request, failure)
        return response

    async def aclose(self) -> None:
        """Close the transport that this one wraps."""
        await self._inner.aclose()


def _as_response(request: httpx.Request, failure: Exception) -> httpx.Response:
    """A response that carries the failure, if the request accepts that; otherwise raise the named error."""
    if FAILURE in request.extensions:
        return httpx.Response(_NO_ANSWER, extensions={"reason_phrase": b"No Answer", FAILURE: failure})
    if explained := explain(failure):
        raise explained from failure
    if isinstance(failure, ssl.SSLError):
        raise connection_error(failure) from failure
    raise failure
