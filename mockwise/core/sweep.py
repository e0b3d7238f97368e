"""Forgetting what ended long ago, a little at a time.

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
    """Sweeps one kind of record. It holds no function of its owner, so that a dropped sandbox is freed at once."""

    def __init__(self, now: datetime) -> None:
        self._round: Iterator[R] = iter(())
        self._began = now

    def step(
        self,
        now: datetime,
        everything: Callable[[], Iterable[R]],
        ended: Callable[[R], datetime | None],
        forget: Callable[[R], None],
    ) -> None:
        """Look at a few.

        Args:
            now: the sandbox's time.
            everything: the records, oldest first.
            ended: when a record ended; None while it lives.
            forget: removes a record.
        """
        for _ in range(_LOOKED_AT):
            record = next(self._round, None)
            if record is None:
                if abs(now - self._began) >= KEPT_AFTER_END / 2:
                    self._round = iter(everything())
                    self._began = now
                return
            end = ended(record)
            if end is not None and now - end > KEPT_AFTER_END:
                forget(record)
