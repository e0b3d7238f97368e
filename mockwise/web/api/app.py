"""The routes of Wise's two hosts, and the one error handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from mockwise.core.registry import Registry
from mockwise.oauth.dialect import millisecond_timestamp
from mockwise.oauth.server import AuthorizationServer
from mockwise.web.api.answers import JSON, Answer, failure_answer, json_answer, oauth_error
from mockwise.web.api.edge import Edge
from mockwise.web.api.operations import OPERATIONS, Operation
from mockwise.web.api.passage import passage_of
from mockwise.web.api.token import TokenEndpoint

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class _QuarterConvertor(StringConvertor):
    """A quarterly version of Wise's API, such as `2026Q3` (facts 5.4)."""

    regex = "[0-9]{4}Q[1-4]"


register_url_convertor("quarter", _QuarterConvertor())


class _ExactRoute(Route):
    """A route whose path ends where it says: Starlette's also takes a line feed behind it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], method: str) -> None:
        super().__init__(path, endpoint, methods=[method])
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + r"\Z")


def build_app(registry: Registry, server: AuthorizationServer) -> ASGIApp:
    """The app for both hosts; which of them was asked comes with the connection."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    token = TokenEndpoint(server)
    app.router.routes.extend(_routes(token))
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    return Edge(app, registry, {("POST", "/oauth/token"): token})


def _routes(token: TokenEndpoint) -> Iterator[BaseRoute]:
    # A quarterly version stands in the place of the resource's own number (facts 5.4).
    for plain, version in (("", "/v{}"), ("/{version:quarter}", "/{{version:quarter}}")):
        yield _ExactRoute(f"{plain}/oauth/token", token, "POST")
        yield from (
            _ExactRoute(version.format(number) + path, Operation(answer), method)
            for method, number, path, answer in OPERATIONS
        )


async def _unrouted(request: Request, error: HTTPException) -> Answer:
    """No route for the path (404) or for the method (405, INFERRED: facts 1.1)."""
    passage = passage_of(request.scope)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(sorted((error.headers or {})["Allow"].split(", ")))
        passage.reason = f"This path is served for other methods: {allowed}."
        body = oauth_error("method_not_allowed", f"Request method '{request.method}' not supported")
        return json_answer(405, body, (*JSON, (b"allow", allowed.encode())))
    passage.reason = "Nothing is served at this path. Check it, and the version before it."
    # Facts 5.1 shape 5.
    timestamp = millisecond_timestamp(passage.time)
    return json_answer(
        404, {"timestamp": timestamp, "status": 404, "error": "Not Found", "message": "Not Found"}
    )


async def _failed(request: Request, _: Exception) -> Answer:
    """Starlette raises the exception again, and the server logs it."""
    return failure_answer(passage_of(request.scope))


# An `Answer` sends itself, which is all that Starlette asks of a response, though its types ask for more.
_HANDLERS: dict[type[Exception], Any] = {
    HTTPException: _unrouted,
    Exception: _failed,
}
