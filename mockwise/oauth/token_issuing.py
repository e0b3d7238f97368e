"""What all grants share: what they are decided from, how an access token is made, and what the answer says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from mockwise.faults.kinds import TokenText
from mockwise.oauth import wise_wire
from mockwise.oauth.errors import InvalidRequest
from mockwise.oauth.formats import any_format, new_refresh_token, write_token
from mockwise.oauth.jose import Signer
from mockwise.oauth.messages import TokenResponse
from mockwise.state.clients import Client
from mockwise.state.options import TokenFormat
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import IssuedToken, TokenSubject


class GrantRequest(NamedTuple):
    """What a grant is decided from: the client is authenticated, the parameters are unique."""

    sandbox: SandboxState
    client: Client
    parameters: Mapping[str, str]
    time: datetime
    signer: Signer
    text: TokenText | None = None

    def need(self, name: str) -> str:
        """A parameter that the grant does not work without.

        Raises:
            InvalidRequest: it is missing.
        """
        value = self.parameters.get(name)
        if value is None:
            raise InvalidRequest(
                wise_wire.MISSING_PARAMETERS.get(name, f"Missing parameter: {name}"),
                reason=f"There is no {name} in the body, which this grant needs. Send it as "
                "application/x-www-form-urlencoded.",
                lacks=name,
            )
        return value

    def need_client_id(self) -> None:
        """Let a request through that names the client in its body too, or need not.

        DOCUMENTED of two grants (docs/wise/token-endpoint.md#parameters); whether Wise refuses them without it is UNKNOWN, hence the switch.

        Raises:
            InvalidRequest: it is missing.
        """
        if self.sandbox.options.client_id_parameter == "required" and "client_id" not in self.parameters:
            raise InvalidRequest(
                "Missing parameter: client_id",
                reason="There is no client_id in the body, which Wise documents for this grant beside HTTP Basic. Send it, "
                "or set client_id_parameter to optional: whether Wise insists on it is not known.",
                lacks="client_id",
            )


def new_token(
    request: GrantRequest, holder: TokenSubject, text_format: TokenFormat
) -> tuple[str, IssuedToken]:
    """Make an access token that lives as long as the client's do."""
    sandbox, client, now = request.sandbox, request.client, request.time
    lifetime = client.token_lifetime or sandbox.options.token_lifetime
    subject = client.client_id if holder.user_id is None else str(holder.user_id)
    random_choices = sandbox.random_choices
    if random_choices is None:
        text = write_token(request.text or text_format, subject, now, now + lifetime, request.signer)
    else:
        draw = random_choices.draw("token")
        form = any_format(draw)
        text = write_token(request.text or form, subject, now, now + lifetime, request.signer, draw=draw)
    return text, sandbox.tokens.issue(text, holder, now, lifetime)


def refresh_token_for(sandbox: SandboxState) -> str:
    """The text of a new refresh token, in the format of the sandbox."""
    if sandbox.random_choices is None:
        return new_refresh_token(sandbox.options.user_token_format)
    draw = sandbox.random_choices.draw("refresh token")
    return new_refresh_token(any_format(draw), draw)


def answer_application(token: IssuedToken, text: str, now: datetime) -> TokenResponse:
    """An application's token, as it goes out (docs/wise/token-endpoint.md#response)."""
    return TokenResponse(
        token,
        text,
        {
            "access_token": text,
            "token_type": wise_wire.TOKEN_TYPE,
            "expires_in": wise_wire.seconds_left(token.issued_at, token.expires_at, now),
            "scope": wise_wire.SCOPE,
            "expires_at": wise_wire.millisecond_timestamp(token.expires_at),
        },
    )


def answer_user(
    token: IssuedToken, text: str, link: RefreshGrant, refresh_token: str, now: datetime
) -> TokenResponse:
    """A user's tokens, as they go out: key order and timestamps OBSERVED (docs/wise/token-endpoint.md#response)."""
    return TokenResponse(
        token,
        text,
        {
            "access_token": text,
            "token_type": wise_wire.TOKEN_TYPE,
            "refresh_token": refresh_token,
            "expires_in": wise_wire.seconds_left(token.issued_at, token.expires_at, now),
            "scope": wise_wire.SCOPE,
            "created_at": wise_wire.nanosecond_timestamp(token.issued_at, token.number),
            "expires_at": wise_wire.millisecond_timestamp(token.expires_at),
            "refresh_token_expires_in": wise_wire.seconds_left(link.granted_at, link.expires_at, now),
            "refresh_token_expires_at": wise_wire.millisecond_timestamp(link.expires_at),
        },
        refresh_token,
    )
