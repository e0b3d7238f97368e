"""The endpoint of `POST /oauth/token`: HTTP in front of `AuthorizationServer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from mockwise.faults.kinds import SpoilToken
from mockwise.oauth.client_authentication import sole_encoding
from mockwise.oauth.errors import OAuthError
from mockwise.oauth.messages import TokenRequest
from mockwise.oauth.server import AuthorizationServer
from mockwise.oauth.token_faults import apply
from mockwise.oauth.wise_wire import TOKEN_HEADERS
from mockwise.web.wise.api_errors import ApiError, not_allowed
from mockwise.web.wise.authorization import check_served
from mockwise.web.wise.body import read_body, read_form
from mockwise.web.wise.endpoint import Endpoint
from mockwise.web.wise.fault_injection import release
from mockwise.web.wise.request_context import RequestContext
from mockwise.web.wise.responses import Response, json_response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope


class TokenEndpoint(Endpoint):
    """Translates a request inwards, asks the server, translates its answer outwards; no `await` in between."""

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    @override
    async def identify(self, context: RequestContext, receive: Receive) -> None:
        context.body = await read_body(receive)
        context.form = read_form(context.content_type, context.body) or ()

    @override
    async def drain(self, context: RequestContext, receive: Receive) -> None:
        """Do nothing, since `identify` has read the whole body."""

    @override
    def answer(self, context: RequestContext, scope: Scope) -> Response:
        del scope
        try:
            return self._grant(context)
        except (OAuthError, ApiError):
            if "token" in context.faults:
                release(context, "token")
            raise

    def _grant(self, context: RequestContext) -> Response:
        check_served(context)
        if context.method != "POST":
            raise not_allowed(context.method, ("POST",))
        # Read again only if it was none, or broken.
        form = context.form or read_form(context.content_type, context.body)
        fault = taken.fault if (taken := context.faults.get("token")) else None
        text = fault.text if isinstance(fault, SpoilToken) else None
        request = TokenRequest(context.credentials, form, context.peer, context.time, text)
        answer = self._server.token(context.sandbox, request)
        context.basic_encoding = sole_encoding(context.sandbox, context.credentials, context.time)
        if fault is not None:
            answer = apply(context.sandbox, answer, fault, context.time)
        context.token = answer.token.digest
        context.subject = answer.token.subject
        context.secrets = tuple(filter(None, (answer.text, answer.refresh_token)))
        return json_response(200, answer.fields, TOKEN_HEADERS)
