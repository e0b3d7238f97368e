"""A user's function that is told what happens, in a thread of its own: what it waits for holds up no host."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from mockwise.journal.journal import notify

_MOMENT = 0.1  # seconds that an answer waits for a watcher
_FAREWELL = 1.0  # seconds that the end of a mock does
_MOST = 10_000  # events
_log = logging.getLogger("mockwise")

E = TypeVar("E")


class Watcher(Generic[E]):
    """Calls `function` with one event after the other. To be called with each, from any thread.

    A function that is quick has seen an exchange before its client has the answer. One that is not has a moment; then
    answers go out without it, and it is told of what has gathered when it is back.
    """

    def __init__(self, function: Callable[[E], None]) -> None:
        self._function = function
        self._changed = threading.Condition()
        self._events: deque[E] = deque()
        self._busy = False
        self._over = False
        self._overrun = False
        self._thread = threading.Thread(target=self._work, name="mockwise-watcher", daemon=True)

    def __call__(self, event: E) -> None:
        """Hand an event over."""
        with self._changed:
            behind = self._is_behind()
            if len(self._events) >= _MOST:
                self._overrun = True
                return
            self._events.append(event)
            if self._thread.ident is None:
                self._thread.start()
            self._changed.notify_all()
            if not behind:
                self._changed.wait_for(lambda: not self._is_behind(), _MOMENT)

    def end(self) -> None:
        """Let the function see what has gathered, if it is quick, and nothing more."""
        with self._changed:
            if threading.current_thread() is not self._thread:
                self._changed.wait_for(lambda: not self._is_behind(), _FAREWELL)
            self._over = True
            self._events.clear()
            self._changed.notify_all()

    def _is_behind(self) -> bool:
        return bool(self._events) or self._busy

    def _work(self) -> None:
        while (event := self._next()) is not None:
            notify([self._function], event)

    def _next(self) -> E | None:
        with self._changed:
            self._busy = False
            self._changed.notify_all()
            if self._overrun and not self._events:
                self._overrun = False
                _log.warning(
                    "a watcher was %d events behind, and was not told of those that came then", _MOST
                )
            self._changed.wait_for(lambda: self._events or self._over)
            if not self._events:
                return None
            self._busy = True
            return self._events.popleft()
