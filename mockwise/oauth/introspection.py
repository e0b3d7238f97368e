"""Token introspection (RFC 7662), as the control host serves it."""

from __future__ import annotations

from collections.abc import Mapping

from mockwise.oauth import wise_wire
from mockwise.oauth.token_lookup import TokenQuery, find_token
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import TokenState

_INACTIVE: Mapping[str, object] = {"active": False}


def introspect(sandbox: SandboxState, query: TokenQuery) -> Mapping[str, object]:
    """What is to be said of the token in question (RFC 7662 section 2.2); times are the sandbox's.

    Of a token that is dead, unknown or another client's nothing is said but that it is not active.

    Raises:
        OAuthError: the client or the parameters are wrong (see `find_token`).
    """
    client, token = find_token(sandbox, query)
    if token is None or token.client_id != client.client_id:
        return _INACTIVE
    user_id: int | None
    if isinstance(token, RefreshGrant):
        alive, kind = sandbox.links.alive(token), "refresh_token"
        issued_at, user_id = token.granted_at, token.user_id
    else:
        alive, kind = sandbox.tokens.status_of(token).state is TokenState.LIVE, wise_wire.TOKEN_TYPE
        issued_at, user_id = token.issued_at, token.subject.user_id
    if not alive:
        return _INACTIVE
    return {
        "active": True,
        "scope": wise_wire.SCOPE,
        "client_id": token.client_id,
        "token_type": kind,
        "exp": int(token.expires_at.timestamp()),
        "iat": int(issued_at.timestamp()),
        "sub": token.client_id if user_id is None else str(user_id),
    }
