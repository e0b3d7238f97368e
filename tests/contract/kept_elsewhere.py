"""Runs pytest with rules whose own mocks keep their state in files, or on the Redis server of the first argument's URL."""

import itertools
import sys
import tempfile
from pathlib import Path

import pytest
import redis

import mockwise.mock
from mockwise.storage.redis import RedisStore
from mockwise.storage.sqlite import SqliteStore
from mockwise.storage.store import Store

place = sys.argv[1]
numbers = itertools.count()


def opened(_: str | None) -> Store:
    """A store of each mock's own: their authorities differ."""
    number = next(numbers)
    if place == "file":
        return SqliteStore(Path(tempfile.gettempdir(), f"state-{number}.db"))
    url = place.replace("db=0", f"db={number % 16}")
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return RedisStore(url)


pytest.MonkeyPatch().setattr(mockwise.mock, "open_store", opened)
sys.exit(pytest.main(sys.argv[2:]))
