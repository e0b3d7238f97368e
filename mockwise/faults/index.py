"""An index of armed faults by their conditions, so that a request is compared only with those that may be for it.

Faults with the same conditions are in one row, in the order of arming. A request looks at one row for each set of
conditions that faults name, however many faults there are.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Generic, Literal, Protocol, TypeVar

from mockwise.faults.base import Fault, Request, plain_path

Lane = Literal["delay", "other"]
"""A request takes at most one fault of each lane."""

LANES: tuple[Lane, ...] = ("delay", "other")

_WILD = "*?["
_MOST_STALE = 100  # removed faults that rows may still hold
_EXACT: Mapping[str, Callable[[Request], str | None]] = {
    "host": lambda it: it.host,
    "method": lambda it: it.method,
    "grant": lambda it: it.grant,
    "client": lambda it: it.client,
    "kind": lambda it: it.kind,
    "path": lambda it: plain_path(it.path),
}


class Numbered(Protocol):
    """A fault that is armed, with its number."""

    @property
    def number(self) -> int:
        """Counts up in the order of arming."""
        ...

    @property
    def fault(self) -> Fault:
        """The fault itself, as it was armed."""
        ...


N = TypeVar("N", bound=Numbered)


class _Row(Generic[N]):
    """Numbers of the faults with the same conditions; paths with wildcards are compared later."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.first = 0  # numbers before this position are removed

    def put(self, number: int) -> None:
        if not self.numbers or number > self.numbers[-1]:
            self.numbers.append(number)
        else:
            self.numbers = [*self.numbers[self.first :]]
            self.first = 0
            if number not in self.numbers:
                insort(self.numbers, number)


class FaultIndex(Generic[N]):
    """The armed faults that can still happen, found by the conditions that a request meets."""

    def __init__(self, faults: Iterable[N]) -> None:
        self._faults: dict[int, N] = {}
        # By lane, by the names of the conditions, by their values.
        self._rows: dict[Lane, dict[tuple[str, ...], dict[Hashable, _Row[N]]]] = {}
        self._count = 0  # of numbers in rows, those of removed faults included
        self._clear_rows()
        for it in faults:
            self.put(it)

    def __len__(self) -> int:
        return len(self._faults)

    def put(self, it: N) -> None:
        """Add a fault, or replace its record."""
        is_new = it.number not in self._faults
        self._faults[it.number] = it
        if is_new:
            self._put_in_row(it)
            if self._count > 2 * len(self._faults) + _MOST_STALE:
                self._clear_rows()
                for here in sorted(self._faults.values(), key=lambda other: other.number):
                    self._put_in_row(here)

    def _clear_rows(self) -> None:
        self._rows = {lane: {} for lane in LANES}
        self._count = 0

    def _put_in_row(self, it: N) -> None:
        wanted = _exact(it.fault)
        rows = self._rows[lane_of(it.fault)].setdefault(tuple(wanted), {})
        rows.setdefault(tuple(wanted.values()), _Row()).put(it.number)
        self._count += 1

    def update(self, it: N) -> None:
        """Replace the record of a fault, if it is still in the index."""
        if it.number in self._faults:
            self._faults[it.number] = it

    def remove(self, number: int) -> None:
        """Remove a fault that cannot happen any more; twice changes nothing."""
        self._faults.pop(number, None)

    def candidates(self, lane: Lane, request: Request) -> Iterator[N]:
        """The faults that may be for a request, first armed first; each is looked up when it is its turn."""
        asked = {name: read(request) for name, read in _EXACT.items()}
        rows = (
            rows.get(tuple(asked[name] for name in names)) for names, rows in tuple(self._rows[lane].items())
        )
        found = [self._numbers_left(row) for row in rows if row is not None]
        path = asked["path"] or ""
        numbers = found[0] if len(found) == 1 else heapq.merge(*found)
        here = (it for number in numbers if (it := self._faults.get(number)) is not None)
        return (it for it in here if _may_match(it.fault.path, path))

    def _numbers_left(self, row: _Row[N]) -> Iterator[int]:
        numbers = row.numbers
        while row.first < len(numbers) and numbers is row.numbers and numbers[row.first] not in self._faults:
            row.first += 1
        for at in range(row.first, len(numbers)):
            if numbers[at] in self._faults:
                yield numbers[at]


def lane_of(fault: Fault) -> Lane:
    """The lane of a fault: delays have their own, because one can come on top of another fault."""
    return "delay" if fault.stage == "delay" else "other"


def _exact(fault: Fault) -> dict[str, str]:
    """The conditions of a fault that are compared for equality."""
    wanted = {name: getattr(fault, name) for name in _EXACT}
    if fault.method:
        wanted["method"] = fault.method.upper()
    if fault.path is not None and any(it in fault.path for it in _WILD):
        wanted["path"] = None
    return {name: value for name, value in wanted.items() if value is not None}


def _may_match(pattern: str | None, path: str) -> bool:
    """Whether a path can match; mostly without a regular expression, of which Python caches only a few."""
    if pattern is None:
        return True
    if "?" in pattern or "[" in pattern:
        return fnmatchcase(path, pattern)
    begin, _, rest = pattern.partition("*")
    return path.startswith(begin) and path.endswith(rest.rpartition("*")[2])
