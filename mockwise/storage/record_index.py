"""Finds records by a field that is not their key, such as the grants of a user, without reading all of them.

For each value there is a kind of its own in the store, whose keys are those of the records that have it. So it is stored
with the records, and dropped with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from mockwise.storage.store import Kind, Store

_MOST_NAMED = 20


class Index:
    """The keys of one kind of record in one sandbox, by the value of one field.

    Args:
        store: where the records are.
        sandbox: whose they are.
        name: the kind of record and the field, such as `refresh-grant-by-user_id`.
    """

    def __init__(self, store: Store, sandbox: str, name: str) -> None:
        self._store = store
        self._sandbox = sandbox
        self._name = name

    def add(self, value: object, key: str) -> None:
        """Note that the record with that key has that value."""
        self._store.put(self._kind(value), self._sandbox, key, 1)

    def remove(self, value: object, key: str) -> None:
        """Note that the record has the value no longer, or is gone; twice changes nothing."""
        self._store.delete(self._kind(value), self._sandbox, key)

    def keys(self, value: object) -> list[str]:
        """The keys of the records that have that value, in the order in which they were added."""
        return [key for key, _ in self._store.scan(self._kind(value), self._sandbox)]

    def _kind(self, value: object) -> Kind[int]:
        return Kind(f"{self._name} {value}", int)


def some_of(names: Iterable[object]) -> str:
    """The first names as text for a message, with a note if there are more, because there may be a million."""
    listed = list(islice(names, _MOST_NAMED + 1))
    more = " and more" if len(listed) > _MOST_NAMED else ""
    return ", ".join(map(str, listed[:_MOST_NAMED])) + more or "none"
