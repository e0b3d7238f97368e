"""Rate limits: how many requests in a second and in a minute, by the sandbox's clock (docs/wise/errors.md#rate-limits)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mockwise.errors import InvalidValueError
from mockwise.storage.store import Kind, Store, change

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_FIGURES = re.compile(r"(?:(\d{1,9})/s)?,?\s*(?:(\d{1,9})/min)?")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many requests in each second and each minute; None: any number."""

    per_second: int | None = None
    per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What a sandbox allows each client, and each user of a personal token."""

    client: Limit = Limit()
    person: Limit = Limit()

    def __str__(self) -> str:
        if self == OFF:
            return "off"
        if self == DOCUMENTED:
            return "documented"
        figures = ((self.client.per_second, "s"), (self.client.per_minute, "min"))
        return ",".join(f"{figure}/{unit}" for figure, unit in figures if figure is not None)


OFF = RateLimit()
DOCUMENTED = RateLimit(client=Limit(100, 1000), person=Limit(100, 900))
"""Facts 5.3: a partner's client; a personal token's user on the web."""


def parse_rate_limit(value: str | RateLimit) -> RateLimit:
    """Read `off`, `documented`, or figures such as `10/s`, `100/min` or `10/s,100/min`.

    Raises:
        BadValue: it is none of them.
    """
    if isinstance(value, RateLimit):
        return value
    named = {"off": OFF, "documented": DOCUMENTED}.get(value)
    if named is not None:
        return named
    found = _FIGURES.fullmatch(value) if value else None
    figures = [int(figure) if figure else None for figure in found.groups()] if found else [0]
    if 0 in figures or figures == [None, None]:
        raise InvalidValueError(
            f"write off, documented, or figures such as 10/s, 100/min or 10/s,100/min: {value!r}"
        )
    limit = Limit(*figures)
    return RateLimit(limit, limit)


@dataclass(frozen=True, slots=True)
class Window:
    """How many requests came in one second or minute; `index` counts them from 1970."""

    index: int
    count: int


WINDOWS = Kind("window", Window)


class RateLimiter:
    """Counts the requests of one sandbox."""

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
