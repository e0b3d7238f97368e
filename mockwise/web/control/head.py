"""HEAD is served wherever GET is (RFC 9110 section 9.3.2), by the same handlers: the server sends no body after it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import StreamingResponse

if TYPE_CHECKING:
    from starlette.types import Scope

_KEY = "mockwise.head"


def as_get(scope: Scope) -> Scope:
    """A HEAD request as the handlers see it."""
    return {**scope, "method": "GET", _KEY: True}


def method_of(request: Request) -> str:
    """The method as it was sent."""
    return "HEAD" if _KEY in request.scope else request.method


def event_stream(request: Request, events: AsyncIterator[bytes]) -> StreamingResponse:
    """Server-sent events; after HEAD only what stands in front of them, because they would not end."""
    content = iter(()) if _KEY in request.scope else events
    return StreamingResponse(content, media_type="text/event-stream")
