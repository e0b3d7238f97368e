"""The records of one kind in one sandbox, a page at a time: for lists, of which nobody wants all at once."""

from __future__ import annotations

from typing import Generic, TypeVar

from mockwise.storage.store import Kind, Store

R = TypeVar("R")


class Records(Generic[R]):
    """Counts the records of one kind in one sandbox, and reads the newest of them.

    Args:
        store: where the records are.
        kind: which records.
        sandbox: whose they are.
    """

    def __init__(self, store: Store, kind: Kind[R], sandbox: str) -> None:
        self._store = store
        self._kind = kind
        self._sandbox = sandbox

    def count(self) -> int:
        """How many there are; none is read."""
        return self._store.count(self._kind, self._sandbox)

    def newest(self, limit: int, before: str | None = None) -> list[R] | None:
        """The newest, at most `limit`, oldest first; in front of the one with the key `before`, None if there is none such."""
        found = self._store.page(self._kind, self._sandbox, limit, before)
        return None if found is None else [record for _, record in found]
