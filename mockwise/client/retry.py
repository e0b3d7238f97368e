"""When a token request is repeated: number of attempts, waits and total time.

The wait before attempt n is drawn evenly from 0 to `first_wait` * 2**n, at most `longest_wait` ("full jitter"): many
clients that lost the same server do not come back at the same moment. A server that says `Retry-After` is given that
time and the jitter on top. Attempts and total time are bounded; a wait that would exceed the bound is not begun.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime


def wall_time() -> float:
    """Seconds since 1970, by `time.time` as it is at the call, because a test may have replaced it."""
    return time.time()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long to retry, and the functions that sleep and draw random numbers, which tests replace.

    Times are in seconds. `patience` bounds the waiting and the attempts so far; the last attempt may take as long as
    the timeout of the httpx client allows on top.
    """

    attempts: int = 4
    patience: float = 30.0
    first_wait: float = 0.5
    longest_wait: float = 8.0
    sleep: Callable[[float], object] = time.sleep
    asleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    draw: Callable[[], float] = random.random
    """Returns a random number from 0 to 1."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("attempts: at least 1")

    def wait(self, attempt: int, elapsed: float, retry_after: float | None) -> float | None:
        """Seconds to wait after so many attempts and so much time, or None: give up."""
        if attempt >= self.attempts:
            return None
        wait = self.draw() * min(self.longest_wait, self.first_wait * 2 ** (attempt - 1))
        wait += retry_after or 0.0
        return wait if elapsed + wait <= self.patience else None


def read_retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait by a `Retry-After` in either form (RFC 9110 §10.2.3); None if there is none that makes sense."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now)
