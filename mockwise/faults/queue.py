"""The queue of armed faults of a sandbox, from which each request takes what happens to it.

An armed fault is a record in the store, so that mocks that share the state spend it once in all. (A fault with a `when`
function stays in one process.)
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from msgspec.structs import asdict, replace

from mockwise.common.clock import Clock
from mockwise.errors import NotFoundError
from mockwise.faults.base import Fault, FaultStage, Request
from mockwise.faults.index import LANES, FaultIndex
from mockwise.faults.stored import read_stored_fault, write_stored_fault
from mockwise.storage.list_version import RecordListVersion
from mockwise.storage.record_index import some_of
from mockwise.storage.store import Kind, Record, Store, StoredForm, change

F = TypeVar("F")

_SPENT_REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class ArmedFaultRecord:
    """An armed or spent fault as people are shown it."""

    number: int
    """Counts up within the sandbox, from 1; names the fault."""
    fault: Fault
    armed_at: datetime
    """On the sandbox's clock."""
    happened: int
    """How often it has happened so far."""
    spent: bool
    """Whether it cannot happen any more: it did, its time is over, or it was disarmed."""
    disarmed: bool = False
    """Whether that is because it was disarmed."""

    @property
    def waits(self) -> bool:
        """Whether it is not spent yet; a fault without a limit need happen only once."""
        return not self.spent and (self.fault.limit is not None or self.happened == 0)


class TriggeredFault(NamedTuple):
    """A fault that happens to one request."""

    fault: Fault
    number: int
    """The number by which the sandbox knows the fault."""
    nth: int
    """Which time of the fault this is, from 1."""


class _FaultFields(Record, Generic[F], frozen=True, gc=True):
    """The fields of an armed fault's record; the fault itself is text in a store outside this process."""

    number: int
    fault: F
    armed_at: datetime
    happened: int = 0
    drawn: int = 0
    """How many draws were made, if the fault is for a share of requests."""
    disarmed: bool = False


class FaultRecord(
    _FaultFields[Fault], frozen=True, gc=True
):  # its fault may have a function, which may refer to anything
    """The record of an armed fault."""

    def spent(self, now: datetime) -> bool:
        """Whether it cannot happen any more."""
        limit, lasts = self.fault.limit, self.fault.lasts
        return (
            self.disarmed
            or (limit is not None and self.happened >= limit)
            or (lasts is not None and now - self.armed_at >= lasts)
        )

    def after(self) -> FaultRecord:
        """The record after a request that fits; the fault's seed repeats the draws, whichever mock draws."""
        if self.fault.share is None:
            return replace(self, happened=self.happened + 1)
        draw = random.Random(f"{self.fault.seed} {self.drawn}").random()  # noqa: S311  because it must repeat
        return replace(self, drawn=self.drawn + 1, happened=self.happened + (draw < self.fault.share))

    def shown(self, now: datetime) -> ArmedFaultRecord:
        """The fault as people are shown it at that time."""
        return ArmedFaultRecord(
            self.number, self.fault, self.armed_at, self.happened, self.spent(now), self.disarmed
        )


def _store(record: FaultRecord) -> _FaultFields[str]:
    return _FaultFields(**asdict(record) | {"fault": write_stored_fault(record.fault)})


def _restore(stored: _FaultFields[str]) -> FaultRecord:
    return FaultRecord(**asdict(stored) | {"fault": read_stored_fault(stored.fault)})


FAULT_RECORDS = Kind("fault", FaultRecord, StoredForm(_FaultFields[str], _store, _restore))


class FaultQueue:
    """The armed faults of one sandbox: arms and disarms them, and gives each request its own."""

    def __init__(self, store: Store, sandbox: str, clock: Clock) -> None:
        self._store = store
        self._sandbox = sandbox
        self._clock = clock
        self._lock = threading.Lock()
        # Advanced when a fault is armed or untriggered.
        self._list_version = RecordListVersion(store, sandbox, "faults")
        self._index_version = 0  # the version of the list that the index was made from
        self._index = FaultIndex[FaultRecord](())
        self._expired_at: datetime | None = None  # the latest time at which an excluded fault had expired
        self._arms_until_forgetting = 0

    def arm(self, fault: Fault) -> ArmedFaultRecord:
        """Arm a fault behind those that are armed already.

        Raises:
            InvalidValueError: it has a function, and the mock's state is kept in a file or on a server.
        """
        now = self._clock.now()
        self._forget(now)
        record = FaultRecord(self._store.increment(self._sandbox, "faults"), fault, now)
        self._store.put(FAULT_RECORDS, self._sandbox, str(record.number), record)
        self._tell_others(record)
        return record.shown(now)

    def disarm(self, number: int | None = None) -> int:
        """Disarm one fault, or all; returns how many were armed.

        Raises:
            NotFoundError: no fault has that number.
        """
        now = self._clock.now()
        found = self._records() if number is None else self._of_number(number)
        if number is not None and not found:
            known = some_of(it.number for it in self.all() if not it.spent)
            raise NotFoundError(f"no fault has the number {number}; armed: {known}")
        live = [record for record in found if not record.spent(now)]
        for record in live:
            self._change(record.number, lambda old: replace(old, disarmed=True))
        return len(live)

    def all(self) -> list[ArmedFaultRecord]:
        """All faults that are armed, and the last ones that were spent, oldest first."""
        now = self._clock.now()
        shown = [record.shown(now) for record in self._records()]
        late = {it.number for it in [it for it in shown if it.spent][-_SPENT_REMEMBERED:]}
        return [it for it in shown if not it.spent or it.number in late]

    def take(
        self, request: Callable[[], Request], now: datetime, in_turn: Callable[[], None] | None = None
    ) -> dict[FaultStage, TriggeredFault]:
        """Take the faults that happen to a request, by stage: one fault, and one delay on top; they count as happened.

        Args:
            request: returns the request; not called if nothing is armed.
            now: the sandbox's time.
            in_turn: returns once earlier requests have taken theirs; not called if nothing is armed.
        """
        taken: dict[FaultStage, TriggeredFault] = {}
        index = self._up_to_date(now)
        if not index:
            return taken
        if in_turn is not None:
            in_turn()
        asked = request()
        lanes = {lane: index.candidates(lane, asked) for lane in LANES}
        heads = {lane: record for lane, records in lanes.items() if (record := next(records, None))}
        while heads:
            lane = min(heads, key=lambda it: heads[it].number)
            record = heads.pop(lane)
            nth = self._happen(record, asked, now)
            if nth is None:
                if (following := next(lanes[lane], None)) is not None:
                    heads[lane] = following
            elif record.fault.stage == "pass":
                break
            else:
                taken[record.fault.stage] = TriggeredFault(record.fault, record.number, nth)
        return taken

    def untrigger(self, taken: TriggeredFault) -> None:
        """Take a fault's happening back, because it found nothing to change in the answer."""
        record = self._change(taken.number, lambda old: replace(old, happened=old.happened - 1))
        if record is not None:
            self._tell_others(record)  # other mocks may have seen it spent

    def _happen(self, record: FaultRecord, asked: Request, now: datetime) -> int | None:
        """Let a fault happen if it fits, is not spent meanwhile, and the draw hits; returns which time it is, or None."""
        if not record.spent(now) and not record.fault.fits(asked):
            return None
        found: FaultRecord | None = record
        while found is not None and not found.spent(now):
            after = found.after()
            if self._store.replace(FAULT_RECORDS, self._sandbox, str(record.number), found, after):
                self._index.update(after)
                return after.happened if after.happened > found.happened else None
            found = self._store.get(FAULT_RECORDS, self._sandbox, str(record.number))
        self._exclude(record.number, found, now)
        return None

    def _up_to_date(self, now: datetime) -> FaultIndex[FaultRecord]:
        """The index; made anew if another mock armed a fault, or if the clock was set back and a fault may happen again."""
        version = self._list_version.read()
        with self._lock:
            is_behind = self._expired_at is not None and now < self._expired_at
            if version > self._index_version or is_behind:
                self._index = FaultIndex(record for record in self._records() if not record.disarmed)
                self._index_version, self._expired_at = version, None
            return self._index

    def _exclude(self, number: int, record: FaultRecord | None, now: datetime) -> None:
        """Remove a fault from the index until it is untriggered, or the clock is set back to before its end."""
        with self._lock:
            self._index.remove(number)
            if record is not None and record.fault.lasts is not None:
                self._expired_at = max(self._expired_at or now, now)

    def _tell_others(self, record: FaultRecord) -> None:
        """Let every mock that shares the state notice a fault that may happen from now on."""
        version = self._list_version.advance()
        with self._lock:
            if version == self._index_version + 1:  # else another mock armed one meanwhile, too
                self._index_version = version
                self._index.put(record)

    def _of_number(self, number: int) -> list[FaultRecord]:
        record = self._store.get(FAULT_RECORDS, self._sandbox, str(number))
        return [] if record is None else [record]

    def _records(self) -> list[FaultRecord]:
        return [record for _, record in self._store.scan(FAULT_RECORDS, self._sandbox)]

    def _change(self, number: int, to: Callable[[FaultRecord], FaultRecord]) -> FaultRecord | None:
        record = change(self._store, FAULT_RECORDS, self._sandbox, str(number), to)
        if record is not None:
            self._index.update(record)
        return record

    def _forget(self, now: datetime) -> None:
        """Remove the records of spent faults, but for the newest, which lists still show.

        With n faults armed this is done at every n-th arming, so that arming costs the same however many there are.
        """
        self._arms_until_forgetting -= 1
        if self._arms_until_forgetting > 0:
            return
        records = self._records()
        spent = [record for record in records if record.spent(now)]
        for record in spent[:-_SPENT_REMEMBERED]:
            self._store.delete(FAULT_RECORDS, self._sandbox, str(record.number))
            self._index.remove(record.number)
        self._arms_until_forgetting = len(records) - len(spent)
