"""Who is asking: at the token endpoint HTTP Basic and the peer's certificate, both; elsewhere Basic alone."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from mockwise.core.clients import Client
from mockwise.core.sandbox import SandboxState
from mockwise.oauth import dialect
from mockwise.oauth.binding import objection
from mockwise.oauth.credentials import Basic, Bearer, Credentials, Unreadable
from mockwise.oauth.errors import InvalidClient, Unauthorized
from mockwise.oauth.messages import TokenRequest

_HOW = "Send HTTP Basic with the client id as user and the client secret as password."


def authenticate_client(sandbox: SandboxState, request: TokenRequest) -> Client:
    """The client that sent a token request.

    Raises:
        InvalidClient: it is not authenticated; the reason says which check failed.
        Unauthorized: it sent no credentials, and the policy asks for the older wording.
    """
    client = authenticate_by_secret(sandbox, request.credentials, request.time)
    if why_not := objection(sandbox, client, request.peer):
        raise InvalidClient(reason=why_not)
    check_client_id_parameter(client, request.form)
    return client


def authenticate_by_secret(sandbox: SandboxState, credentials: Credentials, now: datetime) -> Client:
    """The client behind HTTP Basic.

    Raises:
        InvalidClient: it is not authenticated; the reason says which check failed.
        Unauthorized: there are no credentials, and the policy asks for the older wording.
    """
    match credentials:
        case None if sandbox.policy.missing_authorization == "unauthorized":
            raise Unauthorized(InvalidClient.headers, reason=f"There is no Authorization header. {_HOW}")
        case None:
            raise InvalidClient(reason=f"There is no Authorization header. {_HOW}")
        case Unreadable(problem):
            raise InvalidClient(reason=f"{problem} {_HOW}")
        case Bearer():
            raise InvalidClient(reason=f"A bearer token does not open the token endpoint. {_HOW}")
        case Basic() as basic:
            return _with_secret(sandbox, basic, now)
        case never:
            assert_never(never)


def check_client_id_parameter(client: Client, form: tuple[tuple[str, str], ...] | None) -> None:
    """Let a form through whose `client_id`, if there is one, agrees with HTTP Basic (facts 1.1).

    Raises:
        InvalidClient: it does not.
    """
    if dict(form or ()).get("client_id", "") not in {"", client.client_id}:
        raise InvalidClient(
            dialect.CLIENT_ID_MISMATCH,
            reason="The client_id in the body is not the user of HTTP Basic. Send the same in both, or leave it out.",
        )


def _with_secret(sandbox: SandboxState, basic: Basic, now: datetime) -> Client:
    decoded = basic.form_decoded()
    client = sandbox.clients.get(basic.user) or sandbox.clients.get(decoded.user)
    if client is None:
        raise InvalidClient(reason="No client has this id. Check the user of HTTP Basic.")
    verdicts = {sandbox.clients.judge_secret(client, basic.password, now)}
    if decoded.password != basic.password:
        verdicts.add(sandbox.clients.judge_secret(client, decoded.password, now))
    if "right" not in verdicts:
        if "rotated" in verdicts:
            raise InvalidClient(reason="This client secret was rotated out. Use the new one.")
        raise InvalidClient(reason="The client secret is wrong. Check the password of HTTP Basic.")
    if client.revoked_at is not None:
        raise InvalidClient(reason="This client was revoked. Make new client credentials.")
    return client
