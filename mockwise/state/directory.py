"""Which sandboxes there are, as mocks that share their state agree on it.

A sandbox is created by writing one record, its entry. It is active once the entry names the sandbox's own client: then
other processes use it, too. An entry that is not active in time belonged to a process that was killed meanwhile, and is
replaced.
"""

from __future__ import annotations

import secrets
import time
from typing import Generic, TypeVar

from msgspec.structs import asdict, replace
from typing_extensions import override

from mockwise.errors import InvalidValueError
from mockwise.real_time import monotonic
from mockwise.state.options import SandboxOptions
from mockwise.state.stored_options import read_stored_options, write_stored_options
from mockwise.storage.store import OF_THE_MOCK, Kind, Record, Store, StoredForm, change

T = TypeVar("T")

_LONGEST_NAME = 64
_PAUSE = 0.02  # seconds between two looks at an entry that is not active yet


class OwnClient(Record, frozen=True):
    """The client that a sandbox was made with."""

    client_id: str
    client_secret: str

    @override
    def __repr__(self) -> str:
        return f"OwnClient(client_id={self.client_id!r})"  # without the secret


class _EntryFields(Record, Generic[T], frozen=True, kw_only=True, gc=True):
    """The fields of a sandbox's entry; the options are text in a store outside this process."""

    mark: str
    """Differs from that of every other sandbox that had the name."""
    options: T
    own: OwnClient | None = None
    """None: the sandbox is not active yet."""


class SandboxEntry(
    _EntryFields[SandboxOptions], frozen=True, gc=True
):  # a fault among the options may have a function
    """The record that a sandbox exists."""


def _store(entry: SandboxEntry) -> _EntryFields[str]:
    return _EntryFields(**asdict(entry) | {"options": write_stored_options(entry.options)})


def _restore(stored: _EntryFields[str]) -> SandboxEntry:
    return SandboxEntry(**asdict(stored) | {"options": read_stored_options(stored.options)})


SANDBOXES = Kind("sandbox", SandboxEntry, StoredForm(_EntryFields[str], _store, _restore))


class SandboxDirectory:
    """Creates, finds and removes the entries of sandboxes in a store.

    Args:
        store: where the entries are kept.
        patience: seconds that another process has to activate a sandbox that it created.
    """

    def __init__(self, store: Store, patience: float) -> None:
        self._store = store
        self._patience = patience
        self._ours: set[str] = set()

    def get(self, name: str) -> SandboxEntry | None:
        """The entry of the sandbox of that name, or None."""
        return self._store.get(SANDBOXES, OF_THE_MOCK, name)

    def all(self) -> list[tuple[str, SandboxEntry]]:
        """The entries that this process can use, with their names, oldest first."""
        return [it for it in self._store.scan(SANDBOXES, OF_THE_MOCK) if self.usable(it[1])]

    def names(self) -> set[str]:
        """The names of all sandboxes, also of those that are just being made or removed."""
        return {name for name, _ in self._store.scan(SANDBOXES, OF_THE_MOCK)}

    def usable(self, entry: SandboxEntry) -> bool:
        """Whether the sandbox is active, or this process is making it."""
        return entry.own is not None or entry.mark in self._ours

    def get_or_create(self, name: str, options: SandboxOptions) -> tuple[SandboxEntry, SandboxEntry | None]:
        """Create a sandbox, unless there is one of that name.

        Returns:
            The sandbox's entry, and the one that it replaced: the same one if it existed already, None if there was none.
        """
        until = monotonic() + self._patience
        while True:
            existing = self.get(name)
            if existing is not None and self.usable(existing):
                return existing, existing
            if existing is not None and monotonic() < until:
                time.sleep(_PAUSE)
            elif (new := self.create(name, existing, options)) is not None:
                return new, existing

    def create(self, name: str, old: SandboxEntry | None, options: SandboxOptions) -> SandboxEntry | None:
        """Create a sandbox in the place of an old one, or of none; None: another process was quicker."""
        new = SandboxEntry(mark=secrets.token_hex(8), options=options)
        if not self._store.replace(SANDBOXES, OF_THE_MOCK, name, old, new):
            return None
        self._ours.add(new.mark)
        if old is not None:
            self._ours.discard(old.mark)
        return new

    def activate(self, name: str, own: OwnClient) -> None:
        """Say which client is a sandbox's own: it is ready for others."""
        change(self._store, SANDBOXES, OF_THE_MOCK, name, lambda old: replace(old, own=own))

    def deactivate(self, name: str) -> SandboxEntry | None:
        """Let no other process use a sandbox that is about to be removed; None: it is gone already."""
        return change(self._store, SANDBOXES, OF_THE_MOCK, name, lambda old: replace(old, own=None))

    def remove(self, name: str, entry: SandboxEntry) -> None:
        """Remove the entry of a sandbox."""
        self._ours.discard(entry.mark)
        self._store.delete(SANDBOXES, OF_THE_MOCK, name)


def check_name(name: str) -> str:
    """Let the name of a sandbox through.

    Raises:
        InvalidValueError: it cannot be used.
    """
    if not (1 <= len(name) <= _LONGEST_NAME and name.isascii() and name.isprintable() and "/" not in name):
        raise InvalidValueError(
            f"a sandbox is named with 1 to {_LONGEST_NAME} printable ASCII characters, without a slash: {name!r}"
        )
    if not name.strip("."):
        raise InvalidValueError(f"a sandbox's name is more than dots, because it stands in URLs: {name!r}")
    return name
