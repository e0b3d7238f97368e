"""Personal tokens: a user makes one in their own account, for no client, and it lives until it is revoked (docs/wise/lifetimes-and-formats.md#what-ends-a-token and docs/wise/developer-hub.md#personal-tokens)."""

from __future__ import annotations

from mockwise.errors import ConflictError
from mockwise.oauth.formats import new_personal_token
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import TokenSubject


def issue_personal(sandbox: SandboxState, user_id: int, *, read_only: bool = False) -> str:
    """Make a personal token; returns its text, which is kept nowhere.

    Raises:
        NotFoundError: there is no such user.
        ConflictError: the user was deactivated.
    """
    user = sandbox.users.require(user_id)
    if not user.active:
        raise ConflictError(f"{user.email} was deactivated, and gets no tokens any more: take another user")
    text = new_personal_token()
    subject = TokenSubject(kind="personal", user_id=user_id, read_only=read_only)
    sandbox.tokens.issue(text, subject, sandbox.clock.now(), None)
    return text
