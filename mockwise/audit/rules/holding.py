"""Whether a client keeps its tokens, and each worker its own.

How many tokens a client has a use for is not known, but there are two lower bounds: as many as it had connections open
at the same time, and as many as were in use by turns (fetched before, and used after, one another). Who holds more than
both fetches where a held token would do. A token counts as held in the first part of its life alone, since one that
is renewed ahead of its end lives on beside its heir: the reference client may renew after half of a token's life.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from mockwise.audit.findings import Hit, rule
from mockwise.audit.record import UNAUTHORIZED, Record, grouped, most_open, told_life
from mockwise.core.journal import Exchange

_YOUNG = 0.45  # of its life; below a half, because clients and server do not count from the same moment

_ACCESS = "Wise, Authentication & Access (facts 2, DOCUMENTED)"


@dataclass(frozen=True, slots=True)
class _Held:
    """A token in a client's hands."""

    answer: Exchange
    uses: list[Exchange]
    young: timedelta
    dies: Exchange | None
    """The exchange in which it was refused."""
    record: Record

    def at(self, later: Exchange) -> bool:
        """Whether it was held when another was fetched."""
        answer = self.answer
        age = max(later.time - answer.time, later.wall_time - answer.wall_time)
        return (
            age < self.young
            and not (self.dies and self.dies.number < later.number)
            and not self.record.lives[answer.token or ""].dead(later.time)
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
def tokens_not_held(record: Record) -> Iterable[Hit]:
    """More live tokens in hand than workers can have been."""
    for client_id, held in grouped(_fetched(record)).items():
        bound = max(most_open(record.by_client[client_id]), _by_turns(held))
        most: list[_Held] = []
        for number, newest in enumerate(held, 1):
            live = [it for it in held[:number] if it.at(newest.answer)]
            most = max(most, live, key=len)
        # A worker that started anew looks like a client that forgets; a connection that saw two tokens does not.
        spare = 0 if _share_connections(most) else 1
        if len(most) > bound + spare:
            yield Hit(
                client_id,
                [it.answer for it in most],
                f"{len(most)} live tokens were held at the same time, and at most {bound} can have been in use",
            )


def _fetched(record: Record) -> Iterator[tuple[str | None, _Held]]:
    for life, answer, uses in record.tokens():
        if life.token.kind == "client_credentials":
            lifetime = told_life(answer) or life.token.expires_at - life.token.issued_at
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
def token_shared(record: Record) -> Iterable[Hit]:
    """A connection was used with a token before and after another one was.

    Where a connection carries several tokens, workers share a pool, and a token goes over whichever is free.
    """
    carried = grouped((it.connection, token) for token, uses in record.uses.items() for it in uses)
    found: list[tuple[str | None, list[Exchange]]] = []
    for life, answer, uses in record.tokens():
        alone = [it for it in uses if len(set(carried[it.connection])) == 1]
        if life.token.kind == "client_credentials" and _interleave(alone):
            found.append((answer.client_id, alone))
    for client_id, tokens in grouped(found).items():
        exchanges = [it for uses in tokens for it in uses]
        wide = max(len({it.connection for it in uses}) for uses in tokens)
        yield Hit(
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
