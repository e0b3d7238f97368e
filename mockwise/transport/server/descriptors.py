"""Closes waiting connections when the process runs short of file descriptors or unread answers pile up.

Each connection takes a descriptor, and without one nobody is served. asyncio then stops accepting for a second and
writes a traceback for each try; uvloop accepts the waiting connections and closes them. Both go on when there are
descriptors again, but clients with idle connections need not close any, and uvloop does not report the shortage: so
the server also tests once a second whether a descriptor is left.

As the limit comes near, the connections that wait for their peer (idle ones, handshakes, requests that do not come
to their end, answers that nobody reads) are ended, the longest waiting first, as web servers do; and one line in the
log says so. Answers that are being sent and read are not touched.

Answers that are written and not read stay in memory. Their total over all connections is checked once a
second; if it is over the limit, the connections whose peer has taken nothing since the last check are ended, those that
hold most first, until the rest fits. A peer that reads, however slowly, is not touched.

The number of descriptors in use is read from a new connection's own number: POSIX gives the lowest free one, so all lower ones are in use.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from typing import TYPE_CHECKING, Protocol

try:
    import resource
except ImportError:  # pragma: no cover  Windows has no such limit
    resource = None  # type: ignore[assignment]  # None stands for a missing module

if TYPE_CHECKING:
    from collections.abc import Sequence

NEAR = 0.8
"""The share of the limit from which on connections are closed."""
_SLACK = 16  # for each so many descriptors of the limit, one more connection is closed than is needed
_NO_LIMIT = 1 << 62
_QUIET = 60.0  # seconds between two lines in the log
_LOG = logging.getLogger("mockwise")


class OpenConnection(Protocol):
    """A connection that can be closed to free its file descriptor and memory."""

    @property
    def waits_since(self) -> float | None:
        """Since when it waits for its peer, by the loop's clock; None while it is the server's turn."""

    @property
    def unread(self) -> int:
        """Bytes of answers that its peer has not taken yet."""

    def evict(self) -> None:
        """End the connection to free its descriptor and memory."""


class ConnectionSource(Protocol):
    """A listener whose open connections can be listed."""

    def open_connections(self) -> Sequence[OpenConnection]:
        """The open connections, those in the handshake too."""


class DescriptorGuard:
    """Keeps all connections of a server within the limits, in the thread of its event loop.

    `limit` is how many descriptors there may be; None asks the system each time. `unread` is how many bytes of answers
    may wait for their peers.
    """

    def __init__(self, listeners: Sequence[ConnectionSource], limit: int | None, unread: int) -> None:
        self._listeners = listeners
        self._limit = limit
        self._unread = unread
        self._unread_before: dict[
            OpenConnection, int
        ] = {}  # of each connection that had some at the last check
        self._warned_at: dict[str, float] = {}
        self._eviction_scheduled = False

    def connection_opened(self, transport: asyncio.Transport) -> None:
        """Close waiting connections if a new one brings the limit near."""
        taken = transport.get_extra_info("socket").fileno() + 1
        limit = self._limit or _own_limit()
        if taken >= NEAR * limit:
            self._warn_of_descriptors(f"{taken} of the {limit} file descriptors of this process are taken")
            self._schedule_eviction(taken - int(NEAR * limit) + limit // _SLACK)

    def check(self) -> None:
        """Close connections if no descriptor is left, or if too much is unread."""
        self._evict_connections_that_do_not_read()
        try:
            os.close(os.open(os.devnull, os.O_RDONLY))
        except OSError as error:
            if is_shortage(error):
                self.ran_out()

    def _evict_connections_that_do_not_read(self) -> None:
        before = self._unread_before
        self._unread_before = {
            it: unread
            for listener in self._listeners
            for it in listener.open_connections()
            if (unread := it.unread)
        }
        excess = sum(self._unread_before.values()) - self._unread
        if excess <= 0:
            return
        stuck = [it for it, unread in self._unread_before.items() if unread >= before.get(it, unread + 1)]
        if stuck:
            self._warn(
                f"{sum(self._unread_before.values()) >> 20} MiB of answers wait for clients that do not read them",
                "connections whose client reads nothing are closed, those that hold most first. Read answers, or ask "
                "for less at a time.",
            )
        for it in sorted(stuck, key=self._unread_before.__getitem__, reverse=True):
            if excess <= 0:
                break
            excess -= self._unread_before.pop(it)
            it.evict()

    def ran_out(self) -> None:
        """Close waiting connections, because one could not be accepted."""
        limit = self._limit or _own_limit()
        self._warn_of_descriptors(f"all of the {limit} file descriptors of this process are taken")
        self._schedule_eviction(limit // _SLACK)

    def _schedule_eviction(self, wanted: int) -> None:
        if not self._eviction_scheduled:
            self._eviction_scheduled = True
            asyncio.get_running_loop().call_soon(self._evict, wanted)

    def _evict(self, wanted: int) -> None:
        self._eviction_scheduled = False
        waiting = [
            (since, connection)
            for listener in self._listeners
            for connection in listener.open_connections()
            if (since := connection.waits_since) is not None
        ]
        waiting.sort(key=lambda it: it[0])
        # The newest may be good clients that have only just connected, so at most half of them are closed.
        for _, connection in waiting[: min(wanted, len(waiting) // 2)]:
            connection.evict()

    def _warn_of_descriptors(self, what: str) -> None:
        self._warn(
            what,
            "connections that wait for their client are closed, the longest waiting first. "
            "Close connections, or raise the limit (ulimit -n).",
        )

    def _warn(self, what: str, then: str) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._warned_at.get(then, -_QUIET) >= _QUIET:
            self._warned_at[then] = now
            _LOG.warning("%s: %s", what, then)


def is_shortage(error: object) -> bool:
    """Whether an error says that there is no file descriptor left."""
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)


def _own_limit() -> int:
    if resource is None:
        return _NO_LIMIT
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return soft if soft != resource.RLIM_INFINITY else _NO_LIMIT
