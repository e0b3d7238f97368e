"""A store on a Redis or Valkey server, which several mocks can share.

A kind's records in a sandbox are one hash; each is written with the number of its arrival before it, by which a sorted
set holds the keys in order. What must be one
step is a script, which the server runs alone. Commands are never sent twice, since one whose answer was lost may have
been done. After a failure nothing is sent for a moment, so that not every request waits for a server that is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from typing_extensions import override

from mockwise.errors import InvalidValueError, StorageError
from mockwise.real_time import monotonic
from mockwise.storage import codec
from mockwise.storage.deadlines import time_left
from mockwise.storage.location import spell_state
from mockwise.storage.store import Kind, Store

R = TypeVar("R")

PATIENCE = 1.0
"""Seconds that the server has for an answer; `?socket_timeout=` in the URL says otherwise."""

RETRY_PAUSE = 0.25
"""Seconds for which nothing is sent after a failure."""

_FORMAT = "3"

# KEYS: the hash, the set of the sandbox's keys, the count of arrivals, the order. ARGV: the key, the record, and what is expected there:
# "any", "none", or "=" and the record.
_WRITE = """
local old = redis.call('HGET', KEYS[1], ARGV[1])
local arrival
if old then
    local blank = string.find(old, ' ', 1, true)
    arrival = string.sub(old, 1, blank - 1)
    if ARGV[3] ~= 'any' and ARGV[3] ~= '=' .. string.sub(old, blank + 1) then return 0 end
else
    if ARGV[3] ~= 'any' and ARGV[3] ~= 'none' then return 0 end
    arrival = redis.call('INCR', KEYS[3])
    redis.call('SADD', KEYS[2], KEYS[1], KEYS[4])
    redis.call('ZADD', KEYS[4], arrival, ARGV[1])
end
redis.call('HSET', KEYS[1], ARGV[1], arrival .. ' ' .. ARGV[2])
return 1
"""
_DELETE = """
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
"""
# KEYS: the hash, the order. ARGV: how many, and the key of the record that they are in front of, if one is named.
_PAGE = """
local past = redis.call('ZCARD', KEYS[2])
if #ARGV > 1 then past = redis.call('ZRANK', KEYS[2], ARGV[2]) end
if not past then return false end
local first = math.max(past - tonumber(ARGV[1]), 0)
local found = {}
if first < past then
    for _, key in ipairs(redis.call('ZRANGE', KEYS[2], first, past - 1)) do
        found[#found + 1] = key
        found[#found + 1] = redis.call('HGET', KEYS[1], key)
    end
end
return found
"""
_INCREMENT = """
redis.call('SADD', KEYS[2], KEYS[1])
return redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2])
"""
_DROP = """
for _, name in ipairs(redis.call('SMEMBERS', KEYS[1])) do redis.call('UNLINK', name) end
redis.call('DEL', KEYS[1])
"""


class RedisStore(Store):
    """Records on a server, written by `storage.codec`. Keys begin with `mockwise/`.

    Args:
        url: `redis://`, `rediss://` (TLS) or `unix://`, as the redis library reads them.

    Raises:
        InvalidValueError: the URL cannot be used, or the state there is of another version of mockwise.
        StorageError: the server does not answer.
    """

    shared = True

    def __init__(self, url: str) -> None:
        self._where = spell_state(url)
        self._paused_until = 0.0
        self._last_error = ""
        no_retry = Retry(NoBackoff(), 0)
        try:
            self._server: Any = redis.Redis.from_url(
                url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=no_retry
            )
            self._ask(lambda: self._server.set("mockwise/format", _FORMAT, nx=True))
        except (
            ValueError,
            TypeError,
            AttributeError,
        ) as error:  # what the library raises for parts of the URL
            raise InvalidValueError(f"the state's URL cannot be used: {error}") from None
        self._write = self._server.register_script(_WRITE)
        self._delete = self._server.register_script(_DELETE)
        self._page = self._server.register_script(_PAGE)
        self._increment = self._server.register_script(_INCREMENT)
        self._drop = self._server.register_script(_DROP)
        if self._ask(lambda: self._server.get("mockwise/format")) != _FORMAT.encode():
            self.close()
            raise InvalidValueError(
                f"the state at {self._where} is of another version of mockwise: take another database of that server"
            )

    @override
    def get(self, kind: Kind[R], sandbox: str, key: str) -> R | None:
        found = self._ask(lambda: self._server.hget(_records(kind, sandbox), codec.key_bytes(key)))
        return None if found is None else codec.read(kind, found.partition(b" ")[2])

    @override
    def put(self, kind: Kind[R], sandbox: str, key: str, record: R) -> None:
        self._put(kind, sandbox, key, record, b"any")

    @override
    def delete(self, kind: Kind[R], sandbox: str, key: str) -> None:
        keys = [_records(kind, sandbox), _order(kind, sandbox)]
        self._ask(lambda: self._delete(keys, [codec.key_bytes(key)]))

    @override
    def scan(self, kind: Kind[R], sandbox: str) -> Iterable[tuple[str, R]]:
        found = self._ask(lambda: self._server.hgetall(_records(kind, sandbox)))
        arrived = []
        for key, value in found.items():
            arrival, _, record = value.partition(b" ")
            arrived.append((int(arrival), codec.key_text(key), record))
        return [(key, codec.read(kind, record)) for _, key, record in sorted(arrived)]

    @override
    def keys(self, kind: Kind[R], sandbox: str) -> list[str]:
        return [codec.key_text(key) for key in self._ask(lambda: self._server.hkeys(_records(kind, sandbox)))]

    @override
    def get_many(self, kind: Kind[R], sandbox: str, keys: Sequence[str]) -> list[R]:
        if not keys:
            return []
        fields = [codec.key_bytes(key) for key in keys]
        found = self._ask(lambda: self._server.hmget(_records(kind, sandbox), fields))
        return [codec.read(kind, it.partition(b" ")[2]) for it in found if it is not None]

    @override
    def page(
        self, kind: Kind[R], sandbox: str, limit: int, before: str | None = None
    ) -> list[tuple[str, R]] | None:
        place = [] if before is None else [codec.key_bytes(before)]
        keys = [_records(kind, sandbox), _order(kind, sandbox)]
        found = self._ask(lambda: self._page(keys, [limit, *place]))
        if found is None:
            return None
        return [
            (codec.key_text(key), codec.read(kind, value.partition(b" ")[2]))
            for key, value in zip(found[::2], found[1::2], strict=True)
        ]

    @override
    def count(self, kind: Kind[R], sandbox: str) -> int:
        return int(self._ask(lambda: self._server.hlen(_records(kind, sandbox))))

    @override
    def replace(self, kind: Kind[R], sandbox: str, key: str, expected: R | None, new: R) -> bool:
        return self._put(
            kind, sandbox, key, new, b"none" if expected is None else b"=" + codec.write(kind, expected)
        )

    @override
    def increment(self, sandbox: str, counter: str, by: int = 1) -> int:
        keys = [f"mockwise/#/{sandbox}", _sandbox_keys(sandbox)]
        if by == 0:  # a server that only lets read is enough
            return int(self._ask(lambda: self._server.hget(keys[0], counter)) or 0)
        return int(self._ask(lambda: self._increment(keys, [counter, by])))

    @override
    def drop(self, sandbox: str) -> None:
        self._ask(lambda: self._drop([_sandbox_keys(sandbox)]))

    @override
    def close(self) -> None:
        self._server.close()

    def _put(self, kind: Kind[R], sandbox: str, key: str, record: R, expected: bytes) -> bool:
        keys = [_records(kind, sandbox), _sandbox_keys(sandbox), "mockwise/arrivals", _order(kind, sandbox)]
        values = [codec.key_bytes(key), codec.write(kind, record), expected]
        return bool(self._ask(lambda: self._write(keys, values)))

    def _ask(self, command: Callable[[], Any]) -> Any:
        time_left()  # raises if the deadline of the request has passed
        if monotonic() < self._paused_until:
            raise StorageError(self._last_error)
        try:
            return command()
        except redis.ResponseError as error:  # no pause, because the server answers
            raise StorageError(
                f"the state at {self._where} refuses a command ({error}). See to that server; the mock tries again "
                "with each request",
                "The server that keeps mockwise's state (--state) refuses a command; the log says why. Try again.",
            ) from None
        except redis.RedisError as error:
            self._last_error = (
                f"the state at {self._where} does not answer ({error}). See to that server; the mock tries again with "
                "each request"
            )
            self._paused_until = monotonic() + RETRY_PAUSE
            raise StorageError(self._last_error) from None


def _records(kind: Kind[R], sandbox: str) -> str:
    return f"mockwise/{kind.name}/{sandbox}"


def _order(kind: Kind[R], sandbox: str) -> str:
    """The key of the sorted set of the records' keys by arrival."""
    return f"mockwise/order {kind.name}/{sandbox}"


def _sandbox_keys(sandbox: str) -> str:
    """The key of the set of all keys that a sandbox has."""
    return f"mockwise/@/{sandbox}"
