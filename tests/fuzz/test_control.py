"""The control API against its own description: `/openapi.json` says what may be sent and what comes back.

Schemathesis makes requests up from it, right ones and wrong ones, and judges the answers: no failure of the server, no
status, content type or body that is not described, and nothing wrong is taken. Requests go
into the app as ASGI, past the listeners. `MOCKWISE_EXAMPLES=20 pytest tests/fuzz` tries harder, see
`tests/properties/settings.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from starlette.types import ASGIApp

from mockwise import MockWise, Sandbox
from mockwise.faults.scenarios import SCENARIOS
from mockwise.mock import BAD_SERVERS
from mockwise.state.sandbox_state import SandboxState
from mockwise.web.access import access_of
from mockwise.web.control.app import build_control_app
from tests.fuzz.setup import furnish
from tests.properties.settings import effort
from tests.web.control.control_app import ControlApp

TOKEN = "c0ntrol"
HEADERS = {"host": "127.0.0.1", "authorization": f"Bearer {TOKEN}"}
DOCUMENT: dict[str, Any] = ControlApp().request("GET", "/openapi.json").json()
ENDLESS = "/sandboxes/{name}/exchanges/stream"
"""Its answer has no end: `tests/web/control/test_exchanges.py` reads it."""
OPERATIONS = [
    (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if path != ENDLESS
]
RIGHT = [(GenerationMode.POSITIVE, method, path) for method, path, _ in OPERATIONS]
WRONG = [
    (GenerationMode.NEGATIVE, method, path)
    for method, path, operation in OPERATIONS
    if "requestBody" in operation or any(it["in"] == "query" for it in operation.get("parameters", ()))
]
"""Where there is nothing but names in a path, nothing can be wrong but a name that is not there."""

ALWAYS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
"""Not among them: that what fits the schema is always taken, for there are rules that a schema cannot say (400, 409)."""


@pytest.fixture(scope="session")
def mock() -> Iterator[MockWise]:
    """A mock with a control token; its listeners are not used."""
    with MockWise(token_format="uuid", control_token=TOKEN) as running:
        yield running


@pytest.fixture(scope="session")
def app(mock: MockWise) -> ASGIApp:
    """Its control app."""
    # No public door leads to the app: the mock hands it to a listener.
    return build_control_app(mock, mock._context.registry, access_of(mock.settings), "1.2.3")


@pytest.fixture(scope="session")
def schema(app: ASGIApp) -> BaseSchema:
    """The document, as schemathesis reads it."""
    return schemathesis.openapi.from_asgi("/openapi.json", app, headers=HEADERS)


def in_box(box: Sandbox, state: SandboxState, path: str) -> st.SearchStrategy[dict[str, str | int]]:
    """What the parameters of a path stand for, nearly always: something that is there."""
    known: dict[str, list[str | int]] = {
        "client_id": [it.client_id for it in state.clients.all()],
        "user": [box.users[0].email, *(user.user_id for user in box.users)],
        "profile_id": [it.profile_id for it in box.profiles(box.users[0])],
        "serial": [it.serial for it in state.certificates.all()],
        "number": [it.number for it in box.faults] or [1],
        "scenario": [it.name for it in SCENARIOS],
        "kind": list(BAD_SERVERS),
    }
    found = {name: st.sampled_from(known[name]) for name in known if f"{{{name}}}" in path}
    if "{name}" in path:
        found["name"] = st.just(box.name)
    return st.fixed_dictionaries(found)


@contextmanager
def furnished(mock: MockWise) -> Iterator[tuple[Sandbox, SandboxState]]:
    """A fresh sandbox that has one of everything; in the end it is gone, and so are those that requests have made."""
    with mock.sandbox() as box:
        yield box, furnish(box, mock._context.registry)
    for name in set(mock.sandboxes) - {"default"}:
        mock.sandbox_named(name).close()


@pytest.mark.parametrize(
    ("mode", "method", "path"), [*RIGHT, *WRONG], ids=lambda it: str(getattr(it, "value", it))
)
def test_the_api_keeps_to_its_description(
    mock: MockWise, schema: BaseSchema, mode: GenerationMode, method: str, path: str
) -> None:
    """A right request is served or refused as described, a wrong one is refused as described."""
    operation = schema[path][method]
    judged_by = [*ALWAYS, checks.negative_data_rejection] if mode is GenerationMode.NEGATIVE else ALWAYS

    with furnished(mock) as (box, state):
        there = in_box(box, state, path)

        @effort(12)
        @given(data=st.data())
        def tried(data: st.DataObject) -> None:
            anything = mode is GenerationMode.POSITIVE and data.draw(st.integers(0, 9)) == 9
            parameters = {} if anything else data.draw(there)
            case: Case[Any] = data.draw(
                operation.as_strategy(mode, path_parameters=parameters, headers=dict(HEADERS))
            )
            case.validate_response(case.call(), checks=judged_by)

        tried()
