"""One fetch of a token for all threads and event loops that wait for it.

A call that finds no usable token and no fetch under way leads a fetch: a `SingleFlight`. All others take a `Waiter`:
a thread blocks, a task does not. A future of `concurrent.futures` is the one thing of the standard library
that both can wait for; a lock of asyncio knows a single loop. A fetch ends with a token, with an error that all
waiting calls raise, or, if its leader was cancelled or failed otherwise, with None: then another call leads the
next one.
"""

from __future__ import annotations

import asyncio
import copy
import threading
from concurrent.futures import Future

from mockwise.client.errors import WiseError
from mockwise.client.grants import Grant
from mockwise.client.token import CachedToken

Outcome = CachedToken | WiseError | None


class SingleFlight:
    """A fetch under way, as the call that leads it holds it: it calls `finish`, or else the outcome is None."""

    def __init__(self, grant: Grant, spare: CachedToken | None, task: asyncio.Task[object] | None) -> None:
        self.grant = grant
        self.spare = spare
        """The older token, if it is still alive."""
        self._thread, self._task = threading.get_ident(), task
        self._outcome: Outcome = None
        self._future: Future[Outcome] = Future()
        self._future.set_running_or_notify_cancel()  # so that a waiting task that is cancelled does not cancel it for all

    def finish(self, outcome: CachedToken | WiseError) -> None:
        """Set the outcome; an error without its traceback, whose frames would keep the request in memory."""
        self._outcome = outcome if isinstance(outcome, CachedToken) else copy.copy(outcome)

    def end(self) -> None:
        """Hand the outcome to all that wait."""
        self._future.set_result(self._outcome)

    def waiter(self, task: asyncio.Task[object] | None) -> Waiter:
        """A waiter for a task or, without one, for this thread.

        Raises:
            RuntimeError: the call would wait for itself.
        """
        if self._thread == threading.get_ident() if task is None else self._task is task:
            raise RuntimeError(
                "this call would wait for ever for a token that its own thread or task is fetching: do not call from "
                "an event hook of the token request or from on_token, nor block the event loop that fetches it"
            )
        return Waiter(self._future)


class Waiter:
    """Waits for a fetch that another call leads. If the outcome is None, the call must acquire the entry again."""

    def __init__(self, future: Future[Outcome]) -> None:
        self._future = future

    def wait(self) -> CachedToken | None:
        """Block until the fetch ends, and return its token.

        Raises:
            WiseError: the fetch failed.
        """
        return _shared(self._future.result())

    async def await_(self) -> CachedToken | None:
        """Wait in an event loop until the fetch ends, and return its token.

        Raises:
            WiseError: the fetch failed.
        """
        return _shared(await asyncio.wrap_future(self._future))


def _shared(outcome: Outcome) -> CachedToken | None:
    if isinstance(outcome, WiseError):
        raise copy.copy(outcome)
    return outcome
