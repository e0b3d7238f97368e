"""How much memory a process takes."""

from __future__ import annotations

import os
from pathlib import Path


def resident(process: int) -> int | None:
    """Its resident set in bytes; None where there is no /proc."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except FileNotFoundError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def mebibytes(process: int) -> float | None:
    """The resident memory of a process in MiB."""
    size = resident(process)
    return None if size is None else size / 2**20
