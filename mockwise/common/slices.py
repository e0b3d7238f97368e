"""Long work in slices: whoever goes through very many items beside the event loop lets other threads go on in between.

A thread that computes keeps the interpreter for 5 ms whenever another one wants it, and serving one request wants it
several times. So a thread with much to do gives it up by itself, more often.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

SLICE = 200
"""Items between two pauses: one or two milliseconds of work, if each takes some microseconds."""

_PAUSE = 0.0002  # seconds; while this thread sleeps, those that wait get the interpreter


def in_slices(items: Iterable[T], size: int = SLICE) -> Iterator[T]:
    """The items, with a pause after each `size` of them. Not for the event loop's own thread."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield from some
        if len(some) == size:
            pause()


def pause() -> None:
    """Let other threads go on."""
    time.sleep(_PAUSE)
