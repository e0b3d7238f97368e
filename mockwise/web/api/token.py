"""`POST /oauth/token`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockwise.oauth.dialect import TOKEN_HEADERS
from mockwise.oauth.messages import TokenRequest
from mockwise.oauth.server import AuthorizationServer
from mockwise.web.api.answers import Answer, json_answer
from mockwise.web.api.body import read_body, read_form
from mockwise.web.api.endpoint import Endpoint
from mockwise.web.api.passage import Passage

if TYPE_CHECKING:
    from starlette.types import Receive, Scope


class TokenEndpoint(Endpoint):
    """Translates a request inwards, asks the server, translates its answer outwards; no `await` in between."""

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    async def answer(self, passage: Passage, scope: Scope, receive: Receive) -> Answer:
        """See `Endpoint.answer`."""
        del scope
        passage.body = await read_body(receive)
        form = read_form(passage.content_type, passage.body)
        passage.form = form or ()
        if passage.client_id is None:
            passage.client_id = next((value for name, value in passage.form if name == "client_id"), None)
            passage.settle(passage.client_id)
        request = TokenRequest(passage.credentials, form, passage.peer, passage.time)
        answer = self._server.token(passage.sandbox, request)
        passage.token = answer.token.digest
        passage.issued_text = answer.text
        return json_answer(200, answer.fields, TOKEN_HEADERS)
