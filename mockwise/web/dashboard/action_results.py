"""The result of a form's action: its message, and the same action as a command, a Python line and a curl line.

Without scripts a form is answered by a redirection to the page, which then shows the result. Until then it is kept here
under a random key that the browser has in a cookie. It is shown once, since it may hold a secret.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from http import HTTPStatus

_MOST = 50


@dataclass(frozen=True, slots=True)
class Equivalents:
    """The same action through the other ways into the mock: HTTP, command line and Python."""

    http: str
    terminal: str | None = None
    python: str | None = None


@dataclass(frozen=True, slots=True)
class CopyableValue:
    """A value that the page shows with a button to copy it; a secret is shown this once."""

    label: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """The result of a form's action, as the page shows it."""

    said: str
    equivalents: Equivalents | None = None
    shown: tuple[CopyableValue, ...] = ()
    status: int = 200
    """Of the answer; from 400 on nothing was done."""
    goes_to: str | None = None
    """The sandbox whose page is shown next, if it is another one."""

    @property
    def wrong(self) -> bool:
        """Whether the action failed, so that nothing was done."""
        return self.status >= HTTPStatus.BAD_REQUEST


class ActionResults:
    """The results that wait for a page to show them, the newest fifty. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, ActionResult] = {}

    def keep(self, outcome: ActionResult) -> str:
        """Keep a result; returns the key to `take` it by."""
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._waiting[key] = outcome
            while len(self._waiting) > _MOST:
                del self._waiting[next(iter(self._waiting))]
        return key

    def take(self, key: str | None) -> ActionResult | None:
        """The result of that key, once; None if it was taken before."""
        with self._lock:
            return self._waiting.pop(key or "", None)
