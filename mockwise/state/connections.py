"""How many connections of a client are open at a time: as many workers it may have, and so many tokens a use for.

In memory alone, because a connection belongs to one process.
"""

from __future__ import annotations

from typing import Protocol

_MANY = 256  # clients; from so many on, those that have left are forgotten
_REMEMBERED = (
    10_000  # clients, of those that are here; the ones that came first are forgotten before the others
)
_LONGEST_ID = 64  # characters of a client id


class TrackedConnection(Protocol):
    """A connection, as its listener knows it."""

    @property
    def id(self) -> str:
        """Its name, which no other has."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether it is open still."""
        ...


class ConnectionTracker:
    """Who has which connections open, as far as their requests tell. For one thread, that of the event loop."""

    def __init__(self) -> None:
        self._known: dict[str | None, dict[str, TrackedConnection]] = {}
        self._most = _MANY  # at so many it is looked who has left

    def seen(self, client_id: str | None, connection: TrackedConnection) -> int:
        """A client asked something over a connection; returns how many of its connections are open, this included.

        Who has left is looked for only when a connection is new, since only then the number may be higher than any
        before. In between it may be one that has fallen meanwhile.
        """
        if client_id is not None and len(client_id) > _LONGEST_ID:
            client_id = None  # it is no client's
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
        """Anybody may name any client: memory stays flat, also if one connection names a million of them."""
        if len(self._known) >= self._most:
            here = [
                (client_id, known)
                for client_id, known in self._known.items()
                if any(connection.is_open for connection in known.values())
            ]
            self._known = dict(here[-_REMEMBERED:])
            # Not before as many more have come: to look at all of them at each would take the longer the more there are.
            self._most = max(_MANY, 2 * len(self._known))
