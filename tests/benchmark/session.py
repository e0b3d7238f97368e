"""One run of the benchmark: how thorough it is, where its files go, and how far it has come."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@dataclass(frozen=True)
class Session:
    """What every row is given."""

    quick: bool
    folder: Path
    """Temporary; gone with the session."""
    progress: Progress

    def rounds(self, what: str, thorough: int, quick: int) -> Iterator[int]:
        """Count rounds, and show it."""
        total = quick if self.quick else thorough
        task = self.progress.add_task(what, total=total)
        for number in range(total):
            yield number
            self.progress.advance(task)


@contextmanager
def open_session(*, quick: bool) -> Iterator[Session]:
    """A session with a folder of its own and its progress on standard error."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        refresh_per_second=2,  # it shares a core with the load generator
    )
    with tempfile.TemporaryDirectory(prefix="mockwise-benchmark-") as folder, progress:
        yield Session(quick, Path(folder), progress)
