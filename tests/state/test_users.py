from __future__ import annotations

import pytest

from mockwise.errors import InvalidValueError
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.users import UserSpec
from tests.state.helpers import together


def test_a_user_is_found_by_address_in_any_case(box: SandboxState) -> None:
    """A user exists under the address, whatever its case, and keeps it as given (docs/wise/operations.md#endpoints, users/exists)."""
    user = box.users.add(UserSpec(email="Ma.Test@Wise.test"))
    assert user.email == "Ma.Test@Wise.test"
    assert box.users.of_email("ma.test@WISE.test") == user
    assert box.users.of_email("mb.test@wise.test") is None


def test_users_are_numbered(box: SandboxState) -> None:
    """Each user has a number of their own within the sandbox (docs/wise/operations.md#endpoints, `id`)."""
    assert (
        box.users.add(UserSpec(email="a@wise.test")).user_id
        < box.users.add(UserSpec(email="b@wise.test")).user_id
    )


def test_an_address_is_taken_once(box: SandboxState) -> None:
    """An address has one user, whatever its case (docs/wise/operations.md#endpoints: 409 NOT_UNIQUE)."""
    first = box.users.add(UserSpec(email="ma@wise.test"))
    with pytest.raises(InvalidValueError, match="already"):
        box.users.add(UserSpec(email="MA@wise.test"))
    assert box.users.of_email("ma@wise.test") == first


def test_an_address_has_an_at(box: SandboxState) -> None:
    """What has no @ is no address (docs/wise/operations.md#endpoints: 422 for a bad one)."""
    with pytest.raises(InvalidValueError, match="has an @ with text on both sides and no blanks: 'ma'"):
        box.users.add(UserSpec(email="ma"))


def test_users_are_their_sandboxs(registry: Registry, box: SandboxState) -> None:
    """The users of one sandbox are unknown in another (mock-only)."""
    other = registry.add("other", SandboxOptions())
    box.users.add(UserSpec(email="ma@wise.test"))
    assert other.users.of_email("ma@wise.test") is None
    other.users.add(UserSpec(email="ma@wise.test"))


def test_one_of_many_threads_gets_the_address(box: SandboxState) -> None:
    """An address that many threads take at once is given once (storage.store)."""

    def attempt(_: int) -> bool:
        try:
            box.users.add(UserSpec(email="ma@wise.test"))
        except InvalidValueError:
            return False
        return True

    assert together(8, attempt).count(True) == 1


def test_users_are_listed_oldest_first(box: SandboxState) -> None:
    """Every user of the sandbox, in the order they came (Users.all)."""
    box.users.add(UserSpec(email="zoe@example.com"))
    box.users.add(UserSpec(email="bob@example.com"))
    assert [user.email for user in box.users.all()] == [
        "ann@example.com",
        "zoe@example.com",
        "bob@example.com",
    ]
