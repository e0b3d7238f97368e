"""Bearer tokens: whether one is live, and why not.

A token is known by its digest; its text is kept nowhere but in `ReusableToken`, which `token_repeat="reuse"` must hand out
again. A token is live exactly if it was issued, has not expired, was not revoked, and its client, if it is a client's,
is alive. Dead tokens stay a while, so that a refusal can say what they died of, and then are swept.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from msgspec.structs import replace
from typing_extensions import override

from mockwise.common.clock import Clock
from mockwise.common.digests import digest_of
from mockwise.common.slices import in_slices
from mockwise.common.token_kinds import TokenKind
from mockwise.errors import InvalidValueError, NotFoundError
from mockwise.state.clients import Client, Clients, Watermark
from mockwise.state.index import SandboxIndex
from mockwise.state.known_secrets import KnownSecrets
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.sweep import Sweeper
from mockwise.storage.record_index import Index
from mockwise.storage.store import Kind, Record, Store, change

NEVER = datetime.max.replace(tzinfo=UTC)


class TokenSubject(Record, frozen=True, kw_only=True):
    """Whose a token is, and what kind. A personal token is a user's alone, without a client."""

    kind: TokenKind
    client_id: str | None = None
    user_id: int | None = None
    profile_id: int | None = None
    """The profile that a user's consent was for, if it was for one."""
    link: str | None = None
    """The digest of the refresh token that stands behind a user token."""
    read_only: bool = False


@lru_cache(maxsize=64)
def application(client_id: str) -> TokenSubject:
    """The subject of a client's own tokens; always the same object, because a million tokens may hold it."""
    return TokenSubject(kind="client_credentials", client_id=client_id)


class IssuedToken(Record, frozen=True):
    """An issued token, without its text. Numbers count up within a sandbox."""

    digest: str
    number: int
    subject: TokenSubject
    issued_at: datetime
    expires_at: datetime
    """`NEVER` of a personal token, which lives until it is revoked (docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""
    revoked_at: datetime | None = None
    revoked_by: RevocationCause | None = None
    """Why it was revoked; None: by hand."""
    to_be_revoked_at: datetime | None = None
    """When it will be revoked, if a time was set for that."""
    uses_left: int | None = None
    """How often it can still be used; None: any number of times."""

    @property
    def kind(self) -> TokenKind:
        """The kind of bearer token that it is."""
        return self.subject.kind

    @property
    def client_id(self) -> str | None:
        """The client that it was issued to."""
        return self.subject.client_id


class ReusableToken(Record, frozen=True):
    """The newest client-credentials token of a client, with its text."""

    text: str
    digest: str

    @override
    def __repr__(self) -> str:
        return f"ReusableToken(digest={self.digest!r})"  # without the text, which is a secret


class TokenState(enum.Enum):
    """Whether a token is live, and if not, in which way it ended."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CLIENT_REVOKED = "client revoked"


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """The state of a token, when it ended (None: it lives, or its client is gone), and why it was revoked."""

    state: TokenState
    at: datetime | None = None
    cause: RevocationCause | None = None


_LIVE = TokenStatus(TokenState.LIVE)
_JUDGED_AT_ONCE = 1000  # tokens, in a millisecond or two

TOKENS = Kind("token", IssuedToken)
REUSABLE_TOKENS = Kind("reusable-token", ReusableToken)


class Tokens:
    """The access tokens of one sandbox: issues, finds, expires and revokes them."""

    def __init__(
        self,
        store: Store,
        sandbox: str,
        index: SandboxIndex,
        clock: Clock,
        clients: Clients,
        *,
        known: KnownSecrets,
    ) -> None:
        self._store = store
        self._sandbox = sandbox
        self._index = index
        self._clock = clock
        self._clients = clients
        self._known = known
        self._sweeper = Sweeper[IssuedToken](clock.now())
        self._personal_of = Index(store, sandbox, "personal-token-by-user")

    def issue(
        self, text: str, subject: TokenSubject, issued_at: datetime, lifetime: timedelta | None
    ) -> IssuedToken:
        """Record a token that is about to be handed out; without a lifetime it does not expire."""
        number = self._store.increment(self._sandbox, "tokens")
        self._sweeper.step(issued_at, self.digests, self._stored, self._ended, self._forget)
        expires_at = NEVER if lifetime is None else issued_at + lifetime
        token = IssuedToken(digest_of(text), number, subject, issued_at, expires_at)
        if subject.kind == "personal":
            self._personal_of.add(subject.user_id, token.digest)
        self._store.put(TOKENS, self._sandbox, token.digest, token)
        self._index.claim_token(token.digest, self._sandbox)
        self._known.note_digest(token.digest)
        return token

    def get(self, digest: str) -> IssuedToken | None:
        """The token, dead or alive, or None."""
        token = self._store.get(TOKENS, self._sandbox, digest)
        if token is not None:
            self._known.note_digest(token.digest)
        return token

    def is_known(self, digest: str) -> bool:
        """Whether any sandbox of the mock issued the token."""
        return self._index.of_token(digest) is not None

    def is_gone(self, digest: str) -> bool:
        """Whether the token went with its sandbox a while ago."""
        return self._index.is_gone(digest)

    def all(self) -> list[IssuedToken]:
        """Every token that is remembered, oldest first."""
        return [token for _, token in self._store.scan(TOKENS, self._sandbox)]

    def digests(self) -> list[str]:
        """The digests of all tokens that are remembered, in no order."""
        return self._store.keys(TOKENS, self._sandbox)

    def find(self, digests: Sequence[str]) -> list[IssuedToken]:
        """The tokens with those digests, as far as they are remembered."""
        return self._store.get_many(TOKENS, self._sandbox, digests)

    def status_of(self, token: IssuedToken) -> TokenStatus:
        """What became of the token and when, on the sandbox's clock: of several causes the first in time.

        A token that expired lives again if the clock is set back; one that was revoked, or expired by hand, does not.
        """
        client = None if token.client_id is None else self._clients.get(token.client_id)
        return _status(token, client, self._clock.now())

    def statuses(self, tokens: Iterable[IssuedToken]) -> Iterator[TokenStatus]:
        """`status_of` for many tokens, at one moment; each client is read once."""
        now = self._clock.now()
        clients: dict[str | None, Client | None] = {None: None}
        for token in in_slices(tokens, _JUDGED_AT_ONCE):
            if token.client_id not in clients:
                clients[token.client_id] = self._clients.get(token.client_id or "")
            yield _status(token, clients[token.client_id], now)

    def reusable(self, client_id: str) -> ReusableToken | None:
        """The newest client-credentials token of a client, which may be handed out again, if one was issued."""
        return self._store.get(REUSABLE_TOKENS, self._sandbox, client_id)

    def set_reusable(self, client_id: str, reusable: ReusableToken) -> None:
        """Remember the newest client-credentials token of a client."""
        self._store.put(REUSABLE_TOKENS, self._sandbox, client_id, reusable)

    def revoke(self, name: str, cause: RevocationCause | None = None) -> IssuedToken:
        """Revoke a token, named by its text, its digest or the digest's beginning; twice changes nothing.

        Args:
            name: the token.
            cause: why it is revoked; None: by hand.

        Raises:
            NotFoundError: no token has that name.
            InvalidValueError: more than one has.
        """
        now = self._clock.now()
        return self._change(name, lambda old: _revoked(old, now, cause))

    def expire(self, name: str) -> IssuedToken:
        """Expire a token now, named as in `revoke`.

        Raises:
            NotFoundError: no token has that name.
            InvalidValueError: more than one has.
        """
        now = self._clock.now()
        return self._change(name, lambda old: replace(old, expires_at=min(now, old.expires_at)))

    def revoke_at(self, digest: str, time: datetime) -> None:
        """Set the time at which a token is revoked, which may lie ahead."""
        change(self._store, TOKENS, self._sandbox, digest, lambda old: replace(old, to_be_revoked_at=time))

    def limit_uses(self, digest: str, uses: int) -> None:
        """Let a token be used `uses` times; the last use revokes it."""
        now = self._clock.now()
        change(
            self._store,
            TOKENS,
            self._sandbox,
            digest,
            lambda old: _used(replace(old, uses_left=uses), now, 0),
        )

    def use(self, token: IssuedToken) -> None:
        """Count a use of a live token, which may have been its last."""
        if token.uses_left is not None:
            now = self._clock.now()
            change(self._store, TOKENS, self._sandbox, token.digest, lambda old: _used(old, now, 1))

    def revoke_if_present(self, digest: str, cause: RevocationCause | None) -> None:
        """Revoke a token by its digest, if it is remembered still."""
        now = self._clock.now()
        change(self._store, TOKENS, self._sandbox, digest, lambda old: _revoked(old, now, cause))

    def revoke_personal(self, user_id: int, cause: RevocationCause) -> None:
        """Revoke the personal tokens of a user."""
        for digest in self._personal_of.keys(user_id):
            self.revoke_if_present(digest, cause)

    def revoke_all(self, client_id: str) -> None:
        """Revoke all tokens of a client that were issued until now."""
        self._clients.revoke_tokens(client_id, self._issued())

    def expire_all(self, client_id: str) -> None:
        """Expire all tokens of a client that were issued until now."""
        self._clients.expire_tokens(client_id, self._issued())

    def count_live(self, client_id: str) -> int:
        """How many tokens of a client can be used now: `status_of` for many tokens, without saying of each what it died of."""
        client, now = self._clients.get(client_id), self._clock.now()
        if client is None or client.revoked_at is not None:
            return 0
        ended = max((it.number for it in (*client.tokens_revoked, *client.tokens_expired)), default=0)
        return sum(
            it.number > ended
            and it.client_id == client_id
            and it.revoked_at is None
            and now < it.expires_at
            and _past(it.to_be_revoked_at, now) is None
            for it in self.all()
        )

    def _issued(self) -> int:
        return self._store.increment(self._sandbox, "tokens", 0)

    def _change(self, name: str, to: Callable[[IssuedToken], IssuedToken]) -> IssuedToken:
        digest = self._named(name)
        token = change(self._store, TOKENS, self._sandbox, digest, to)
        if token is None:
            raise NotFoundError(
                f"sandbox {self._sandbox!r} knows no such token. Name it by its whole text or by the digest that lists show"
            )
        return token

    def _named(self, name: str) -> str:
        for digest in (digest_of(name), name.lower()):
            if self.get(digest) is not None:
                return digest
        found = [token.digest for token in self.all() if name and token.digest.startswith(name.lower())]
        if len(found) > 1:
            raise InvalidValueError(f"{len(found)} tokens have a digest that begins so. Write more of it")
        return found[0] if found else name

    def _stored(self, digest: str) -> IssuedToken | None:
        return self._store.get(TOKENS, self._sandbox, digest)

    def _ended(self, token: IssuedToken) -> datetime | None:
        ended = self.status_of(token).at
        return None if ended is None else min(ended, token.expires_at)

    def _forget(self, token: IssuedToken) -> None:
        self._store.delete(TOKENS, self._sandbox, token.digest)
        if token.kind == "personal":
            self._personal_of.remove(token.subject.user_id, token.digest)
        self._index.release_token(token.digest)
        self._known.forget_digest(token.digest)


def _status(token: IssuedToken, client: Client | None, now: datetime) -> TokenStatus:
    """What became of a token of a client, or of a user alone."""
    ends: list[tuple[TokenState, datetime | None, RevocationCause | None]] = []
    if token.client_id is not None:
        if client is None:
            return TokenStatus(TokenState.CLIENT_REVOKED)
        if client.revoked_at is not None or client.tokens_revoked or client.tokens_expired:
            ends += [
                (TokenState.CLIENT_REVOKED, client.revoked_at, None),
                (TokenState.REVOKED, _covers(client.tokens_revoked, token), None),
                (TokenState.EXPIRED, _covers(client.tokens_expired, token), None),
            ]
    if not ends and token.revoked_at is None and token.to_be_revoked_at is None and now < token.expires_at:
        return _LIVE  # as most are of those that are asked about
    ends += [
        (TokenState.REVOKED, token.revoked_at, token.revoked_by),
        (TokenState.REVOKED, _past(token.to_be_revoked_at, now), None),
        (TokenState.EXPIRED, _past(token.expires_at, now), None),
    ]
    causes = [TokenStatus(state, at, cause) for state, at, cause in ends if at is not None]
    return min(causes, key=lambda cause: cause.at or now, default=_LIVE)


def _revoked(token: IssuedToken, now: datetime, cause: RevocationCause | None) -> IssuedToken:
    return token if token.revoked_at else replace(token, revoked_at=now, revoked_by=cause)


def _used(token: IssuedToken, now: datetime, times: int) -> IssuedToken:
    left = max((token.uses_left or 0) - times, 0)
    used = replace(token, uses_left=left)
    return used if left else _revoked(used, now, None)


def _past(time: datetime | None, now: datetime) -> datetime | None:
    return time if time is None or time <= now else None


def _covers(marks: tuple[Watermark, ...], token: IssuedToken) -> datetime | None:
    """When the token ended by the first watermark that covers it, if one does."""
    return next((mark.at for mark in marks if token.number <= mark.number), None)
