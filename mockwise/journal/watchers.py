"""Calls a user's watcher function in a thread of its own, so that a slow one delays no host for long."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from mockwise.journal.journal import notify

_ANSWER_WAIT = 0.1  # seconds that an answer waits for a watcher
_END_WAIT = 1.0  # seconds that the end of a mock waits for a watcher
_MOST = 10_000  # events that may wait for a watcher
_log = logging.getLogger("mockwise")

E = TypeVar("E")


class WatcherThread(Generic[E]):
    """Calls `function` with one event after the other; it is itself called with each event, from any thread.

    A quick function sees an exchange before the client has the answer. For a slow one an answer waits a moment and then
    goes out; the function gets the events that have gathered when it returns.
    """

    def __init__(self, function: Callable[[E], None]) -> None:
        self.function = function
        self._changed = threading.Condition()
        self._events: deque[E] = deque()
        self._busy = False
        self._ended = False
        self._overrun = False
        self._thread = threading.Thread(target=self._work, name="mockwise-watcher", daemon=True)

    def __call__(self, event: E) -> None:
        """Queue an event for the function, and wait a moment until it has seen it."""
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
                self._changed.wait_for(lambda: not self._is_behind(), _ANSWER_WAIT)

    def end(self) -> None:
        """Let the function see the events that have gathered, if it is quick, and no more after that."""
        with self._changed:
            if threading.current_thread() is not self._thread:
                self._changed.wait_for(lambda: not self._is_behind(), _END_WAIT)
            self._ended = True
            self._events.clear()
            self._changed.notify_all()

    def _is_behind(self) -> bool:
        return bool(self._events) or self._busy

    def _work(self) -> None:
        while (event := self._next()) is not None:
            notify([self.function], event)

    def _next(self) -> E | None:
        with self._changed:
            self._busy = False
            self._changed.notify_all()
            if self._overrun and not self._events:
                self._overrun = False
                _log.warning(
                    "a watcher was %d events behind, and was not told of those that came then", _MOST
                )
            self._changed.wait_for(lambda: self._events or self._ended)
            if not self._events:
                return None
            self._busy = True
            return self._events.popleft()
