"""What the page shows of a sandbox, read at one moment. Lists are the newest hundred, with a count of all."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from mockwise.journal.journal import Exchange
from mockwise.sandbox.handle import Sandbox
from mockwise.sandbox.mock_controls import MockControls
from mockwise.state.certificates import IssuedCertificate
from mockwise.state.clients import Client
from mockwise.state.tokens import NEVER, IssuedToken, TokenState, TokenStatus
from mockwise.transport.tls.alerts import FailedHandshake

T = TypeVar("T")

MOST = 100
DIGEST = 8  # characters of a token's name

_SOON_FOR_CERTIFICATES = timedelta(days=30)
_SOON_FOR_TOKENS = timedelta(minutes=10)
_CLASSES = {0: "left", 2: "fine", 3: "fine", 4: "refused", 5: "failed"}


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token and what became of it."""

    token: IssuedToken
    status: TokenStatus
    left: timedelta | None
    """How long it has to live; None: for ever, or it is dead."""

    @property
    def name(self) -> str:
        """The beginning of its digest."""
        return self.token.digest[:DIGEST]

    @property
    def live(self) -> bool:
        """Whether it can be used."""
        return self.status.state is TokenState.LIVE

    @property
    def mark(self) -> str:
        """Its state as a class of the style sheet."""
        return self.status.state.name.lower().replace("_", "-")

    @property
    def lifetime(self) -> int:
        """In seconds, from first to last."""
        return int((self.token.expires_at - self.token.issued_at).total_seconds())


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client, and when its older secrets end that work still."""

    client: Client
    own: bool
    old: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate, and whether its end is near."""

    it: IssuedCertificate
    state: str
    soon: bool


@dataclass(frozen=True, slots=True)
class Soon:
    """Something that ends before long: on the sandbox's clock, or (a certificate) on the real one."""

    what: str
    name: str
    of: str | None
    ends: datetime
    left: timedelta
    real: bool


@dataclass(frozen=True, slots=True)
class FeedRow:
    """An exchange, or a handshake that was refused."""

    wall_time: datetime
    exchange: Exchange | None = None
    handshake: FailedHandshake | None = None

    @property
    def mark(self) -> str:
        """How it went, as a class of the style sheet."""
        return "handshake" if self.exchange is None else _CLASSES.get(self.exchange.status // 100, "failed")


def snapshot(mock: MockControls, sandbox: Sandbox) -> dict[str, Any]:
    """The values of the page's parts that change by themselves or by an action."""
    status = sandbox.status()
    clock, now, real = status.clock, status.clock.now, status.clock.real
    own = sandbox.client_id
    users, tokens = sandbox.pages.users.newest(MOST) or [], sandbox.pages.tokens.newest(MOST) or []
    token_rows = [_token(sandbox, it, now) for it in reversed(tokens)]
    clients = [_client(it, own, now) for it in sandbox.clients]
    certificates = [_certificate(it, real) for it in sandbox.certificates]
    faults = sandbox.faults
    armed = [it for it in faults if not it.spent]
    handshakes = mock.handshakes
    return {
        "now": now,
        "real": real,
        "ahead": now - clock.wall,
        "frozen": clock.frozen,
        "own": own,
        "tokens": token_rows,
        "token_count": sum(status.tokens.values()),
        "token_counts": [(state.value, count) for state in TokenState if (count := status.tokens[state])],
        "clients": _newest(clients),
        "client_count": len(clients),
        "certificates": _newest(certificates),
        "certificate_count": len(certificates),
        "users": [(it, sandbox.profiles(it)) for it in reversed(users)],
        "user_count": status.users,
        "feed": list(itertools.islice(_feed(handshakes, sandbox), MOST)),
        "exchange_count": status.exchanges,
        "handshake_count": len(handshakes),
        "armed": armed[:MOST],
        "armed_count": len(armed),
        "spent": [it for it in faults if it.spent][-5:],
        "soon": heapq.nsmallest(
            MOST, _soon(token_rows, clients, certificates, now, real), key=lambda it: it.left
        ),
    }


class SandboxChoice(NamedTuple):
    """The sandboxes that the page offers, oldest first, and how many it leaves out."""

    shown: Sequence[str]
    left_out: int


def sandbox_choice(names: Sequence[str]) -> SandboxChoice:
    """The newest sandboxes, and `default`, which is the oldest."""
    shown = names if len(names) <= MOST else [*names[:1], *names[1 - MOST :]]
    return SandboxChoice(shown, len(names) - len(shown))


def _newest(items: Sequence[T]) -> Sequence[T]:
    return items[: -MOST - 1 : -1]


def _token(sandbox: Sandbox, token: IssuedToken, now: datetime) -> TokenRow:
    status = sandbox.token_status(token)
    return TokenRow(token, status, _left(token, status, now))


def _left(token: IssuedToken, status: TokenStatus, now: datetime) -> timedelta | None:
    alive = status.state is TokenState.LIVE and token.expires_at != NEVER
    return token.expires_at - now if alive else None


def _client(it: Client, own: str, now: datetime) -> ClientRow:
    old = tuple(
        secret.ends_at for secret in it.secrets if secret.ends_at is not None and secret.ends_at > now
    )
    return ClientRow(it, it.client_id == own, old)


def _certificate(it: IssuedCertificate, real: datetime) -> CertificateRow:
    state = it.state(real)
    return CertificateRow(it, state, state == "active" and it.not_after - real < _SOON_FOR_CERTIFICATES)


def _feed(handshakes: Sequence[FailedHandshake], sandbox: Sandbox) -> Iterator[FeedRow]:
    exchanges = (FeedRow(it.wall_time, exchange=it) for it in sandbox.journal.newest_first())
    refused = (FeedRow(it.time, handshake=it) for it in reversed(handshakes))
    return heapq.merge(exchanges, refused, key=lambda it: it.wall_time, reverse=True)


def _soon(
    tokens: list[TokenRow],
    clients: list[ClientRow],
    certificates: list[CertificateRow],
    now: datetime,
    real: datetime,
) -> Iterator[Soon]:
    for row in certificates:
        if row.soon:
            it = row.it
            yield Soon("certificate", it.name, it.client_id, it.not_after, it.not_after - real, real=True)
    for client in clients:
        for ends in client.old:
            yield Soon("old secret", client.client.client_id, None, ends, ends - now, real=False)
    for token in tokens:
        if token.left is not None and token.left < _SOON_FOR_TOKENS:
            ends = token.token.expires_at
            yield Soon("token", token.name, token.token.client_id, ends, token.left, real=False)
