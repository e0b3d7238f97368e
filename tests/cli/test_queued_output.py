"""Output that never makes a command wait for who reads it."""

from __future__ import annotations

import errno
import gc
import io
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from mockwise.cli import main
from mockwise.cli.queued_output import LogLimit, QueuedStream, queued_output


class Pipe:
    """A pipe that nobody reads until somebody does."""

    def __init__(self) -> None:
        self.reading, writing = os.pipe()
        self.stream = os.fdopen(writing, "w")

    def fill(self) -> int:
        """Write until no more can be; returns how many bytes."""
        os.set_blocking(self.stream.fileno(), False)
        count = 0
        with suppress(BlockingIOError):
            while True:
                count += os.write(self.stream.fileno(), b"." * 512)
        return count

    def read(self, count: int) -> bytes:
        """So many bytes, once they are there."""
        found = b""
        while len(found) < count:
            found += os.read(self.reading, count - len(found))
        return found

    def read_until(self, end: bytes) -> bytes:
        """All until there is such an end."""
        found = b""
        while not found.endswith(end):
            found += os.read(self.reading, 1)
        return found


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A pipe of its own for each test."""
    made = Pipe()
    yield made
    with suppress(OSError):
        os.close(made.reading)
    made.stream.close()


@pytest.mark.parametrize("blocking", [True, False])
def test_lines_that_have_no_place_are_dropped_and_told(pipe: Pipe, *, blocking: bool) -> None:
    """The writer never waits; when somebody reads again, the count stands where the lines would."""
    filled = pipe.fill()
    os.set_blocking(pipe.stream.fileno(), blocking)
    stream = QueuedStream(pipe.stream, most=3)
    stream.write("first\n")
    stream.drain(0.01)  # it cannot be written, but has left the queue
    for number in range(5):
        stream.write(f"line {number}\n")
    stream.drop(2)
    stream.drain(0.01)
    pipe.read(filled)
    assert pipe.read_until(b"here\n").decode().splitlines() == [
        *("first", "line 0", "line 1", "line 2", "mockwise: 4 lines dropped here"),
    ]
    stream.write("next\n")
    stream.drain(None)
    assert pipe.read_until(b"\n") == b"next\n"


def test_lines_that_cannot_be_written_are_told_when_they_can(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full has room again: so much is missing before the next line."""
    stream = QueuedStream(pipe.stream)
    own, full = pipe.stream.fileno(), threading.Event()
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        if descriptor == own and full.is_set():
            raise OSError(errno.ENOSPC, "full")
        return real(descriptor, data[:3])

    monkeypatch.setattr(os, "write", write)
    full.set()
    stream.write("lost\n")
    stream.drain(None)
    full.clear()
    stream.write("next ")
    stream.write("line")
    stream.drain(None)
    assert pipe.read_until(b"next line") == b"mockwise: 1 line dropped here\nnext line"


def test_nobody_reads_any_more(pipe: Pipe) -> None:
    """Lines end there, and nobody waits."""
    os.close(pipe.reading)
    stream = QueuedStream(pipe.stream)
    stream.write("x" * 5000 + "\n" + "line\n")
    stream.drain(None)


def test_it_looks_as_what_it_stands_for(pipe: Pipe) -> None:
    """Its reader finds descriptor, encoding and whether it is a terminal; what cannot be encoded is spelled."""
    pipe.stream.reconfigure(encoding="ascii")
    stream = QueuedStream(pipe.stream)
    assert (stream.encoding, stream.fileno(), stream.isatty(), stream.writable(), stream.readable()) == (
        *("ascii", pipe.stream.fileno(), False, True, False),
    )
    stream.write("é\n")
    stream.drain(None)
    assert pipe.read_until(b"\n") == b"\\xe9\n"


def test_what_is_logged_and_printed_goes_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Warnings from anywhere, as Python writes them by default; afterwards everything is as it was."""
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        handlers = list(logging.getLogger().handlers)
        with queued_output() as output:
            sys.stdout.write("printed\n")
            logging.getLogger("mockwise").warning("logged")
            logging.getLogger("mockwise").info("not logged")
        assert (sys.stdout, sys.stderr) == (out, err)
        assert logging.getLogger().handlers == handlers
        output.drain(None)
    assert (tmp_path / "out").read_text() == "printed\n"
    assert (tmp_path / "err").read_text() == "logged\n"


def test_lines_of_one_trouble_are_few() -> None:
    """Five of a place in the code within ten seconds, then how many more; another place has five of its own."""
    told: list[str] = []
    ends: list[tuple[float, Callable[[], None]]] = []
    limit = LogLimit(told.append, lambda seconds, end: ends.append((seconds, end)))
    log = logging.getLogger("test_lines_of_one_trouble_are_few")
    log.propagate = False
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    handler.addFilter(limit)
    log.addHandler(handler)

    def trouble(number: int) -> None:
        log.warning("state %d\nand more", number)

    for number in range(8):
        trouble(number)
    log.warning("another")
    assert shown.getvalue().count("state") == 5
    assert shown.getvalue().endswith("another\n")
    assert [seconds for seconds, _ in ends] == [10.0, 10.0]
    for _, end in ends:
        end()
    assert told == ["... 3 more in the last 10 s: state 7\n"]
    for number in range(7):
        trouble(number)
    limit.flush()
    ends[-1][1]()
    assert told[1:] == ["... 2 more in the last 10 s: state 6\n"]


def test_the_count_comes_without_another_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the trouble is over, too."""
    told = threading.Event()
    monkeypatch.setattr("mockwise.cli.queued_output._LOGGED_WITHIN", 0.001)
    monkeypatch.setattr("mockwise.cli.queued_output._LOGGED_AT_ONCE", 0)
    limit = LogLimit(lambda _: told.set())
    assert not limit.filter(logging.makeLogRecord({"msg": "trouble"}))
    assert told.wait(20)


def test_another_error_of_the_system_is_not_taken_for_the_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk has many files on it; only standard output has no name."""

    def fail() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "state.db")

    monkeypatch.setattr("mockwise.cli.app.app", fail)
    monkeypatch.setattr(sys, "argv", ["mockwise", "status"])
    try:
        with pytest.raises(SystemExit, match=r"mockwise: .*state\.db"):
            main()
    finally:
        gc.enable()
