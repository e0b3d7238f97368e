"""One run of the benchmark: how thorough it is, where its files go, and how far it has come."""

from __future__ import annotations

import compileall
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import mockwise
import tests.benchmark

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
    with (
        tempfile.TemporaryDirectory(prefix="mockwise-benchmark-") as folder,
        progress,
        patch.dict(os.environ, {"TMPDIR": folder}),
    ):
        _have_bytecode()
        yield Session(quick, peers, Path(folder), progress)


def _have_bytecode() -> None:
    """As an installed package has it: to compile the sources anew at each start would be a third of a cold start."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for package in (mockwise, tests.benchmark):
        compileall.compile_dir(Path(package.__file__ or "").parent, quiet=2)
