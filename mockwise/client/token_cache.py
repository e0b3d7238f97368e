"""Where tokens are kept: in memory alone.

Wise asks for one token of a client per thread or worker (docs/wise/lifetimes-and-formats.md#storage): `TokenCache` has one for each thread and event loop, and
a forked worker does not inherit its parent's. A user has one token at a time, since each new one is the end of the one
before (docs/wise/lifetimes-and-formats.md#lifetimes): `SharedTokenCache` has one for all threads and loops. A forked worker inherits that token, because fetching
one of its own would end its parent's, but neither its lock nor a fetch that was under way.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace

from mockwise.client.errors import LinkBroken, WiseError
from mockwise.client.grants import Grant, RefreshToken
from mockwise.client.single_flight import SingleFlight, Waiter
from mockwise.client.token import CachedToken, Token

_log = logging.getLogger("mockwise.client")


class TokenSlot:
    """One token, what it is asked for with, and the one flight that may fetch another."""

    def __init__(
        self,
        grant: Grant,
        held: CachedToken | None = None,
        *,
        tell: Callable[[Token], object] | None = None,
        broken: LinkBroken | None = None,
    ) -> None:
        self.grant = grant
        self.held = held
        self.broken = broken
        """Why there will be no token any more."""
        self.tell = tell
        """Who is told of each new token."""
        self._single_flight: SingleFlight | None = None
        # One that its owner may take twice: the garbage collector may close an abandoned flight at any moment.
        self._lock = threading.RLock()

    def fork(self) -> TokenSlot:
        """The same in a copy of the process, whose lock is free."""
        return TokenSlot(self.grant, self.held, tell=self.tell, broken=self.broken)

    def acquire(
        self, now: float, task: asyncio.Task[object] | None = None
    ) -> CachedToken | SingleFlight | Waiter:
        """The token if it can be used as it is, a flight to lead, or a seat in the one that is under way.

        An ageing token can be used while somebody fetches another, if that one is not its end.

        Raises:
            LinkBroken: there will be no token any more.
            RuntimeError: the caller would wait for himself.
        """
        with self._lock:
            if self.broken is not None:
                raise copy.copy(self.broken)
            held, single_flight = self.held, self._single_flight
            if single_flight is None:
                if held is not None and held.fresh(now):
                    return held
                spare = held if held is not None and held.alive(now) else None
                self._single_flight = SingleFlight(self.grant, spare, task)
                return self._single_flight
            if held is not None and held.alive(now) and not self.grant.replaces:
                return held
            return single_flight.waiter(task)

    @contextmanager
    def leading(self, single_flight: SingleFlight) -> Generator[None]:
        """While it is under way; nobody begins another one."""
        try:
            yield
        finally:
            with self._lock:
                if self._single_flight is single_flight:
                    self._single_flight = None
            single_flight.end()

    def complete(self, single_flight: SingleFlight, held: CachedToken) -> CachedToken | None:
        """Keep what a flight brought; None: it is of no use, because everything began anew meanwhile."""
        with self._lock:
            if self._single_flight is not single_flight:
                return None
            if isinstance(self.grant, RefreshToken):
                self.grant = RefreshToken(held.token.refresh_token or self.grant.refresh_token)
                held = replace(held, token=replace(held.token, refresh_token=self.grant.refresh_token))
            self.held = held
        single_flight.land(held)
        if self.tell is not None:
            self.tell(held.token)
        return held

    def fail(self, single_flight: SingleFlight, error: WiseError, now: float) -> CachedToken | None:
        """What to use after a failed flight: the older token, as long as it lives; None as in `landed`.

        Raises:
            WiseError: there is none, or the link is broken: the error itself.
        """
        with self._lock:
            if self._single_flight is not single_flight:
                return None
            if isinstance(error, LinkBroken):
                self.held, self.broken = None, copy.copy(error)
            if self.held is None or not self.held.alive(now):
                self.held = None
                single_flight.land(error)
                raise error
            held = self.held = self.held.postponed(now)
        single_flight.land(held)
        _log.warning("the token could not be renewed, and the older one is used while it lives: %s", error)
        return held

    def drop(self, held: CachedToken) -> None:
        """Forget a token that was refused, unless another one has taken its place."""
        with self._lock:
            if self.held is not None and self.held.token is held.token:
                self.held = None

    def restart(self, grant: Grant, held: CachedToken | None) -> None:
        """Begin anew; what is under way is of no use any more."""
        with self._lock:
            self.grant, self.held, self.broken, self._single_flight = grant, held, None, None


class TokenCache(threading.local):
    """The slots of this thread, all for the same grant."""

    def __init__(self, grant: Grant) -> None:
        self._grant = grant
        self._clear()

    def _clear(self) -> None:
        self._process = os.getpid()
        self._own = TokenSlot(self._grant)
        self._loops: dict[asyncio.AbstractEventLoop, TokenSlot] = {}

    def of_thread(self) -> TokenSlot:
        """The slot of sync calls in this thread."""
        if self._process != os.getpid():
            self._clear()
        return self._own

    def of_loop(self) -> TokenSlot:
        """The slot of the running event loop."""
        self.of_thread()
        loop = asyncio.get_running_loop()
        if loop not in self._loops:
            # A weak dictionary would keep them: a slot may know a task, which knows its loop.
            self._loops = {other: slot for other, slot in self._loops.items() if not other.is_closed()}
            self._loops[loop] = TokenSlot(self._grant)
        return self._loops[loop]


class SharedTokenCache:
    """One slot for all threads and loops of a process."""

    def __init__(self, slot: TokenSlot) -> None:
        self._slots = {os.getpid(): slot}

    def of_process(self) -> TokenSlot:
        """The slot; in a copy of the process, its heir. The first thread to ask makes it: `setdefault` is atomic."""
        process = os.getpid()
        if process not in self._slots:
            parent = next(reversed(self._slots.values()))
            self._slots.setdefault(process, parent.fork())
        return self._slots[process]
