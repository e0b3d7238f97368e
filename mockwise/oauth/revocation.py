"""Token revocation (RFC 7009), as the control host serves it."""

from __future__ import annotations

from mockwise.oauth.errors import InvalidGrant
from mockwise.oauth.token_lookup import TokenQuery, find_token
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.sandbox_state import SandboxState


def revoke(sandbox: SandboxState, query: TokenQuery) -> None:
    """Revoke the token in question. One that is unknown or dead already is no error (RFC 7009 section 2.2).

    Raises:
        OAuthError: the client or the parameters are wrong (see `find_token`).
        InvalidGrant: the token is another client's (RFC 7009 section 2.1; the code is RFC 6749 section 5.2's).
    """
    client, token = find_token(sandbox, query)
    if token is None:
        return
    if token.client_id != client.client_id:
        raise InvalidGrant(
            "The token was issued to another client",
            reason="A client may revoke only its own tokens. Authenticate as the client that got this one.",
        )
    if isinstance(token, RefreshGrant):
        # The access tokens made from it die with it (RFC 7009 section 2.1).
        sandbox.links.revoke(token.digest, None)
    else:
        sandbox.tokens.revoke(token.digest)
