"""Bearer tokens: whether one is live, and why not.

A token is known by its digest; its text is kept nowhere but in `Latest`, which the `reuse` policy must hand out
again. A token is live exactly if it was issued, has not expired, was not revoked, and its client is alive. Dead
tokens stay a while, so that a refusal can say what they died of, and then are swept.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from mockwise.core.clients import Clients, Watermark
from mockwise.core.clock import Clock
from mockwise.core.errors import BadValue, NotThere
from mockwise.core.homes import Homes
from mockwise.core.store import Kind, Store, change

TokenKind = Literal["client_credentials"]

_KEPT_AFTER_END = timedelta(days=1)  # on the sandbox's clock
_SWEPT_AT_EACH_ISSUE = 2


@dataclass(frozen=True, slots=True)
class Token:
    """An issued token, without its text. Numbers count up within a sandbox."""

    digest: str
    number: int
    kind: TokenKind
    client_id: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest client-credentials token of a client, with its text."""

    text: str = field(repr=False)
    digest: str


class TokenState(enum.Enum):
    """What became of a token."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CLIENT_REVOKED = "client revoked"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a token, and when it ended (None: it lives, or its client is gone)."""

    state: TokenState
    at: datetime | None = None


_LIVE = Fate(TokenState.LIVE)

TOKENS = Kind("token", Token)
LATEST = Kind("latest", Latest)


def digest_of(text: str) -> str:
    """The name of a token that may be shown: 128 bits of its SHA-256, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Tokens:
    """The tokens of one sandbox."""

    def __init__(self, store: Store, sandbox: str, homes: Homes, clock: Clock, clients: Clients) -> None:
        self._store = store
        self._sandbox = sandbox
        self._homes = homes
        self._clock = clock
        self._clients = clients
        self._to_sweep: Iterator[Token] = iter(())
        self._swept_at = clock.now()

    def issue(
        self, text: str, kind: TokenKind, client_id: str, issued_at: datetime, lifetime: timedelta
    ) -> Token:
        """Record a token that is about to be handed out."""
        number = self._store.increment(self._sandbox, "tokens")
        self._sweep(issued_at)
        token = Token(digest_of(text), number, kind, client_id, issued_at, issued_at + lifetime)
        self._store.put(TOKENS, self._sandbox, token.digest, token)
        self._homes.claim_token(token.digest, self._sandbox)
        return token

    def get(self, digest: str) -> Token | None:
        """The token, dead or alive, or None."""
        return self._store.get(TOKENS, self._sandbox, digest)

    def all(self) -> list[Token]:
        """Every token that is remembered, oldest first."""
        return [token for _, token in self._store.scan(TOKENS, self._sandbox)]

    def fate(self, token: Token) -> Fate:
        """What became of the token and when, on the sandbox's clock: of several causes the first in time.

        What ran out lives again if the clock is set back; what was revoked or expired by hand, all at once, does not.
        """
        client = self._clients.get(token.client_id)
        if client is None:
            return Fate(TokenState.CLIENT_REVOKED)
        now = self._clock.now()
        causes = [
            Fate(state, at)
            for state, at in (
                (TokenState.CLIENT_REVOKED, client.revoked_at),
                (TokenState.REVOKED, token.revoked_at),
                (TokenState.REVOKED, _covers(client.tokens_revoked, token)),
                (TokenState.EXPIRED, _covers(client.tokens_expired, token)),
                (TokenState.EXPIRED, token.expires_at if now >= token.expires_at else None),
            )
            if at is not None
        ]
        return min(causes, key=lambda cause: cause.at or now, default=_LIVE)

    def latest(self, client_id: str) -> Latest | None:
        """The newest client-credentials token of a client, if one was issued."""
        return self._store.get(LATEST, self._sandbox, client_id)

    def set_latest(self, client_id: str, latest: Latest) -> None:
        """Remember the newest client-credentials token of a client."""
        self._store.put(LATEST, self._sandbox, client_id, latest)

    def revoke(self, name: str) -> Token:
        """Revoke a token, named by its text, its digest or the digest's beginning; twice changes nothing.

        Raises:
            NotThere: no token has that name.
            BadValue: more than one has.
        """
        now = self._clock.now()
        return self._change(name, lambda old: old if old.revoked_at else replace(old, revoked_at=now))

    def expire(self, name: str) -> Token:
        """Expire a token now, named as in `revoke`.

        Raises:
            NotThere: no token has that name.
            BadValue: more than one has.
        """
        now = self._clock.now()
        return self._change(name, lambda old: replace(old, expires_at=min(now, old.expires_at)))

    def revoke_all(self, client_id: str) -> None:
        """Revoke all tokens of a client that were issued until now."""
        self._clients.revoke_tokens(client_id, self._issued())

    def expire_all(self, client_id: str) -> None:
        """Expire all tokens of a client that were issued until now."""
        self._clients.expire_tokens(client_id, self._issued())

    def _issued(self) -> int:
        return self._store.increment(self._sandbox, "tokens", 0)

    def _change(self, name: str, to: Callable[[Token], Token]) -> Token:
        digest = self._named(name)
        token = change(self._store, TOKENS, self._sandbox, digest, to)
        if token is None:
            raise NotThere(
                f"sandbox {self._sandbox!r} knows no such token. Name it by its whole text or by the digest that lists show"
            )
        return token

    def _named(self, name: str) -> str:
        for digest in (digest_of(name), name.lower()):
            if self.get(digest) is not None:
                return digest
        found = [token.digest for token in self.all() if name and token.digest.startswith(name.lower())]
        if len(found) > 1:
            raise BadValue(f"{len(found)} tokens have a digest that begins so. Write more of it")
        return found[0] if found else name

    def _sweep(self, now: datetime) -> None:
        """Look at a few remembered tokens, in turn, and forget those that ended long ago.

        A few at each issue, because looking at a million of them at once would hold everybody up for seconds; and
        again when so much time has passed that there may be such tokens.
        """
        for _ in range(_SWEPT_AT_EACH_ISSUE):
            token = next(self._to_sweep, None)
            if token is None:
                if abs(now - self._swept_at) >= _KEPT_AFTER_END / 2:
                    self._to_sweep = iter(self.all())
                    self._swept_at = now
                return
            ended = self.fate(token).at
            if ended is not None and now - min(ended, token.expires_at) > _KEPT_AFTER_END:
                self._store.delete(TOKENS, self._sandbox, token.digest)
                self._homes.release_token(token.digest)


def _covers(mark: Watermark | None, token: Token) -> datetime | None:
    """When the mark fell, if it covers the token."""
    return mark.at if mark is not None and token.number <= mark.number else None
