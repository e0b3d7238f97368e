"""Exchanges as they happen: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

A journal calls its watchers in whatever thread writes; a listener hands over to its own event loop. Who reads too
slowly misses exchanges, which the gap in the ids shows, rather than making the mock hoard them. FastAPI writes the events,
and a comment now and then, which keeps proxies from closing a quiet stream. A stream ends when its sandbox does, when the
mock stops, or when its reader leaves.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Protocol

from fastapi.sse import ServerSentEvent

from mockwise.journal.journal import Exchange, Journal, size_of

_MOST_WAITING, _MOST_BYTES = 1000, 16 * 1024 * 1024
LISTENING = ServerSentEvent(comment="listening")
"""The first message of a stream: from now on its reader misses nothing."""


class EventQueue:
    """The exchanges that wait for one reader of a sandbox's journal, in the reader's event loop."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[Exchange | None] = asyncio.Queue()
        self._bytes = 0

    def put(self, exchange: Exchange) -> None:
        """Queue an exchange; may be called in any thread."""
        self._in_loop(lambda: self._put(exchange))

    def end(self) -> None:
        """End the stream; may be called in any thread."""
        self._in_loop(lambda: self._waiting.put_nowait(None))

    async def next(self) -> Exchange | None:
        """The next exchange; None at the end."""
        exchange = await self._waiting.get()
        if exchange is not None:
            self._bytes -= size_of(exchange)
        return exchange

    def _put(self, exchange: Exchange) -> None:
        size = size_of(exchange)
        if self._waiting.qsize() < _MOST_WAITING and self._bytes + size <= _MOST_BYTES:
            self._bytes += size
            self._waiting.put_nowait(exchange)

    def _in_loop(self, function: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(function)


class JournalSubscriber(Protocol):
    """An open stream, which must be told when its sandbox or the mock ends."""

    @property
    def sandbox(self) -> str:
        """The name of the sandbox that the stream is of."""
        ...

    def end(self) -> None:
        """End the stream; may be called in any thread."""
        ...


class StreamRegistry:
    """The open streams of a mock's sandboxes. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[JournalSubscriber] = set()

    def __len__(self) -> int:
        return len(self._listeners)

    def add(self, listener: JournalSubscriber) -> None:
        """Register a subscriber, so that `dismiss` ends its stream."""
        with self._lock:
            self._listeners.add(listener)

    def remove(self, listener: JournalSubscriber) -> None:
        """Forget a subscriber whose stream is over."""
        with self._lock:
            self._listeners.discard(listener)

    def dismiss(self, sandbox: str | None = None) -> None:
        """End the streams of a sandbox, or all."""
        with self._lock:
            listeners = [it for it in self._listeners if sandbox in {None, it.sandbox}]
        for listener in listeners:
            listener.end()


async def events(
    sandbox: str,
    journal: Journal,
    streams: StreamRegistry,
    encode: Callable[[Exchange], ServerSentEvent | None],
    *,
    after: int | None = None,
) -> AsyncGenerator[ServerSentEvent]:
    """The journal as server-sent events, from now on or behind the exchange numbered `after`.

    `encode` makes an event of an exchange, or returns None if it is to be left out.
    """
    listener = EventQueue(sandbox)
    streams.add(listener)
    journal.watch(listener.put)
    try:
        yield LISTENING
        missed = [] if after is None else _exchanges_after(journal, after)
        for exchange in missed:
            if event := encode(exchange):
                yield event
        last_sent = missed[-1].number if missed else 0
        while (received := await listener.next()) is not None:
            if received.number > last_sent and (event := encode(received)):
                yield event
    finally:
        journal.unwatch(listener.put)
        streams.remove(listener)


def _exchanges_after(journal: Journal, number: int) -> list[Exchange]:
    return list(itertools.takewhile(lambda it: it.number > number, journal.newest_first()))[::-1]
