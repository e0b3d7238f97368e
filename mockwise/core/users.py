"""Wise users of a sandbox, as far as a client may ask about them."""

from __future__ import annotations

from dataclasses import dataclass

from mockwise.core.errors import BadValue, TakenValue
from mockwise.core.store import Kind, Store


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a Wise account."""

    user_id: int
    email: str


USERS = Kind("user", User)


class Users:
    """The users of one sandbox, found by e-mail address, whatever its case."""

    def __init__(self, store: Store, sandbox: str) -> None:
        self._store = store
        self._sandbox = sandbox

    def add(self, email: str) -> User:
        """Make a user.

        Raises:
            BadValue: the address has no `@`, or (TakenValue) is taken.
        """
        if "@" not in email:
            raise BadValue(f"an e-mail address has an @: {email!r}")
        user = User(self._store.increment(self._sandbox, "users"), email)
        if not self._store.replace(USERS, self._sandbox, email.lower(), None, user):
            raise TakenValue(f"there is a user with the address {email!r} already")
        return user

    def of_email(self, email: str) -> User | None:
        """The user with that address, or None."""
        return self._store.get(USERS, self._sandbox, email.lower())

    def all(self) -> list[User]:
        """Every user, oldest first."""
        return [user for _, user in self._store.scan(USERS, self._sandbox)]
