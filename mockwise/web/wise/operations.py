"""Every path of Wise's API: who may call it, and what answers.

First the token is judged, then the first answers that can: a stub that was laid down, what is modelled, the upstream; else 501.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from typing_extensions import override

from mockwise.common.forwarded_path import path_problem
from mockwise.common.once import Once
from mockwise.oauth.bearer import has_no_token
from mockwise.state.stubs import Stub
from mockwise.web.wise.api_call import Call
from mockwise.web.wise.api_errors import ApiError, not_allowed, not_found, not_modelled, spring
from mockwise.web.wise.authorization import authorize, check_owner, check_served, check_token
from mockwise.web.wise.catalogue import find, is_hidden
from mockwise.web.wise.endpoint import AfterBody, Endpoint
from mockwise.web.wise.request_context import RequestContext
from mockwise.web.wise.responses import ASGIResponse, Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

    from mockwise.web.wise.upstream import Upstream


_NOWHERE = "Nothing is served at this path. Check it, and the version before it."
_HIDDEN = "Without a token Wise says of this path that there is none. Send the access token as Authorization: Bearer."


class Operations(Endpoint):
    """All operations but the token endpoint. `upstream` answers for what is neither stubbed nor modelled."""

    def __init__(self, upstream: Upstream | None) -> None:
        self._upstream = upstream

    @override
    async def identify(self, context: RequestContext, receive: Receive) -> None:
        # A body is read later, once the caller is authorized.
        del context, receive
        await _modelled.beside()

    @override
    def answer(self, context: RequestContext, scope: Scope) -> ASGIResponse | AfterBody:
        """Answer a call by a stub, a modelled operation or the upstream, whichever is there first.

        A path that is not documented is 404 without a token or with a live one, and 401 with a dead one (docs/wise/errors.md#missing-token);
        with an upstream it is sent on with any live token, if its path cannot be read in two ways. A stub for a path that is written out is the tester's word
        on the ids in it; they are not judged then.
        """
        check_served(context)
        found = find(context.method, context.path, context.sandbox.options.versions)
        operation = found.operation
        stub = context.sandbox.stubs.find(context.method, context.path)
        context.stubbed = stub is not None
        if is_hidden(context.path) and has_no_token(context.credentials):
            raise not_found(_HIDDEN)
        if operation is None and stub is None and self._upstream is None:
            check_token(context)
            raise not_allowed(context.method, found.methods) if found.methods else not_found(_NOWHERE)

        caller = authorize(context, operation)
        perform = _modelled().get(operation.name) if operation is not None and stub is None else None
        sent_on = stub is None and perform is None and self._upstream is not None
        if sent_on and (problem := path_problem(scope["raw_path"])):
            raise spring(HTTPStatus.BAD_REQUEST, context.time, problem)
        if caller is not None and not (stub is not None and stub.literal):
            check_owner(context.sandbox, caller, found.parameters, unknown=stub is not None or sent_on)

        if perform is not None and caller is not None:
            return AfterBody(partial(perform, Call(context, caller, found.parameters)), whole=True)
        if stub is None and self._upstream is not None:
            return self._upstream.forward(context, caller, scope["raw_path"])
        if stub is not None:
            return AfterBody(partial(_stubbed, stub), whole=False)
        assert operation is not None  # or there would be nothing to be let in to
        return AfterBody(partial(_refuse, not_modelled(operation)), whole=False)


def _refuse(refusal: ApiError) -> Response:
    raise refusal


def _import_modelled() -> Mapping[str, Callable[[Call], Response]]:
    from mockwise.web.wise.handlers import MODELLED  # because its schemas must not slow down the start

    return MODELLED


_modelled = Once(_import_modelled)


def _stubbed(stub: Stub) -> Response:
    headers = tuple((name.encode(), value.encode()) for name, value in stub.headers)
    return Response(stub.status, stub.body, headers)
