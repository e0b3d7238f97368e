from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from typing_extensions import override

from mockwise.errors import MockwiseError
from mockwise.state.index import SandboxIndex
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.storage.memory import MemoryStore
from mockwise.storage.store import Kind
from tests.state.helpers import together

R = TypeVar("R")


@pytest.fixture
def index() -> SandboxIndex:
    """An index that knows no client and no token yet."""
    return SandboxIndex(MemoryStore())


def test_a_client_id_has_the_first_home_that_it_was_given(index: SandboxIndex) -> None:
    """Who comes second is told so (mock-only)."""
    assert index.of_client("app") is None
    assert index.claim_client("app", "one")
    assert not index.claim_client("app", "one")
    assert not index.claim_client("app", "other")
    assert index.of_client("app") == "one"


def test_one_of_many_threads_gets_the_id(index: SandboxIndex) -> None:
    """Of threads that claim an id at once one has it (storage.store)."""
    assert sum(together(8, lambda n: index.claim_client("app", f"box-{n}"))) == 1


def test_a_released_client_id_is_free(index: SandboxIndex) -> None:
    """An id that was given back can be taken by another; giving it back twice changes nothing (mock-only)."""
    index.claim_client("app", "one")
    index.release_client("app")
    index.release_client("app")
    assert index.of_client("app") is None
    assert index.claim_client("app", "other")


def test_a_token_has_a_home(index: SandboxIndex) -> None:
    """A token leads to where it was issued until it is forgotten (mock-only)."""
    index.claim_token("digest", "one")
    assert index.of_token("digest") == "one"
    assert index.of_client("digest") is None
    index.release_token("digest")
    assert index.of_token("digest") is None


class MeddledStore(MemoryStore):
    """A store in which something happens just before a client id is claimed."""

    def __init__(self) -> None:
        super().__init__()
        self.before_claim: Callable[[], object] | None = None

    @override
    def replace(self, kind: Kind[R], sandbox: str, key: str, expected: R | None, new: R) -> bool:
        if kind.name == "sandbox-of-client" and (meddle := self.before_claim):
            self.before_claim = None
            meddle()
        return super().replace(kind, sandbox, key, expected, new)


def test_of_two_that_take_an_id_in_one_sandbox_one_is_refused() -> None:
    """What must happen once, as taking a name, happens once (storage.store)."""
    store = MeddledStore()
    registry = Registry(store, SandboxOptions())
    box: SandboxState = registry.default
    store.before_claim = lambda: registry.add_client(box, client_id="app", client_secret="first")
    with pytest.raises(MockwiseError, match="taken"):
        registry.add_client(box, client_id="app", client_secret="second")


def test_a_dropped_sandbox_keeps_no_client_id(registry: Registry) -> None:
    """Client ids of a sandbox that is gone are free, even if one was added late (mock-only)."""
    box = registry.add("mine", SandboxOptions())
    registry.drop("mine")
    with pytest.raises(MockwiseError):
        registry.add_client(box, client_id="app")
    registry.add_client(registry.default, client_id="app")
