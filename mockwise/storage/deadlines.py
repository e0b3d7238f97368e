"""How long a caller waits for the store: one deadline for all that a request, or a call in Python, asks of it.

A request that is served beside the event loop sets its deadline here; each store checks it before it waits for another
process, and gives up in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from mockwise.errors import StorageError
from mockwise.real_time import monotonic

WAIT_LIMIT = 5.0
"""Seconds that a request waits for the store in all, or a single call in Python."""

_until: ContextVar[float | None] = ContextVar("mockwise_waits_until", default=None)


@contextmanager
def waiting_until(moment: float) -> Iterator[None]:
    """Set the deadline, by `real_time.monotonic()`, for everything that is asked of the store in the block."""
    before = _until.set(moment)
    try:
        yield
    finally:
        _until.reset(before)


def time_left(usual: float = WAIT_LIMIT) -> float:
    """For how many seconds this thread may wait now: `usual`, or less if its request waits no longer.

    Raises:
        StorageError: the deadline has passed.
    """
    moment = _until.get()
    if moment is None:
        return usual
    left = moment - monotonic()
    if left <= 0:
        raise too_late()
    return min(usual, left)


def too_late() -> StorageError:
    """The error of a request whose deadline has passed."""
    return StorageError(
        f"the state did not answer within {WAIT_LIMIT:g} seconds. See to what holds it up; the mock tries again with "
        "each request",
        f"The state that mockwise was started with (--state) did not answer within {WAIT_LIMIT:g} seconds. Try again.",
    )
