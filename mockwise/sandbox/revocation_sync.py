"""Polls which certificates other mocks that share the state revoked, so that this one refuses them, too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from mockwise.errors import StorageError
from mockwise.state.shared import SharedState
from mockwise.storage.threads import StoreThreads
from mockwise.transport.tls.trust import Trust

_log = logging.getLogger("mockwise")

PATIENCE = 0.5
"""Seconds that a handshake waits for the state; while it is silent, they wait a tenth of that."""


class RevocationSync:
    """Keeps a mock's trust at what the shared state says. For the event loop's thread.

    Args:
        shared_state: knows which certificates are revoked.
        trust: what the listeners believe.
        hang_up: ends the connections of the peer whose certificate has this serial.
        threads: those in which the state is asked.
        patience: how many seconds a handshake waits for it.
    """

    def __init__(
        self,
        shared_state: SharedState,
        trust: Trust,
        hang_up: Callable[[int], None],
        threads: StoreThreads,
        patience: float = PATIENCE,
    ) -> None:
        self._shared_state = shared_state
        self._trust = trust
        self._hang_up = hang_up
        self._threads = threads
        self._patience = patience
        self._seen = 0
        self._known: set[int] = set()
        self._look: asyncio.Task[None] | None = None  # the one under way
        self._next: asyncio.Task[None] | None = None  # the one behind it, for who came meanwhile
        self._silent = False
        self._lost = False

    async def poll(self) -> None:
        """Learn what changed until now; without the state, or while it is silent, what was known goes on to hold."""
        if self._look is None:
            self._look = look = asyncio.ensure_future(self._catch_up(None))
        else:  # it may have begun before what has changed
            if self._next is None:
                self._next = asyncio.ensure_future(self._catch_up(self._look))
            look = self._next
        await asyncio.wait((look,), timeout=self._patience / 10 if self._silent else self._patience)
        if not look.done() and not self._silent:
            self._silent = True
            _log.warning(
                "certificates are judged by what was known: the state did not answer within %g seconds",
                self._patience,
            )

    async def _catch_up(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait((before,))
            self._look, self._next = self._next, None
        try:
            await self._threads.run(self._ask)
        except StorageError as error:
            if not self._lost:  # one line, however many handshakes there are until it is back
                self._lost = True
                _log.warning("certificates are judged by what was known: %s", error)
        else:
            self._silent = self._lost = False
        if self._next is None:
            self._look = None

    def _ask(self) -> None:
        count = self._shared_state.revocations()
        if count != self._seen:
            self._apply(self._shared_state.revoked_serials())
            self._seen = count

    def _apply(self, revoked: set[int]) -> None:
        for serial in revoked - self._known:
            self._trust.revoke(serial)
            self._hang_up(serial)
        self._trust.forget(self._known - revoked)
        self._known = revoked
