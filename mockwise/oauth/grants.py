"""The grants of the token endpoint: the table that finds them, and the one for applications."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockwise.oauth.messages import TokenResponse
from mockwise.oauth.token_issuing import GrantRequest, answer_application, new_token
from mockwise.oauth.user_grants import authorization_code, refresh_token, registration_code
from mockwise.state.tokens import ReusableToken, TokenState, application


def client_credentials(request: GrantRequest) -> TokenResponse:
    """The grant `client_credentials` (RFC 6749 section 4.4; docs/wise/token-endpoint.md#parameters and docs/wise/token-endpoint.md#response). No refresh token; what a repeated call does is a switch."""
    sandbox, client = request.sandbox, request.client
    repeat = sandbox.options.token_repeat
    latest = None if repeat == "new" else sandbox.tokens.reusable(client.client_id)
    if latest is not None:
        token = sandbox.tokens.get(latest.digest)
        if repeat == "replace":  # also one that ran out, which would live again if the clock were set back
            sandbox.tokens.revoke_if_present(latest.digest, None)
        elif token is not None and sandbox.tokens.status_of(token).state is TokenState.LIVE:
            return answer_application(token, latest.text, request.time)
    text, token = new_token(request, application(client.client_id), sandbox.options.token_format)
    if repeat != "new":
        sandbox.tokens.set_reusable(client.client_id, ReusableToken(text, token.digest))
    return answer_application(token, text, request.time)


GRANTS: Mapping[str, Callable[[GrantRequest], TokenResponse]] = {
    "client_credentials": client_credentials,
    "registration_code": registration_code,
    "authorization_code": authorization_code,
    "refresh_token": refresh_token,
}
