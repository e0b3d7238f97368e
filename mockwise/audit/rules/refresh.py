"""Whether a client keeps its users' refresh tokens well: one refresh token each, and one access token at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

from mockwise.audit.audit_input import (
    AuditInput,
    apart,
    first_after,
    grouped,
    issued_token,
    refused,
)
from mockwise.audit.findings import Violation, rule
from mockwise.common.slices import in_slices
from mockwise.journal.journal import Exchange
from mockwise.state.revocation_causes import RevocationCause

_RECOMMENDED = timedelta(hours=6)
_GRACE = timedelta(minutes=5)
_AT_ONCE = timedelta(seconds=1)
_REFRESH = "refresh_token"
_CLIENT_ERRORS = range(400, 500)

_REFRESHING = "Wise, Refreshing user access tokens (docs/wise/lifetimes-and-formats.md#lifetimes, DOCUMENTED)"


@rule(
    "note",
    title="A user's token is refreshed late",
    says="A user access token lives 12 hours; refreshing it every 6 hours is recommended.",
    source=_REFRESHING,
    remedy="Refresh when half of the token's life is over: then a failed refresh can be tried again for hours.",
)
def refresh_late(record: AuditInput) -> Iterable[Violation]:
    """A call with a token that is older than that, before any attempt."""
    found: list[tuple[str | None, Exchange]] = []
    tried = grouped((it.link, it.number) for it in record.token_requests)
    for life, answer, _, uses in in_slices(record.tokens):
        if life.token.kind != "user":
            continue
        first = first_after(tried.get(life.token.subject.link, ()), answer.number)
        found += [
            (it.client_id, it)
            for it in uses
            if it.time - answer.time >= _RECOMMENDED + _GRACE
            and not refused(it)
            and (first is None or it.number <= first)
        ]
    for client_id, late in grouped(found).items():
        yield Violation(
            client_id, late, f"{len(late)} with a token older than 6 hours, before it was refreshed"
        )


@rule(
    "warning",
    title="Refreshes race each other",
    says="A refresh immediately invalidates the previous access token of that user.",
    source=_REFRESHING,
    remedy="Let one worker refresh while the others wait, and share what it brings.",
)
def racing_refreshes(record: AuditInput) -> Iterable[Violation]:
    """Two at once, over two connections, so that the first brought a token that was dead at once."""
    found: list[tuple[str | None, Exchange]] = []
    refreshes = grouped(
        (it.link, it) for it in record.token_requests if it.grant_type == _REFRESH and issued_token(it)
    )
    for of_link in refreshes.values():
        for one, other in pairwise(of_link):
            uses = [it.number for it in record.uses.get(one.token or "", [])]
            lost = not uses or max(uses) > other.number
            at_once = one.connection != other.connection and apart(one, other) < _AT_ONCE
            if at_once and other.open_connections > 1 and lost:
                found += [(one.client_id, one), (other.client_id, other)]
    for client_id, racing in grouped(found).items():
        yield Violation(
            client_id, racing, f"{len(racing) // 2} times a refresh made another's new token useless"
        )


@rule(
    "warning",
    title="An old refresh token is used after a new grant",
    says="Obtaining tokens again by an authorization or registration code immediately invalidates the old refresh "
    "token.",
    source=_REFRESHING,
    remedy="Replace the stored refresh token whenever an answer of the token endpoint brings one.",
)
def old_refresh_token_used(record: AuditInput) -> Iterable[Violation]:
    """A refresh token was used that a newer consent had replaced."""
    found = [
        (it.client_id, it)
        for it in record.token_requests
        if _replaced(record, it, RevocationCause.GRANTED_ANEW)
    ]
    for client_id, old in grouped(found).items():
        yield Violation(client_id, old, f"{len(old)} with a refresh token that a newer grant had replaced")


@rule(
    "note",
    title="A refresh token is used that was rotated out",
    says="The authorization server may issue a new refresh token, in which case the client must discard the old refresh token "
    "and replace it with the new one. Wise's stays the same today; this sandbox rotates it (refresh_rotation).",
    source="RFC 6749 section 6; recorded answers of 2026 (docs/wise/token-endpoint.md#response, OBSERVED: no rotation)",
    remedy="Store the refresh_token of each answer that brings one, before the access token is used, in the one place "
    "that all workers read.",
)
def rotated_refresh_token_used(record: AuditInput) -> Iterable[Violation]:
    """A refresh token was used that a refresh had replaced."""
    found = [
        (it.client_id, it) for it in record.token_requests if _replaced(record, it, RevocationCause.ROTATED)
    ]
    for client_id, old in grouped(found).items():
        yield Violation(
            client_id, old, f"{len(old)} with a refresh token that an earlier refresh had replaced"
        )


def _replaced(record: AuditInput, it: Exchange, by: RevocationCause) -> bool:
    """Whether a token request was refused for a refresh token that was replaced before."""
    link = record.links.get(it.link or "") if it.grant_type == _REFRESH else None
    if link is None or link.ended_by is not by or link.ended_at is None:
        return False
    return it.status in _CLIENT_ERRORS and link.ended_at <= it.time
