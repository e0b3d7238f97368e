"""Long work in slices: whoever goes through very many items beside the event loop lets other threads go on in between.

A thread that computes keeps the interpreter for 5 ms whenever another one wants it, and serving one request wants it
several times. So a thread with much to do gives it up by itself, more often.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from mockwise.real_time import monotonic

T = TypeVar("T")

SLICE = 50
"""Items between two looks at the clock."""

_LONG = 0.001  # seconds of work after which there is a pause
_PAUSE = 0.0002  # seconds; while this thread sleeps, those that wait get the interpreter


def in_slices(items: Iterable[T], size: int = SLICE) -> Iterator[T]:
    """The items, with a pause after `size` of them or more that took a millisecond. Not for the event loop's own thread."""
    rest, began = iter(items), monotonic()
    while some := list(islice(rest, size)):
        yield from some
        if monotonic() - began > _LONG:
            pause()
            began = monotonic()


def pause() -> None:
    """Let other threads go on."""
    time.sleep(_PAUSE)
