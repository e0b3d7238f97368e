"""Whether a bearer token opens the API for this peer (RFC 6750; facts 5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from mockwise.core.clients import Client
from mockwise.core.durations import spell
from mockwise.core.sandbox import SandboxState
from mockwise.core.tokens import Fate, Token, TokenState, digest_of
from mockwise.oauth.binding import objection
from mockwise.oauth.credentials import Basic, Bearer, Credentials, Unreadable
from mockwise.oauth.errors import InvalidToken, Unauthorized
from mockwise.oauth.messages import Peer

_HOW = "Send the access token as Authorization: Bearer."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the API: a live token and the client that it was issued to."""

    token: Token
    client: Client


def authenticate_bearer(sandbox: SandboxState, credentials: Credentials, peer: Peer) -> Caller:
    """The caller behind a bearer token.

    Raises:
        InvalidToken: the token does not open the API for this peer; the reason says why.
        Unauthorized: there is no token, and the policy asks for the older wording.
    """
    match credentials:
        case None if sandbox.policy.missing_authorization == "unauthorized":
            raise Unauthorized(InvalidToken.headers, reason=f"There is no Authorization header. {_HOW}")
        case None:
            raise InvalidToken(reason=f"There is no Authorization header. {_HOW}")
        case Unreadable(problem):
            raise InvalidToken(reason=f"{problem} {_HOW}")
        case Basic():
            raise InvalidToken(reason=f"HTTP Basic opens the token endpoint only. {_HOW}")
        case Bearer(text):
            token = sandbox.tokens.get(digest_of(text))
        case never:
            assert_never(never)
    if token is None:
        raise InvalidToken(
            reason="This mock did not issue the access token, or forgot it long after its end. Get a new one."
        )
    fate = sandbox.tokens.fate(token)
    client = sandbox.clients.get(token.client_id)
    if fate.state is not TokenState.LIVE or client is None:
        raise InvalidToken(reason=_epitaph(sandbox, fate))
    if why_not := objection(sandbox, client, peer):
        raise InvalidToken(reason=why_not)
    return Caller(token, client)


def _epitaph(sandbox: SandboxState, fate: Fate) -> str:
    now = sandbox.clock.now()
    # A clock that was set back may stand before the end.
    ago = "" if fate.at is None or fate.at > now else f" {spell(now - fate.at)} ago on the sandbox's clock"
    match fate.state:
        case TokenState.EXPIRED:
            return f"The access token expired{ago}. Get a new one before that."
        case TokenState.REVOKED:
            return f"The access token was revoked{ago}. Get a new one."
        case _:
            return f"The client of this access token was revoked{ago}. Make new client credentials."
