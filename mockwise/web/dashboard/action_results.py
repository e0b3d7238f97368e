"""What came of a press: said once, with the same thing as other doors have it.

Without scripts a press is answered by a redirection to the page, which then tells the outcome. It waits here, under a
number that the browser has in a cookie, and is gone once told: it may hold a secret.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field

_MOST = 50


@dataclass(frozen=True, slots=True)
class Equivalents:
    """The same through the other doors of the mock."""

    http: str
    terminal: str | None = None
    python: str | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """Something to be copied; a secret is told this once."""

    label: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """What came of a press."""

    said: str
    doors: Equivalents | None = None
    shown: tuple[Secret, ...] = ()
    status: int = 200
    """Of the answer; from 400 on nothing was done."""
    goes_to: str | None = None
    """The sandbox to look at from here on, if that changes."""

    @property
    def wrong(self) -> bool:
        """Whether nothing was done."""
        return self.status >= 400  # noqa: PLR2004  client and server errors


class ActionResults:
    """Those that wait to be told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, ActionResult] = {}

    def keep(self, outcome: ActionResult) -> str:
        """Keep one; returns its number."""
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._waiting[key] = outcome
            while len(self._waiting) > _MOST:
                del self._waiting[next(iter(self._waiting))]
        return key

    def take(self, key: str | None) -> ActionResult | None:
        """Tell one; there is none if it was told before."""
        with self._lock:
            return self._waiting.pop(key or "", None)
