"""Why and how long ago a token was revoked, as words of a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from mockwise.common.durations import spell
from mockwise.state.revocation_causes import RevocationCause

REVOCATION_REASONS: Mapping[RevocationCause, str] = {
    RevocationCause.REFRESHED: "a refresh put another one in its place",
    RevocationCause.ROTATED: "a refresh put another refresh token in its place (refresh_rotation is on)",
    RevocationCause.GRANTED_ANEW: "a new grant put another one in its place",
    RevocationCause.EMAIL_CHANGED: "the user changed their e-mail address",
    RevocationCause.USER_DEACTIVATED: "the user was deactivated",
    RevocationCause.ACCOUNT_CLAIMED: "the user claimed the account",
    RevocationCause.DISCONNECTED: "the user disconnected the application",
    RevocationCause.OWNERSHIP_TRANSFERRED: "the business has another owner",
    RevocationCause.LEAK_SUSPECTED: "a leak was suspected",
    RevocationCause.SECURITY_ENHANCED: "the user switched enhanced security on",
}


def ago_of(end: datetime, now: datetime) -> str:
    """How long ago that was, behind a blank; nothing if a clock that was set back stands before it."""
    return f" {spell(now - end)} ago" if end <= now else ""
