"""What the rules read: the exchanges of a sandbox, and what became of its tokens.

Two questions come up in every rule about retries. *How much time passed?* The larger of real time and the sandbox's,
because a test may sleep or move the clock. *Was it the same worker?* A server cannot know, and a pool of connections
may carry the calls of a hundred tasks. A `strand` is what one worker did, as far as that can be told at all; what may
have been several workers is in no strand, so that nobody is accused of what two did.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeVar

import msgspec

from mockwise.common.slices import in_slices
from mockwise.common.token_kinds import TokenKind
from mockwise.journal.journal import Exchange
from mockwise.state.clients import Client
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import IssuedToken, TokenState, TokenStatus, TokenSubject

K = TypeVar("K")
V = TypeVar("V")

_TOKEN_PATH = "/oauth/token"
UNAUTHORIZED = 401
_SUCCESS = 200


MOST_SHOWN = 100
"""So many tokens have a row in the picture of an audit."""

_BUILT_AT_ONCE = 50  # exchanges, each of which may take a tenth of a millisecond


class _TokenAnswer(msgspec.Struct):
    expires_in: int | float


@dataclass(frozen=True, slots=True)
class TokenHistory:
    """A token and what became of it."""

    token: IssuedToken
    status: TokenStatus

    def dead(self, at: datetime) -> bool:
        """Whether it was dead at a time, on the sandbox's clock."""
        return self.status.at is not None and self.status.at <= at


class UsedToken(NamedTuple):
    """A token that came in an answer."""

    life: TokenHistory
    answer: Exchange
    """The first that brought it."""
    told: timedelta | None
    """How long it would live, as that answer said; None if that cannot be read."""
    uses: list[Exchange]
    """The calls that carried it."""


@dataclass(frozen=True, kw_only=True)
class AuditInput:
    """A sandbox as it is at one moment."""

    now: datetime
    """On its own clock."""
    exchanges: Sequence[Exchange]
    """Oldest first."""
    lives: Mapping[str, TokenHistory] = field(default_factory=dict)
    """The tokens that the exchanges mention, and the newest, by digest."""
    other_tokens: int = 0
    """How many more are remembered."""
    links: Mapping[str, RefreshGrant] = field(default_factory=dict)
    """The refresh tokens that the exchanges mention, by digest."""
    clients: Mapping[str, Client] = field(default_factory=dict)
    """The clients that the exchanges mention, by client id."""
    revoked_certificates: Collection[str] = ()
    """Serials of certificates that the exchanges mention."""
    sandbox_judges_certificates: bool = False
    """Whether certificates end by the sandbox's clock too."""

    @property
    def token_count(self) -> int:
        """How many tokens are remembered, by the sandbox or the journal."""
        return len(self.lives) + self.other_tokens

    @cached_property
    def by_client(self) -> Mapping[str | None, list[Exchange]]:
        """The exchanges of each client, by client id."""
        return grouped((it.client_id, it) for it in self.exchanges)

    @cached_property
    def uses(self) -> Mapping[str, list[Exchange]]:
        """Calls by the token that they carried."""
        return grouped(
            (it.token, it) for it in self.exchanges if it.token is not None and not is_token_request(it)
        )

    @cached_property
    def issues(self) -> Mapping[str, list[Exchange]]:
        """Answers by the token that they brought; those that a fault spoiled brought none."""
        return grouped(
            (it.token, it) for it in self.token_requests if it.token is not None and issued_token(it)
        )

    @cached_property
    def token_requests(self) -> list[Exchange]:
        """The exchanges that ask for a token."""
        return [it for it in self.exchanges if is_token_request(it)]

    @cached_property
    def tokens(self) -> list[UsedToken]:
        """The tokens that came in answers."""
        return [
            UsedToken(self.lives[digest], answers[0], told_life(answers[0]), self.uses.get(digest, []))
            for digest, answers in in_slices(self.issues.items())
            if digest in self.lives
        ]

    @cached_property
    def strand_of(self) -> Mapping[int, int]:
        """Which strand each exchange is in, by its number, if it is in one."""
        strands = (strand for of_client in self.worker_sequences.values() for strand in of_client)
        return {it.number: place for place, strand in enumerate(strands) for it in strand}

    @cached_property
    def worker_sequences(self) -> Mapping[str | None, list[list[Exchange]]]:
        """What single workers of each client did, in order, by client id.

        All of it, if there was never more than one connection open. Else what went over a connection, if the tokens
        that it carried were used on no other and were one at a time; and of all other connections the token requests.
        """
        return {
            client_id: list(self._worker_sequences(exchanges))
            for client_id, exchanges in self.by_client.items()
        }

    def _worker_sequences(self, exchanges: list[Exchange]) -> Iterator[list[Exchange]]:
        if most_open(exchanges) <= 1:
            yield exchanges
            return
        for connection in grouped((it.connection, it) for it in exchanges).values():
            yield (
                connection if self._is_own(connection) else [it for it in connection if is_token_request(it)]
            )

    def _is_own(self, connection: Sequence[Exchange]) -> bool:
        spans = grouped(
            (it.token, it.number) for it in connection if it.token is not None and not is_token_request(it)
        )
        ends = [(min(numbers), max(numbers)) for numbers in spans.values()]
        elsewhere = any(
            it.connection != connection[0].connection for token in spans for it in self.uses[token or ""]
        )
        return not elsewhere and all(one[1] < other[0] for one, other in pairwise(ends))


def audit_input_of(sandbox: SandboxState) -> AuditInput:
    """A sandbox as it is now. Of tokens, grants, clients and certificates those are read that the exchanges mention."""
    now = sandbox.clock.now()
    newest_first = list(in_slices(sandbox.journal.newest_first(), _BUILT_AT_ONCE))
    exchanges = sorted(newest_first, key=lambda it: it.number)
    known = {it.digest: it for it in sandbox.tokens.find(_unique(it.token for it in exchanges))}
    newest = {it.digest: it for it in sandbox.pages.tokens.newest(MOST_SHOWN) or ()}
    others = max(sandbox.pages.tokens.count() - len(known | newest), 0)
    tokens = sorted((known | newest).values(), key=lambda it: it.number)
    lives = {
        token.digest: TokenHistory(token, status)
        for token, status in zip(tokens, sandbox.tokens.statuses(tokens), strict=True)
    }
    certificates = _unique(None if it.certificate is None else it.certificate.serial for it in exchanges)
    return AuditInput(
        now=now,
        exchanges=exchanges,
        lives={**_forgotten(exchanges, now, known), **lives},
        other_tokens=others,
        links={it.digest: it for it in sandbox.links.find(_unique(it.link for it in exchanges))},
        clients={it.client_id: it for it in sandbox.clients.find(_unique(it.client_id for it in exchanges))},
        revoked_certificates={
            it.serial for it in sandbox.certificates.find(certificates) if it.revoked_at is not None
        },
        sandbox_judges_certificates=sandbox.options.certificate_clock == "sandbox",
    )


def _unique(names: Iterable[str | None]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name is not None]


def _forgotten(
    exchanges: Sequence[Exchange], now: datetime, known: Collection[str]
) -> dict[str, TokenHistory]:
    """Tokens as the journal knows them, for those that the sandbox has forgotten, long after their end."""
    found: dict[str, TokenHistory] = {}
    for it in exchanges:
        if it.token is None or it.token in known:
            continue
        if it.token in found:
            if refused(it) and not found[it.token].dead(it.time):
                found[it.token] = TokenHistory(
                    found[it.token].token, TokenStatus(TokenState.REVOKED, it.time)
                )
        elif issued_token(it) and (life := told_life(it)) is not None:
            kind: TokenKind = "client_credentials" if it.link is None else "user"
            subject = TokenSubject(kind=kind, client_id=it.client_id, link=it.link)
            token = IssuedToken(it.token, 0, subject, it.time, it.time + life)
            over = token.expires_at <= now
            found[it.token] = TokenHistory(
                token,
                TokenStatus(TokenState.EXPIRED, token.expires_at) if over else TokenStatus(TokenState.LIVE),
            )
    return found


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """Values by key, in order."""
    found: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return dict(found)


def first_after(numbers: Sequence[int], number: int) -> int | None:
    """The first of ascending numbers that is higher, if one is."""
    at = bisect_right(numbers, number)
    return numbers[at] if at < len(numbers) else None


def is_token_request(exchange: Exchange) -> bool:
    """Whether it asks for a token."""
    path = exchange.path
    return path == _TOKEN_PATH or path.endswith(_TOKEN_PATH)


def issued_token(exchange: Exchange) -> bool:
    """Whether it brought a token that can be used."""
    return is_token_request(exchange) and exchange.status == _SUCCESS and not _spoilt(exchange)


def refused(exchange: Exchange) -> bool:
    """Whether a call was turned away for its token."""
    return not is_token_request(exchange) and exchange.status == UNAUTHORIZED and not _spoilt(exchange)


def told_life(answer: Exchange) -> timedelta | None:
    """How long the token would live, as its answer said; None if that cannot be read."""
    try:
        return timedelta(seconds=msgspec.json.decode(answer.response_body, type=_TokenAnswer).expires_in)
    except (msgspec.MsgspecError, UnicodeError, ValueError, OverflowError):
        return None


class LaterExchanges:
    """Finds which of many exchanges came soon after another one.

    Args:
        exchanges: in the order of their numbers.
    """

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._exchanges = exchanges
        self._numbers = [it.number for it in exchanges]
        # The earliest time from each place on, since a sandbox's clock may be set back.
        self._times = _least_from_here([it.time for it in exchanges])
        self._wall_times = _least_from_here([it.wall_time for it in exchanges])

    def after(self, earlier: Exchange, limit: timedelta) -> Iterator[tuple[timedelta, Exchange]]:
        """The exchanges after `earlier`, each with how long the peer waited; it ends when none can be within the limit."""
        for place in range(bisect_right(self._numbers, earlier.number), len(self._exchanges)):
            passed = max(self._times[place] - earlier.time, self._wall_times[place] - earlier.wall_time)
            if passed - earlier.duration > limit:
                return
            it = self._exchanges[place]
            yield apart(earlier, it), it


def _least_from_here(times: list[datetime]) -> list[datetime]:
    return list(accumulate(reversed(times), min))[::-1]


def apart(earlier: Exchange, later: Exchange) -> timedelta:
    """How long the peer waited at least, by the clock that moved more, after the one answer for the next request."""
    passed = max(later.time - earlier.time, later.wall_time - earlier.wall_time)
    return max(passed - earlier.duration, timedelta())


def most_open(exchanges: Iterable[Exchange]) -> int:
    """How many connections were open at the same time."""
    return max((it.open_connections for it in exchanges), default=0)


def header(exchange: Exchange, wanted: str, *, of_answer: bool = False) -> str | None:
    """The first value of a header."""
    pairs = exchange.response_headers if of_answer else exchange.request_headers
    return next((value for name, value in pairs if name.lower() == wanted), None)


def asked_for(exchange: Exchange) -> tuple[str, str, str | None]:
    """What it asks for: equal for requests of the same thing."""
    return exchange.method, exchange.path, exchange.grant_type


def same(one: Exchange, other: Exchange) -> bool:
    """Whether both ask for the same thing."""
    return asked_for(one) == asked_for(other)


def _spoilt(exchange: Exchange) -> bool:
    """Whether a fault made the answer another one; those that only take time did not."""
    return not set((exchange.fault or "delay").split("+")) <= {"delay", "drip"}
