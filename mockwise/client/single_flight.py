"""One fetch of a token, and those who wait for it, in whatever thread or event loop they are.

Whoever finds no token that can be used, and no fetch under way, leads one: a `SingleFlight`. All others take a `Waiter` and
wait: a thread by blocking, a task without. A future of `concurrent.futures` is the one thing of the standard library
that both can wait for; a lock of asyncio knows a single loop. A flight ends in a token, in an error which all who
waited share, or, if its leader was cancelled or came to grief on the way, in nothing: then somebody else leads the
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
    """For its leader, who says `land`, or leaves it to the end of the `with` block that there was nothing."""

    def __init__(self, grant: Grant, spare: CachedToken | None, task: asyncio.Task[object] | None) -> None:
        self.grant = grant
        self.spare = spare
        """The older token."""
        self._thread, self._task = threading.get_ident(), task
        self._outcome: Outcome = None
        self._over: Future[Outcome] = Future()
        self._over.set_running_or_notify_cancel()  # so that one who is cancelled does not cancel it for all

    def land(self, outcome: CachedToken | WiseError) -> None:
        """Say how it ended; an error without its traceback, whose frames would keep the request alive."""
        self._outcome = outcome if isinstance(outcome, CachedToken) else copy.copy(outcome)

    def end(self) -> None:
        """Let those who wait go on."""
        self._over.set_result(self._outcome)

    def waiter(self, task: asyncio.Task[object] | None) -> Waiter:
        """A place to wait, for a task or, without one, for this thread.

        Raises:
            RuntimeError: it would wait for itself.
        """
        if self._thread == threading.get_ident() if task is None else self._task is task:
            raise RuntimeError(
                "this call would wait for ever for a token that its own thread or task is fetching: do not call from "
                "an event hook of the token request or from on_token, nor block the event loop that fetches it"
            )
        return Waiter(self._over)


class Waiter:
    """For one who waits. What he gets may be None: then he looks again."""

    def __init__(self, over: Future[Outcome]) -> None:
        self._over = over

    def wait(self) -> CachedToken | None:
        """The token, in a thread.

        Raises:
            WiseError: the flight failed, and so have we.
        """
        return _shared(self._over.result())

    async def await_(self) -> CachedToken | None:
        """The token, in an event loop.

        Raises:
            WiseError: the flight failed, and so have we.
        """
        return _shared(await asyncio.wrap_future(self._over))


def _shared(outcome: Outcome) -> CachedToken | None:
    if isinstance(outcome, WiseError):
        raise copy.copy(outcome)
    return outcome
