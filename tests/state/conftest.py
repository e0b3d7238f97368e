from __future__ import annotations

import pytest

from mockwise.state.options import SandboxPolicy
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.storage.memory import MemoryStore
from tests.state.helpers import Wall


@pytest.fixture
def wall() -> Wall:
    """Real time, moved by hand."""
    return Wall()


@pytest.fixture
def registry(wall: Wall) -> Registry:
    """A mock's sandboxes: at first only `default`, without clients."""
    return Registry(MemoryStore(), SandboxPolicy(), wall)


@pytest.fixture
def box(registry: Registry) -> SandboxState:
    """The default sandbox, with one client named `app`."""
    registry.add_client(registry.default, client_id="app", client_secret="first")
    return registry.default
