"""The users of a sandbox as a test holds them: who they are, what they consent to, and what happens to them.

A user is named by address or id, or by the `User` itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from mockwise.errors import InvalidValueError, NotFoundError
from mockwise.oauth.consent import Consent
from mockwise.oauth.headless_consent import authorize
from mockwise.oauth.personal import issue_personal
from mockwise.sandbox.clients import ClientControls, LifeState
from mockwise.state.refresh_grants import Owner, RefreshGrant
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.users import Profile, ProfileType, User, UserSpec

if TYPE_CHECKING:
    import httpx

Who = User | str | int


class LinkStatus(NamedTuple):
    """Whether a refresh token can be used; if not, since when, and what it died of (None: of its age, or somebody revoked it)."""

    state: LifeState
    at: datetime | None = None
    cause: RevocationCause | None = None


class UserControls(ClientControls):
    """What a sandbox lets a test do with its users, and with what they granted to its clients."""

    # Who they are.

    @property
    def users(self) -> list[User]:
        """Everybody, oldest first; at the start those of the option `users`."""
        return self._state.users.all()

    def user(self, who: Who) -> User:
        """A user as the sandbox has them now.

        Raises:
            NotFoundError: there is no such user.
        """
        return _user(self._state, who)

    def add_user(
        self,
        email: str,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        business: str | None = None,
    ) -> User:
        """Make a Wise user with a personal profile, and a business one if the business has a name.

        Raises:
            InvalidValueError: the address is none, or taken.
        """
        seed = UserSpec(email=email, first_name=first_name, last_name=last_name, business=business)
        return self._state.users.add(seed)

    def add_profile(self, user: Who, kind: ProfileType, name: str) -> Profile:
        """Give a user another profile.

        Raises:
            MockwiseError: there is no such user.
        """
        state = self._state
        return state.users.add_profile(_user(state, user), kind, name)

    def profiles(self, user: Who) -> list[Profile]:
        """The profiles of a user, oldest first.

        Raises:
            MockwiseError: there is no such user.
        """
        state = self._state
        return state.users.profiles_of(_user(state, user).user_id)

    # What they consent to.

    def authorize(
        self,
        user: Who | None = None,
        profile: Profile | int | None = None,
        *,
        redirect_uri: str | None = None,
        state: str | None = None,
        client_id: str | None = None,
        claim_account_code: str | None = None,
    ) -> Consent:
        """Consent as the page `/oauth/authorize/` does, without a browser.

        Args:
            user: who consents; unless named, whom the claim code or the profile names, else the first who is active.
            profile: for which profile, or its id; the user's first unless named.
            redirect_uri: one that is registered for the client; its first unless named.
            state: comes back as it is.
            client_id: to whom; the sandbox's own client unless named.
            claim_account_code: makes it the page on which the user takes the account over.

        Returns:
            The code for the grant `authorization_code`, and the URL that the browser would be sent to.

        Raises:
            MockwiseError: there is no such user, profile or client, or it is not theirs.
        """
        return authorize(
            self._state,
            self.client_id if client_id is None else client_id,
            None if user is None else _name(user),
            None if profile is None else _profile_id(profile),
            redirect_uri=redirect_uri,
            state=state,
            claim_account_code=claim_account_code,
        )

    def user_client(self, user: Who | None = None, profile: Profile | int | None = None) -> httpx.Client:
        """The reference client in a user's name, linked by a consent and ready to call, by the sandbox's clock.

        Raises:
            MockwiseError: as `authorize`.
            TokenError: the mock gave no token, for example because a fault was armed.
        """
        from mockwise.sandbox.http_clients import (
            make_user_client,
        )  # because httpx must not slow down the start

        return make_user_client(self, self.authorize(user, profile))

    def personal_token(self, user: Who, *, read_only: bool = False) -> str:
        """Make a personal token of a user, as Wise's settings page does (docs/wise/developer-hub.md#personal-tokens).

        Raises:
            MockwiseError: there is no such user.
        """
        state = self._state
        return issue_personal(state, _user(state, user).user_id, read_only=read_only)

    # What they granted to clients: a link is a refresh token, with the access tokens made from it.

    @property
    def links(self) -> list[RefreshGrant]:
        """What users granted to clients, oldest first: one for each refresh token, dead ones for a day."""
        return self._state.links.all()

    def find_links(
        self, *, client_id: str | None = None, user_id: int | None = None, state: LifeState | None = None
    ) -> list[RefreshGrant]:
        """The links that agree with all that is named, oldest first.

        Args:
            client_id: the client that was granted something.
            user_id: the user who granted it.
            state: `live`, `expired`, `revoked` or `client revoked`.
        """
        here = self._state
        return [
            it
            for it in here.links.all()
            if client_id in {None, it.client_id}
            and user_id in {None, it.user_id}
            and state in {None, _status_of(here, it).state}
        ]

    def link_status(self, link: RefreshGrant) -> LinkStatus:
        """Whether a refresh token can be used now; of several reasons why not, the first in time."""
        return _status_of(self._state, link)

    def revoke_link(self, link: str) -> RefreshGrant:
        """Revoke a refresh token and the access tokens made from it (RFC 7009 section 2.1); returns its record.

        Args:
            link: its text, its digest, or how the digest begins.

        Raises:
            NotFoundError: no refresh token has that name.
            InvalidValueError: more than one has.
        """
        links, digest = self._state.links, _link_named(self._state, link).digest
        links.revoke(digest, None)
        return _link_named(self._state, digest)

    @contextmanager
    def watch_links(
        self, *, user: Who | None = None, profile: Profile | int | None = None
    ) -> Iterator[list[RefreshGrant]]:
        """Tell which links of a user, or for a profile, end within a `with` block.

            with sandbox.watch_links(user="ann@example.com") as ended:
                sandbox.deactivate_user("ann@example.com")
            assert len(ended) == 1

        The list is filled when the block ends.

        Raises:
            InvalidValueError: not one of the two is named.
            NotFoundError: there is no such user.
        """
        here = self._state
        owner: Owner
        if user is not None and profile is None:
            owner, whose = "user_id", _user(here, user).user_id
        elif user is None and profile is not None:
            owner, whose = "profile_id", _profile_id(profile)
        else:
            raise InvalidValueError("name a user or a profile, whose links are watched")
        live = {it.digest for it in here.links.of(owner, whose) if here.links.alive(it)}
        ended: list[RefreshGrant] = []
        yield ended
        ended += [it for it in here.links.of(owner, whose) if it.digest in live and not here.links.alive(it)]

    # What happens to them, each with the tokens that die of it.

    def change_email(self, user: Who, email: str) -> User:
        """The user changes their address: all their tokens die.

        Raises:
            MockwiseError: there is no such user, or the address is none, or taken.
        """
        state = self._state
        return state.user_events.change_email(_user(state, user).user_id, email)

    def deactivate_user(self, user: Who) -> User:
        """Wise deactivates the user: all their tokens die, and no new ones are given.

        Raises:
            MockwiseError: there is no such user.
        """
        state = self._state
        return state.user_events.deactivate(_user(state, user).user_id)

    def enhance_security(self, user: Who) -> User:
        """The user switches enhanced security on: their links end.

        Raises:
            MockwiseError: there is no such user.
        """
        state = self._state
        return state.user_events.enhance_security(_user(state, user).user_id)

    def claim_account(self, user: Who) -> User:
        """The user takes over the account that a client signed up: the registration code is dead.

        Raises:
            MockwiseError: there is no such user, or nothing to claim.
        """
        state = self._state
        return state.user_events.claim(_user(state, user).user_id)

    def disconnect(
        self, user: Who, profile: Profile | int | None = None, *, client_id: str | None = None
    ) -> int:
        """The user disconnects the application, for all profiles or one; returns how many live links end.

        Raises:
            NotFoundError: there is no such user, profile or client.
        """
        state = self._state
        who = _user(state, user)
        client = state.clients.require(self.client_id if client_id is None else client_id)
        only = None if profile is None else state.users.require_profile(_profile_id(profile)).profile_id
        with self.watch_links(user=who) as ended:
            state.user_events.disconnect(who.user_id, client.client_id, only)
        return len(ended)

    def transfer_ownership(self, profile: Profile | int, to: Who) -> Profile:
        """A business gets another owner: its links end.

        Raises:
            MockwiseError: there is no such profile or user, or the profile is a person's.
        """
        state = self._state
        return state.user_events.transfer_ownership(_profile_id(profile), _user(state, to).user_id)

    def suspect_leak(self, *, client_id: str | None = None) -> int:
        """Wise suspects that a client's secret or a token leaked: all its links end; returns how many live ones.

        Raises:
            NotFoundError: there is no such client.
        """
        state = self._state
        whose = state.clients.require(self.client_id if client_id is None else client_id).client_id
        live = sum(map(state.links.alive, state.links.of("client_id", whose)))
        state.user_events.suspect_leak(whose)
        return live


def _name(who: Who) -> str | int:
    return who.user_id if isinstance(who, User) else who


def _user(state: SandboxState, who: Who) -> User:
    return state.users.require(_name(who))


def _profile_id(profile: Profile | int) -> int:
    return profile.profile_id if isinstance(profile, Profile) else profile


def _link_named(state: SandboxState, name: str) -> RefreshGrant:
    found = state.links.of_text(name)
    if found is not None:
        return found
    matching = [it for it in state.links.all() if name and it.digest.startswith(name.lower())]
    if len(matching) > 1:
        raise InvalidValueError(
            f"{len(matching)} refresh tokens have a digest that begins so. Write more of it"
        )
    if not matching:
        raise NotFoundError(
            f"sandbox {state.name!r} knows no such refresh token. Name it by its whole text or by the digest that lists show"
        )
    return matching[0]


def _status_of(state: SandboxState, link: RefreshGrant) -> LinkStatus:
    now, client = state.clock.now(), state.clients.get(link.client_id)
    ends: list[tuple[LifeState, datetime | None, RevocationCause | None]] = [
        ("client revoked", None if client is None else client.revoked_at, None),
        ("expired", link.expires_at if now >= link.expires_at else None, None),
        ("revoked", link.ended_at, link.ended_by),
    ]
    causes = [LinkStatus(*it) for it in ends if it[1] is not None]
    return min(causes, key=lambda it: it.at or now, default=LinkStatus("live"))
