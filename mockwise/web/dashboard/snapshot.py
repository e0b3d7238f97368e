"""What the page shows of a sandbox, read at one moment. Lists are the newest hundred, with a count of all."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mockwise.journal.journal import Exchange
from mockwise.state.certificates import IssuedCertificate
from mockwise.state.clients import Client
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import NEVER, IssuedToken, TokenState, TokenStatus
from mockwise.state.users import User
from mockwise.web.control.ports import FailedHandshakeLike, Mock

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
    handshake: FailedHandshakeLike | None = None

    @property
    def mark(self) -> str:
        """How it went, as a class of the style sheet."""
        return "handshake" if self.exchange is None else _CLASSES.get(self.exchange.status // 100, "failed")


def snapshot(mock: Mock, sandbox: SandboxState) -> dict[str, Any]:
    """The values of the page's parts that change by themselves or by an action."""
    wall, real = sandbox.clock.wall(), sandbox.clock.real()
    now = sandbox.clock.at(wall)
    tokens = _tokens(sandbox, now)
    own = mock.own_client(sandbox.name)
    clients = [_client(it, own, now) for it in sandbox.clients.all()]
    certificates = [_certificate(it, real) for it in sandbox.certificates.all()]
    users = sandbox.users.all()
    faults = sandbox.fault_queue.all()
    armed = [it for it in faults if not it.spent]
    return {
        "now": now,
        "real": real,
        "ahead": now - wall,
        "frozen": sandbox.clock.frozen,
        "own": own,
        **tokens,
        "clients": clients[-MOST:][::-1],
        "client_count": len(clients),
        "certificates": certificates[-MOST:][::-1],
        "certificate_count": len(certificates),
        "users": [(it, sandbox.users.profiles_of(it.user_id)) for it in _newest(users)],
        "user_count": len(users),
        "feed": list(itertools.islice(_feed(mock, sandbox), MOST)),
        "exchange_count": sandbox.journal.count(),
        "handshake_count": len(mock.handshakes()),
        "armed": armed[:MOST],
        "armed_count": len(armed),
        "spent": [it for it in faults if it.spent][-5:],
        "soon": heapq.nsmallest(
            MOST, _soon(tokens["tokens"], clients, certificates, now, real), key=lambda it: it.left
        ),
    }


def _newest(users: list[User]) -> list[User]:
    return users[-MOST:][::-1]


def _tokens(sandbox: SandboxState, now: datetime) -> Mapping[str, Any]:
    known = sandbox.tokens.all()
    statuses = [sandbox.tokens.status_of(it) for it in known]
    counts = Counter(it.state for it in statuses)
    newest = zip(known[: -MOST - 1 : -1], statuses[: -MOST - 1 : -1], strict=True)
    return {
        "tokens": [TokenRow(it, status, _left(it, status, now)) for it, status in newest],
        "token_count": len(known),
        "token_counts": [(state.value, counts[state]) for state in TokenState if counts[state]],
    }


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


def _feed(mock: Mock, sandbox: SandboxState) -> Iterator[FeedRow]:
    exchanges = (FeedRow(it.wall_time, exchange=it) for it in sandbox.journal.newest_first())
    handshakes = (FeedRow(it.time, handshake=it) for it in reversed(mock.handshakes()))
    return heapq.merge(exchanges, handshakes, key=lambda it: it.wall_time, reverse=True)


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
