"""Tells the page that something happened, so that it looks again: server-sent events without content.

An exchange rings in the server's thread and a refused handshake in another; however many ring, the page hears of it
once and then not again for a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from mockwise.journal.journal import Journal
from mockwise.web.control.ports import Mock
from mockwise.web.control.stream import PING_SECONDS

_BREATH = 0.1  # seconds between one event and the next
_LISTENING, _STILL_HERE, _LOOK = b": listening\n\n", b": still here\n\n", b"event: look\ndata:\n\n"


class ChangeSignal:
    """Rung from any thread, heard in one event loop."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._silent = True
        self.over = False

    def ring(self, _: object = None) -> None:
        """Something happened."""
        if self._silent:  # ten thousand exchanges a second need not all cross threads
            self._silent = False
            self._in_loop()

    def end(self) -> None:
        """Nothing will happen any more."""
        self.over = True
        self._in_loop()

    async def heard(self) -> None:
        """Wait for it."""
        await self._rung.wait()
        self._rung.clear()
        self._silent = True

    def _in_loop(self) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._rung.set)


async def change_events(
    sandbox: str, journal: Journal, mock: Mock, *, ping_seconds: float = PING_SECONDS
) -> AsyncIterator[bytes]:
    """The stream, until the sandbox or the mock ends."""
    bell = ChangeSignal(sandbox)
    mock.streams.join(bell)
    journal.watch(bell.ring)
    mock.watch_handshakes(bell.ring)
    try:
        yield _LISTENING
        while True:
            try:
                async with asyncio.timeout(ping_seconds):
                    await bell.heard()
            except TimeoutError:
                yield _STILL_HERE
                continue
            if bell.over:
                return
            yield _LOOK
            await asyncio.sleep(_BREATH)
    finally:
        mock.unwatch_handshakes(bell.ring)
        journal.unwatch(bell.ring)
        mock.streams.leave(bell)
