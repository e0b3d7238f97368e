"""Removes records that ended long ago, a few at a time.

A few records are looked at whenever one is added, in turn, because looking at a million of them at once would hold
everybody up for seconds; and a new round begins when so much time has passed that there may be something to forget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Generic, TypeVar

R = TypeVar("R")

KEPT_AFTER_END = timedelta(days=1)
"""How long a dead record stays, on the sandbox's clock, so that a refusal can say what it died of."""

_LOOKED_AT = 2


class Sweeper(Generic[R]):
    """Removes old records of one kind. It keeps no function of its owner, so that a dropped sandbox is freed at once."""

    def __init__(self, now: datetime) -> None:
        self._round: Iterator[str] = iter(())
        self._began = now

    def step(
        self,
        now: datetime,
        keys: Callable[[], Iterable[str]],
        get: Callable[[str], R | None],
        ended: Callable[[R], datetime | None],
        forget: Callable[[R], None],
    ) -> None:
        """Look at a few records, and remove those that ended long ago.

        Args:
            now: the sandbox's time.
            keys: returns the keys of all records; each record is read when it is its turn.
            get: reads a record.
            ended: when a record ended; None while it lives.
            forget: removes a record.
        """
        for _ in range(_LOOKED_AT):
            key = next(self._round, None)
            if key is None:
                if abs(now - self._began) >= KEPT_AFTER_END / 2:
                    self._round = iter(keys())
                    self._began = now
                return
            record = get(key)
            end = ended(record) if record is not None else None
            if record is not None and end is not None and now - end > KEPT_AFTER_END:
                forget(record)
