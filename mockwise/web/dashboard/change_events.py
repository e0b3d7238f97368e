"""Server-sent events without content, which tell the page that something changed, so that it loads its parts again.

An exchange notifies in the server's thread and a refused handshake in another; however many do, the page is sent one
event, and then none for a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from fastapi.sse import ServerSentEvent

from mockwise.journal.journal import Exchange
from mockwise.sandbox.mock_controls import MockControls
from mockwise.transport.tls.alerts import FailedHandshake
from mockwise.web.control.stream import LISTENING, StreamRegistry

_BREATH = 0.1  # seconds between one event and the next
_LOOK = ServerSentEvent(event="look", raw_data="")


class ChangeSignal:
    """An event that any thread may set, and one event loop waits for."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._waiting_for_reader = True
        self.over = False

    def watch(self, event: Exchange | FailedHandshake) -> None:
        """Notify, if an exchange is of the sandbox; a refused handshake is everybody's. May be called in any thread."""
        if isinstance(event, FailedHandshake) or event.sandbox == self.sandbox:
            self.notify()

    def notify(self) -> None:
        """Say that something changed; may be called in any thread."""
        if self._waiting_for_reader:  # ten thousand exchanges a second need not all cross threads
            self._waiting_for_reader = False
            self._in_loop()

    def end(self) -> None:
        """End the stream; may be called in any thread."""
        self.over = True
        self._in_loop()

    async def wait(self) -> None:
        """Wait until `notify` or `end` was called."""
        await self._event.wait()
        self._event.clear()
        self._waiting_for_reader = True

    def _in_loop(self) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._event.set)


async def change_events(
    sandbox: str, mock: MockControls, streams: StreamRegistry
) -> AsyncGenerator[ServerSentEvent]:
    """The stream of change events, until the sandbox or the mock ends."""
    signal = ChangeSignal(sandbox)
    streams.add(signal)
    mock.watch(signal.watch, waits=False)
    try:
        yield LISTENING
        while True:
            await signal.wait()
            if signal.over:
                return
            yield _LOOK
            await asyncio.sleep(_BREATH)
    finally:
        mock.unwatch(signal.watch)
        streams.remove(signal)
