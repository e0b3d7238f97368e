"""Whether a client keeps its tokens, and each worker its own.

How many tokens a client has a use for is not known, but there are two lower bounds: as many as it had connections open
at the same time, and as many as were in use by turns (fetched before, and used after, one another). Who holds more than
both fetches where a held token would do. A token counts as held in the first part of its life alone, since one that
is renewed ahead of its end lives on beside its heir: the reference client may renew after half of a token's life.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from mockwise.audit.audit_input import UNAUTHORIZED, AuditInput, grouped, most_open
from mockwise.audit.findings import Violation, rule
from mockwise.common.slices import in_slices
from mockwise.journal.journal import Exchange

_YOUNG = 0.45  # of its life; below a half, because clients and server do not count from the same moment

_ACCESS = "Wise, Authentication & Access (docs/wise/lifetimes-and-formats.md#lifetimes, DOCUMENTED)"


@dataclass(frozen=True, slots=True)
class _Held:
    """A token in a client's hands."""

    answer: Exchange
    uses: list[Exchange]
    young: timedelta
    dies: Exchange | None
    """The exchange in which it was refused."""
    record: AuditInput

    def ends(self) -> tuple[float, float, float]:
        """From when on it is not held any more: by the sandbox's clock, by the real one, and by number."""
        young = self.young.total_seconds()
        old = self.answer.time.timestamp() + young
        dead = self.record.lives[self.answer.token or ""].status.at
        return (
            old if dead is None else min(old, dead.timestamp()),
            self.answer.wall_time.timestamp() + young,
            math.inf if self.dies is None else self.dies.number + 1,
        )

    @property
    def connections(self) -> set[str]:
        """Over which it came and went."""
        return {self.answer.connection, *(it.connection for it in self.uses)}


@rule(
    "error",
    title="Tokens are fetched where a held one would do",
    says="A client-credentials token is valid for 12 hours. Each worker manages its own: it finishes its task within "
    "that time, or tracks it and gets a new token before the end.",
    source=_ACCESS,
    remedy="Keep the token in memory and use it for every call until shortly before its end. If each of these was a "
    "process of its own, let one that lives longer make the calls.",
)
def tokens_not_held(record: AuditInput) -> Iterable[Violation]:
    """More live tokens in hand than workers can have been."""
    for client_id, held in grouped(_fetched(record)).items():
        bound = max(most_open(record.by_client[client_id]), _by_turns(held))
        most = _most_at_once(held)
        # A worker that started anew looks like a client that forgets; a connection that saw two tokens does not.
        spare = 0 if _share_connections(most) else 1
        if len(most) > bound + spare:
            yield Violation(
                client_id,
                [it.answer for it in most],
                f"{len(most)} live tokens were held at the same time, and at most {bound} can have been in use",
            )


def _most_at_once(tokens: Sequence[_Held]) -> list[_Held]:
    """Those that were held when so many were for the first time as never again.

    What is over by one of the clocks stays so, also if that is set back.
    """
    over: list[int] = [len(tokens)] * len(tokens)  # at which one's coming each was not held any more
    waiting: tuple[list[tuple[float, int]], ...] = ([], [], [])
    running = most = best = 0
    for at, newest in enumerate(tokens):
        answer = newest.answer
        moments = (answer.time.timestamp(), answer.wall_time.timestamp(), answer.number)
        running += 1
        for ends, end, moment in zip(waiting, newest.ends(), moments, strict=True):
            heapq.heappush(ends, (end, at))
            while ends and ends[0][0] <= moment:
                which = heapq.heappop(ends)[1]
                running -= over[which] > at
                over[which] = min(over[which], at)
        if running > most:
            most, best = running, at
    return [it for it, end in zip(tokens[: best + 1], over, strict=False) if end > best]


def _fetched(record: AuditInput) -> Iterator[tuple[str | None, _Held]]:
    for life, answer, told, uses in in_slices(record.tokens):
        if life.token.kind == "client_credentials":
            lifetime = told or life.token.expires_at - life.token.issued_at
            dies = next((it for it in uses if it.status == UNAUTHORIZED), None)
            yield answer.client_id, _Held(answer, uses, _YOUNG * lifetime, dies, record)


def _by_turns(tokens: Iterable[_Held]) -> int:
    """How many tokens were in use at the same time: used again after the next one had come."""
    steps = []
    for it in tokens:
        last = it.uses[-1] if it.uses else it.answer
        steps += [(it.answer.number, 1), (last.number + 0.5, -1)]
    running = most = 0
    for _, step in sorted(steps):
        running += step
        most = max(most, running)
    return most


def _share_connections(tokens: Iterable[_Held]) -> bool:
    sets = [it.connections for it in tokens]
    return len(set().union(*sets)) < sum(map(len, sets))


@rule(
    "note",
    title="One token is used over several connections at the same time",
    says="We recommend retrieving a separate client credentials token per thread or worker to avoid concurrency "
    "issues.",
    source=_ACCESS,
    remedy="If these are workers, give each a token of its own. A pool of connections of one worker may do this on "
    "purpose.",
)
def token_shared(record: AuditInput) -> Iterable[Violation]:
    """A connection was used with a token before and after another one was.

    Where a connection carries several tokens, workers share a pool, and a token goes over whichever is free.
    """
    carried = grouped((it.connection, token) for token, uses in record.uses.items() for it in uses)
    several = {connection for connection, tokens in carried.items() if len(set(tokens)) > 1}
    found: list[tuple[str | None, list[Exchange]]] = []
    for life, answer, _, uses in in_slices(record.tokens):
        alone = [it for it in uses if it.connection not in several]
        if life.token.kind == "client_credentials" and _interleave(alone):
            found.append((answer.client_id, alone))
    for client_id, tokens in grouped(found).items():
        exchanges = [it for uses in tokens for it in uses]
        wide = max(len({it.connection for it in uses}) for uses in tokens)
        yield Violation(
            client_id,
            exchanges,
            f"{_counted(len(tokens), 'token')} went over up to {wide} connections by turns",
        )


def _interleave(uses: Iterable[Exchange]) -> bool:
    spans = sorted(
        (min(numbers), max(numbers))
        for numbers in grouped((it.connection, it.number) for it in uses).values()
    )
    return any(later[0] < earlier[1] for earlier, later in pairwise(spans))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
