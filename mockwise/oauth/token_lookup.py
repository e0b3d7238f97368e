"""A client asks after one of its tokens, or gives it back: what RFC 7009 and RFC 7662 have in common.

Wise has neither (docs/wise/consent-and-revocation.md#revocation, DOCUMENTED as absent): both are mock-only, and live on the control host. The client proves
itself by HTTP Basic; it needs no certificate there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mockwise.common.digests import digest_of
from mockwise.oauth.client_authentication import authenticate_by_secret, check_client_id_parameter
from mockwise.oauth.credentials import Credentials
from mockwise.oauth.errors import InvalidRequest
from mockwise.oauth.parameters import read_parameters
from mockwise.state.clients import Client
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import IssuedToken


@dataclass(frozen=True, slots=True)
class TokenQuery:
    """A request about a token."""

    credentials: Credentials
    form: tuple[tuple[str, str], ...] | None = field(repr=False)
    """The body's parameters in order, repeats included. Empty if the body was no form, None if it was a broken one."""
    time: datetime
    """When it arrived, on the sandbox's clock."""


def find_token(sandbox: SandboxState, query: TokenQuery) -> tuple[Client, IssuedToken | RefreshGrant | None]:
    """The client that asks, and the access or refresh token that it asks about; None if the sandbox knows no such token.

    `token_type_hint` is not needed to find it, and so ignored, whatever it says (RFC 7009 section 2.1).

    Raises:
        InvalidClient: the client is not authenticated.
        Unauthorized: there are no credentials, and the options ask for the older wording.
        InvalidRequest: there is no token among the parameters, or one was sent twice.
    """
    client = authenticate_by_secret(sandbox, query.credentials, query.time)
    parameters = read_parameters(query.form)
    check_client_id_parameter(client, query.form)
    text = parameters.get("token")
    if text is None:
        raise InvalidRequest(
            "Missing token",
            reason="There is no token in the body. Send it as application/x-www-form-urlencoded.",
            lacks="token",
        )
    return client, sandbox.tokens.get(digest_of(text)) or sandbox.links.of_text(text)
