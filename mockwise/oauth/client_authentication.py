"""Who is asking: at the token endpoint HTTP Basic and the peer's certificate, both; elsewhere Basic alone."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, assert_never

from mockwise.oauth import wise_wire
from mockwise.oauth.certificate_binding import reject_reason
from mockwise.oauth.credentials import BasicCredentials, BearerToken, Credentials, InvalidAuthorization
from mockwise.oauth.errors import InvalidClient, Unauthorized
from mockwise.oauth.messages import TokenRequest
from mockwise.oauth.reasons.clients import unknown_client, wrong_secret
from mockwise.oauth.reasons.parameters import other_client_id
from mockwise.state.clients import Client
from mockwise.state.sandbox_state import SandboxState

_HOW = "Send HTTP Basic with the client id as user and the client secret as password."


def authenticate_client(sandbox: SandboxState, request: TokenRequest) -> Client:
    """The client that sent a token request.

    Raises:
        InvalidClient: it is not authenticated; the reason says which check failed.
        Unauthorized: it sent no credentials, and the options ask for the older wording.
    """
    client = authenticate_by_secret(sandbox, request.credentials, request.time)
    if why_not := reject_reason(sandbox, client, request.peer):
        raise InvalidClient(reason=why_not)
    check_client_id_parameter(client, request.form)
    return client


def authenticate_by_secret(sandbox: SandboxState, credentials: Credentials, now: datetime) -> Client:
    """The client behind HTTP Basic.

    Raises:
        InvalidClient: it is not authenticated; the reason says which check failed.
        Unauthorized: there are no credentials, and the options ask for the older wording.
    """
    match credentials:
        case None if sandbox.options.missing_authorization == "unauthorized":
            raise Unauthorized(InvalidClient.headers, reason=f"There is no Authorization header. {_HOW}")
        case None:
            raise InvalidClient(reason=f"There is no Authorization header. {_HOW}")
        case InvalidAuthorization(problem):
            raise InvalidClient(reason=f"{problem} {_HOW}")
        case BearerToken():
            raise InvalidClient(reason=f"A bearer token does not open the token endpoint. {_HOW}")
        case BasicCredentials() as basic:
            return _with_secret(sandbox, basic, now)
        case never:
            assert_never(never)


def check_client_id_parameter(client: Client, form: tuple[tuple[str, str], ...] | None) -> None:
    """Let a form through whose `client_id`, if there is one, agrees with HTTP Basic (docs/wise/token-endpoint.md#request).

    Raises:
        InvalidClient: it does not.
    """
    if dict(form or ()).get("client_id", "") not in {"", client.client_id}:
        raise InvalidClient(
            wise_wire.CLIENT_ID_MISMATCH,
            reason=other_client_id(dict(form or ())["client_id"], client.client_id),
        )


def sole_encoding(
    sandbox: SandboxState, credentials: Credentials, now: datetime
) -> Literal["raw", "form"] | None:
    """How credentials that were let in must be read to be right, if they are so in one of the two ways alone."""
    if not isinstance(credentials, BasicCredentials):
        return None
    decoded = credentials.form_decoded()
    if decoded is credentials:  # as most are, since they have neither % nor +
        return None
    clients = [sandbox.clients.get(it.user) for it in (credentials, decoded)]
    raw, form = (
        client is not None and _is_right(sandbox, client, it, now)
        for client, it in zip(clients, (credentials, decoded), strict=True)
    )
    if raw == form:
        return None
    return "raw" if raw else "form"


def _with_secret(sandbox: SandboxState, basic: BasicCredentials, now: datetime) -> Client:
    """The client by what the credentials may be (docs/wise/errors.md#order-of-checks i, UNKNOWN): as they came, form-decoded, or either."""
    encoding = sandbox.options.basic_encoding
    decoded = basic if encoding == "raw" else basic.form_decoded()
    came = decoded if encoding == "form" else basic
    client = sandbox.clients.get(came.user) or sandbox.clients.get(decoded.user)
    if client is None:
        raise InvalidClient(reason=unknown_client(sandbox, basic))
    right = _is_right(sandbox, client, came, now)
    if not right and (decoded is came or not _is_right(sandbox, client, decoded, now)):
        raise InvalidClient(reason=wrong_secret(sandbox, client, basic, now))
    if client.revoked_at is not None:
        raise InvalidClient(reason="This client was revoked. Make new client credentials.")
    return client


def _is_right(sandbox: SandboxState, client: Client, basic: BasicCredentials, now: datetime) -> bool:
    return sandbox.clients.verify_secret(client, basic.password, now) == "right"
