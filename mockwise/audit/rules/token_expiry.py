"""Whether a client knows when its tokens end, and takes a 401 for what it is.

Tests move the sandbox's clock, and a client that goes by the machine's cannot know that. So a token that is over by
both clocks is one matter, and one that is over by the sandbox's alone another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from mockwise.audit.audit_input import (
    UNAUTHORIZED,
    AuditInput,
    LaterExchanges,
    apart,
    first_after,
    grouped,
    refused,
)
from mockwise.audit.findings import Violation, rule
from mockwise.common.slices import in_slices
from mockwise.journal.journal import Exchange

_GRACE = timedelta(seconds=2)  # a call may be on its way when its token ends
_SOON = timedelta(seconds=10)  # within which calls that were on their way have arrived
_REACTION = timedelta(minutes=1)
_AGAIN = 3
_ADVISED = 0.8  # of a token's life

_ACCESS = "Wise, Authentication & Access (docs/wise/lifetimes-and-formats.md#lifetimes, DOCUMENTED)"
_TRACK = "Each worker tracks the lifetime of its token and retrieves a new one before the token expires."


@rule(
    "warning",
    title="A token is used after its end",
    says=_TRACK,
    source=_ACCESS,
    remedy="Count `expires_in` from the moment of the request, and renew the token a minute ahead.",
)
def expired_token_used(record: AuditInput) -> Iterable[Violation]:
    """By the sandbox's clock and by the real one."""
    for client_id, late in grouped(_late(record, by_both=True)).items():
        yield Violation(client_id, late, f"{_calls(late)} carried a token that was over by any clock")


@rule(
    "note",
    title="A token is renewed only after a 401",
    says=_TRACK,
    source=_ACCESS,
    remedy="Renew the token ahead of its end. If the client does, by the machine's clock, it could not see that this "
    "sandbox's clock was moved: give it that clock in the test (`box.now`), to try the renewal too.",
)
def renewed_after_401(record: AuditInput) -> Iterable[Violation]:
    """By the sandbox's clock, which was moved."""
    for client_id, late in grouped(_late(record, by_both=False)).items():
        yield Violation(
            client_id, late, f"{_calls(late)} carried a token that was over by the sandbox's clock"
        )


@rule(
    "note",
    title="A token is renewed late",
    says="Refresh access tokens proactively, when 80 % of their lifetime has elapsed: client-credentials tokens and "
    "those of users.",
    source="Wise, OAuth 2.0 setup (docs/wise/sources.md#newer-sources, D26o, DOCUMENTED)",
    remedy="Renew a token when four fifths of `expires_in` are over, after 9 h 36 min of 12 h: then a renewal that fails "
    "can be tried again before the end. A client that goes by the machine's clock cannot see that this sandbox's was "
    "moved: give it that clock in the test (`box.now`).",
)
def renewed_late(record: AuditInput) -> Iterable[Violation]:
    """A call with a token that is older, by the sandbox's clock, before any attempt to get another."""
    found: list[tuple[str | None, Exchange]] = []
    asked = record.token_requests
    by_client = grouped((it.client_id, it.number) for it in asked)
    by_link = grouped(((it.client_id, it.link), it.number) for it in asked)
    for life, answer, told, uses in in_slices(record.tokens):
        late = [] if told is None else _used_after(answer, uses, told * _ADVISED + _GRACE)
        if not late:
            continue
        client_id, link = answer.client_id, life.token.subject.link
        tried = by_client.get(client_id, ()) if link is None else by_link.get((client_id, link), ())
        first = first_after(tried, answer.number)
        found += [
            (it.client_id, it)
            for it in late
            if it.status != UNAUTHORIZED and (first is None or it.number < first)
        ]
    for client_id, late in grouped(found).items():
        yield Violation(
            client_id, late, f"{_calls(late)} carried a token with less than a fifth of its life left"
        )


def _late(record: AuditInput, *, by_both: bool) -> Iterator[tuple[str | None, Exchange]]:
    for _, answer, told, uses in in_slices(record.tokens):
        late = [] if told is None else _used_after(answer, uses, told + _GRACE)
        if not late:
            continue
        plain = [it for it in late if told is not None and it.wall_time - answer.wall_time >= told + _GRACE]
        if by_both:
            yield from ((it.client_id, it) for it in plain)
        elif not plain and len(late) < _AGAIN:  # or another rule speaks of it
            yield from ((it.client_id, it) for it in late if refused(it))


def _used_after(answer: Exchange, uses: list[Exchange], passed: timedelta) -> list[Exchange]:
    """The calls that came so long after the answer, on the sandbox's clock."""
    return [it for it in uses if it.time - answer.time >= passed]


@rule(
    "error",
    title="A dead token is used again and again",
    says="A 401 `invalid_token` says that the access token is expired, revoked or invalid: the client may get a new "
    "one and try again.",
    source="RFC 6750 section 3.1; Wise, docs/wise/errors.md#shapes (OBSERVED)",
    remedy="On a 401 drop the token, get a new one, and repeat the call once.",
)
def dead_token_used_again(record: AuditInput) -> Iterable[Violation]:
    """Three times by one worker that did not ask for a new one, or still long after the first 401."""
    by_client = grouped((it.client_id, it) for it in record.token_requests)
    asked = {client_id: LaterExchanges(exchanges) for client_id, exchanges in by_client.items()}
    found = [
        (refusals[0].client_id, refusals)
        for digest, life in in_slices(record.lives.items())
        if (refusals := [it for it in record.uses.get(digest, []) if refused(it) and life.dead(it.time)])
        and len(refusals) >= _AGAIN
        and (_stubborn(record, asked, refusals) or apart(refusals[0], refusals[-1]) >= _SOON)
    ]
    for client_id, tokens in grouped(found).items():
        exchanges = [it for refusals in tokens for it in refusals]
        yield Violation(
            client_id, exchanges, f"{_calls(exchanges)} carried a token that was dead, and were refused"
        )


def _stubborn(
    record: AuditInput, asked: Mapping[str | None, LaterExchanges], refusals: list[Exchange]
) -> bool:
    """Whether one worker was refused often, and nobody asked for another token soon."""
    client_id, first = refusals[0].client_id, refusals[0]
    after = asked[client_id].after(first, _REACTION) if client_id in asked else ()
    if any(passed < _REACTION for passed, _ in after):
        return False
    strands = Counter(record.strand_of[it.number] for it in refusals if it.number in record.strand_of)
    return any(count >= _AGAIN for count in strands.values())


def _calls(exchanges: list[Exchange]) -> str:
    return "1 call" if len(exchanges) == 1 else f"{len(exchanges)} calls"
