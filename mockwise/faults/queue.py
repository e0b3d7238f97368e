"""What is armed in a sandbox, and which request takes what of it.

A fault that is armed is a record like any other, so that mocks that share their state spend it once over all. (One
with a function of its user's lives in one process alone.)
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from mockwise.common.clock import Clock
from mockwise.errors import NotFoundError
from mockwise.faults.base import Fault, FaultStage, Request
from mockwise.faults.index import LANES, FaultIndex
from mockwise.storage.list_version import RecordListVersion
from mockwise.storage.record_index import some_of
from mockwise.storage.store import Kind, Store, change

_SPENT_REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class ArmedFaultRecord:
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
    disarmed: bool = False
    """Whether that is because it was disarmed."""

    @property
    def waits(self) -> bool:
        """Whether it was armed for something that did not come: one without an end need happen only once."""
        return not self.spent and (self.fault.limit is not None or self.happened == 0)


class TriggeredFault(NamedTuple):
    """A fault that happens to a request."""

    fault: Fault
    number: int
    """Its name in the sandbox."""
    nth: int
    """For the how many-eth time, from 1."""


@dataclass(frozen=True, slots=True)
class FaultRecord:
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

    def after(self) -> FaultRecord:
        """The same after a request that fits; a draw repeats by the fault's seed, whichever mock draws."""
        if self.fault.share is None:
            return replace(self, happened=self.happened + 1)
        draw = random.Random(f"{self.fault.seed} {self.drawn}").random()  # noqa: S311  because it must repeat
        return replace(self, drawn=self.drawn + 1, happened=self.happened + (draw < self.fault.share))

    def shown(self, now: datetime) -> ArmedFaultRecord:
        """As it is now."""
        return ArmedFaultRecord(
            self.number, self.fault, self.armed_at, self.happened, self.spent(now), self.disarmed
        )


FAULT_RECORDS = Kind("load", FaultRecord)


class FaultQueue:
    """The faults of one sandbox."""

    def __init__(self, store: Store, sandbox: str, clock: Clock) -> None:
        self._store = store
        self._sandbox = sandbox
        self._clock = clock
        self._lock = threading.Lock()
        self._edition = RecordListVersion(
            store, sandbox, "faults"
        )  # raised when something is armed or given back
        self._of = 0  # the edition that the index is of
        self._index = FaultIndex[FaultRecord](())
        self._outlived_at: datetime | None = (
            None  # the latest time at which the time of one that was left out was over
        )
        self._arms_until_forgetting = 0

    def arm(self, fault: Fault) -> ArmedFaultRecord:
        """Arm a fault behind those that are armed already.

        Raises:
            InvalidValueError: it has a function, and the mock's state is kept in a file or on a server.
        """
        now = self._clock.now()
        self._forget(now)
        load = FaultRecord(self._store.increment(self._sandbox, "faults"), fault, now)
        self._store.put(FAULT_RECORDS, self._sandbox, str(load.number), load)
        self._tell_others(load)
        return load.shown(now)

    def disarm(self, number: int | None = None) -> int:
        """Disarm one fault, or all; returns how many were armed.

        Raises:
            NotFoundError: no fault has that number.
        """
        now = self._clock.now()
        found = self._loads() if number is None else self._numbered(number)
        if number is not None and not found:
            known = some_of(it.number for it in self.all() if not it.spent)
            raise NotFoundError(f"no fault has the number {number}; armed: {known}")
        live = [load for load in found if not load.spent(now)]
        for load in live:
            self._change(load.number, lambda old: replace(old, disarmed=True))
        return len(live)

    def all(self) -> list[ArmedFaultRecord]:
        """What is armed, and what was spent of late, oldest first."""
        now = self._clock.now()
        shown = [load.shown(now) for load in self._loads()]
        late = {it.number for it in [it for it in shown if it.spent][-_SPENT_REMEMBERED:]}
        return [it for it in shown if not it.spent or it.number in late]

    def take(
        self, request: Callable[[], Request], now: datetime, in_turn: Callable[[], None] | None = None
    ) -> dict[FaultStage, TriggeredFault]:
        """What happens to a request, by stage: one fault, and one delay on top. It counts as having happened.

        Args:
            request: tells it; not asked if nothing is armed.
            now: the sandbox's time.
            in_turn: returns once the requests before this one have taken theirs; not asked if nothing is armed.
        """
        taken: dict[FaultStage, TriggeredFault] = {}
        index = self._up_to_date(now)
        if not index:
            return taken
        if in_turn is not None:
            in_turn()
        asked = request()
        lanes = {lane: index.candidates(lane, asked) for lane in LANES}
        heads = {lane: load for lane, loads in lanes.items() if (load := next(loads, None))}
        while heads:
            lane = min(heads, key=lambda it: heads[it].number)
            load = heads.pop(lane)
            nth = self._happen(load, asked, now)
            if nth is None:
                if (following := next(lanes[lane], None)) is not None:
                    heads[lane] = following
            elif load.fault.stage == "pass":
                break
            else:
                taken[load.fault.stage] = TriggeredFault(load.fault, load.number, nth)
        return taken

    def untrigger(self, taken: TriggeredFault) -> None:
        """A fault found nothing to do, so it has not happened."""
        load = self._change(taken.number, lambda old: replace(old, happened=old.happened - 1))
        if load is not None:
            self._tell_others(load)  # who may have seen it spent

    def _happen(self, load: FaultRecord, asked: Request, now: datetime) -> int | None:
        """For the how many-eth time it happens, if it fits, nobody else took the last time meanwhile, and the draw hits."""
        if not load.spent(now) and not load.fault.fits(asked):
            return None
        found: FaultRecord | None = load
        while found is not None and not found.spent(now):
            after = found.after()
            if self._store.replace(FAULT_RECORDS, self._sandbox, str(load.number), found, after):
                self._index.update(after)
                return after.happened if after.happened > found.happened else None
            found = self._store.get(FAULT_RECORDS, self._sandbox, str(load.number))
        self._leave_out(load.number, found, now)
        return None

    def _up_to_date(self, now: datetime) -> FaultIndex[FaultRecord]:
        """The index, made anew if others armed something, or a fault may happen again since the clock was set back."""
        edition = self._edition.read()
        with self._lock:
            is_behind = self._outlived_at is not None and now < self._outlived_at
            if edition > self._of or is_behind:
                self._index = FaultIndex(load for load in self._loads() if not load.disarmed)
                self._of, self._outlived_at = edition, None
            return self._index

    def _leave_out(self, number: int, load: FaultRecord | None, now: datetime) -> None:
        """A fault cannot happen any more, unless it is given back, or its time begins anew with a clock that is set back."""
        with self._lock:
            self._index.remove(number)
            if load is not None and load.fault.lasts is not None:
                self._outlived_at = max(self._outlived_at or now, now)

    def _tell_others(self, load: FaultRecord) -> None:
        """Have every mock that shares the state see a fault that may happen from now on."""
        edition = self._edition.advance()
        with self._lock:
            if edition == self._of + 1:  # or somebody else armed one meanwhile
                self._of = edition
                self._index.put(load)

    def _numbered(self, number: int) -> list[FaultRecord]:
        load = self._store.get(FAULT_RECORDS, self._sandbox, str(number))
        return [] if load is None else [load]

    def _loads(self) -> list[FaultRecord]:
        return [load for _, load in self._store.scan(FAULT_RECORDS, self._sandbox)]

    def _change(self, number: int, to: Callable[[FaultRecord], FaultRecord]) -> FaultRecord | None:
        load = change(self._store, FAULT_RECORDS, self._sandbox, str(number), to)
        if load is not None:
            self._index.update(load)
        return load

    def _forget(self, now: datetime) -> None:
        """Keep the list short: of the spent ones the newest stay, for those who look.

        Where many are armed it is looked through as many arms later, so that arming costs the same however many there are.
        """
        self._arms_until_forgetting -= 1
        if self._arms_until_forgetting > 0:
            return
        loads = self._loads()
        spent = [load for load in loads if load.spent(now)]
        for load in spent[:-_SPENT_REMEMBERED]:
            self._store.delete(FAULT_RECORDS, self._sandbox, str(load.number))
            self._index.remove(load.number)
        self._arms_until_forgetting = len(loads) - len(spent)
