"""What other mocks that share the state revoked: this one's listeners refuse it too."""

from __future__ import annotations

import logging
from collections.abc import Callable

from mockwise.core.commons import Commons
from mockwise.core.errors import StateTrouble
from mockwise.transport.trust import Trust

_log = logging.getLogger("mockwise")


class Revocations:
    """Keeps a mock's trust at what the shared state says.

    Args:
        commons: knows what is revoked.
        trust: what the listeners believe.
        hang_up: ends the connections of the peer whose certificate has this serial.
    """

    def __init__(self, commons: Commons, trust: Trust, hang_up: Callable[[int], None]) -> None:
        self._commons = commons
        self._trust = trust
        self._hang_up = hang_up
        self._seen = 0
        self._known: set[int] = set()

    def catch_up(self) -> None:
        """Learn what changed; without the state, what was known goes on to hold."""
        try:
            count = self._commons.revocations()
            if count != self._seen:
                self._obey(self._commons.revoked_serials())
                self._seen = count
        except StateTrouble as error:
            _log.warning("certificates are judged by what was known: %s", error)

    def _obey(self, revoked: set[int]) -> None:
        for serial in revoked - self._known:
            self._trust.revoke(serial)
            self._hang_up(serial)
        self._trust.forget(self._known - revoked)
        self._known = revoked
