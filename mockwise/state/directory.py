"""Which sandboxes there are, as mocks that share their state agree on it.

A sandbox is founded by one record. It is inhabited once it has its own client: then others attach to it. What was
founded and is not inhabited in time belonged to a process that was killed meanwhile, and is founded anew.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace

from mockwise.errors import InvalidValueError
from mockwise.real_time import monotonic
from mockwise.state.options import SandboxPolicy
from mockwise.storage.store import OF_THE_MOCK, Kind, Store, change

_LONGEST_NAME = 64
_PAUSE = 0.02  # seconds between two looks


@dataclass(frozen=True, slots=True)
class OwnClient:
    """The client that a sandbox was made with."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxEntry:
    """That there is a sandbox."""

    mark: str
    """Tells it from others that had its name."""
    policy: SandboxPolicy
    own: OwnClient | None = None
    """None: nobody lives there yet."""


SANDBOXES = Kind("sandbox", SandboxEntry)


class SandboxDirectory:
    """The sandboxes in a store.

    Args:
        store: where.
        patience: seconds that another process has to inhabit what it founded.
    """

    def __init__(self, store: Store, patience: float) -> None:
        self._store = store
        self._patience = patience
        self._ours: set[str] = set()

    def get(self, name: str) -> SandboxEntry | None:
        """The founding of that sandbox, or None."""
        return self._store.get(SANDBOXES, OF_THE_MOCK, name)

    def all(self) -> list[tuple[str, SandboxEntry]]:
        """Those that can be used by this process, with their names, oldest first."""
        return [it for it in self._store.scan(SANDBOXES, OF_THE_MOCK) if self.usable(it[1])]

    def names(self) -> set[str]:
        """The names of all, also of those that are just coming or going."""
        return {name for name, _ in self._store.scan(SANDBOXES, OF_THE_MOCK)}

    def usable(self, founding: SandboxEntry) -> bool:
        """Whether somebody lives there, or this process is about to move in."""
        return founding.own is not None or founding.mark in self._ours

    def settle(self, name: str, policy: SandboxPolicy) -> tuple[SandboxEntry, SandboxEntry | None]:
        """Found a sandbox, unless there is one.

        Returns:
            The sandbox's founding, and whose place it took: itself if it was there already, and None if nobody's.
        """
        until = monotonic() + self._patience
        while True:
            there = self.get(name)
            if there is not None and self.usable(there):
                return there, there
            if there is not None and monotonic() < until:
                time.sleep(_PAUSE)
            elif (new := self.found(name, there, policy)) is not None:
                return new, there

    def found(self, name: str, old: SandboxEntry | None, policy: SandboxPolicy) -> SandboxEntry | None:
        """Found a sandbox in the place of an old one, or of none; None: somebody else was quicker."""
        new = SandboxEntry(mark=secrets.token_hex(8), policy=policy)
        if not self._store.replace(SANDBOXES, OF_THE_MOCK, name, old, new):
            return None
        self._ours.add(new.mark)
        if old is not None:
            self._ours.discard(old.mark)
        return new

    def activate(self, name: str, own: OwnClient) -> None:
        """Say which client is a sandbox's own: it is ready for others."""
        change(self._store, SANDBOXES, OF_THE_MOCK, name, lambda old: replace(old, own=own))

    def clear(self, name: str) -> SandboxEntry | None:
        """Nobody lives there any more, so that nobody attaches to what is about to go; None: it is gone already."""
        return change(self._store, SANDBOXES, OF_THE_MOCK, name, lambda old: replace(old, own=None))

    def remove(self, name: str, founding: SandboxEntry) -> None:
        """The sandbox is gone."""
        self._ours.discard(founding.mark)
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
