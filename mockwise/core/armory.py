"""What is armed in a sandbox, and which request takes what of it."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from mockwise.core.clock import Clock
from mockwise.core.errors import NotThere
from mockwise.core.fault import Fault, Request, Stage

_SPENT_REMEMBERED = 100


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


class _Entry:
    """Changes; the armory's lock is held meanwhile."""

    def __init__(self, number: int, fault: Fault, now: datetime) -> None:
        self.number = number
        self.fault = fault
        self.armed_at = now
        self.happened = 0
        self.disarmed = False
        self._draws = random.Random(fault.seed)  # noqa: S311  because the same seed must draw the same

    def spent(self, now: datetime) -> bool:
        """Whether it cannot happen any more."""
        limit, lasts = self.fault.limit, self.fault.lasts
        return (
            self.disarmed
            or (limit is not None and self.happened >= limit)
            or (lasts is not None and now - self.armed_at >= lasts)
        )

    def draw(self) -> bool:
        """Whether a request that fits is one of the share."""
        return self.fault.share is None or self._draws.random() < self.fault.share

    def shown(self, now: datetime) -> Armed:
        """As it is now."""
        return Armed(self.number, self.fault, self.armed_at, self.happened, self.spent(now))


class Armory:
    """The faults of one sandbox, in memory: a fault may hold a function of its user's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()  # that function may look here, or arm something
        self._entries: list[_Entry] = []
        self._count = 0

    def arm(self, fault: Fault) -> Armed:
        """Arm a fault behind those that are armed already."""
        now = self._clock.now()
        with self._lock:
            self._count += 1
            entry = _Entry(self._count, fault, now)
            self._entries.append(entry)
            return entry.shown(now)

    def disarm(self, number: int | None = None) -> int:
        """Disarm one fault, or all; returns how many were armed.

        Raises:
            NotThere: no fault has that number.
        """
        now = self._clock.now()
        with self._lock:
            found = [entry for entry in self._entries if number in {None, entry.number}]
            live = [entry for entry in found if not entry.spent(now)]
            for entry in live:
                entry.disarmed = True
        if number is not None and not found:
            known = ", ".join(str(it.number) for it in self.all() if not it.spent) or "none"
            raise NotThere(f"no fault has the number {number}; armed: {known}")
        return len(live)

    def all(self) -> list[Armed]:
        """What is armed, and what was spent of late, oldest first."""
        now = self._clock.now()
        with self._lock:
            return [entry.shown(now) for entry in self._entries]

    def __bool__(self) -> bool:
        return bool(self._entries)

    def take(self, request: Request, now: datetime) -> dict[Stage, Taken]:
        """What happens to a request, by stage: one fault, and one delay on top. It counts as having happened."""
        taken: dict[Stage, Taken] = {}
        with self._lock:
            for entry in tuple(self._entries):
                stage = entry.fault.stage
                has_its_like = stage in taken if stage == "delay" else bool(taken.keys() - {"delay"})
                if has_its_like or entry.spent(now) or not entry.fault.fits(request) or not entry.draw():
                    continue
                entry.happened += 1
                if stage == "pass":
                    break
                taken[stage] = Taken(entry.fault, entry.number, entry.happened)
            self._forget(now)
        return taken

    def give_back(self, taken: Taken) -> None:
        """A fault found nothing to do, so it has not happened."""
        with self._lock:
            for entry in self._entries:
                if entry.number == taken.number:
                    entry.happened -= 1

    def _forget(self, now: datetime) -> None:
        """Keep the list short: of the spent ones the newest stay, for those who look."""
        spent = [entry for entry in self._entries if entry.spent(now)]
        for entry in spent[:-_SPENT_REMEMBERED]:
            self._entries.remove(entry)
