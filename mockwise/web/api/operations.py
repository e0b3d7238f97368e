"""Operations of Wise's API with which a bearer token can be tried (facts 3.3 and 6.3)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockwise.core.sandbox import SandboxState
from mockwise.oauth.bearer import Caller, authenticate_bearer
from mockwise.web.api.answers import Answer, json_answer
from mockwise.web.api.body import read_body
from mockwise.web.api.endpoint import Endpoint
from mockwise.web.api.passage import Passage

if TYPE_CHECKING:
    from starlette.types import Receive, Scope


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated call to the API."""

    passage: Passage
    caller: Caller
    path_parameters: dict[str, str]

    @property
    def sandbox(self) -> SandboxState:
        """The sandbox that the call belongs to."""
        return self.passage.sandbox


class Operation(Endpoint):
    """Guards one operation: the bearer token is checked before anything else is looked at."""

    def __init__(self, perform: Callable[[Call], Answer]) -> None:
        self._perform = perform

    async def answer(self, passage: Passage, scope: Scope, receive: Receive) -> Answer:
        """See `Endpoint.answer`."""
        caller = authenticate_bearer(passage.sandbox, passage.credentials, passage.peer)
        passage.body = await read_body(receive)
        return self._perform(Call(passage, caller, scope["path_params"]))


def playground(call: Call) -> Answer:
    """`GET /v1/authenticated/playground`, Wise's mTLS test endpoint (facts 3.3). The body is ours: Wise's is UNKNOWN."""
    return json_answer(
        200,
        {
            "clientId": call.caller.client.client_id,
            "tokenType": call.caller.token.kind,
            "mtls": call.passage.peer.certificate is not None,
        },
    )


def subscriptions(call: Call) -> Answer:
    """`GET /v3/applications/{clientKey}/subscriptions` (facts 6.3): no way to subscribe is served, so there are none."""
    if call.path_parameters["client_key"] != call.caller.client.client_key:
        call.passage.reason = "The client key in the path is not that of the access token's client."
        # Facts 5.1 shape 8.
        return json_answer(
            403,
            {
                "type": "/errors/types/access",
                "status": 403,
                "code": "unauthorized",
                "detail": "Operation is unauthorized",
            },
        )
    return json_answer(200, [])


def user_exists(call: Call) -> Answer:
    """`POST /v1/users/exists` (facts 6.3). Errors in shape 4 of facts 5.1."""
    try:
        email = json.loads(call.passage.body)["email"]
    except (ValueError, RecursionError, LookupError, TypeError):
        email = None
    if not isinstance(email, str):
        call.passage.reason = 'The body is not JSON with a text "email". Send {"email": "test@wise.com"}.'
        return _invalid(400, "NotNull", "must not be null")
    if "@" not in email:
        call.passage.reason = "The email is not an address."
        return _invalid(422, "ERROR", "Please provide a valid email")
    return json_answer(200, {"exists": call.sandbox.users.of_email(email) is not None})


def _invalid(status: int, code: str, message: str) -> Answer:
    return json_answer(
        status, {"errors": [{"code": code, "message": message, "path": "email", "arguments": []}]}
    )


OPERATIONS: tuple[tuple[str, int, str, Callable[[Call], Answer]], ...] = (
    ("GET", 1, "/authenticated/playground", playground),
    ("GET", 3, "/applications/{client_key}/subscriptions", subscriptions),
    ("POST", 1, "/users/exists", user_exists),
)
"""Method, number of the resource in unversioned paths, path, and what answers."""
