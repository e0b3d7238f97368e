"""Rate limits: how many requests in a second and in a minute, by the sandbox's clock (docs/wise/errors.md#rate-limits)."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from mockwise.common.rate_limit import Limit
from mockwise.storage.store import Kind, Record, Store, change

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Window(Record, frozen=True):
    """How many requests came in one second or minute; `index` counts them from 1970."""

    index: int
    count: int


WINDOWS = Kind("rate-limit-window", Window)


class RateLimiter:
    """Counts the requests of one sandbox, and says which of them exceed a rate limit."""

    def __init__(self, store: Store, sandbox: str) -> None:
        self._store = store
        self._sandbox = sandbox

    def wait(self, who: str, limit: Limit, now: datetime) -> int:
        """Count a request of `who`; the whole seconds until the next one is let through, 0: this one is."""
        waits = [
            self._seconds(f"{who} {period.seconds}", figure, period, now)
            for period, figure in ((_SECOND, limit.per_second), (_MINUTE, limit.per_minute))
            if figure is not None
        ]
        return max(waits, default=0)

    def _seconds(self, key: str, figure: int, period: timedelta, now: datetime) -> int:
        index = (now - _EPOCH) // period
        self._store.replace(WINDOWS, self._sandbox, key, None, Window(index, 0))
        window = change(
            self._store,
            WINDOWS,
            self._sandbox,
            key,
            lambda old: Window(index, old.count + 1 if old.index == index else 1),
        )
        if window is None or window.count <= figure:  # None: the sandbox was dropped meanwhile
            return 0
        return max(math.ceil((_EPOCH + (index + 1) * period - now) / _SECOND), 1)
