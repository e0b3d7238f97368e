"""HEAD is served wherever GET is (RFC 9110 section 9.3.2), by the same handlers: the server sends no body after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

if TYPE_CHECKING:
    from starlette.types import Scope

_KEY = "mockwise.head"


def as_get(scope: Scope) -> Scope:
    """A HEAD request as the handlers see it."""
    return {**scope, "method": "GET", _KEY: True}


def is_head(request: Request) -> bool:
    """Whether it was sent as HEAD: then there is no content that would not end."""
    return _KEY in request.scope


def method_of(request: Request) -> str:
    """The method as it was sent."""
    return "HEAD" if is_head(request) else request.method
