"""What can happen to users, and which tokens die of it (docs/wise/lifetimes-and-formats.md#what-ends-a-token): one method an event."""

from __future__ import annotations

from msgspec.structs import replace

from mockwise.errors import InvalidValueError
from mockwise.state.codes import Codes
from mockwise.state.refresh_grants import RefreshGrants
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.tokens import Tokens
from mockwise.state.users import Profile, User, Users


class UserEvents:
    """Applies what happens to the users of one sandbox, and ends the tokens that die of it."""

    def __init__(self, users: Users, tokens: Tokens, links: RefreshGrants, codes: Codes) -> None:
        self._users = users
        self._tokens = tokens
        self._links = links
        self._codes = codes

    def change_email(self, user_id: int, email: str) -> User:
        """All tokens of the user die; the registration code asks for the address of the signup.

        Raises:
            InvalidValueError: the address is none, or (AlreadyExistsError) is taken.
            NotFoundError: there is no such user.
        """
        user = self._users.change_email(user_id, email)
        self._revoke_all(user, RevocationCause.EMAIL_CHANGED)
        return user

    def deactivate(self, user_id: int) -> User:
        """All tokens of the user die, and no new ones are given.

        Raises:
            NotFoundError: there is no such user.
        """
        user = self._users.change(user_id, lambda old: replace(old, active=False))
        self._revoke_all(user, RevocationCause.USER_DEACTIVATED)
        self._codes.withdraw("user_id", user_id)
        return user

    def enhance_security(self, user_id: int) -> User:
        """The links of the user end.

        Raises:
            NotFoundError: there is no such user.
        """
        user = self._users.require(user_id)
        self._links.revoke_all("user_id", user_id, RevocationCause.SECURITY_ENHANCED)
        return user

    def claim(self, user_id: int) -> User:
        """The user takes over an account that a client made: the registration code is dead, and what came from it.

        Raises:
            InvalidValueError: no client made it, or it was claimed already.
            NotFoundError: there is no such user.
        """
        user = self._users.require(user_id)
        if user.registration is None:
            raise InvalidValueError(
                f"{user.email} is no account that a client signed up, or was claimed already: there is nothing to claim"
            )
        user = self._users.change(user_id, lambda old: replace(old, registration=None))
        self._links.revoke_all(
            "user_id", user_id, RevocationCause.ACCOUNT_CLAIMED, lambda link: link.by_registration
        )
        return user

    def disconnect(self, user_id: int, client_id: str, profile_id: int | None = None) -> int:
        """The user revokes the application, for all profiles or one; returns how many links end.

        Raises:
            NotFoundError: there is no such user.
        """
        user = self._users.require(user_id)
        return self._links.revoke_all(
            "user_id",
            user.user_id,
            RevocationCause.DISCONNECTED,
            lambda link: link.client_id == client_id and profile_id in {None, link.profile_id},
        )

    def transfer_ownership(self, profile_id: int, to_user_id: int) -> Profile:
        """A business profile becomes another user's: links for it end, and codes for it are good for nothing.

        Raises:
            InvalidValueError: the profile is a person's.
            NotFoundError: there is no such profile or user.
        """
        to = self._users.require(to_user_id)
        if self._users.require_profile(profile_id).type != "BUSINESS":
            raise InvalidValueError(f"profile {profile_id} is a person's: only a business changes hands")
        profile = self._users.hand_over(profile_id, to)
        self._links.revoke_all("profile_id", profile_id, RevocationCause.OWNERSHIP_TRANSFERRED)
        self._codes.withdraw("profile_id", profile_id)
        return profile

    def suspect_leak(self, client_id: str) -> int:
        """A token or the secret of a client seems to have leaked: all its links end; returns how many."""
        return self._links.revoke_all("client_id", client_id, RevocationCause.LEAK_SUSPECTED)

    def _revoke_all(self, user: User, cause: RevocationCause) -> None:
        self._links.revoke_all("user_id", user.user_id, cause)
        self._tokens.revoke_personal(user.user_id, cause)
