"""A version number for a list of records, so that what is derived from the list is made again only when it changed."""

from __future__ import annotations

from mockwise.storage.store import Kind, Store, change

_VERSIONS = Kind("list-version", int)


class RecordListVersion:
    """How often one list of a sandbox was changed, by whichever mock that shares the state.

    A writer advances the version after its change; a reader reads it before the list.
    """

    def __init__(self, store: Store, sandbox: str, name: str) -> None:
        self._store = store
        self._sandbox = sandbox
        self._name = name

    def read(self) -> int:
        """How often the list was changed so far."""
        return self._store.get(_VERSIONS, self._sandbox, self._name) or 0

    def advance(self) -> int:
        """Count a change of the list; returns how often it was changed, this time included."""
        self._store.replace(_VERSIONS, self._sandbox, self._name, None, 0)
        # None: the sandbox was dropped meanwhile
        return change(self._store, _VERSIONS, self._sandbox, self._name, lambda old: old + 1) or 0
