"""Finds records by something that is not their key, such as the links of a user, without looking at all of them.

For each value there is a kind of its own in the store, whose keys are those of the records that have it. So it lives
where the records do, and is dropped with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from mockwise.storage.store import Kind, Store

_MOST_NAMED = 20


class Index:
    """The keys of one kind of record in one sandbox, by one thing that the records say.

    Args:
        store: where the records are.
        sandbox: whose they are.
        name: what is looked for by what, such as `link-by-user`.
    """

    def __init__(self, store: Store, sandbox: str, name: str) -> None:
        self._store = store
        self._sandbox = sandbox
        self._name = name

    def add(self, value: object, key: str) -> None:
        """A record with that key says that value."""
        self._store.put(self._kind(value), self._sandbox, key, 1)

    def remove(self, value: object, key: str) -> None:
        """It says so no longer, or is gone; twice changes nothing."""
        self._store.delete(self._kind(value), self._sandbox, key)

    def keys(self, value: object) -> list[str]:
        """The keys of the records that say that value, in the order in which they came to say it."""
        return [key for key, _ in self._store.scan(self._kind(value), self._sandbox)]

    def _kind(self, value: object) -> Kind[int]:
        return Kind(f"{self._name} {value}", int)


def some_of(names: Iterable[object]) -> str:
    """The first names, for a message; that there are more is said, because there may be a million."""
    listed = list(islice(names, _MOST_NAMED + 1))
    more = " and more" if len(listed) > _MOST_NAMED else ""
    return ", ".join(map(str, listed[:_MOST_NAMED])) + more or "none"
