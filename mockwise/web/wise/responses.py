"""The one translation outwards: values of the protocol become HTTP answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pydantic_core import to_json

from mockwise.errors import StateTrouble
from mockwise.oauth.errors import OAuthError
from mockwise.web.wise.request_context import Passage

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

Headers = tuple[tuple[bytes, bytes], ...]

JSON: Headers = ((b"content-type", b"application/json"),)


class Sending(Protocol):
    """What sends itself, as ASGI responses do."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        ...


WITHOUT_LENGTH = frozenset({204, 304})
"""Statuses of answers that end with their headers (RFC 9110 section 8.6)."""


class Answer(NamedTuple):
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


def json_answer(status: int, content: object, headers: Headers = JSON) -> Answer:
    """An answer of JSON without blanks, as Wise's are."""
    return Answer(status, to_json(content), headers)


def error_answer(error: OAuthError) -> Answer:
    """A refusal in the shape of RFC 6749 section 5.2, which is Wise's at the API too (facts 5.1 shape 1)."""
    return json_answer(error.status, oauth_error(error.error, error.description), error.headers)


def failure_answer(passage: Passage) -> Answer:
    """A mistake of mockwise itself."""
    passage.reason = "mockwise itself failed; its log has the details. Please report it."
    body = oauth_error("server_error", "Internal Server Error")
    return json_answer(500, body, (*JSON, (b"connection", b"close")))  # which the server does next


def trouble_answer(passage: Passage, trouble: StateTrouble) -> Answer:
    """The state that the mock shares or keeps does not answer (RFC 9110 section 15.6.4)."""
    passage.reason = trouble.reason
    body = oauth_error("temporarily_unavailable", "Service Unavailable")
    return json_answer(503, body, (*JSON, (b"retry-after", b"1")))


def oauth_error(error: str, description: str) -> Mapping[str, str]:
    """The two members of an error body."""
    return {"error": error, "error_description": description}
