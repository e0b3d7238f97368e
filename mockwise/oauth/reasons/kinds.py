"""What kind of thing a text is, as far as the sandbox knows it, for whoever sent it in the place of another."""

from __future__ import annotations

from mockwise.common.digests import digest_of
from mockwise.state.sandbox_state import SandboxState

_TOKENS = {
    "client_credentials": "an access token",
    "user": "an access token of a user",
    "personal": "a personal token",
}


def kind_of(sandbox: SandboxState, text: str) -> str | None:
    """What the text is, with its article; None if the sandbox does not know it."""
    token = sandbox.tokens.get(digest_of(text))
    if token is not None:
        return _TOKENS[token.kind]
    if sandbox.links.of_text(text) is not None:
        return "a refresh token"
    if sandbox.codes.of_text("authorization", text) is not None:
        return "an authorization code"
    if sandbox.codes.of_text("claim", text) is not None:
        return "a claim-account code"
    if sandbox.clients.get(text) is not None:
        return "a client id"
    return None if sandbox.clients.of_secret(text) is None else "a client secret"


def named(client_id: str) -> str:
    """The id of a client that the mock knows, as a reason may name it."""
    return repr(client_id) if client_id.isascii() else "one that is not ASCII"
