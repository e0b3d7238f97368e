"""Something that is made when it is first needed, and then once, however many threads and tasks ask at that moment.

`functools.cache` does not wait: of two threads that call at the same time both make it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Calls `make` when it is first asked, and answers with what that returned from then on.

    If it fails, everybody who waits is told, and whoever asks next has it made again.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Future[T] | None = None

    def __call__(self) -> T:
        """What was made. The first who asks makes it; other threads wait for that."""
        made = self._made
        if made is None or not made.done():
            made, is_first = self._begin()
            if is_first:
                self._run(made)
        return made.result()

    async def beside(self) -> T:
        """The same for a task: it is made in a thread, and the event loop goes on meanwhile."""
        made = self._made
        if made is None or not made.done():
            made, is_first = self._begin()
            if is_first:
                # The loop's own threads, because a loop that is closed waits for them.
                _ = asyncio.get_running_loop().run_in_executor(None, self._run, made)
            # Shielded, because a peer that leaves must not take it from those who wait too.
            await asyncio.shield(asyncio.wrap_future(made))
        return made.result()

    def _begin(self) -> tuple[Future[T], bool]:
        """What is to be waited for, and whether it falls to the caller to make it."""
        with self._lock:
            is_first = self._made is None
            made = self._made = self._made or Future()
            return made, is_first

    def _run(self, made: Future[T]) -> None:
        try:
            result = self._make()
        except BaseException as error:  # noqa: BLE001  because it is raised where it is waited for
            self._made = None
            made.set_exception(error)
        else:
            made.set_result(result)
