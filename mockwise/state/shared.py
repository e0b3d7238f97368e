"""What mocks that share their state have in common beyond sandboxes: one authority, and which certificates are revoked."""

from __future__ import annotations

from contextlib import suppress

from mockwise.errors import ConflictError, NotFoundError
from mockwise.state.certificates import revocations
from mockwise.state.registry import Registry
from mockwise.storage.store import OF_THE_MOCK, Kind, Store

_AUTHORITIES = Kind("authority", str)


class SharedState:
    """The facts in a store that belong to all mocks that share it, and to no single sandbox."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry

    def require_same_ca(self, authority: str) -> None:
        """Record the fingerprint of the authority that issues the clients' certificates.

        Raises:
            ConflictError: mocks before this one, or beside it, have another authority.
        """
        self._store.replace(_AUTHORITIES, OF_THE_MOCK, _AUTHORITIES.name, None, authority)
        if self._store.get(_AUTHORITIES, OF_THE_MOCK, _AUTHORITIES.name) != authority:
            raise ConflictError(
                "the kept state belongs to mocks with another authority: give all of them the same certs folder "
                "(--certs), or start with another state"
            )

    def revocations(self) -> int:
        """How often the set of revoked certificates changed, whichever mock changed it."""
        return revocations(self._store)

    def revoked_serials(self) -> set[int]:
        """The serials of the revoked certificates of all sandboxes."""
        found: set[int] = set()
        for name in self._registry.names():
            with suppress(NotFoundError):  # dropped a moment ago
                certificates = self._registry.get(name).certificates.all()
                found.update(int(it.serial, 16) for it in certificates if it.revoked_at)
        return found
