"""The one translation outwards: values of the protocol become HTTP answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pydantic_core import to_json

from mockwise.errors import StorageError
from mockwise.oauth.errors import OAuthError
from mockwise.web.wise.request_context import RequestContext

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

Headers = tuple[tuple[bytes, bytes], ...]

JSON: Headers = ((b"content-type", b"application/json"),)


class ASGIResponse(Protocol):
    """An answer that sends itself, as ASGI apps and Starlette's responses do."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, as ASGI calls it."""
        ...


WITHOUT_LENGTH = frozenset({204, 304})
"""Statuses of answers that end with their headers (RFC 9110 section 8.6)."""


class Response(NamedTuple):
    """An HTTP answer; it sends itself, as ASGI responses do."""

    status: int
    body: bytes
    headers: Headers = JSON

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer. `scope` and `receive` are part of the calling convention."""
        del scope, receive
        headers = list(self.headers)
        if self.status not in WITHOUT_LENGTH:
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json_response(status: int, content: object, headers: Headers = JSON) -> Response:
    """An answer of JSON without blanks, as Wise's are."""
    return Response(status, to_json(content), headers)


def error_response(error: OAuthError) -> Response:
    """A refusal in the shape of RFC 6749 section 5.2, which is Wise's at the API too (docs/wise/errors.md#shapes shape 1)."""
    return json_response(error.status, oauth_error(error.error, error.description), error.headers)


def failure_response(context: RequestContext) -> Response:
    """The answer to a request on which mockwise itself failed."""
    context.reason = "mockwise itself failed; its log has the details. Please report it."
    body = oauth_error("server_error", "Internal Server Error")
    return json_response(500, body, (*JSON, (b"connection", b"close")))  # which the server does next


def storage_error_response(context: RequestContext, error: StorageError) -> Response:
    """The state that the mock shares or keeps does not answer (RFC 9110 section 15.6.4)."""
    context.reason = error.reason
    body = oauth_error("temporarily_unavailable", "Service Unavailable")
    return json_response(503, body, (*JSON, (b"retry-after", b"1")))


def oauth_error(error: str, description: str) -> Mapping[str, str]:
    """The two members of an error body."""
    return {"error": error, "error_description": description}
