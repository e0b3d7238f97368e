"""What users granted to clients: one refresh token each, and the access tokens made from it.

A client has one link for each profile that a user consented for (docs/wise/consent-and-revocation.md#authorization-page), and one for a user that it signed up
itself. A new grant for the same takes the place of the old: the old refresh token dies, the access token made from it
lives on until it expires or the next refresh replaces it (docs/wise/lifetimes-and-formats.md#what-ends-a-token).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from mockwise.common.clock import Clock
from mockwise.common.digests import digest_of
from mockwise.state.known_secrets import KnownSecrets
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.sweep import Sweeper
from mockwise.state.tokens import Tokens, TokenSubject
from mockwise.storage.record_index import Index
from mockwise.storage.store import Kind, Store, change


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshGrant:
    """A refresh token, without its text. Times are the sandbox's."""

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
    """What ended it; None with `ended_at`: somebody revoked it."""

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


REFRESH_GRANTS = Kind("link", RefreshGrant)

Owner = Literal["user_id", "client_id", "profile_id"]
"""What links are looked for by."""

_CURRENT = Kind("current", str)  # the digest of the link that stands, by client, user and profile


class RefreshGrants:
    """The links of one sandbox."""

    def __init__(self, store: Store, sandbox: str, clock: Clock, tokens: Tokens, known: KnownSecrets) -> None:
        self._store = store
        self._sandbox = sandbox
        self._clock = clock
        self._tokens = tokens
        self._known = known
        self._sweeper = Sweeper[RefreshGrant](clock.now())
        self._by: Mapping[Owner, Index] = {
            owner: Index(store, sandbox, f"link-by-{owner}") for owner in get_args(Owner)
        }

    def grant(self, link: RefreshGrant) -> RefreshGrant:
        """Record a link whose refresh token is about to be handed out, in the place of the one before it.

        Returns:
            The link with the access tokens that it takes over.
        """
        self._sweeper.step(link.granted_at, self._keys, self._stored, self._over, self._forget)
        place = _place(link)
        while True:
            before = self._store.get(_CURRENT, self._sandbox, place)
            if self._store.replace(_CURRENT, self._sandbox, place, before, link.digest):
                break
        old = before and self._end(before, RevocationCause.GRANTED_ANEW)
        link = replace(link, access=old.access if old else ())
        self._record(link)
        return link

    def give(self, link: RefreshGrant, access: str) -> None:
        """Note a first access token made from a link: those before it live on."""
        change(
            self._store,
            REFRESH_GRANTS,
            self._sandbox,
            link.digest,
            lambda old: replace(old, access=(*old.access, access)),
        )

    def refresh(self, link: RefreshGrant, access: str) -> None:
        """Note an access token made by a refresh: those before it die at once."""
        dead: tuple[str, ...] = ()

        def refreshed(old: RefreshGrant) -> RefreshGrant:
            nonlocal dead
            dead = old.access
            return replace(old, access=(access,))

        change(self._store, REFRESH_GRANTS, self._sandbox, link.digest, refreshed)
        for digest in dead:
            self._tokens.revoke_if_present(digest, RevocationCause.REFRESHED)

    def rotate(self, digest: str, heir_digest: str) -> RefreshGrant | None:
        """Have another refresh token take the place of a live one, which dies; its end does not move.

        Returns:
            The link with the new refresh token. It takes over the access tokens, which the next `refresh` kills. None if
            the old one is dead: of several refreshes at once one alone is served.
        """
        now = self._clock.now()
        self._sweeper.step(now, self._keys, self._stored, self._over, self._forget)
        while (old := self._store.get(REFRESH_GRANTS, self._sandbox, digest)) is not None and self.alive(old):
            heir = replace(old, digest=heir_digest)
            self._record(heir)
            ended = replace(old, access=(), ended_at=now, ended_by=RevocationCause.ROTATED)
            if self._store.replace(REFRESH_GRANTS, self._sandbox, digest, old, ended):
                if not self._store.replace(_CURRENT, self._sandbox, _place(old), digest, heir_digest):
                    self._end(heir_digest, RevocationCause.GRANTED_ANEW)  # by a grant at this very moment
                return heir
            self._forget(heir)
        return None

    def of_text(self, text: str) -> RefreshGrant | None:
        """The link of a refresh token, dead or alive, or None."""
        return self.get(digest_of(text))

    def get(self, digest: str) -> RefreshGrant | None:
        """The link of that digest, dead or alive, or None."""
        link = self._store.get(REFRESH_GRANTS, self._sandbox, digest)
        if link is not None:
            self._known.note_digest(link.digest)
        return link

    def all(self) -> list[RefreshGrant]:
        """Every link that is remembered, oldest first."""
        return [link for _, link in self._store.scan(REFRESH_GRANTS, self._sandbox)]

    def alive(self, link: RefreshGrant) -> bool:
        """Whether its refresh token can be used now."""
        return link.ended_at is None and self._clock.now() < link.expires_at

    def of(self, owner: Owner, whose: object) -> list[RefreshGrant]:
        """The links of one user, client or profile, dead or alive, oldest first."""
        found = (
            self._store.get(REFRESH_GRANTS, self._sandbox, digest) for digest in self._by[owner].keys(whose)
        )
        return [link for link in found if link is not None]

    def end(
        self,
        owner: Owner,
        whose: object,
        event: RevocationCause | None,
        which: Callable[[RefreshGrant], bool] = lambda _: True,
    ) -> int:
        """End those of the links of one user, client or profile that are meant, and the access tokens made from them.

        Returns:
            How many there were.
        """
        found = [link for link in self.of(owner, whose) if link.ended_at is None and which(link)]
        for link in found:
            self.end_one(link.digest, event)
        return len(found)

    def end_one(self, digest: str, event: RevocationCause | None) -> None:
        """End a link and the access tokens made from it; twice changes nothing."""
        link = self._end(digest, event)
        for access in link.access if link else ():
            self._tokens.revoke_if_present(access, event)

    def _keys(self) -> list[str]:
        return self._store.keys(REFRESH_GRANTS, self._sandbox)

    def _stored(self, digest: str) -> RefreshGrant | None:
        return self._store.get(REFRESH_GRANTS, self._sandbox, digest)

    def _end(self, digest: str, event: RevocationCause | None) -> RefreshGrant | None:
        now = self._clock.now()
        return change(
            self._store,
            REFRESH_GRANTS,
            self._sandbox,
            digest,
            lambda old: old if old.ended_at else replace(old, ended_at=now, ended_by=event),
        )

    def _record(self, link: RefreshGrant) -> None:
        for owner, index in self._by.items():
            index.add(getattr(link, owner), link.digest)
        self._store.put(REFRESH_GRANTS, self._sandbox, link.digest, link)
        self._known.note_digest(link.digest)

    def _over(self, link: RefreshGrant) -> datetime | None:
        """When it ended, unless an access token made from it is remembered still: what ends the link ends that too."""
        if any(self._tokens.get(access) for access in link.access):
            return None
        if link.ended_at is not None:
            return min(link.ended_at, link.expires_at)
        return link.expires_at if self._clock.now() >= link.expires_at else None

    def _forget(self, link: RefreshGrant) -> None:
        self._store.delete(REFRESH_GRANTS, self._sandbox, link.digest)
        for owner, index in self._by.items():
            index.remove(getattr(link, owner), link.digest)
        if self._store.get(_CURRENT, self._sandbox, _place(link)) == link.digest:
            self._store.delete(_CURRENT, self._sandbox, _place(link))


def _place(link: RefreshGrant) -> str:
    return f"{link.user_id} {link.profile_id} {link.client_id}"
