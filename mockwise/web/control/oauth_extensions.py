"""The standards that Wise lacks, under their usual names: RFC 7009, RFC 7662 and RFC 8414."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Security
from fastapi.security import HTTPBasic
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from mockwise.oauth.credentials import BasicCredentials, Credentials, read_authorization
from mockwise.oauth.errors import Headers, OAuthError
from mockwise.oauth.introspection import introspect
from mockwise.oauth.metadata import INTROSPECTION_PATH, REVOCATION_PATH, metadata
from mockwise.oauth.revocation import revoke
from mockwise.oauth.token_lookup import TokenQuery
from mockwise.oauth.wise_wire import TOKEN_HEADERS
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.web.access import METADATA_PATH
from mockwise.web.control.shared import MockDep
from mockwise.web.wise.body import ClientDisconnected, Form, read_body, read_form
from mockwise.web.wise.refusal_reasons import complete_reason

T = TypeVar("T")

router = APIRouter(tags=["OAuth standards"])

# This is for the OpenAPI document only; errors in it are answered in OAuth's own form by `_answer`.
_CLIENT = Security(HTTPBasic(auto_error=False, scheme_name="client", description="A client's id and secret."))

_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["token"],
                    "properties": {
                        "token": {"type": "string", "description": "An access or a refresh token."},
                        "token_type_hint": {"type": "string", "description": "Not needed, hence ignored."},
                    },
                }
            }
        },
    }
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": f"{description} In the words of RFC 6749 section 5.2; x-mockwise-reason says why.",
        "content": {"application/json": {"example": {"error": error, "error_description": "..."}}},
    }
    for status, error, description in (
        (400, "invalid_request", "There is no token, or it is another client's."),
        (401, "invalid_client", "The client is not authenticated."),
        (413, "invalid_request", "The body is too large."),
    )
}
_INTROSPECTED = {"active": True, "scope": "transfers", "client_id": "mockwise-1", "token_type": "bearer"}


@router.post(
    REVOCATION_PATH,
    summary="Revoke a token (RFC 7009)",
    response_class=Response,
    responses=_ERRORS,
    openapi_extra=_FORM,
    dependencies=[_CLIENT],
)
async def revocation(request: Request) -> Response:
    """By the client that got it. Access tokens die with their refresh token. One that is unknown or dead is no error."""
    return await _answer(request, revoke, lambda _: Response(status_code=200))


@router.post(
    INTROSPECTION_PATH,
    summary="Ask after a token (RFC 7662)",
    responses={200: {"content": {"application/json": {"example": _INTROSPECTED}}}, **_ERRORS},
    openapi_extra=_FORM,
    dependencies=[_CLIENT],
)
async def introspection(request: Request) -> Response:
    """By the client that got it. Of any other token nothing is said but that it is not active."""
    return await _answer(request, introspect, JSONResponse)


@router.get(METADATA_PATH, summary="Where everything is (RFC 8414)")
async def server_metadata(mock: MockDep) -> dict[str, Any]:
    """With the mTLS host's token endpoint among the aliases (RFC 8705 section 5)."""
    return dict(metadata(mock.control_url, mock.tls_url, mock.mtls_url))


async def _answer(
    request: Request, ask: Callable[[SandboxState, TokenQuery], T], word: Callable[[T], Response]
) -> Response:
    credentials = read_authorization(tuple(request.headers.getlist("authorization")))
    body, form = b"", None
    try:
        body = await read_body(request.receive)
        form = read_form(request.headers.get("content-type", "").encode("latin-1"), body)
        answer = word(await run_in_threadpool(_asked, request.app.state.registry, ask, credentials, form))
        headers: Headers = TOKEN_HEADERS
    except ClientDisconnected:
        return Response()
    except OAuthError as error:
        reason = complete_reason(
            error,
            credentials=credentials,
            headers=request.scope["headers"],
            query=request.scope["query_string"],
            body=body,
            form=form,
        )
        answer = JSONResponse(
            {"error": error.error, "error_description": error.description},
            error.status,
            {"x-mockwise-reason": reason},
        )
        headers = error.headers
    for name, value in headers:
        if name != b"content-type":
            answer.headers[name.decode()] = value.decode()
    return answer


def _asked(
    registry: Registry,
    ask: Callable[[SandboxState, TokenQuery], T],
    credentials: Credentials,
    form: Form | None,
) -> T:
    sandbox = _sandbox_of(registry, credentials)
    return ask(sandbox, TokenQuery(credentials, form, sandbox.clock.now()))


def _sandbox_of(registry: Registry, credentials: Credentials) -> SandboxState:
    """The sandbox of the Basic user, plain or form-decoded, as on the two other hosts."""
    users = (
        [credentials.user, credentials.form_decoded().user]
        if isinstance(credentials, BasicCredentials)
        else []
    )
    return next((sandbox for user in users if (sandbox := registry.of_client(user))), registry.default)
