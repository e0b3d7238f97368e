"""Threads in which requests ask a state that may keep them waiting, so that the event loop never does.

Work is begun in the order in which it came, and what must keep that order to its end, such as the spending of faults,
takes a turn. Nothing waits for the threads, neither a stop nor the end of the process, since they may hang in a file
system or a driver.
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
_LEAVE_TAKING = 0.5  # seconds that a stop leaves them, which need none unless they hang


class Turn:
    """The place of one request in the order of all."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def wait(self) -> None:
        """Let all that came before do theirs first.

        Raises:
            StorageError: that takes longer than the request may wait.
        """
        self._turns.wait(self)

    def end(self) -> None:
        """Let the next ones go on. Twice changes nothing."""
        self._turns.end(self)


class Turns:
    """Has threads do something in the order in which their requests came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: dict[Turn, None] = {}  # oldest first

    def take(self) -> Turn:
        """The last place from here on; whoever has it must end it, or others wait."""
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
    """A bounded number of threads, each begun when it is first needed."""

    def __init__(self, most: int = THREADS) -> None:
        self.turns = Turns()
        self._most = most
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._free = 0
        self._threads: list[threading.Thread] = []

    async def run(self, work: Callable[[], T], patience: float = WAIT_LIMIT) -> T:
        """What `work` returns, done in one of the threads.

        Args:
            work: what asks the state, in any way.
            patience: seconds that it may take, with the time until a thread is free.

        Raises:
            StorageError: it takes longer; what it still asks of the state is refused.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        timer = loop.call_later(patience, _give_up, done)
        self._put(partial(_do, loop, done, monotonic() + patience, work))
        try:
            return await done
        finally:
            timer.cancel()
            del done  # an error in it knows this frame: a ring

    def stop(self) -> None:
        """Have the threads end once they have done what they do."""
        with self._lock:
            for _ in self._threads:
                self._jobs.put(None)
            self._most = 0

    def join(self) -> None:
        """Wait for those that end at once."""
        until = monotonic() + _LEAVE_TAKING
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
            del job  # which holds a request
            with self._lock:
                self._free += 1


def _do(
    loop: asyncio.AbstractEventLoop, done: asyncio.Future[T], until: float, work: Callable[[], T]
) -> None:
    if done.done():  # it was told meanwhile that it took too long, or has left
        return
    try:
        with waiting_until(until):
            result = work()
    except BaseException as error:  # noqa: BLE001  because it is the caller's
        _in(loop, _fail, done, error)
    else:
        _in(loop, _succeed, done, result)
    finally:
        del done  # as above


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
