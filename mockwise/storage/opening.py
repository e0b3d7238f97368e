"""Opens the store of a mock's state: in this process, in a file, or on a server."""

from __future__ import annotations

from pathlib import Path

from mockwise.storage.memory import MemoryStore
from mockwise.storage.store import Store


def open_store(state: str | None) -> Store:
    """Open the store at a place that `check_state` accepted; None: in this process.

    Raises:
        InvalidValueError: the place holds something else, or the state of another version.
        StorageError: it cannot be reached.
    """
    if state is None:
        return MemoryStore()
    if "://" in state:
        from mockwise.storage.redis import RedisStore  # because its driver is an extra

        return RedisStore(state.replace("valkey", "redis", 1) if state.startswith("valkey") else state)
    from mockwise.storage.sqlite import SqliteStore  # because most mocks keep nothing

    return SqliteStore(Path(state))
