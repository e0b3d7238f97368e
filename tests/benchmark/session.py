"""One run of the benchmark: how thorough it is, where its files go, and how far it has come."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

T = TypeVar("T")


@dataclass(frozen=True)
class Session:
    """What every row is given."""

    quick: bool
    peers: Path
    """Where peers are installed, and found again by the next run."""
    folder: Path
    """Temporary; gone with the session."""
    progress: Progress

    def rounds(self, what: str, thorough: int, quick: int) -> Iterator[int]:
        """Count rounds, and show it."""
        return self.each(what, range(quick if self.quick else thorough))

    def each(self, what: str, items: Collection[T]) -> Iterator[T]:
        """Go through some items, and show how far."""
        task = self.progress.add_task(what, total=len(items))
        for item in items:
            yield item
            self.progress.advance(task)


@contextmanager
def open_session(*, quick: bool, peers: Path) -> Iterator[Session]:
    """A session with a folder of its own and its progress on standard error.

    What its children write for a while goes into that folder, too: one that has to be killed leaves nothing behind.
    """
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        refresh_per_second=2,  # it shares a core with the load generator
    )
    before = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="mockwise-benchmark-") as folder, progress:
        os.environ["TMPDIR"] = folder
        try:
            yield Session(quick, peers, Path(folder), progress)
        finally:
            if before is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before
