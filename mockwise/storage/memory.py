"""The default store: in this process, and gone with it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

from typing_extensions import override

from mockwise.storage.store import Kind, Store

R = TypeVar("R")


class MemoryStore(Store):
    """A store of dictionaries under one lock, in this process's memory."""

    shared = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # sandbox -> kind -> key -> record. A record that is read as R was put under a Kind[R].
        self._records: dict[str, dict[str, dict[str, Any]]] = {}
        self._counters: dict[str, dict[str, int]] = {}

    def _of(self, kind: Kind[R], sandbox: str) -> dict[str, R]:
        """The records of a kind, for writing: they are created here, while reading creates nothing."""
        kinds = self._records.setdefault(sandbox, {})
        return kinds.setdefault(kind.name, {})

    @override
    def get(self, kind: Kind[R], sandbox: str, key: str) -> R | None:
        # No lock and no helper, because every request calls this many times; each step is atomic in itself.
        kinds = self._records.get(sandbox)
        records = kinds.get(kind.name) if kinds is not None else None
        return records.get(key) if records is not None else None

    @override
    def put(self, kind: Kind[R], sandbox: str, key: str, record: R) -> None:
        with self._lock:
            self._of(kind, sandbox)[key] = record

    @override
    def delete(self, kind: Kind[R], sandbox: str, key: str) -> None:
        with self._lock:
            kinds = self._records.get(sandbox, {})
            records = kinds.get(kind.name, {})
            records.pop(key, None)
            if not records:  # remove an empty kind, because there may be one for each user
                kinds.pop(kind.name, None)

    @override
    def scan(self, kind: Kind[R], sandbox: str) -> Iterable[tuple[str, R]]:
        with self._lock:
            records = self._records.get(sandbox, {}).get(kind.name, {})
            return list(records.items())

    @override
    def keys(self, kind: Kind[R], sandbox: str) -> list[str]:
        with self._lock:
            return list(self._records.get(sandbox, {}).get(kind.name, {}))

    @override
    def get_many(self, kind: Kind[R], sandbox: str, keys: Sequence[str]) -> list[R]:
        records: dict[str, R] = self._records.get(sandbox, {}).get(kind.name, {})
        return [record for key in keys if (record := records.get(key)) is not None]

    @override
    def page(
        self, kind: Kind[R], sandbox: str, limit: int, before: str | None = None
    ) -> list[tuple[str, R]] | None:
        with self._lock:
            records = self._records.get(sandbox, {}).get(kind.name, {})
            newest = reversed(records.items())
            if before is not None:
                if before not in records:
                    return None
                next(key for key, _ in newest if key == before)  # what follows is in front of it
            return list(islice(newest, limit))[::-1]

    @override
    def count(self, kind: Kind[R], sandbox: str) -> int:
        return len(self._records.get(sandbox, {}).get(kind.name, {}))

    @override
    def replace(self, kind: Kind[R], sandbox: str, key: str, expected: R | None, new: R) -> bool:
        with self._lock:
            records = self._of(kind, sandbox)
            if records.get(key) != expected:
                return False
            records[key] = new
            return True

    @override
    def increment(self, sandbox: str, counter: str, by: int = 1) -> int:
        with self._lock:
            counters = self._counters.setdefault(sandbox, {})
            counters[counter] = counters.get(counter, 0) + by
            return counters[counter]

    @override
    def drop(self, sandbox: str) -> None:
        with self._lock:
            kinds = self._records.pop(sandbox, {})
            self._counters.pop(sandbox, None)
        # One by one, because freeing a million records at once would stop all other threads meanwhile.
        for records in kinds.values():
            while records:
                records.popitem()

    @override
    def close(self) -> None:
        pass  # nothing is held open
