"""Wise users of a sandbox and their profiles."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from mockwise.common.clock import Clock
from mockwise.common.wording import keys_given
from mockwise.errors import AlreadyExistsError, InvalidValueError, NotFoundError
from mockwise.storage.record_index import Index, some_of
from mockwise.storage.store import Kind, Record, Store, change

ProfileType = Literal["PERSONAL", "BUSINESS"]

# Ids of users and of profiles never overlap, so that a client that mixes them up is refused.
_FIRST_USER = 10_000_000
_FIRST_PROFILE = 30_000_000
_LONGEST_NUMBER = 20  # digits
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSpec:
    """A user to make: `first_name` and `last_name` are made up from the address if they are left out."""

    email: str
    first_name: str | None = None
    last_name: str | None = None
    business: str | None = None
    """The name of a business of theirs, which gets a profile beside the personal one."""


def read_user_spec(value: object) -> object:
    """Let the table of a user through, or a `UserSpec`.

    Raises:
        InvalidValueError: it has a key that users have not.
    """
    known = {it.name for it in fields(UserSpec)}
    if isinstance(value, dict) and not set(value) <= known:
        raise InvalidValueError(f"a user has {', '.join(sorted(known))}; {keys_given(value)}")
    return value


def check_user_specs(specs: tuple[UserSpec, ...]) -> tuple[UserSpec, ...]:
    """Return the users to make; raise for addresses that cannot be used.

    Raises:
        InvalidValueError: an address is none, or two have the same.
    """
    for spec in specs:
        if not is_address(spec.email):
            raise InvalidValueError(f"an e-mail address has an @ with text on both sides: {spec.email!r}")
    if len({spec.email.lower() for spec in specs}) < len(specs):
        raise InvalidValueError("two users have one e-mail address")
    return specs


class Registration(Record, frozen=True):
    """The code by which the client that signed a user up gets the user's tokens (docs/wise/operations.md#endpoints)."""

    client_id: str
    digest: str
    email: str
    """The address at signup, which the grant asks for (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    claim_begun: bool = False
    """Whether the client asked for a claim code."""


class User(Record, frozen=True, kw_only=True):
    """Somebody with a Wise account."""

    user_id: int
    email: str
    first_name: str | None = None
    last_name: str | None = None
    active: bool = True
    created_at: datetime
    registration: Registration | None = None
    """None: the account was never a client's, or its owner has claimed it."""
    former_emails: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """First and last name; None of a user who was only signed up."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or None


class Profile(Record, frozen=True, kw_only=True):
    """A personal or business profile: what a user consents for (docs/wise/consent-and-revocation.md#authorization-page)."""

    profile_id: int
    public_id: str
    user_id: int
    type: ProfileType
    name: str
    """The person's or the business's."""
    created_at: datetime


USERS = Kind("user", User)
PROFILES = Kind("profile", Profile)
_ADDRESSES = Kind("user-of-address", int)
_FORMER = Kind("user-of-former-address", int)


class Users:
    """The users of one sandbox and their profiles."""

    def __init__(self, store: Store, sandbox: str, clock: Clock) -> None:
        self._store = store
        self._sandbox = sandbox
        self._clock = clock
        self._profiles_of = Index(store, sandbox, "profile-by-user")

    def add(self, spec: UserSpec) -> User:
        """Make a user with a personal profile, and a business one if the business has a name.

        Raises:
            InvalidValueError: the address is none, or (AlreadyExistsError) is taken.
        """
        first = spec.first_name or spec.email.partition("@")[0].capitalize()
        user = self._add(spec.email, first, spec.last_name or "Example")
        self.add_profile(user, "PERSONAL", user.name or first)
        if spec.business is not None:
            self.add_profile(user, "BUSINESS", spec.business)
        return user

    def sign_up(self, email: str, client_id: str, code_digest: str) -> User:
        """Make the user that a client signs up: without name and profile.

        Raises:
            InvalidValueError: the address is none, or (AlreadyExistsError) is taken.
        """
        return self._add(email, registration=Registration(client_id, code_digest, email))

    def add_profile(self, user: User, kind: ProfileType, name: str) -> Profile:
        """Give a user a profile."""
        profile = Profile(
            profile_id=_FIRST_PROFILE + self._store.increment(self._sandbox, "profiles"),
            public_id=str(uuid.uuid4()),
            user_id=user.user_id,
            type=kind,
            name=name,
            created_at=self._clock.now(),
        )
        self._store.put(PROFILES, self._sandbox, str(profile.profile_id), profile)
        self._profiles_of.add(user.user_id, str(profile.profile_id))
        return profile

    def get(self, user_id: int) -> User | None:
        """The user with that id, or None."""
        return self._store.get(USERS, self._sandbox, str(user_id))

    def of_email(self, email: str) -> User | None:
        """The user with that address, whatever its case, or None."""
        user_id = self._store.get(_ADDRESSES, self._sandbox, email.lower())
        return None if user_id is None else self.get(user_id)

    def had_address(self, email: str) -> bool:
        """Whether somebody had that address once, whatever its case."""
        return self._store.get(_FORMER, self._sandbox, email.lower()) is not None

    def require(self, name: str | int) -> User:
        """The user with that address or id.

        Raises:
            NotFoundError: there is none.
        """
        user = (
            self.get(int(name))
            if str(name).isdecimal() and len(str(name)) < _LONGEST_NUMBER
            else self.of_email(str(name))
        )
        if user is None:
            known = some_of(user.email for user in self.all())
            raise NotFoundError(f"sandbox {self._sandbox!r} has no user {name!r}; its users: {known}")
        return user

    def all(self) -> list[User]:
        """All users of the sandbox, oldest first."""
        return [user for _, user in self._store.scan(USERS, self._sandbox)]

    def profile(self, profile_id: int) -> Profile | None:
        """The profile with that id, or None."""
        return self._store.get(PROFILES, self._sandbox, str(profile_id))

    def require_profile(self, profile_id: int) -> Profile:
        """The profile with that id.

        Raises:
            NotFoundError: there is none.
        """
        profile = self.profile(profile_id)
        if profile is None:
            known = some_of(key for key, _ in self._store.scan(PROFILES, self._sandbox))
            raise NotFoundError(
                f"sandbox {self._sandbox!r} has no profile {profile_id}; its profiles: {known}"
            )
        return profile

    def profiles_of(self, user_id: int) -> list[Profile]:
        """The profiles of a user, oldest first."""
        found = (self.profile(int(key)) for key in self._profiles_of.keys(user_id))
        mine = (it for it in found if it is not None and it.user_id == user_id)
        return sorted(mine, key=lambda it: it.profile_id)

    def change_email(self, user_id: int, email: str) -> User:
        """Change the address of a user.

        Raises:
            InvalidValueError: it is none, or (AlreadyExistsError) is taken.
            NotFoundError: there is no such user.
        """
        user = self.require(user_id)
        self._claim_address(email, user_id)
        self._store.put(_FORMER, self._sandbox, user.email.lower(), user_id)
        self._store.delete(_ADDRESSES, self._sandbox, user.email.lower())
        return self.change(
            user_id, lambda old: replace(old, email=email, former_emails=(*old.former_emails, old.email))
        )

    def hand_over(self, profile_id: int, to: User) -> Profile:
        """Give a profile another owner.

        Raises:
            NotFoundError: there is no such profile.
        """
        old = self.require_profile(profile_id)
        key = str(profile_id)
        new = replace(old, user_id=to.user_id)
        self._profiles_of.add(to.user_id, key)
        self._store.put(PROFILES, self._sandbox, key, new)
        if old.user_id != to.user_id:
            self._profiles_of.remove(old.user_id, key)
        return new

    def change(self, user_id: int, to: Callable[[User], User]) -> User:
        """Replace a user's record by what `to` makes of it.

        Raises:
            NotFoundError: there is no such user.
        """
        user = change(self._store, USERS, self._sandbox, str(user_id), to)
        return user if user is not None else self.require(user_id)

    def _add(
        self,
        email: str,
        first_name: str | None = None,
        last_name: str | None = None,
        registration: Registration | None = None,
    ) -> User:
        user = User(
            user_id=_FIRST_USER + self._store.increment(self._sandbox, "users"),
            email=email,
            first_name=first_name,
            last_name=last_name,
            created_at=self._clock.now(),
            registration=registration,
        )
        self._claim_address(email, user.user_id)
        self._store.put(USERS, self._sandbox, str(user.user_id), user)
        return user

    def _claim_address(self, email: str, user_id: int) -> None:
        if not is_address(email):
            raise InvalidValueError(
                f"an e-mail address has an @ with text on both sides and no blanks: {email!r}"
            )
        if not self._store.replace(_ADDRESSES, self._sandbox, email.lower(), None, user_id):
            raise AlreadyExistsError(f"there is a user with the address {email!r} already")


def is_address(email: str) -> bool:
    """Whether it can be an e-mail address: text, an @, text."""
    return _ADDRESS.fullmatch(email) is not None
