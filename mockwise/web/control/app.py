"""The control app: its routes, its document, its guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from mockwise.sandbox.mock_controls import MockControls
from mockwise.state.registry import Registry
from mockwise.web import access as access_rules
from mockwise.web.access import OPENAPI_PATH, Access, Guard, Guesses, Sessions
from mockwise.web.control import (
    audit,
    authority,
    bad_servers,
    certificates,
    clients,
    clock,
    consents,
    docs,
    events,
    exchanges,
    faults,
    handshakes,
    health,
    keystores,
    links,
    oauth_extensions,
    sandboxes,
    scenarios,
    stubs,
    tables,
    tokens,
    users,
)
from mockwise.web.control.errors import documented, handle_errors
from mockwise.web.control.lists import make_semaphore
from mockwise.web.control.stream import StreamRegistry
from mockwise.web.dashboard import routes
from mockwise.web.dashboard.action_results import ActionResults

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_DESCRIPTION = """Everything that Wise does *not* have: sandboxes, clocks, what happens to users, revocation, the
journal. **For testing only.**

A sandbox made with one `POST /sandboxes` is all that a test suite in another language or container needs: the answer
has URLs, client id, secret, authority, certificate and key. Mistakes are answered with `error`, a word, and `message`,
a sentence that says what to do.
"""

_OWN = (
    *(handshakes, bad_servers, authority, sandboxes, clock, clients, certificates),
    *(users, events, consents, links, tokens, stubs, faults, exchanges, audit),
    *(keystores, scenarios, tables),
)
_OTHERS = (health, oauth_extensions, docs, access_rules, routes)

# This is for the OpenAPI document only; the guard checks the token before any route is reached.
_TOKEN = Security(
    HTTPBearer(
        auto_error=False, scheme_name="control token", description="Only if the mock was started with one."
    )
)


def build_control_app(
    mock: MockControls,
    registry: Registry,
    access: Access,
    version: str,
    *,
    streams: StreamRegistry | None = None,
    guesses: Guesses | None = None,
) -> ASGIApp:
    """The app for the control host.

    Args:
        mock: what the control API and the dashboard show and change.
        registry: its sandboxes, for the OAuth standards that Wise lacks.
        access: who may use the host.
        version: mockwise's.
        streams: the registry of open streams, which whoever made it ends.
        guesses: slows down wrong tokens.
    """
    app = FastAPI(
        title="mockwise control API",
        version=version,
        description=_DESCRIPTION,
        openapi_url=OPENAPI_PATH,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    documents = list(app.routes)  # FastAPI has made one of its own
    handle_errors(app)
    for module in _OWN:
        for route in module.router.routes:
            if isinstance(route, APIRoute) and route.body_field is not None:
                route.responses = documented(400, 413) | route.responses
        app.include_router(module.router, dependencies=[_TOKEN], responses=documented(401, 403, 422, 503))
    for module in _OTHERS:
        app.include_router(module.router)
    app.state.mock = mock
    app.state.registry = registry
    app.state.streams = StreamRegistry() if streams is None else streams
    app.state.sessions = sessions = Sessions(access.token)
    app.state.guesses = guesses = guesses or Guesses()
    app.state.outcomes = ActionResults()
    app.state.lists = make_semaphore()
    app.state.routes = [*documents, *(route for it in (*_OWN, *_OTHERS) for route in it.router.routes)]
    return Guard(app, access, sessions, guesses)
