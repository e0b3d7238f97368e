"""The one thing that changes state.

Rules that every store keeps, and that its callers rely on:

- A record is a frozen value, found by sandbox, kind and id. Nobody changes one; it is replaced.
- Each verb is atomic under one lock: the test's own thread changes state while the event loop serves.
- `replace` compares by value, never by identity, so that a store may live in a file or on another machine.
- What must happen once (a code used, a name taken) is a `replace`; what must be counted is an `increment`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """A kind of record: its name in the store and the class of its records."""

    name: str
    record: type[R]


class Store(Protocol):
    """Where the state of all sandboxes of a mock lives."""

    def get(self, kind: Kind[R], sandbox: str, key: str) -> R | None:
        """The record, or None."""
        ...

    def put(self, kind: Kind[R], sandbox: str, key: str, record: R) -> None:
        """Write the record, whatever was there."""
        ...

    def delete(self, kind: Kind[R], sandbox: str, key: str) -> None:
        """Remove the record, if there is one."""
        ...

    def scan(self, kind: Kind[R], sandbox: str) -> Iterable[tuple[str, R]]:
        """All records of a kind with their keys, oldest first, as they were at one moment."""
        ...

    def replace(self, kind: Kind[R], sandbox: str, key: str, expected: R | None, new: R) -> bool:
        """Write `new` only if what is there equals `expected` (None: nothing is there); say if it was."""
        ...

    def increment(self, sandbox: str, counter: str, by: int = 1) -> int:
        """Add to a counter, which starts at zero, and return what it came to."""
        ...

    def drop(self, sandbox: str) -> None:
        """Forget everything of a sandbox."""
        ...


def change(store: Store, kind: Kind[R], sandbox: str, key: str, to: Callable[[R], R]) -> R | None:
    """Replace a record by what `to` makes of it, however often others change it meanwhile.

    Returns:
        The new record, or None if there was none to change.
    """
    while (old := store.get(kind, sandbox, key)) is not None:
        new = to(old)
        if store.replace(kind, sandbox, key, old, new):
            return new
    return None


class MemoryStore:
    """The default store: dictionaries under one lock; gone with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # sandbox -> kind -> key -> record. What is read back as R was put under a Kind[R].
        self._records: dict[str, dict[str, dict[str, object]]] = {}
        self._counters: dict[str, dict[str, int]] = {}

    def _of(self, kind: Kind[R], sandbox: str) -> dict[str, R]:
        """For writing; asking after what is gone leaves no trace."""
        kinds = self._records.setdefault(sandbox, {})
        return kinds.setdefault(kind.name, {})  # type: ignore[return-value]  # because of the rule above

    def get(self, kind: Kind[R], sandbox: str, key: str) -> R | None:
        """See `Store.get`."""
        with self._lock:  # spelled out, because every request comes here many times
            kinds = self._records.get(sandbox)
            records = kinds and kinds.get(kind.name)
            return records.get(key) if records else None  # type: ignore[return-value]  # because of the rule above

    def put(self, kind: Kind[R], sandbox: str, key: str, record: R) -> None:
        """See `Store.put`."""
        with self._lock:
            self._of(kind, sandbox)[key] = record

    def delete(self, kind: Kind[R], sandbox: str, key: str) -> None:
        """See `Store.delete`."""
        with self._lock:
            self._of(kind, sandbox).pop(key, None)

    def scan(self, kind: Kind[R], sandbox: str) -> Iterable[tuple[str, R]]:
        """See `Store.scan`."""
        with self._lock:
            records = self._records.get(sandbox, {}).get(kind.name, {})
            return list(records.items())  # type: ignore[arg-type]  # because of the rule above

    def replace(self, kind: Kind[R], sandbox: str, key: str, expected: R | None, new: R) -> bool:
        """See `Store.replace`."""
        with self._lock:
            records = self._of(kind, sandbox)
            if records.get(key) != expected:
                return False
            records[key] = new
            return True

    def increment(self, sandbox: str, counter: str, by: int = 1) -> int:
        """See `Store.increment`."""
        with self._lock:
            counters = self._counters.setdefault(sandbox, {})
            counters[counter] = counters.get(counter, 0) + by
            return counters[counter]

    def drop(self, sandbox: str) -> None:
        """See `Store.drop`."""
        with self._lock:
            self._records.pop(sandbox, None)
            self._counters.pop(sandbox, None)
