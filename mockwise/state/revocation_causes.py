"""What happens to users and their links to clients, and ends tokens (docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""

from __future__ import annotations

import enum


class RevocationCause(enum.Enum):
    """Why a user token or a refresh token died before its time."""

    REFRESHED = "refreshed"
    """A refresh kills the access token before it at once (DOCUMENTED)."""
    ROTATED = "rotated"
    """A refresh put another refresh token in its place (a switch; docs/wise/conflicts.md#c6)."""
    GRANTED_ANEW = "granted anew"
    """A new grant kills the old refresh token (DOCUMENTED)."""
    EMAIL_CHANGED = "email changed"
    """All tokens of the user die (DOCUMENTED)."""
    USER_DEACTIVATED = "user deactivated"
    """User tokens die, API calls answer 401 (DOCUMENTED)."""
    ACCOUNT_CLAIMED = "account claimed"
    """The user took over an account that a client made; its registration code is dead (DOCUMENTED)."""
    DISCONNECTED = "disconnected"
    """The user revoked the application (DOCUMENTED; that access tokens die too is INFERRED, docs/wise/consent-and-revocation.md#revocation)."""
    OWNERSHIP_TRANSFERRED = "ownership transferred"
    """The business profile is somebody else's now: access and refresh tokens die (DOCUMENTED)."""
    LEAK_SUSPECTED = "leak suspected"
    """Wise revokes after a leak of a token or of the client secret (DOCUMENTED; of access tokens INFERRED)."""
    SECURITY_ENHANCED = "security enhanced"
    """The user switched enhanced security on (DOCUMENTED of refresh tokens; of access tokens INFERRED)."""
