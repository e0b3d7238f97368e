"""The routes of Wise's two hosts, and the one error handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from mockwise.common.versions import QUARTER
from mockwise.oauth.server import AuthorizationServer
from mockwise.state.registry import Registry
from mockwise.web.wise.consent import ConsentEndpoint
from mockwise.web.wise.middleware import ExchangeMiddleware
from mockwise.web.wise.operations import Operations
from mockwise.web.wise.request_context import context_of
from mockwise.web.wise.responses import Response, failure_response
from mockwise.web.wise.token import TokenEndpoint

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from mockwise.storage.threads import StoreThreads
    from mockwise.web.wise.upstream import Upstream


class _QuarterConvertor(StringConvertor):
    """A quarterly version of Wise's API, such as `2026Q3` (docs/wise/errors.md#versions)."""

    regex = QUARTER.pattern


register_url_convertor("quarter", _QuarterConvertor())


class _ExactRoute(Route):
    """A route whose path ends where it says: Starlette's also takes a line feed behind it. Methods are the endpoint's."""

    def __init__(self, path: str, endpoint: Callable[..., Any]) -> None:
        super().__init__(path, endpoint)
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + r"\Z")


def build_app(
    registry: Registry,
    server: AuthorizationServer,
    upstream: str | None = None,
    threads: StoreThreads | None = None,
) -> ASGIApp:
    """The app for both hosts; which of them was asked comes with the connection.

    `upstream` is the URL of a server that answers what is neither stubbed nor modelled; `threads` are those in which
    a state is asked that may keep requests waiting.

    Raises:
        InvalidValueError: `upstream` cannot be used.
    """
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    token = TokenEndpoint(server)
    app.router.routes.extend(_routes(token))
    app.router.default = Operations(_upstream(upstream))
    # An `Response` sends itself, which is all that Starlette asks of a response, though its types ask for more.
    failed: Any = _failed
    app.add_exception_handler(Exception, failed)
    return ExchangeMiddleware(app, registry, {("POST", "/oauth/token"): token}, threads)


def _upstream(url: str | None) -> Upstream | None:
    if url is None:
        return None
    from mockwise.web.wise.upstream import Upstream  # because httpx must not slow down the start

    return Upstream(url)


def _routes(token: TokenEndpoint) -> Iterator[BaseRoute]:
    """What is no operation of the API; `Operations` has the rest."""
    consent = ConsentEndpoint()
    yield from (_ExactRoute(path, consent) for path in ("/oauth/authorize/", "/oauth/authorize"))
    yield from (_ExactRoute(path, token) for path in ("/oauth/token", "/{version:quarter}/oauth/token"))


async def _failed(request: Request, _: Exception) -> Response:
    """Starlette raises the exception again, and the server logs it."""
    return failure_response(context_of(request.scope))
