"""What a server does when the process runs short of file descriptors, or answers pile up that nobody reads.

Everybody who connects takes one, and without one nobody is served. asyncio then stops accepting for a second and
writes a traceback for each try; uvloop takes the waiting connections and closes them. Both go on when there are
descriptors again, but who holds idle connections need not give any back, and uvloop says nothing of it: so the
server also tries once a second whether there is one left.

So as the limit comes near, the connections that wait for their peer (idle ones, handshakes, requests that do not come
to their end, answers that nobody reads) are ended, the longest waiting first, as web servers do; and one line in the
log says so. Answers under way are left alone.

Answers that are written and not read stay in memory. What all connections hold of them together is looked at once a
second; if it is over the limit, the connections whose peer has taken nothing since the last look are ended, those that
hold most first, until the rest fits. Whoever reads, however slowly, is left alone.

How many descriptors are taken is read from a new connection's own number: POSIX gives the lowest free one, so all below are taken.
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
    resource = None  # type: ignore[assignment]  # a module or nothing

if TYPE_CHECKING:
    from collections.abc import Sequence

NEAR = 0.8
"""The share of the limit from which on room is made."""
_SLACK = 16  # of so many descriptors that may be had, one more is given back than is needed
_NO_LIMIT = 1 << 62
_QUIET = 60.0  # seconds between two lines in the log
_LOG = logging.getLogger("mockwise")


class OpenConnection(Protocol):
    """A connection."""

    @property
    def waits_since(self) -> float | None:
        """Since when it waits for its peer, by the loop's clock; None while it is the server's turn."""

    @property
    def unread(self) -> int:
        """Bytes of answers that its peer has not taken yet."""

    def make_room(self) -> None:
        """End it."""


class ConnectionSource(Protocol):
    """A listener at work."""

    def members(self) -> Sequence[OpenConnection]:
        """Its connections."""


class DescriptorGuard:
    """The connections of all listeners of a server, in the thread of its event loop.

    `limit` is how many descriptors there may be; None asks the system each time. `unread` is how many bytes of answers
    may wait for their peers.
    """

    def __init__(self, houses: Sequence[ConnectionSource], limit: int | None, unread: int) -> None:
        self._houses = houses
        self._limit = limit
        self._unread = unread
        self._held: dict[OpenConnection, int] = {}  # by those who had not read all at the last look
        self._told: dict[str, float] = {}
        self._clearing = False

    def joined_by(self, transport: asyncio.Transport) -> None:
        """Make room if one more connection brings the limit near."""
        taken = transport.get_extra_info("socket").fileno() + 1
        limit = self._limit or _own_limit()
        if taken >= NEAR * limit:
            self._tell(f"{taken} of the {limit} file descriptors of this process are taken")
            self._clear(taken - int(NEAR * limit) + limit // _SLACK)

    def look(self) -> None:
        """Whether there is a descriptor left, and whether answers are read."""
        self._end_those_that_do_not_read()
        try:
            os.close(os.open(os.devnull, os.O_RDONLY))
        except OSError as error:
            if is_shortage(error):
                self.ran_out()

    def _end_those_that_do_not_read(self) -> None:
        before = self._held
        self._held = {it: unread for house in self._houses for it in house.members() if (unread := it.unread)}
        excess = sum(self._held.values()) - self._unread
        if excess <= 0:
            return
        stuck = [it for it, unread in self._held.items() if unread >= before.get(it, unread + 1)]
        if stuck:
            self._warn(
                f"{sum(self._held.values()) >> 20} MiB of answers wait for clients that do not read them",
                "connections whose client reads nothing are closed, those that hold most first. Read answers, or ask "
                "for less at a time.",
            )
        for it in sorted(stuck, key=self._held.__getitem__, reverse=True):
            if excess <= 0:
                break
            excess -= self._held.pop(it)
            it.make_room()

    def ran_out(self) -> None:
        """No connection could be taken."""
        limit = self._limit or _own_limit()
        self._tell(f"all of the {limit} file descriptors of this process are taken")
        self._clear(limit // _SLACK)

    def _clear(self, wanted: int) -> None:
        if not self._clearing:
            self._clearing = True
            asyncio.get_running_loop().call_soon(self._make_room, wanted)

    def _make_room(self, wanted: int) -> None:
        self._clearing = False
        waiting = [
            (since, member)
            for house in self._houses
            for member in house.members()
            if (since := member.waits_since) is not None
        ]
        waiting.sort(key=lambda it: it[0])
        # Whoever came last may be a good client, so at most half of them.
        for _, member in waiting[: min(wanted, len(waiting) // 2)]:
            member.make_room()

    def _tell(self, what: str) -> None:
        self._warn(
            what,
            "connections that wait for their client are closed, the longest waiting first. "
            "Close connections, or raise the limit (ulimit -n).",
        )

    def _warn(self, what: str, then: str) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told.get(then, -_QUIET) >= _QUIET:
            self._told[then] = now
            _LOG.warning("%s: %s", what, then)


def is_shortage(error: object) -> bool:
    """Whether an error says that there is no file descriptor left."""
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)


def _own_limit() -> int:
    if resource is None:
        return _NO_LIMIT
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return soft if soft != resource.RLIM_INFINITY else _NO_LIMIT
