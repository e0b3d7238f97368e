"""Whether a bearer token opens the API for this peer (RFC 6750; docs/wise/errors.md#shapes)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import assert_never

from mockwise.common.digests import digest_of
from mockwise.common.token_kinds import TokenKind
from mockwise.oauth.certificate_binding import reject_reason
from mockwise.oauth.credentials import BasicCredentials, BearerToken, Credentials, InvalidAuthorization
from mockwise.oauth.errors import AccessDenied, InvalidToken, MissingToken, OAuthError, Unauthorized
from mockwise.oauth.messages import Peer
from mockwise.oauth.reasons.tokens import unknown_access_token
from mockwise.oauth.revocation_reasons import REVOCATION_REASONS, ago_of
from mockwise.state.clients import Client
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import IssuedToken, TokenState, TokenStatus

_HOW = "Send the access token as Authorization: Bearer."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the API: a live token and the client that it was issued to, if it is a client's."""

    token: IssuedToken
    client: Client | None
    """None: the token is personal."""


def authenticate_bearer(sandbox: SandboxState, credentials: Credentials, peer: Peer) -> Caller:
    """The caller behind a bearer token.

    Raises:
        InvalidToken: the token does not open the API for this peer; the reason says why.
        MissingToken, Unauthorized, InvalidToken: there is no token; the options say which.
    """
    match credentials:
        case None:
            raise _missing(sandbox, f"There is no Authorization header. {_HOW}")
        case InvalidAuthorization(problem, ""):
            raise _missing(sandbox, f"{problem} {_HOW}")
        case InvalidAuthorization(problem):
            raise InvalidToken(reason=f"{problem} {_HOW}")
        case BasicCredentials():
            raise InvalidToken(reason=f"HTTP Basic opens the token endpoint only. {_HOW}")
        case BearerToken(text):
            token = sandbox.tokens.get(digest_of(text))
        case never:
            assert_never(never)
    if token is None:
        raise InvalidToken(reason=unknown_access_token(sandbox, text))
    status = sandbox.tokens.status_of(token)
    if status.state is not TokenState.LIVE:
        raise InvalidToken(reason=_dead_token_reason(sandbox, status))
    client = None if token.client_id is None else sandbox.clients.get(token.client_id)
    if why_not := reject_reason(sandbox, client, peer):
        raise InvalidToken(reason=why_not)
    sandbox.tokens.use(token)
    return Caller(token, client)


def has_no_token(credentials: Credentials) -> bool:
    """Whether a call counts as one without a token: without `Authorization`, or with one that names no scheme.

    OBSERVED of both (docs/wise/errors.md#missing-token).
    """
    return credentials is None or (isinstance(credentials, InvalidAuthorization) and credentials.scheme == "")


def has_bearer(credentials: Credentials) -> bool:
    """Whether a call carries a bearer token, be it an empty one."""
    return isinstance(credentials, BearerToken) or (
        isinstance(credentials, InvalidAuthorization) and credentials.scheme == "bearer"
    )


def check_kind(sandbox: SandboxState, caller: Caller, kinds: Collection[TokenKind], *, reads: bool) -> None:
    """Let a caller through whose token is of a kind that the operation takes.

    A read-only personal token reads (docs/wise/developer-hub.md#personal-tokens: full or read-only; how it is refused is INFERRED).

    Raises:
        AccessDenied, InvalidToken: it is not; which of the two is a switch, because Wise's answer is UNKNOWN.
    """
    kind = caller.token.kind
    if kind not in kinds:
        wanted = " or ".join(_NAMES[it] for it in sorted(kinds))
        reason = f"This operation takes {wanted}; this is {_NAMES[kind]}."
        if sandbox.options.wrong_kind == "unauthorized":
            raise InvalidToken(reason=reason)
        raise AccessDenied(reason=reason)
    if caller.token.subject.read_only and not reads:
        raise AccessDenied(reason="This personal token is read-only. Use one with full access.")


def _missing(sandbox: SandboxState, reason: str) -> OAuthError:
    match sandbox.options.missing_authorization:
        case "missing_token":
            return MissingToken(reason=reason)
        case "invalid":
            return InvalidToken(reason=reason)
        case "unauthorized":
            return Unauthorized(InvalidToken.headers, reason=reason)
        case never:
            assert_never(never)


_NAMES: Mapping[TokenKind, str] = {
    "client_credentials": "a client-credentials token",
    "personal": "a personal token",
    "user": "a user token",
}


def _dead_token_reason(sandbox: SandboxState, status: TokenStatus) -> str:
    ago = "" if status.at is None else ago_of(status.at, sandbox.clock.now())
    ago += " on the sandbox's clock" if ago else ""
    match status.state:
        case TokenState.EXPIRED:
            return f"The access token expired{ago}. Get a new one before that."
        case TokenState.REVOKED:
            cause = "" if status.cause is None else f": {REVOCATION_REASONS[status.cause]}"
            return f"The access token was revoked{ago}{cause}. Get a new one."
        case _:
            return f"The client of this access token was revoked{ago}. Make new client credentials."
