"""What is made when it is first needed, by many at the same moment."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mockwise.common.once import Once

MANY = 20


class Maker:
    """Makes something new at each call, as late as it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.fails = False

    def __call__(self) -> object:
        """Make the thing, once the test lets it go on."""
        self.calls += 1
        self.begun.set()
        assert self.go_on.wait(10)
        if self.fails:
            raise OSError("no room")
        return object()


def test_threads_that_come_first_together_get_the_same() -> None:
    """One makes it, the others wait."""
    maker = Maker()
    once = Once(maker)
    with ThreadPoolExecutor(MANY) as pool:
        waiting = [pool.submit(once) for _ in range(MANY)]
        maker.begun.wait(10)
        maker.go_on.set()
        assert len({id(it.result()) for it in waiting}) == 1
    assert once() is waiting[0].result()
    assert maker.calls == 1


@pytest.mark.asyncio
async def test_tasks_that_come_first_together_get_the_same() -> None:
    """It is made beside the event loop, and a task that is given up takes it from nobody."""
    maker = Maker()
    once = Once(maker)
    tasks = [asyncio.create_task(once.beside()) for _ in range(MANY)]
    await asyncio.to_thread(maker.begun.wait, 10)
    tasks[0].cancel()
    tasks[1].cancel()
    maker.go_on.set()
    made = await asyncio.gather(*tasks[2:])
    assert {id(it) for it in made} == {id(await once.beside())} == {id(once())}
    assert maker.calls == 1


@pytest.mark.asyncio
async def test_what_failed_is_made_again_for_who_asks_next() -> None:
    """All who waited are told; nothing is stuck."""
    maker = Maker()
    maker.fails = True
    once = Once(maker)
    tasks = [asyncio.create_task(once.beside()) for _ in range(MANY)]
    await asyncio.to_thread(maker.begun.wait, 10)
    maker.go_on.set()
    assert {type(it) for it in await asyncio.gather(*tasks, return_exceptions=True)} == {OSError}
    with pytest.raises(OSError, match="no room"):
        once()
    maker.fails = False
    assert await once.beside() is once()
    assert maker.calls == 3
