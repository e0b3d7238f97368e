"""What users granted to clients: one refresh token each, and the access tokens made from it.

A client has one refresh grant for each profile that a user consented for
(docs/wise/consent-and-revocation.md#authorization-page), and one for a user that it signed up itself. A new grant for the
same replaces the old one: the old refresh token dies, the access token made from it lives on until it expires or the
next refresh replaces it (docs/wise/lifetimes-and-formats.md#what-ends-a-token).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, get_args

from msgspec.structs import replace

from mockwise.common.clock import Clock
from mockwise.common.digests import digest_of
from mockwise.state.known_secrets import KnownSecrets
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.sweep import Sweeper
from mockwise.state.tokens import Tokens, TokenSubject
from mockwise.storage.record_index import Index
from mockwise.storage.store import Kind, Record, Store, change


class RefreshGrant(Record, frozen=True, kw_only=True):
    """What a user granted to a client: the record of a refresh token, without its text. Times are the sandbox's."""

    digest: str
    client_id: str
    user_id: int
    profile_id: int | None
    by_registration: bool
    """Whether it came from a registration code."""
    granted_at: datetime
    expires_at: datetime
    access: tuple[str, ...] = ()
    """Digests of access tokens that the next refresh kills."""
    ended_at: datetime | None = None
    ended_by: RevocationCause | None = None
    """Why it ended; None with `ended_at`: it was revoked by hand."""

    @property
    def subject(self) -> TokenSubject:
        """Whose the access tokens are that are made from it."""
        return TokenSubject(
            kind="user",
            client_id=self.client_id,
            user_id=self.user_id,
            profile_id=self.profile_id,
            link=self.digest,
        )


REFRESH_GRANTS = Kind("refresh-grant", RefreshGrant)

Owner = Literal["user_id", "client_id", "profile_id"]
"""The fields by which grants are looked up."""

_CURRENT = Kind("current-grant", str)  # the digest of the grant in force, by user, profile and client


_FIRST_LOOKED_THROUGH = 64  # access tokens of one grant; a power of two


class RefreshGrants:
    """The refresh grants of one sandbox: adds, refreshes, rotates, finds and revokes them."""

    def __init__(self, store: Store, sandbox: str, clock: Clock, tokens: Tokens, known: KnownSecrets) -> None:
        self._store = store
        self._sandbox = sandbox
        self._clock = clock
        self._tokens = tokens
        self._known = known
        self._sweeper = Sweeper[RefreshGrant](clock.now())
        self._by: Mapping[Owner, Index] = {
            owner: Index(store, sandbox, f"refresh-grant-by-{owner}") for owner in get_args(Owner)
        }

    def add(self, grant: RefreshGrant) -> RefreshGrant:
        """Record a grant whose refresh token is about to be handed out, in the place of the one before it.

        Returns:
            The grant with the access tokens that it takes over.
        """
        self._sweeper.step(grant.granted_at, self._keys, self._stored, self._ended, self._forget)
        key = _current_key(grant)
        while True:
            before = self._store.get(_CURRENT, self._sandbox, key)
            if self._store.replace(_CURRENT, self._sandbox, key, before, grant.digest):
                break
        old = before and self._revoke(before, RevocationCause.GRANTED_ANEW)
        grant = replace(grant, access=old.access if old else ())
        self._record(grant)
        if old and old.access:  # which the new grant has taken over
            change(
                self._store, REFRESH_GRANTS, self._sandbox, old.digest, lambda old: replace(old, access=())
            )
        return grant

    def add_access_token(self, grant: RefreshGrant, access: str) -> None:
        """Note a first access token made from a grant: those before it live on."""
        change(
            self._store,
            REFRESH_GRANTS,
            self._sandbox,
            grant.digest,
            lambda old: replace(old, access=(*self._remembered(old.access), access)),
        )

    def refresh(self, grant: RefreshGrant, access: str) -> None:
        """Note an access token made by a refresh: those before it die at once."""
        dead: tuple[str, ...] = ()

        def refreshed(old: RefreshGrant) -> RefreshGrant:
            nonlocal dead
            dead = old.access
            return replace(old, access=(access,))

        change(self._store, REFRESH_GRANTS, self._sandbox, grant.digest, refreshed)
        for digest in dead:
            self._tokens.revoke_if_present(digest, RevocationCause.REFRESHED)

    def rotate(self, digest: str, successor_digest: str) -> RefreshGrant | None:
        """Replace a live refresh token by another one; the old one dies, and the new one expires when it would have.

        Returns:
            The grant with the new refresh token. It takes over the access tokens, which the next `refresh` kills. None if
            the old one is dead: of several refreshes at once only one is served.
        """
        now = self._clock.now()
        self._sweeper.step(now, self._keys, self._stored, self._ended, self._forget)
        while (old := self._store.get(REFRESH_GRANTS, self._sandbox, digest)) is not None and self.alive(old):
            successor = replace(old, digest=successor_digest)
            self._record(successor)
            ended = replace(old, access=(), ended_at=now, ended_by=RevocationCause.ROTATED)
            if self._store.replace(REFRESH_GRANTS, self._sandbox, digest, old, ended):
                if not self._store.replace(
                    _CURRENT, self._sandbox, _current_key(old), digest, successor_digest
                ):
                    # Another grant was added at this moment.
                    self._revoke(successor_digest, RevocationCause.GRANTED_ANEW)
                return successor
            self._forget(successor)
        return None

    def of_text(self, text: str) -> RefreshGrant | None:
        """The grant of a refresh token, dead or alive, or None."""
        return self.get(digest_of(text))

    def get(self, digest: str) -> RefreshGrant | None:
        """The grant of that digest, dead or alive, or None."""
        grant = self._store.get(REFRESH_GRANTS, self._sandbox, digest)
        if grant is not None:
            self._known.note_digest(grant.digest)
        return grant

    def find(self, digests: Sequence[str]) -> list[RefreshGrant]:
        """The grants with those digests, as far as they are remembered."""
        return self._store.get_many(REFRESH_GRANTS, self._sandbox, digests)

    def all(self) -> list[RefreshGrant]:
        """Every grant that is remembered, oldest first."""
        return [grant for _, grant in self._store.scan(REFRESH_GRANTS, self._sandbox)]

    def alive(self, grant: RefreshGrant) -> bool:
        """Whether the refresh token of a grant can be used now."""
        return grant.ended_at is None and self._clock.now() < grant.expires_at

    def of(self, owner: Owner, whose: object) -> list[RefreshGrant]:
        """The grants of one user, client or profile, dead or alive, oldest first."""
        found = (
            self._store.get(REFRESH_GRANTS, self._sandbox, digest) for digest in self._by[owner].keys(whose)
        )
        return [grant for grant in found if grant is not None]

    def revoke_all(
        self,
        owner: Owner,
        whose: object,
        cause: RevocationCause | None,
        which: Callable[[RefreshGrant], bool] = lambda _: True,
    ) -> int:
        """Revoke the live grants of one user, client or profile that `which` picks, and the access tokens made from them.

        Returns:
            How many were revoked.
        """
        found = [grant for grant in self.of(owner, whose) if grant.ended_at is None and which(grant)]
        for grant in found:
            self.revoke(grant.digest, cause)
        return len(found)

    def revoke(self, digest: str, cause: RevocationCause | None) -> None:
        """Revoke a grant and the access tokens made from it; twice changes nothing."""
        grant = self._revoke(digest, cause)
        for access in grant.access if grant else ():
            self._tokens.revoke_if_present(access, cause)

    def _remembered(self, access: tuple[str, ...]) -> tuple[str, ...]:
        """A grant's list of access tokens without those that are forgotten, which are looked for each time that it doubled."""
        if len(access) < _FIRST_LOOKED_THROUGH or len(access).bit_count() > 1:
            return access
        return tuple(it.digest for it in self._tokens.find(access))

    def _keys(self) -> list[str]:
        return self._store.keys(REFRESH_GRANTS, self._sandbox)

    def _stored(self, digest: str) -> RefreshGrant | None:
        return self._store.get(REFRESH_GRANTS, self._sandbox, digest)

    def _revoke(self, digest: str, cause: RevocationCause | None) -> RefreshGrant | None:
        now = self._clock.now()
        return change(
            self._store,
            REFRESH_GRANTS,
            self._sandbox,
            digest,
            lambda old: old if old.ended_at else replace(old, ended_at=now, ended_by=cause),
        )

    def _record(self, grant: RefreshGrant) -> None:
        for owner, index in self._by.items():
            index.add(getattr(grant, owner), grant.digest)
        self._store.put(REFRESH_GRANTS, self._sandbox, grant.digest, grant)
        self._known.note_digest(grant.digest)

    def _ended(self, grant: RefreshGrant) -> datetime | None:
        """When a grant ended; None while it lives, or while an access token made from it is remembered.

        Who revokes the grant revokes that token, too, so it must still be found by it.
        """
        if any(self._tokens.get(access) for access in grant.access):
            return None
        if grant.ended_at is not None:
            return min(grant.ended_at, grant.expires_at)
        return grant.expires_at if self._clock.now() >= grant.expires_at else None

    def _forget(self, grant: RefreshGrant) -> None:
        self._store.delete(REFRESH_GRANTS, self._sandbox, grant.digest)
        for owner, index in self._by.items():
            index.remove(getattr(grant, owner), grant.digest)
        if self._store.get(_CURRENT, self._sandbox, _current_key(grant)) == grant.digest:
            self._store.delete(_CURRENT, self._sandbox, _current_key(grant))


def _current_key(grant: RefreshGrant) -> str:
    return f"{grant.user_id} {grant.profile_id} {grant.client_id}"
