"""Keeps tokens, in memory only.

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


class CacheEntry:
    """One token, the grant that renews it, and the fetch that is under way, if any."""

    def __init__(
        self,
        grant: Grant,
        cached: CachedToken | None = None,
        *,
        on_token: Callable[[Token], object] | None = None,
        broken: LinkBroken | None = None,
    ) -> None:
        self.grant = grant
        self.cached = cached
        self.broken = broken
        """Why no token can be fetched any more."""
        self.on_token = on_token
        """Called with each new token."""
        self._single_flight: SingleFlight | None = None
        # Reentrant, because the garbage collector may close an abandoned fetch at any moment, also while the lock is held.
        self._lock = threading.RLock()

    def fork(self) -> CacheEntry:
        """A copy for a forked process, with a free lock and without a fetch."""
        return CacheEntry(self.grant, self.cached, on_token=self.on_token, broken=self.broken)

    def acquire(
        self, now: float, task: asyncio.Task[object] | None = None
    ) -> CachedToken | SingleFlight | Waiter:
        """The token if it can be used as it is, or a fetch to lead, or a waiter for the one that is under way.

        A token that is due for renewal can be used while another is fetched, unless that one ends it.

        Raises:
            LinkBroken: no token can be fetched any more.
            RuntimeError: the call would wait for itself.
        """
        with self._lock:
            if self.broken is not None:
                raise copy.copy(self.broken)
            cached, single_flight = self.cached, self._single_flight
            if single_flight is None:
                if cached is not None and cached.fresh(now):
                    return cached
                spare = cached if cached is not None and cached.alive(now) else None
                self._single_flight = SingleFlight(self.grant, spare, task)
                return self._single_flight
            if cached is not None and cached.alive(now) and not self.grant.replaces:
                return cached
            return single_flight.waiter(task)

    @contextmanager
    def leading(self, single_flight: SingleFlight) -> Generator[None]:
        """Mark a fetch as under way while the block runs; until then no other one begins."""
        try:
            yield
        finally:
            with self._lock:
                if self._single_flight is single_flight:
                    self._single_flight = None
            single_flight.end()

    def complete(self, single_flight: SingleFlight, cached: CachedToken) -> CachedToken | None:
        """Keep the token of a fetch; None if it is obsolete, because `restart` was called meanwhile."""
        with self._lock:
            if self._single_flight is not single_flight:
                return None
            if isinstance(self.grant, RefreshToken):
                self.grant = RefreshToken(cached.token.refresh_token or self.grant.refresh_token)
                cached = replace(cached, token=replace(cached.token, refresh_token=self.grant.refresh_token))
            self.cached = cached
        single_flight.finish(cached)
        if self.on_token is not None:
            self.on_token(cached.token)
        return cached

    def fail(self, single_flight: SingleFlight, error: WiseError, now: float) -> CachedToken | None:
        """The token to use after a failed fetch: the older one while it is alive; None as in `complete`.

        Raises:
            WiseError: there is none, or the link is broken; it is `error` itself.
        """
        with self._lock:
            if self._single_flight is not single_flight:
                return None
            if isinstance(error, LinkBroken):
                self.cached, self.broken = None, copy.copy(error)
            if self.cached is None or not self.cached.alive(now):
                self.cached = None
                single_flight.finish(error)
                raise error
            cached = self.cached = self.cached.postponed(now)
        single_flight.finish(cached)
        _log.warning("the token could not be renewed, and the older one is used while it lives: %s", error)
        return cached

    def drop(self, cached: CachedToken) -> None:
        """Forget a token that was refused, unless another one has taken its place."""
        with self._lock:
            if self.cached is not None and self.cached.token is cached.token:
                self.cached = None

    def restart(self, grant: Grant, cached: CachedToken | None) -> None:
        """Start again with another grant and token; a fetch under way becomes obsolete."""
        with self._lock:
            self.grant, self.cached, self.broken, self._single_flight = grant, cached, None, None


class TokenCache(threading.local):
    """The cache entries of this thread and of its event loops, all for the same grant."""

    def __init__(self, grant: Grant) -> None:
        self._grant = grant
        self._clear()

    def _clear(self) -> None:
        self._process = os.getpid()
        self._own = CacheEntry(self._grant)
        self._loops: dict[asyncio.AbstractEventLoop, CacheEntry] = {}

    def for_thread(self) -> CacheEntry:
        """The entry for sync calls in this thread."""
        if self._process != os.getpid():
            self._clear()
        return self._own

    def for_loop(self) -> CacheEntry:
        """The entry for the running event loop."""
        self.for_thread()
        loop = asyncio.get_running_loop()
        if loop not in self._loops:
            # A weak dictionary would keep closed loops, because an entry may refer to a task, and that to its loop.
            self._loops = {other: entry for other, entry in self._loops.items() if not other.is_closed()}
            self._loops[loop] = CacheEntry(self._grant)
        return self._loops[loop]


class SharedTokenCache:
    """One cache entry for all threads and event loops of a process."""

    def __init__(self, entry: CacheEntry) -> None:
        self._entries = {os.getpid(): entry}

    def for_process(self) -> CacheEntry:
        """The entry of this process; after a fork a copy of the parent's, made once, because `setdefault` is atomic."""
        process = os.getpid()
        if process not in self._entries:
            parent = next(reversed(self._entries.values()))
            self._entries.setdefault(process, parent.fork())
        return self._entries[process]
