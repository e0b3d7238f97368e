"""What the strict profile leaves to chance, so that a client cannot rely on it; the same seed, the same chances.

Each thing is drawn by a generator of its own, made from the seed, what it is for, and the how many-eth of its kind it
is. So the n-th token of a sandbox is treated the same in each run, whatever other sandboxes, other threads and the
calls in between do.
"""

from __future__ import annotations

import random
import threading
from collections import Counter


class SeededRandom:
    """Random generators of one sandbox, which the same seed repeats."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def draw(self, what: str) -> random.Random:
        """The generator for the next thing of this kind."""
        with self._lock:
            self._counts[what] += 1
            nth = self._counts[what]
        return random.Random(f"{self._seed} {what} {nth}")  # noqa: S311  because the same seed must draw the same
