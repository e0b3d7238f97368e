"""Armed faults by what they ask of a request, so that a request looks at those alone that may be for it.

Faults that ask for the same are in one row, in the order of arming. A request has as many rows to look at as there are
ways to ask (which conditions a fault names), not as there are faults.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Generic, Literal, Protocol, TypeVar

from mockwise.faults.base import Fault, Request, plain_path

Lane = Literal["delay", "other"]
"""A request takes one fault of each."""

LANES: tuple[Lane, ...] = ("delay", "other")

_WILD = "*?["
_SLACK = 100  # places in rows that may be taken by what is gone
_EXACT: Mapping[str, Callable[[Request], str | None]] = {
    "host": lambda it: it.host,
    "method": lambda it: it.method,
    "grant": lambda it: it.grant,
    "client": lambda it: it.client,
    "kind": lambda it: it.kind,
    "path": lambda it: plain_path(it.path),
}


class Numbered(Protocol):
    """A fault that is armed."""

    @property
    def number(self) -> int:
        """Counts up in the order of arming."""
        ...

    @property
    def fault(self) -> Fault:
        """What it is."""
        ...


N = TypeVar("N", bound=Numbered)


class _Row(Generic[N]):
    """Faults that ask for the same, but for paths with wildcards in them."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.first = 0  # those before are gone

    def put(self, number: int) -> None:
        if not self.numbers or number > self.numbers[-1]:
            self.numbers.append(number)
        else:
            self.numbers = [*self.numbers[self.first :]]
            self.first = 0
            if number not in self.numbers:
                insort(self.numbers, number)


class FaultIndex(Generic[N]):
    """The faults that may happen still."""

    def __init__(self, faults: Iterable[N]) -> None:
        self._faults: dict[int, N] = {}
        # By lane, by the names of the conditions, by what they ask for.
        self._rows: dict[Lane, dict[tuple[str, ...], dict[Hashable, _Row[N]]]] = {}
        self._count = 0  # of what stands in rows, also of what is gone
        self._clear_rows()
        for it in faults:
            self.put(it)

    def __len__(self) -> int:
        return len(self._faults)

    def put(self, it: N) -> None:
        """Add a fault, or what became of it."""
        is_new = it.number not in self._faults
        self._faults[it.number] = it
        if is_new:
            self._put_in_row(it)
            if self._count > 2 * len(self._faults) + _SLACK:
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
        """Say what became of a fault, if it is here still."""
        if it.number in self._faults:
            self._faults[it.number] = it

    def remove(self, number: int) -> None:
        """A fault cannot happen any more; twice changes nothing."""
        self._faults.pop(number, None)

    def candidates(self, lane: Lane, request: Request) -> Iterator[N]:
        """The faults that may be for a request, first armed first; each is looked up when it is its turn."""
        have = {name: read(request) for name, read in _EXACT.items()}
        rows = (
            rows.get(tuple(have[name] for name in names)) for names, rows in tuple(self._rows[lane].items())
        )
        found = [self._standing(row) for row in rows if row is not None]
        path = have["path"] or ""
        numbers = found[0] if len(found) == 1 else heapq.merge(*found)
        here = (it for number in numbers if (it := self._faults.get(number)) is not None)
        return (it for it in here if _may_match(it.fault.path, path))

    def _standing(self, row: _Row[N]) -> Iterator[int]:
        numbers = row.numbers
        while row.first < len(numbers) and numbers is row.numbers and numbers[row.first] not in self._faults:
            row.first += 1
        for at in range(row.first, len(numbers)):
            if numbers[at] in self._faults:
                yield numbers[at]


def lane_of(fault: Fault) -> Lane:
    """Where a fault stands: there is one delay on top of another one."""
    return "delay" if fault.stage == "delay" else "other"


def _exact(fault: Fault) -> dict[str, str]:
    """What a fault asks for to the letter."""
    wanted = {name: getattr(fault, name) for name in _EXACT}
    if fault.method:
        wanted["method"] = fault.method.upper()
    if fault.path is not None and any(it in fault.path for it in _WILD):
        wanted["path"] = None
    return {name: value for name, value in wanted.items() if value is not None}


def _may_match(pattern: str | None, path: str) -> bool:
    """Whether a path may be meant: told without a regular expression, of which Python keeps only so many."""
    if pattern is None:
        return True
    if "?" in pattern or "[" in pattern:
        return fnmatchcase(path, pattern)
    begin, _, rest = pattern.partition("*")
    return path.startswith(begin) and path.endswith(rest.rpartition("*")[2])
