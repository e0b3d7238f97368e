"""`POST /oauth/token`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockwise.faults.kinds import SpoilToken
from mockwise.oauth.client_authentication import sole_encoding
from mockwise.oauth.errors import OAuthError
from mockwise.oauth.messages import TokenRequest
from mockwise.oauth.server import AuthorizationServer
from mockwise.oauth.token_faults import spoil
from mockwise.oauth.wise_wire import TOKEN_HEADERS
from mockwise.web.wise.api_errors import Refusal, not_allowed
from mockwise.web.wise.authorization import check_served
from mockwise.web.wise.body import read_body, read_form
from mockwise.web.wise.endpoint import Endpoint
from mockwise.web.wise.fault_injection import call_off
from mockwise.web.wise.request_context import Passage
from mockwise.web.wise.responses import Answer, json_answer

if TYPE_CHECKING:
    from starlette.types import Receive, Scope


class TokenEndpoint(Endpoint):
    """Translates a request inwards, asks the server, translates its answer outwards; no `await` in between."""

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    async def look(self, passage: Passage, receive: Receive) -> None:
        """See `Endpoint.look`."""
        passage.body = await read_body(receive)
        passage.form = read_form(passage.content_type, passage.body) or ()

    async def pass_rest(self, passage: Passage, receive: Receive) -> None:
        """See `Endpoint.pass_rest`; `look` has read it all."""

    def answer(self, passage: Passage, scope: Scope) -> Answer:
        """See `Endpoint.answer`."""
        del scope
        try:
            return self._grant(passage)
        except (OAuthError, Refusal):
            if "token" in passage.faults:
                call_off(passage, "token")
            raise

    def _grant(self, passage: Passage) -> Answer:
        check_served(passage)
        if passage.method != "POST":
            raise not_allowed(passage.method, ("POST",))
        # Read again only if it was none, or broken.
        form = passage.form or read_form(passage.content_type, passage.body)
        fault = taken.fault if (taken := passage.faults.get("token")) else None
        text = fault.text if isinstance(fault, SpoilToken) else None
        request = TokenRequest(passage.credentials, form, passage.peer, passage.time, text)
        answer = self._server.token(passage.sandbox, request)
        passage.basic_encoding = sole_encoding(passage.sandbox, passage.credentials, passage.time)
        if fault is not None:
            answer = spoil(passage.sandbox, answer, fault, passage.time)
        passage.token = answer.token.digest
        passage.holder = answer.token.holder
        passage.secrets = tuple(filter(None, (answer.text, answer.refresh_token)))
        return json_answer(200, answer.fields, TOKEN_HEADERS)
