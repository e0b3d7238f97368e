from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.storage.memory import MemoryStore
from tests.redis_server import RedisServer
from tests.state.helpers import FakeClock


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis server for the whole run."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def empty_redis(redis_server: RedisServer) -> RedisServer:
    """The same with nothing in it."""
    redis_server.clear()
    return redis_server


@pytest.fixture
def wall_clock() -> FakeClock:
    """Real time, moved by hand."""
    return FakeClock()


@pytest.fixture
def registry(wall_clock: FakeClock) -> Registry:
    """A mock's sandboxes: at first only `default`, without clients."""
    return Registry(MemoryStore(), SandboxOptions(), wall_clock)


@pytest.fixture
def box(registry: Registry) -> SandboxState:
    """The default sandbox, with one client named `app`."""
    registry.add_client(registry.default, client_id="app", client_secret="first")
    return registry.default
