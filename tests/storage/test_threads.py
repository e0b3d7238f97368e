"""Threads in which requests ask a state that may keep them waiting."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pytest

from mockwise.errors import StorageError
from mockwise.storage.deadlines import time_left
from mockwise.storage.threads import StoreThreads, Turn, Turns

LONG = 30.0  # seconds that no test takes


@pytest.fixture
def threads() -> Iterator[StoreThreads]:
    """A pool of two threads for each test."""
    threads = StoreThreads(2)
    yield threads
    threads.stop()
    threads.join()


def test_work_is_done_beside_the_loop(threads: StoreThreads) -> None:
    """What it returns or raises is the caller's."""

    async def ask() -> tuple[int, str]:
        thread = await threads.run(threading.get_ident)
        with pytest.raises(KeyError) as caught:
            await threads.run(lambda: {"one": 1}["none"])
        return thread, str(caught.value)

    thread, error = asyncio.run(ask())
    assert (thread != threading.get_ident(), error) == (True, "'none'")


def test_the_loop_goes_on_while_all_threads_wait(threads: StoreThreads) -> None:
    """However many requests there are; none of them is lost, and there are no more threads."""
    released = threading.Event()

    async def ask() -> list[bool]:
        tasks = [asyncio.ensure_future(threads.run(lambda: released.wait(LONG))) for _ in range(9)]
        await asyncio.sleep(0)
        released.set()  # which nobody could, did one of them hold up the loop
        return await asyncio.gather(*tasks)

    assert asyncio.run(ask()) == [True] * 9
    assert [it.name for it in threading.enumerate()].count("mockwise-state") <= 2


def test_who_waits_too_long_is_told_and_what_waits_for_a_thread_is_not_begun(threads: StoreThreads) -> None:
    """The bound counts from the beginning, with the time until a thread is free."""
    released, begun = threading.Event(), []

    async def ask() -> None:
        busy = [asyncio.ensure_future(threads.run(lambda: released.wait(LONG))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(StorageError, match="did not answer"):
            await threads.run(lambda: begun.append(1), 0.01)
        released.set()
        await asyncio.gather(*busy)
        await threads.run(lambda: None)

    asyncio.run(ask())
    assert begun == []


def test_what_is_asked_when_the_time_is_over_is_refused(threads: StoreThreads) -> None:
    """So that nothing is spent for somebody who was told that it did not work."""
    released, ended = threading.Event(), threading.Event()

    def work() -> None:
        released.wait(LONG)
        try:
            time_left()
        except StorageError:
            ended.set()

    async def ask() -> None:
        with pytest.raises(StorageError):
            await threads.run(work, 0.01)

    asyncio.run(ask())
    released.set()
    assert ended.wait(LONG)  # its loop is gone by now, which nobody minds


def test_a_request_that_leaves_is_forgotten(threads: StoreThreads) -> None:
    """What it would have heard goes nowhere."""
    released = threading.Event()

    async def ask() -> str:
        task = asyncio.ensure_future(threads.run(lambda: released.wait(LONG)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        released.set()
        return await threads.run(lambda: "next")

    assert asyncio.run(ask()) == "next"


def test_an_error_leaves_no_ring_behind(threads: StoreThreads) -> None:
    """Refusals are errors: each would wait in memory until Python looks for rings."""

    class Body:
        """What a request holds."""

    body = Body()
    known = weakref.ref(body)

    def refuse(_: Body) -> None:
        raise ValueError

    async def ask(body: Body) -> None:
        with suppress(ValueError):
            await threads.run(partial(refuse, body))
        for _ in range(2):  # so that the thread has something else in mind
            await threads.run(lambda: None)

    gc.disable()
    try:
        asyncio.run(ask(body))
        del body
        assert known() is None
    finally:
        gc.enable()


def test_a_stop_ends_the_threads_and_waits_for_none_that_hangs() -> None:
    """A file system or a driver may hold it for ever."""
    threads, released = StoreThreads(2), threading.Event()

    async def ask() -> None:
        await threads.run(lambda: None)
        hanging = asyncio.ensure_future(threads.run(lambda: released.wait(LONG)))
        await asyncio.sleep(0)
        threads.stop()
        threads.join()
        hanging.cancel()

    asyncio.run(ask())
    released.set()
    threads.join()
    assert all(not thread.is_alive() for thread in threads._threads)


def test_turns_are_taken_in_order_and_ended_in_any() -> None:
    """Who came later waits for those before, as long as they have not ended theirs."""
    turns = Turns()
    first, second, third = (turns.take() for _ in range(3))
    first.wait()
    done: list[str] = []

    def take(turn: Turn, name: str) -> None:
        turn.wait()
        done.append(name)
        turn.end()

    waiting = [
        threading.Thread(target=take, args=it, daemon=True) for it in ((third, "third"), (second, "second"))
    ]
    for thread in waiting:
        thread.start()
    assert done == []
    first.end()
    first.end()
    for thread in waiting:
        thread.join(LONG)
    assert done == ["second", "third"]
    third.wait()  # it has ended


def test_who_waits_too_long_for_their_turn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one before may hang."""
    monkeypatch.setattr("mockwise.storage.threads.time_left", lambda: 0.0)
    turns = Turns()
    turns.take()
    with pytest.raises(StorageError, match="did not answer"):
        turns.take().wait()
