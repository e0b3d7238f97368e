"""Standard output and standard error that never make a command wait for who reads them.

While a mock serves, a thread of its own writes lines to each of the two. When a pipe is full, a terminal stands still,
a disk is full or nobody reads any more, lines are dropped and counted, and it is told how many once writing works
again. What is logged goes the same way, and at most a few lines of one trouble.
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

MOST_LINES = 10_000
"""So many wait to be written; what comes on top of them is dropped."""
_AT_ONCE = 4096  # bytes in one write: a reader that is slow is seen to read
_LOGGED_AT_ONCE = 5  # lines of one place in the code
_LOGGED_WITHIN = 10.0  # seconds

_Chunk = tuple[bytes, int]
"""What is to be written, and for how many lines it stands."""


class QueuedStream(io.TextIOBase):
    """A text stream that takes lines at once, and writes them to a descriptor in a thread of its own.

    Args:
        like: the stream whose descriptor, encoding and looks it has.
        most: how many lines may wait.
    """

    def __init__(self, like: TextIO, most: int = MOST_LINES) -> None:
        super().__init__()
        self._like = like
        self._descriptor = like.fileno()
        self._most = most
        self._changed = threading.Condition(threading.RLock())  # a signal's handler may print, too
        self._unfinished = ""
        self._lines: deque[_Chunk] = deque()
        self._dropped = 0
        self._failed = 0
        self._progress = 0
        self._busy = False
        self._thread: threading.Thread | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]  # which typeshed lets be written
        """How text becomes bytes."""
        return self._like.encoding

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._like.isatty()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Take text; its whole lines are written as soon as that is possible."""
        with self._changed:
            *lines, self._unfinished = (self._unfinished + text).split("\n")
            for line in lines:
                self._add(f"{line}\n")
        return len(text)

    def drop(self, lines: int) -> None:
        """Count lines that nobody had the time to make."""
        with self._changed:
            self._dropped += lines
            self._wake()

    def drain(self, patience: float | None) -> None:
        """Wait until all is written; no longer than `patience` seconds in which nobody reads."""
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
        """Write, and return how many lines could not be written."""
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
            except BlockingIOError:  # whoever started us made it so
                select.select([], [self._descriptor], [])


def _note(lines: int) -> list[_Chunk]:
    """What tells of lines that were dropped."""
    if not lines:
        return []
    return [(f"mockwise: {lines} {'line' if lines == 1 else 'lines'} dropped here\n".encode(), lines)]


@dataclass
class _Window:
    """The lines that one place in the code has logged of late."""

    count: int = 0
    text: str = ""


def _later(seconds: float, function: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()


class LogLimit(logging.Filter):
    """Lets through a few lines of each place in the code in ten seconds; of the others it tells how many there were.

    Args:
        write: where that is told.
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
        """Whether a line is let through."""
        place = record.pathname, record.lineno
        with self._lock:
            first = place not in self._windows
            window = self._windows.setdefault(place, _Window())
            window.count += 1
            window.text = record.getMessage().partition("\n")[0]
            fits = window.count <= _LOGGED_AT_ONCE
        if first:
            self._later(_LOGGED_WITHIN, lambda: self._tell(place))
        return fits

    def tell_all(self) -> None:
        """Tell what is still to be told."""
        for place in list(self._windows):
            self._tell(place)

    def _tell(self, place: tuple[str, int]) -> None:
        with self._lock:
            window = self._windows.pop(place, _Window())
        if window.count > _LOGGED_AT_ONCE:
            self._write(
                f"... {window.count - _LOGGED_AT_ONCE} more in the last {_LOGGED_WITHIN:g} s: {window.text}\n"
            )


@dataclass(frozen=True)
class Output:
    """Both streams."""

    out: QueuedStream
    err: QueuedStream

    def drain(self, patience: float | None) -> None:
        """Wait until all is written; no longer than `patience` seconds in which nobody reads."""
        self.out.drain(patience)
        self.err.drain(patience)


@contextmanager
def queued_output() -> Iterator[Output]:
    """Write standard output and error beside what is done in the block, and what is logged there, too.

    Who ends the block drains the streams for as long as it likes to wait.
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
        limit.tell_all()
