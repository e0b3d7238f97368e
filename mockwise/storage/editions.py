"""Says whether a list of records changed, so that what is made from it need not be made for each request."""

from __future__ import annotations

from mockwise.storage.store import Kind, Store, change

_EDITIONS = Kind("edition", int)


class RecordListVersion:
    """How often one list of a sandbox was changed, by whichever mock that shares the state.

    Who changes the list raises it afterwards; who reads the list reads it before.
    """

    def __init__(self, store: Store, sandbox: str, name: str) -> None:
        self._store = store
        self._sandbox = sandbox
        self._name = name

    def read(self) -> int:
        """How often, so far."""
        return self._store.get(_EDITIONS, self._sandbox, self._name) or 0

    def advance(self) -> int:
        """The list was changed; returns how often, this time included."""
        self._store.replace(_EDITIONS, self._sandbox, self._name, None, 0)
        # None: the sandbox was dropped meanwhile
        return change(self._store, _EDITIONS, self._sandbox, self._name, lambda old: old + 1) or 0
