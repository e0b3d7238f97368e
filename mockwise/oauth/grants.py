"""The grants of the token endpoint, one function each, and the table that finds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from mockwise.core.clients import Client
from mockwise.core.sandbox import SandboxState
from mockwise.core.tokens import Latest, Token, TokenState
from mockwise.oauth import dialect
from mockwise.oauth.formats import write_token
from mockwise.oauth.jose import Signer
from mockwise.oauth.messages import TokenAnswer


class GrantRequest(NamedTuple):
    """What a grant is decided from: the client is authenticated, the parameters are unique."""

    sandbox: SandboxState
    client: Client
    parameters: Mapping[str, str]
    time: datetime
    signer: Signer


def client_credentials(request: GrantRequest) -> TokenAnswer:
    """RFC 6749 section 4.4; facts 1.2 and 1.3. No refresh token; what a repeated call does is a switch."""
    sandbox, client = request.sandbox, request.client
    repeat = sandbox.policy.token_repeat
    latest = None if repeat == "new" else sandbox.tokens.latest(client.client_id)
    if latest is not None:
        token = sandbox.tokens.get(latest.digest)
        if token is not None and sandbox.tokens.fate(token).state is TokenState.LIVE:
            if repeat == "reuse":
                return _answer(token, latest.text, request.time)
            sandbox.tokens.revoke(latest.text)
    now = request.time
    lifetime = client.token_lifetime or sandbox.policy.token_lifetime
    text = write_token(sandbox.policy.token_format, client.client_id, now, now + lifetime, request.signer)
    token = sandbox.tokens.issue(text, "client_credentials", client.client_id, now, lifetime)
    if repeat != "new":
        sandbox.tokens.set_latest(client.client_id, Latest(text, token.digest))
    return _answer(token, text, now)


def _answer(token: Token, text: str, now: datetime) -> TokenAnswer:
    # A token that is handed out again has less left than one that is new; a clock may have been set back meanwhile.
    left = token.expires_at - max(now, token.issued_at)
    fields = {
        "access_token": text,
        "token_type": dialect.TOKEN_TYPE,
        "expires_in": dialect.whole_seconds(left),
        "scope": dialect.SCOPE,
        "expires_at": dialect.millisecond_timestamp(token.expires_at),
    }
    return TokenAnswer(token, text, fields)


GRANTS: Mapping[str, Callable[[GrantRequest], TokenAnswer]] = {
    "client_credentials": client_credentials,
}
