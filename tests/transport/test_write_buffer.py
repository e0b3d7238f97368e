"""What is written in one turn of the loop leaves at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from typing_extensions import override

from mockwise.transport.http.write_buffer import WriteBuffer


class RecordingTransport(asyncio.Transport):
    """A transport that records the calls of the buffer above it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.told: list[object] = []
        self.closing = False

    @override
    def write(self, data: bytes) -> None:  # type: ignore[override]  # as the outbox writes
        self.told.append(data)

    @override
    def close(self) -> None:
        self.told.append("close")

    @override
    def abort(self) -> None:
        self.told.append("abort")

    @override
    def pause_reading(self) -> None:
        self.told.append("pause")

    @override
    def resume_reading(self) -> None:
        self.told.append("resume")

    @override
    def can_write_eof(self) -> bool:
        return True

    @override
    def write_eof(self) -> None:
        self.told.append("eof")

    @override
    def get_write_buffer_size(self) -> int:
        return 100

    @override
    def is_closing(self) -> bool:
        return self.closing


@pytest.fixture
def transport() -> RecordingTransport:
    """A transport of its own for each test, which records its calls."""
    return RecordingTransport()


@pytest.fixture
def turn() -> list[Callable[[], None]]:
    """What the loop does in its next turn."""
    return []


@pytest.fixture
def write_buffer(transport: RecordingTransport, turn: list[Callable[[], None]]) -> WriteBuffer:
    """A write buffer over that transport."""
    return WriteBuffer(transport, turn.append)


def test_what_is_written_in_one_turn_leaves_together(
    write_buffer: WriteBuffer, transport: RecordingTransport, turn: list[Callable[[], None]]
) -> None:
    """Head and body are one write (mock-only)."""
    write_buffer.write(b"head ")
    write_buffer.write(b"body")
    assert transport.told == []
    [flush] = turn
    flush()
    assert transport.told == [b"head body"]
    write_buffer.write(b"next")
    assert len(turn) == 2


def test_much_does_not_wait(
    write_buffer: WriteBuffer, transport: RecordingTransport, turn: list[Callable[[], None]]
) -> None:
    """So that the transport can ask for patience (asyncio flow control)."""
    write_buffer.write(b"x" * 65536)
    assert transport.told == [b"x" * 65536]
    turn[0]()
    assert len(transport.told) == 1


def test_the_end_comes_after_what_was_written(
    write_buffer: WriteBuffer, transport: RecordingTransport
) -> None:
    """A close is no cut."""
    write_buffer.write(b"last")
    write_buffer.close()
    assert transport.told == [b"last", "close"]


def test_nothing_is_written_to_who_has_gone(
    write_buffer: WriteBuffer, transport: RecordingTransport, turn: list[Callable[[], None]]
) -> None:
    """The peer may leave within the turn."""
    write_buffer.write(b"late")
    transport.closing = True
    turn[0]()
    assert transport.told == []
    assert write_buffer.is_closing()


def test_all_else_goes_through(write_buffer: WriteBuffer, transport: RecordingTransport) -> None:
    """At once, and in order."""
    write_buffer.pause_reading()
    write_buffer.resume_reading()
    write_buffer.abort()
    assert transport.told == ["pause", "resume", "abort"]
    assert write_buffer.get_extra_info("peername") == ("127.0.0.1", 1)
    assert write_buffer.get_extra_info("nothing", 7) == 7


def test_what_is_written_after_the_end_goes_nowhere(
    transport: RecordingTransport, write_buffer: WriteBuffer, turn: list[Callable[[], None]]
) -> None:
    """What was written before leaves first; a transport would raise for the rest."""
    assert write_buffer.can_write_eof()
    write_buffer.write(b"a")
    write_buffer.write_eof()
    write_buffer.write(b"b")
    for it in turn:
        it()
    assert transport.told == [b"a", "eof"]


def test_what_waits_here_and_below_has_not_left(
    transport: RecordingTransport, write_buffer: WriteBuffer
) -> None:
    """So much memory it takes."""
    write_buffer.write(b"abc")
    assert write_buffer.get_write_buffer_size() == 103
    write_buffer.flush()
    assert write_buffer.get_write_buffer_size() == 100
    assert transport.told == [b"abc"]
