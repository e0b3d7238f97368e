"""Standard output and standard error that never block a command, however slowly they are read.

While a mock serves, a thread of its own writes lines to each of the two. When a pipe is full, a terminal stands still,
a disk is full or nobody reads any more, lines are dropped and counted, and their number is written once writing works
again. Log messages go the same way, at most a few from one place in the code.
"""

from __future__ import annotations

import io
import logging
import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import partial
from typing import TextIO

from typing_extensions import override

MOST_LINES = 10_000
"""So many lines may wait to be written; more are dropped."""
_AT_ONCE = 4096  # bytes in one write; few, so that a slow reader makes visible progress
_LOGGED_AT_ONCE = 5  # lines of one place in the code
_LOGGED_WITHIN = 10.0  # seconds

_Chunk = tuple[bytes, int]
"""Bytes to write, and how many lines they stand for."""


class QueuedStream(io.TextIOBase):
    """A text stream that takes lines at once, and writes them to a descriptor in a thread of its own.

    Args:
        like: the stream whose descriptor and encoding it takes over.
        most: how many lines may wait.
    """

    def __init__(self, like: TextIO, most: int = MOST_LINES) -> None:
        super().__init__()
        self._like = like
        self._descriptor = like.fileno()
        self._most = most
        self._changed = threading.Condition(
            threading.RLock()
        )  # reentrant, because a signal handler may print, too
        self._unfinished = ""
        self._lines: deque[_Chunk] = deque()
        self._dropped = 0
        self._failed = 0
        self._progress = 0
        self._busy = False
        self._thread: threading.Thread | None = None

    @property
    @override
    def encoding(self) -> str:  # type: ignore[override]  # typeshed has an attribute that can be set
        return self._like.encoding

    @override
    def fileno(self) -> int:
        return self._descriptor

    @override
    def isatty(self) -> bool:
        return self._like.isatty()

    @override
    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Queue text; complete lines are written as soon as possible."""
        with self._changed:
            *lines, self._unfinished = (self._unfinished + text).split("\n")
            for line in lines:
                self._add(f"{line}\n")
        return len(text)

    def drop(self, lines: int) -> None:
        """Count lines as dropped that were never made."""
        with self._changed:
            self._dropped += lines
            self._wake()

    def drain(self, patience: float | None) -> None:
        """Wait until all is written, but no longer than `patience` seconds without progress."""
        with self._changed:
            if self._unfinished:
                self._add(self._unfinished)
                self._unfinished = ""
            while self._waits() and self._changed.wait_for(
                partial(self._has_gone_on, self._progress), patience
            ):
                pass

    def _has_gone_on(self, since: int) -> bool:
        return self._progress != since or not self._waits()

    def _waits(self) -> bool:
        return bool(self._lines or self._dropped or self._busy)

    def _add(self, line: str) -> None:
        if len(self._lines) < self._most:
            self._lines.append((line.encode(self.encoding, "backslashreplace"), 1))
        else:
            self._dropped += 1
        self._wake()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="mockwise-output", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(self._waits)
                self._busy = True
                # What could not be written came before these lines, what had no place in the queue after them.
                chunks = [*_note(self._failed), *self._lines, *_note(self._dropped)]
                self._failed = self._dropped = 0
                self._lines.clear()
            self._failed = self._write_all(chunks)

    def _write_all(self, chunks: Iterable[_Chunk]) -> int:
        """Write chunks; returns how many lines could not be written."""
        waiting = deque(chunks)
        while waiting:
            taken, size = 0, 0
            while taken < len(waiting) and size < _AT_ONCE:
                size += len(waiting[taken][0])
                taken += 1
            try:
                self._write(b"".join(waiting[number][0] for number in range(taken)))
            except OSError:  # nobody reads any more, or the disk is full
                return sum(lines for _, lines in waiting)
            for _ in range(taken):
                waiting.popleft()
            with self._changed:
                self._progress += 1
                self._changed.notify_all()
        return 0

    def _write(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:  # the process that started this one made the descriptor non-blocking
                select.select([], [self._descriptor], [])


def _note(lines: int) -> list[_Chunk]:
    """A line that says how many lines were dropped, if any."""
    if not lines:
        return []
    return [(f"mockwise: {lines} {'line' if lines == 1 else 'lines'} dropped here\n".encode(), lines)]


@dataclass
class _Window:
    """The recent log messages from one place in the code."""

    count: int = 0
    text: str = ""


def _later(seconds: float, function: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()


class LogLimit(logging.Filter):
    """A log filter that passes a few messages from each place in the code in ten seconds, and counts the others.

    Args:
        write: writes the line with that number.
        later: calls a function after some seconds.
    """

    def __init__(
        self, write: Callable[[str], object], later: Callable[[float, Callable[[], None]], None] = _later
    ) -> None:
        super().__init__()
        self._write = write
        self._later = later
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, int], _Window] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a log message passes the limit."""
        place = record.pathname, record.lineno
        with self._lock:
            first = place not in self._windows
            window = self._windows.setdefault(place, _Window())
            window.count += 1
            window.text = record.getMessage().partition("\n")[0]
            fits = window.count <= _LOGGED_AT_ONCE
        if first:
            self._later(_LOGGED_WITHIN, lambda: self._write_count(place))
        return fits

    def flush(self) -> None:
        """Write the numbers of suppressed messages now."""
        for place in list(self._windows):
            self._write_count(place)

    def _write_count(self, place: tuple[str, int]) -> None:
        with self._lock:
            window = self._windows.pop(place, _Window())
        if window.count > _LOGGED_AT_ONCE:
            self._write(
                f"... {window.count - _LOGGED_AT_ONCE} more in the last {_LOGGED_WITHIN:g} s: {window.text}\n"
            )


@dataclass(frozen=True)
class Output:
    """Standard output and standard error, as queued streams."""

    out: QueuedStream
    err: QueuedStream

    def drain(self, patience: float | None) -> None:
        """Wait until all is written, but no longer than `patience` seconds without progress."""
        self.out.drain(patience)
        self.err.drain(patience)


@contextmanager
def queued_output() -> Iterator[Output]:
    """Queue standard output, standard error and log messages while the block runs.

    The caller drains the streams afterwards, for as long as it can wait.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    output = Output(QueuedStream(sys.stdout), QueuedStream(sys.stderr))
    limit = LogLimit(output.err.write)
    handler = logging.StreamHandler(output.err)
    handler.setLevel(logging.WARNING)
    handler.addFilter(limit)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with redirect_stdout(output.out), redirect_stderr(output.err):
            yield output
    finally:
        root.removeHandler(handler)
        limit.flush()
