"""The users of a sandbox as a test holds them: who they are, what they consent to, and what happens to them.

A user is named by address or id, or by the `User` itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mockwise.oauth.consent import Consent
from mockwise.oauth.headless_consent import authorize
from mockwise.oauth.personal import issue_personal
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.users import Profile, ProfileType, User, UserSpec

if TYPE_CHECKING:
    import httpx

    from mockwise.sandbox.http_clients import SandboxLike
    from mockwise.state.refresh_grants import RefreshGrant

Who = User | str | int


class UserControls(ABC):
    """What a sandbox lets a test do with its users."""

    @property
    @abstractmethod
    def _state(self) -> SandboxState:
        """The state of the sandbox, with all its parts."""

    @property
    @abstractmethod
    def client_id(self) -> str:
        """The id of the sandbox's own client."""

    @property
    @abstractmethod
    def _sandbox(self) -> SandboxLike:
        """The sandbox, as reference clients call it."""

    # Who they are.

    @property
    def users(self) -> list[User]:
        """Everybody, oldest first; at the start those of the option `users`."""
        return self._state.users.all()

    @property
    def links(self) -> list[RefreshGrant]:
        """What users granted to clients, oldest first: one for each refresh token, dead ones for a day."""
        return self._state.links.all()

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
        return self._state.users.add_profile(self._user(user), kind, name)

    def profiles(self, user: Who) -> list[Profile]:
        """The profiles of a user, oldest first.

        Raises:
            MockwiseError: there is no such user.
        """
        return self._state.users.profiles_of(self._id(user))

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
            client_id or self.client_id,
            None if user is None else self._name(user),
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
        from mockwise.sandbox.http_clients import make_user_client  # noqa: PLC0415  because httpx must not slow down the start

        return make_user_client(self._sandbox, self.authorize(user, profile))

    def personal_token(self, user: Who, *, read_only: bool = False) -> str:
        """Make a personal token of a user, as Wise's settings page does (docs/wise/developer-hub.md#personal-tokens).

        Raises:
            MockwiseError: there is no such user.
        """
        return issue_personal(self._state, self._id(user), read_only=read_only)

    # What happens to them, each with the tokens that die of it.

    def change_email(self, user: Who, email: str) -> User:
        """The user changes their address: all their tokens die.

        Raises:
            MockwiseError: there is no such user, or the address is none, or taken.
        """
        return self._state.user_events.change_email(self._id(user), email)

    def deactivate_user(self, user: Who) -> User:
        """Wise deactivates the user: all their tokens die, and no new ones are given.

        Raises:
            MockwiseError: there is no such user.
        """
        return self._state.user_events.deactivate(self._id(user))

    def enhance_security(self, user: Who) -> User:
        """The user switches enhanced security on: their links end.

        Raises:
            MockwiseError: there is no such user.
        """
        return self._state.user_events.enhance_security(self._id(user))

    def claim_account(self, user: Who) -> User:
        """The user takes over the account that a client signed up: the registration code is dead.

        Raises:
            MockwiseError: there is no such user, or nothing to claim.
        """
        return self._state.user_events.claim(self._id(user))

    def disconnect(
        self, user: Who, profile: Profile | int | None = None, *, client_id: str | None = None
    ) -> int:
        """The user disconnects the application, for all profiles or one; returns how many links end.

        Raises:
            MockwiseError: there is no such user.
        """
        profile_id = None if profile is None else _profile_id(profile)
        return self._state.user_events.disconnect(self._id(user), client_id or self.client_id, profile_id)

    def transfer_ownership(self, profile: Profile | int, to: Who) -> Profile:
        """A business gets another owner: its links end.

        Raises:
            MockwiseError: there is no such profile or user, or the profile is a person's.
        """
        return self._state.user_events.transfer_ownership(_profile_id(profile), self._id(to))

    def suspect_leak(self, *, client_id: str | None = None) -> int:
        """Wise suspects that a client's secret or a token leaked: all the client's links end; returns how many."""
        return self._state.user_events.suspect_leak(client_id or self.client_id)

    def _user(self, who: Who) -> User:
        return self._state.users.require(self._name(who))

    def _id(self, who: Who) -> int:
        return self._user(who).user_id

    @staticmethod
    def _name(who: Who) -> str | int:
        return who.user_id if isinstance(who, User) else who


def _profile_id(profile: Profile | int) -> int:
    return profile.profile_id if isinstance(profile, Profile) else profile
