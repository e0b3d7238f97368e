"""Rate limits as people write them: how many requests in a second and in a minute (docs/wise/errors.md#rate-limits)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mockwise.errors import InvalidValueError

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
"""DOCUMENTED, docs/wise/errors.md#rate-limits: a partner's client; a personal token's user on the web."""


def parse_rate_limit(value: str | RateLimit) -> RateLimit:
    """Read `off`, `documented`, or figures such as `10/s`, `100/min` or `10/s,100/min`.

    Raises:
        InvalidValueError: it is none of them.
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
