"""The real time, whatever a test does to Python's clocks.

Libraries such as freezegun and time-machine replace `datetime.now`, `time.time`, `time.monotonic` and their kin for the
whole process; a module that is first imported meanwhile keeps the replaced ones. OpenSSL judges certificates by the
system's clock all the same, and time-outs and timers must come to their end. So the wall's time is read from the C
library itself, and elapsed time from `clock_gettime(CLOCK_MONOTONIC)`, which both libraries leave alone.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import ModuleType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_REALTIME = 0  # on Linux, macOS and the BSDs


def real_now() -> datetime:
    """The real time, aware, in UTC."""
    return _EPOCH + timedelta(microseconds=_nanoseconds() // 1000)


# Windows has no such clock: there what elapses is told by the one that a test may have stopped.
monotonic: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime") else time.monotonic
)
"""Seconds of real time since some moment; for what elapses."""


@contextmanager
def real_dates() -> Iterator[None]:
    """Let what is imported meanwhile have the real `date` and `datetime`, if freezegun has put others in their place.

    Some libraries remember these classes at import (pydantic), or derive others from them, which freezegun's do not
    allow (pydantic's first version, which FastAPI imports when it is given its first model). The module `datetime`
    itself is left as it is, since other threads use it, and freezegun may end meanwhile.
    """
    there = sys.modules["datetime"]
    if type(there.date) is type:
        yield
        return
    sys.modules["datetime"] = lent = ModuleType("datetime")
    vars(lent).update(vars(there))
    for name in ("date", "datetime"):
        setattr(lent, name, next(it for it in getattr(there, name).__mro__ if type(it) is type))
    try:
        yield
    finally:
        sys.modules["datetime"] = there


def _of_c_library() -> Callable[[], int]:
    """How the C library is asked for the nanoseconds since 1970.

    Raises:
        ImportError: Python was built without `ctypes`.
        AttributeError: the library has no such function.
        OSError: the library cannot be opened.
        TypeError: this is Windows, where there is no such library.
    """
    import ctypes  # because it may be missing

    class Timespec(ctypes.Structure):
        """The C library's `struct timespec`."""

        _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))

    clock_gettime = ctypes.CDLL(None).clock_gettime
    clock_gettime.argtypes = (ctypes.c_int, ctypes.POINTER(Timespec))

    def nanoseconds() -> int:
        now = Timespec()
        clock_gettime(_CLOCK_REALTIME, now)
        return int(now.seconds) * 1_000_000_000 + int(now.nanoseconds)

    return nanoseconds


def _of_file_system() -> int:
    """The stamp that the system gives a file, in nanoseconds since 1970; slower, but it works everywhere."""
    with tempfile.TemporaryDirectory(prefix="mockwise-") as folder:
        file = Path(folder, "now")
        file.touch()
        return file.stat().st_mtime_ns


def _source() -> Callable[[], int]:
    try:
        return _of_c_library()
    except (ImportError, AttributeError, OSError, TypeError):
        return _of_file_system


_nanoseconds = _source()
