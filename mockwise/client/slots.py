"""Where tokens are kept: in memory, one per thread, or per event loop, and never in a copy of the process.

Wise asks for one token per thread or worker (facts 2). A forked worker therefore does not inherit its parent's.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import os
import threading
from dataclasses import dataclass, field

from mockwise.client.errors import WiseError
from mockwise.client.token import Held

_log = logging.getLogger("mockwise.client")


@dataclass(slots=True)
class Slot:
    """The token of one thread or loop; the lock, used by loops alone, makes its fetching a single flight."""

    held: Held | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    flights: int = 0
    """Fetches that came to an end, well or badly."""
    failure: WiseError | None = None
    """How the last one ended, if badly."""

    def usable(self, now: float) -> Held | None:
        """The token, if it can be used as it is: also an ageing one that somebody is renewing at this moment."""
        if self.held is not None and self.lock.locked() and self.held.alive(now):
            return self.held
        return self.fresh(now)

    def fresh(self, now: float) -> Held | None:
        """The token, if it is not yet time to renew it."""
        return self.held if self.held is not None and self.held.fresh(now) else None

    def shared(self, seen: int) -> Held | None:
        """What a flight brought that ended while we waited for it; `seen` is the number of flights before.

        Raises:
            WiseError: it failed, and so have we.
        """
        if self.flights == seen:
            return None
        if self.failure is not None:
            raise copy.copy(self.failure)
        return self.held

    def landed(self, held: Held) -> Held:
        """Keep what a flight brought."""
        self.held, self.failure, self.flights = held, None, self.flights + 1
        return held

    def crashed(self, error: WiseError, now: float) -> Held:
        """What to use after a failed flight: the older token, as long as it lives.

        Raises:
            WiseError: there is none: the error itself.
        """
        self.flights += 1
        if self.held is None or not self.held.alive(now):
            # A copy has no traceback, whose frames would keep the request alive.
            self.held, self.failure = None, copy.copy(error)
            raise error
        self.held, self.failure = self.held.postponed(now), None
        _log.warning("the token could not be renewed, and the older one is used while it lives: %s", error)
        return self.held

    def drop(self, held: Held) -> None:
        """Forget a token that was refused, unless another one has taken its place."""
        if self.held is not None and self.held.token is held.token:
            self.held = None


class Slots(threading.local):
    """The slots of this thread."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._process = os.getpid()
        self._own = Slot()
        self._loops: dict[asyncio.AbstractEventLoop, Slot] = {}

    def of_thread(self) -> Slot:
        """The slot of sync calls in this thread."""
        if self._process != os.getpid():
            self._clear()
        return self._own

    def of_loop(self) -> Slot:
        """The slot of the running event loop."""
        self.of_thread()
        loop = asyncio.get_running_loop()
        if loop not in self._loops:
            # A weak dictionary would keep them: a lock that was waited for knows its loop.
            self._loops = {other: slot for other, slot in self._loops.items() if not other.is_closed()}
            self._loops[loop] = Slot()
        return self._loops[loop]
