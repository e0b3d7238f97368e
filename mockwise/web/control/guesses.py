"""What slows down whoever guesses the control token, in a header or in the login's form.

A wrong token is answered late: each one from the same address later than the one before, up to a bound. The right one
is never late, also from an address that guessed before: a program beside a developer's own shares that. Who waits holds
a timer of the event loop, and no thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

_FIRST, _MOST = 0.05, 1.0  # seconds
_FORGOTTEN_AFTER = 60.0  # seconds without another wrong token
_ADDRESSES = 1000  # that are remembered


class Guesses:
    """The wrong tokens of late, by the address that they came from. For one thread, that of the event loop.

    Args:
        sleep: lets time pass.
        clock: tells it, in seconds.
    """

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = lambda: asyncio.get_running_loop().time(),
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._known: dict[str, tuple[int, float]] = {}  # how many, and when the last one came; oldest first

    async def wrong(self, address: str) -> None:
        """Count a wrong token of an address, and wait before it is answered."""
        now = self._clock()
        count, last = self._known.pop(address, (0, now))
        if now - last > _FORGOTTEN_AFTER:
            count = 0
        self._known[address] = count + 1, now
        if len(self._known) > _ADDRESSES:
            del self._known[next(iter(self._known))]
        await self._sleep(min(_FIRST * (count + 1), _MOST))


def address_of(scope: Scope) -> str:
    """The address that a request came from, as far as the server knows it."""
    client = scope.get("client")
    return str(client[0]) if client else ""
