from __future__ import annotations

import pytest

from mockwise.core.memory_store import MemoryStore
from mockwise.core.policy import Policy
from mockwise.core.registry import Registry
from mockwise.core.sandbox import SandboxState
from tests.core.tools import Wall


@pytest.fixture
def wall() -> Wall:
    """Real time, moved by hand."""
    return Wall()


@pytest.fixture
def registry(wall: Wall) -> Registry:
    """A mock's sandboxes: at first only `default`, without clients."""
    return Registry(MemoryStore(), Policy(), wall)


@pytest.fixture
def box(registry: Registry) -> SandboxState:
    """The default sandbox, with one client named `app`."""
    registry.add_client(registry.default, client_id="app", client_secret="first")
    return registry.default
