"""What is counted, and what flat means."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median

LEAST = 9  # samples, three of each third; fewer say nothing


@dataclass(frozen=True)
class Sample:
    """One look. `seconds` since the beginning, `rss` and `heap` in bytes, the others in numbers.

    `heap` is what malloc has given out and not got back, 0 where the C library does not tell (glibc 2.33 does);
    `blocks` are Python's own pieces of memory, `objects` those of its objects that the collector follows.
    """

    seconds: float
    days: int
    requests: int
    rss: int
    heap: int
    threads: int
    descriptors: int
    tasks: int
    blocks: int
    objects: int

    def as_json(self) -> dict[str, float]:
        """The sample for a JSON file."""
        return asdict(self)


@dataclass(frozen=True)
class Tolerance:
    """How much more is still flat: this share of what there was, and so much in any case."""

    of: Callable[[Sequence[float]], float]
    share: float
    floor: float


_HIGHEST = Tolerance(max, 0.0, 0.0)
TOLERANCES: dict[str, Tolerance] = {
    "rss": Tolerance(median, 0.02, 2 << 20),
    "heap": Tolerance(median, 0.02, 1 << 19),
    "threads": _HIGHEST,
    "descriptors": _HIGHEST,
    "tasks": _HIGHEST,
    "blocks": Tolerance(median, 0.02, 2000),
    "objects": Tolerance(median, 0.02, 2000),
}


@dataclass(frozen=True)
class Verdict:
    """One quantity: what it was in the middle third and in the last, and how much the latter might have been."""

    name: str
    first: float
    middle: float
    last: float
    allowed: float

    @property
    def flat(self) -> bool:
        """Whether it has not grown."""
        return self.last <= self.allowed


def judge(samples: Sequence[Sample]) -> list[Verdict]:
    """Compare the thirds.

    Raises:
        ValueError: there are too few samples.
    """
    if len(samples) < LEAST:
        raise ValueError(f"{len(samples)} samples are too few to judge by: let it run longer")
    third = len(samples) // 3
    parts = samples[:third], samples[-2 * third : -third], samples[-third:]
    verdicts = []
    for name, tolerance in TOLERANCES.items():
        first, middle, last = (tolerance.of([getattr(it, name) for it in part]) for part in parts)
        allowed = middle * (1 + tolerance.share) + tolerance.floor
        verdicts.append(Verdict(name, first, middle, last, allowed))
    return verdicts


def look(seconds: float, days: int, requests: int) -> Sample:
    """Count, after the rubbish has been taken out."""
    gc.collect()
    objects = gc.get_objects()
    tasks = sum(isinstance(it, asyncio.Task) and not it.done() for it in objects)
    count = len(objects)
    del objects
    return Sample(
        seconds=seconds,
        days=days,
        requests=requests,
        rss=_resident(),
        heap=_given_out(),
        threads=threading.active_count(),
        descriptors=_descriptors(),
        tasks=tasks,
        blocks=sys.getallocatedblocks(),
        objects=count,
    )


class _MallocInfo(ctypes.Structure):
    """What mallinfo2(3) returns."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]
    hblkhd: int
    uordblks: int


def _given_out() -> int:
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None) if os.name == "posix" else None
    if ask is None:
        return 0
    ask.restype = _MallocInfo
    info = ask()
    return int(info.uordblks + info.hblkhd)  # in arenas, and in pages of their own


def _resident() -> int:
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, check=True)
    return int(done.stdout) * 1024


def _descriptors() -> int:
    return len(os.listdir("/dev/fd")) - 1  # noqa: PTH208  the one that lists them is among them


assert set(TOLERANCES) < {
    field.name for field in fields(Sample)
}  # a name that is misspelt would be judged late
