"""Consent without a browser, for tests: the same checks and the same outcome as on the page."""

from __future__ import annotations

from mockwise.errors import InvalidValueError, NotFoundError
from mockwise.oauth.consent import (
    Consent,
    ConsentRefused,
    RedirectRefused,
    approve,
    find_choices,
    read_consent,
)
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.users import User


def authorize(
    sandbox: SandboxState,
    client_id: str,
    user: str | int | None = None,
    profile: int | None = None,
    *,
    redirect_uri: str | None = None,
    state: str | None = None,
    claim_account_code: str | None = None,
) -> Consent:
    """Consent without a browser, as if the user had approved on the page.

    Args:
        sandbox: where the client and the user are.
        client_id: the client that asks.
        user: the user's address or id; without it whom the claim code or the profile names, else the oldest who is
            active.
        profile: the id of one of the user's profiles; their first one if left out.
        redirect_uri: one of the client's; its first one if left out.
        state: what the client wants to hear again.
        claim_account_code: the user takes over the account that the client made.

    Raises:
        InvalidValueError: it would have been refused on the page, or could not have been chosen there.
        NotFoundError: there is no such client or user.
    """
    client = sandbox.clients.require(client_id)
    user_id = _who(sandbox, user, profile, claim_account_code).user_id
    asked = {
        "client_id": client_id,
        "redirect_uri": redirect_uri or next(iter(client.redirect_uris), None),
        "state": state,
        "claim_account_code": claim_account_code,
    }
    try:
        consent = read_consent(sandbox, tuple((name, value) for name, value in asked.items() if value))
    except RedirectRefused as error:
        known = ", ".join(error.registered) or "none"
        raise InvalidValueError(
            f"redirect_uri: {error.sent!r} is none of the client's, which are matched exactly: {known}"
        ) from None
    except ConsentRefused as error:
        raise InvalidValueError(error.reason) from None
    found = find_choices(sandbox, consent, sandbox.users.get(user_id))
    profiles = (choice.key[1] for choice in found)
    return approve(sandbox, consent, user_id, next(profiles, None) if profile is None else profile)


def _who(
    sandbox: SandboxState, user: str | int | None, profile: int | None, claim_account_code: str | None
) -> User:
    if user is not None:
        return sandbox.users.require(user)
    claim = sandbox.codes.of_text("claim", claim_account_code or "")
    if claim is not None:
        return sandbox.users.require(claim.user_id)
    if profile is not None:
        return sandbox.users.require(sandbox.users.require_profile(profile).user_id)
    for somebody in sandbox.users.all():
        if somebody.active:
            return somebody
    raise NotFoundError(f"sandbox {sandbox.name!r} has no active user: make one first")
