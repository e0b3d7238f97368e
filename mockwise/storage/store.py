"""The protocol that every store follows: it alone keeps and changes the state of sandboxes.

Rules that every store keeps, and that its callers rely on:

- A record is a frozen value, found by sandbox, kind and id. Nobody changes one; it is replaced.
- Each verb is atomic under one lock: the test's own thread changes state while the event loop serves.
- `replace` compares by value, never by identity, so that a store may live in a file or on another machine.
- What must happen once (a code used, a name taken) is a `replace`; what must be counted is an `increment`.
- A store that cannot be reached raises `StorageError`, and is asked again with the next request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

R = TypeVar("R")
S = TypeVar("S")

OF_THE_MOCK = ""
"""The sandbox of records that belong to the mock as a whole; no sandbox is named so."""


class Record(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The base class of records. A store outside this process keeps one as a JSON object of its fields.

    A field that has its default is left out, so a record of an older version, without a new field, can be read; one with
    a field that this version does not know is refused. Records refer to each other in no circle, so Python's garbage
    collector has nothing to look for in them, even if there are a million.
    """


@dataclass(frozen=True, slots=True)
class StoredForm(Generic[R, S]):
    """How a store outside this process keeps records with a value that is no record, such as a fault.

    Args:
        type: the class of what is kept.
        store: makes it of a record; raises `InvalidValueError` if a record holds what cannot be kept.
        restore: makes a record of it again; raises `InvalidValueError` if this version does not know what it holds.
    """

    type: type[S]
    store: Callable[[R], S]
    restore: Callable[[S], R]


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """A kind of record: its name in the store, the class of its records, and how they are kept if not as they are."""

    name: str
    record: type[R]
    stored_form: StoredForm[R, Any] | None = None


class Store(Protocol):
    """Where the state of all sandboxes of a mock lives."""

    shared: bool
    """Whether other mocks may change it too, or did before this one began."""

    def get(self, kind: Kind[R], sandbox: str, key: str) -> R | None:
        """Read the record with that key, or None."""
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

    def keys(self, kind: Kind[R], sandbox: str) -> list[str]:
        """The keys of all records of a kind, in no order, for callers that read the records one by one."""
        ...

    def get_many(self, kind: Kind[R], sandbox: str, keys: Sequence[str]) -> list[R]:
        """Read the records with those keys, as far as there are any, in the order of the keys."""
        ...

    def page(
        self, kind: Kind[R], sandbox: str, limit: int, before: str | None = None
    ) -> list[tuple[str, R]] | None:
        """The newest records of a kind with their keys, at most `limit`, in the order of `scan`; no others are read.

        With `before`: the newest of those in front of the record with that key; None: there is no such record.
        """
        ...

    def count(self, kind: Kind[R], sandbox: str) -> int:
        """How many records of a kind there are; none of them is read."""
        ...

    def replace(self, kind: Kind[R], sandbox: str, key: str, expected: R | None, new: R) -> bool:
        """Write `new` only if what is there equals `expected` (None: nothing is there); returns whether it did."""
        ...

    def increment(self, sandbox: str, counter: str, by: int = 1) -> int:
        """Add to a counter, which starts at zero, and return what it came to."""
        ...

    def drop(self, sandbox: str) -> None:
        """Forget everything of a sandbox."""
        ...

    def close(self) -> None:
        """Close files and connections. Twice changes nothing."""
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
