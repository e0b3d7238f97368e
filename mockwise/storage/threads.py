"""Threads that ask a store which may be slow, so that the event loop never waits for it.

Jobs begin in the order in which they came. What must also finish in that order, such as the spending of faults, takes a
turn. Neither a stop nor the end of the process waits for the threads, since they may hang in a file system or a driver.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from mockwise.real_time import monotonic
from mockwise.storage.deadlines import WAIT_LIMIT, time_left, too_late, waiting_until

T = TypeVar("T")

THREADS = 32
_STOP_WAIT = 0.5  # seconds that a stop waits for the threads; those that do not hang end at once


class Turn:
    """The place of one request in the order of all requests."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def wait(self) -> None:
        """Wait until all requests that came before have ended their turns.

        Raises:
            StorageError: that takes longer than the request's deadline.
        """
        self._turns.wait(self)

    def end(self) -> None:
        """End the turn, so that the next request can go on. Twice changes nothing."""
        self._turns.end(self)


class Turns:
    """The order of requests: whoever takes a turn can wait until all earlier turns have ended."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: dict[Turn, None] = {}  # oldest first

    def take(self) -> Turn:
        """Take the last place in the order; the caller must end the turn, or later ones wait."""
        turn = Turn(self)
        with self._changed:
            self._open[turn] = None
        return turn

    def wait(self, turn: Turn) -> None:
        """Let the turns before this one end first; a turn that has ended waits no more."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_next(turn), time_left()):
                raise too_late()

    def end(self, turn: Turn) -> None:
        """End a turn, so that the next one can go on."""
        with self._changed:
            if self._open.pop(turn, self) is None:
                self._changed.notify_all()

    def _is_next(self, turn: Turn) -> bool:
        return turn not in self._open or next(iter(self._open)) is turn


class StoreThreads:
    """A pool of a bounded number of threads, each started when it is first needed."""

    def __init__(self, most: int = THREADS) -> None:
        self.turns = Turns()
        self._most = most
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._free = 0
        self._threads: list[threading.Thread] = []

    async def run(self, work: Callable[[], T], time_limit: float = WAIT_LIMIT) -> T:
        """Run `work` in one of the threads; returns its result.

        Args:
            work: a function that asks the store.
            time_limit: seconds that it may take, including the wait for a free thread.

        Raises:
            StorageError: it takes longer; whatever it asks of the store after that is refused.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        timer = loop.call_later(time_limit, _give_up, done)
        self._put(partial(_do, loop, done, monotonic() + time_limit, work))
        try:
            return await done
        finally:
            timer.cancel()
            del done  # break the reference cycle of an error in it and this frame

    def stop(self) -> None:
        """End the threads once their present jobs are done."""
        with self._lock:
            for _ in self._threads:
                self._jobs.put(None)
            self._most = 0

    def join(self) -> None:
        """Wait a moment for the threads to end; those that hang are left."""
        until = monotonic() + _STOP_WAIT
        for thread in self._threads:
            thread.join(max(until - monotonic(), 0))

    def _put(self, job: Callable[[], None]) -> None:
        with self._lock:
            self._jobs.put(job)
            if self._free > 0:
                self._free -= 1
            elif len(self._threads) < self._most:
                thread = threading.Thread(target=self._work, name="mockwise-state", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job  # free the request that the job holds
            with self._lock:
                self._free += 1


def _do(
    loop: asyncio.AbstractEventLoop, done: asyncio.Future[T], until: float, work: Callable[[], T]
) -> None:
    if done.done():  # the request timed out, or its client left
        return
    try:
        with waiting_until(until):
            result = work()
    except BaseException as error:  # noqa: BLE001  because it is raised where the job is awaited
        _in(loop, _fail, done, error)
    else:
        _in(loop, _succeed, done, result)
    finally:
        del done  # break the reference cycle, as above


def _in(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *values: object) -> None:
    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(function, *values)


def _succeed(done: asyncio.Future[T], result: T) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[T], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)


def _give_up(done: asyncio.Future[T]) -> None:
    _fail(done, too_late())
