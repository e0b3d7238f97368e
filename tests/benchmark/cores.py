"""Who runs where: the server has one core, the load generator another, so that neither waits for the other's turn.

Left alone, Linux likes to put the two ends of a local connection on one core while the other idles.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal


@contextmanager
def core_of(role: Literal["server", "generator"]) -> Iterator[None]:
    """Keep this thread, and what it starts meanwhile, on the core of a role; without effect where that is impossible."""
    if sys.platform != "linux":
        yield
        return
    free = os.sched_getaffinity(0)
    first, *_, last = sorted(free) * 2  # a machine with one core has to share it
    os.sched_setaffinity(0, {first if role == "server" else last})
    try:
        yield
    finally:
        os.sched_setaffinity(0, free)
