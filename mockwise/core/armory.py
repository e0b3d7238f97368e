"""What is armed in a sandbox, and which request takes what of it.

A fault that is armed is a record like any other, so that mocks that share their state spend it once over all. (One
with a function of its user's lives in one process alone.)
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from mockwise.core.clock import Clock
from mockwise.core.errors import NotThere
from mockwise.core.fault import Fault, Request, Stage
from mockwise.core.store import Kind, Store, change

_SPENT_REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class Armed:
    """A fault that is armed, or was."""

    number: int
    """Counts up within the sandbox, from 1: its name."""
    fault: Fault
    armed_at: datetime
    """On the sandbox's clock."""
    happened: int
    """How often, so far."""
    spent: bool
    """Whether it cannot happen any more: it did, its time is over, or it was disarmed."""

    @property
    def waits(self) -> bool:
        """Whether it was armed for something that did not come: one without an end need happen only once."""
        return not self.spent and (self.fault.limit is not None or self.happened == 0)


class Taken(NamedTuple):
    """A fault that happens to a request."""

    fault: Fault
    number: int
    """Its name in the sandbox."""
    nth: int
    """For the how many-eth time, from 1."""


@dataclass(frozen=True, slots=True)
class Load:
    """An armed fault as it is kept."""

    number: int
    fault: Fault
    armed_at: datetime
    happened: int = 0
    drawn: int = 0
    """How many requests were drawn for, if it is for a share of them."""
    disarmed: bool = False

    def spent(self, now: datetime) -> bool:
        """Whether it cannot happen any more."""
        limit, lasts = self.fault.limit, self.fault.lasts
        return (
            self.disarmed
            or (limit is not None and self.happened >= limit)
            or (lasts is not None and now - self.armed_at >= lasts)
        )

    def after(self) -> Load:
        """The same after a request that fits; a draw repeats by the fault's seed, whichever mock draws."""
        if self.fault.share is None:
            return replace(self, happened=self.happened + 1)
        draw = random.Random(f"{self.fault.seed} {self.drawn}").random()  # noqa: S311  because it must repeat
        return replace(self, drawn=self.drawn + 1, happened=self.happened + (draw < self.fault.share))

    def shown(self, now: datetime) -> Armed:
        """As it is now."""
        return Armed(self.number, self.fault, self.armed_at, self.happened, self.spent(now))


LOADS = Kind("load", Load)


class Armory:
    """The faults of one sandbox."""

    def __init__(self, store: Store, sandbox: str, clock: Clock) -> None:
        self._store = store
        self._sandbox = sandbox
        self._clock = clock

    def arm(self, fault: Fault) -> Armed:
        """Arm a fault behind those that are armed already.

        Raises:
            BadValue: it has a function, and the mock's state is kept in a file or on a server.
        """
        now = self._clock.now()
        self._forget(now)
        load = Load(self._store.increment(self._sandbox, "faults"), fault, now)
        self._store.put(LOADS, self._sandbox, str(load.number), load)
        return load.shown(now)

    def disarm(self, number: int | None = None) -> int:
        """Disarm one fault, or all; returns how many were armed.

        Raises:
            NotThere: no fault has that number.
        """
        now = self._clock.now()
        found = [load for load in self._loads() if number in {None, load.number}]
        if number is not None and not found:
            known = ", ".join(str(it.number) for it in self.all() if not it.spent) or "none"
            raise NotThere(f"no fault has the number {number}; armed: {known}")
        live = [load for load in found if not load.spent(now)]
        for load in live:
            self._change(load.number, lambda old: replace(old, disarmed=True))
        return len(live)

    def all(self) -> list[Armed]:
        """What is armed, and what was spent of late, oldest first."""
        now = self._clock.now()
        return [load.shown(now) for load in self._loads()]

    def take(
        self, request: Callable[[], Request], now: datetime, in_turn: Callable[[], None] | None = None
    ) -> dict[Stage, Taken]:
        """What happens to a request, by stage: one fault, and one delay on top. It counts as having happened.

        Args:
            request: tells it; not asked if nothing is armed.
            now: the sandbox's time.
            in_turn: returns once the requests before this one have taken theirs; not asked if nothing is armed.
        """
        taken: dict[Stage, Taken] = {}
        loads = self._loads()
        if not loads:
            return taken
        if in_turn is not None:
            in_turn()
        asked = request()
        for load in loads:
            stage = load.fault.stage
            has_its_like = stage in taken if stage == "delay" else bool(taken.keys() - {"delay"})
            if has_its_like or load.spent(now) or not load.fault.fits(asked):
                continue
            nth = self._happen(load, now)
            if nth is None:
                continue
            if stage == "pass":
                break
            taken[stage] = Taken(load.fault, load.number, nth)
        return taken

    def give_back(self, taken: Taken) -> None:
        """A fault found nothing to do, so it has not happened."""
        self._change(taken.number, lambda old: replace(old, happened=old.happened - 1))

    def _happen(self, load: Load, now: datetime) -> int | None:
        """For the how many-eth time it happens, if nobody else took the last time meanwhile, and the draw hits."""
        found: Load | None = load
        while found is not None and not found.spent(now):
            after = found.after()
            if self._store.replace(LOADS, self._sandbox, str(load.number), found, after):
                return after.happened if after.happened > found.happened else None
            found = self._store.get(LOADS, self._sandbox, str(load.number))
        return None

    def _loads(self) -> list[Load]:
        return [load for _, load in self._store.scan(LOADS, self._sandbox)]

    def _change(self, number: int, to: Callable[[Load], Load]) -> None:
        change(self._store, LOADS, self._sandbox, str(number), to)

    def _forget(self, now: datetime) -> None:
        """Keep the list short: of the spent ones the newest stay, for those who look."""
        spent = [load for load in self._loads() if load.spent(now)]
        for load in spent[:-_SPENT_REMEMBERED]:
            self._store.delete(LOADS, self._sandbox, str(load.number))
