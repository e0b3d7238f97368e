"""How long whoever asks the state waits for it: one bound for all that a request, or a call in Python, asks of it.

A request that is served beside the event loop says until when it waits; each store looks here before it waits for
another process, and gives up in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from mockwise.errors import StorageError
from mockwise.real_time import monotonic

WAIT_LIMIT = 5.0
"""Seconds that a request waits for the state in all, and so long a single call in Python."""

_until: ContextVar[float | None] = ContextVar("mockwise_waits_until", default=None)


@contextmanager
def waiting_until(moment: float) -> Iterator[None]:
    """Let what is asked in here wait until then, by `real_time.monotonic()`, and not begin later."""
    before = _until.set(moment)
    try:
        yield
    finally:
        _until.reset(before)


def time_left(usual: float = WAIT_LIMIT) -> float:
    """For how many seconds this thread may wait now: `usual`, or less if its request waits no longer.

    Raises:
        StorageError: the request's time is over.
    """
    moment = _until.get()
    if moment is None:
        return usual
    left = moment - monotonic()
    if left <= 0:
        raise too_late()
    return min(usual, left)


def too_late() -> StorageError:
    """What a request is told whose time is over."""
    return StorageError(
        f"the state did not answer within {WAIT_LIMIT:g} seconds. See to what holds it up; the mock tries again with "
        "each request",
        f"The state that mockwise was started with (--state) did not answer within {WAIT_LIMIT:g} seconds. Try again.",
    )
