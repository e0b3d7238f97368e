"""What a token died of and when, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from mockwise.common.durations import spell
from mockwise.state.revocation_causes import Event

EPITAPHS: Mapping[Event, str] = {
    Event.REFRESHED: "a refresh put another one in its place",
    Event.ROTATED: "a refresh put another refresh token in its place (refresh_rotation is on)",
    Event.GRANTED_ANEW: "a new grant put another one in its place",
    Event.EMAIL_CHANGED: "the user changed their e-mail address",
    Event.USER_DEACTIVATED: "the user was deactivated",
    Event.ACCOUNT_CLAIMED: "the user claimed the account",
    Event.DISCONNECTED: "the user disconnected the application",
    Event.OWNERSHIP_TRANSFERRED: "the business has another owner",
    Event.LEAK_SUSPECTED: "a leak was suspected",
    Event.SECURITY_ENHANCED: "the user switched enhanced security on",
}


def ago_of(end: datetime, now: datetime) -> str:
    """How long ago that was, behind a blank; nothing if a clock that was set back stands before it."""
    return f" {spell(now - end)} ago" if end <= now else ""
