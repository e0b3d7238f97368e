"""How many connections of each client are open at a time: so many workers it may have, each with a token of its own.

Kept in memory alone, because a connection belongs to one process.
"""

from __future__ import annotations

from typing import Protocol

_MANY = 256  # clients; from so many on, those without an open connection are forgotten
# Clients with an open connection that are kept; those that came first are forgotten first.
_REMEMBERED = 10_000
_LONGEST_ID = 64  # characters of a client id


class TrackedConnection(Protocol):
    """A connection, as its listener knows it."""

    @property
    def id(self) -> str:
        """The unique name of the connection."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether the connection is still open."""
        ...


class ConnectionTracker:
    """Tracks which connections each client has open, by its requests. For one thread, that of the event loop."""

    def __init__(self) -> None:
        self._known: dict[str | None, dict[str, TrackedConnection]] = {}
        self._most = _MANY  # at so many clients, those without an open connection are forgotten

    def count_open(self, client_id: str | None, connection: TrackedConnection) -> int:
        """Note a request of a client over a connection; returns how many of its connections are open, this one included.

        Closed connections are removed only when a new one comes, since only then the number can reach a new maximum.
        In between it may count connections that were closed meanwhile.
        """
        if client_id is not None and len(client_id) > _LONGEST_ID:
            client_id = None  # no client has so long an id
        known = self._known.get(client_id)
        if known is None:
            self._forget()
            known = self._known[client_id] = {}
        if connection.id not in known:
            for name in [name for name, other in known.items() if not other.is_open]:
                del known[name]
            known[connection.id] = connection
        return len(known)

    def _forget(self) -> None:
        """Bound the memory: a peer may name any client id, and one connection may name a million of them."""
        if len(self._known) >= self._most:
            here = [
                (client_id, known)
                for client_id, known in self._known.items()
                if any(connection.is_open for connection in known.values())
            ]
            self._known = dict(here[-_REMEMBERED:])
            # Wait until as many more have come, so that the cost of a request does not grow with the number of clients.
            self._most = max(_MANY, 2 * len(self._known))
