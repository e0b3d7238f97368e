"""The soak's own machinery: it must find a leak, and its day must leave nothing behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mockwise import MockWise
from tests.cli.processes import wait_until
from tests.soak.measurements import LEAST, Sample, judge, look
from tests.soak.workload import MockWorkload

FLAT = Sample(
    0,
    0,
    0,
    rss=100 << 20,
    heap=20 << 20,
    threads=3,
    descriptors=20,
    tasks=2,
    blocks=500_000,
    objects=100_000,
)


def grown(change: Callable[[int], Sample], count: int = 30) -> list[str]:
    """The names of what is judged to grow in so many samples."""
    return [it.name for it in judge([change(number) for number in range(count)]) if not it.flat]


def test_a_steady_mock_is_flat() -> None:
    """Also if it grew in the first third, and if its numbers go up and down."""
    assert grown(lambda _number: FLAT) == []
    assert grown(lambda number: replace(FLAT, rss=min(number, 10) << 20, tasks=number % 3)) == []


@pytest.mark.parametrize("name", ["rss", "heap", "threads", "descriptors", "tasks", "blocks", "objects"])
def test_a_leak_is_found_in_each_quantity(name: str) -> None:
    """One thread more in the last third is too many; memory that grows by a hundredth a sample, too."""
    start = getattr(FLAT, name)
    assert grown(lambda number: replace(FLAT, **{name: start + number * max(start // 100, 1)})) == [name]


def test_what_malloc_has_given_out_is_counted() -> None:
    """Eight MiB more while they are held; where the C library does not tell, none."""
    before = look(0, 0, 0).heap
    held = bytearray(8 << 20)
    after = look(0, 0, 0).heap
    assert after - before >= 7 << 20 or before == after == 0
    del held


def test_too_few_samples_are_no_proof() -> None:
    """Three of each third at least."""
    with pytest.raises(ValueError, match="too few"):
        judge([FLAT] * (LEAST - 1))


def test_a_day_leaves_no_thread_descriptor_or_task_behind() -> None:
    """The first days open the kept connections; after that a day ends as it began."""
    with MockWise() as mock:
        workload = MockWorkload(mock)
        workload.day()
        before = look(0, workload.days, workload.requests)
        workload.day()
        after: list[Sample] = []

        def ended_as_it_began() -> bool:
            now = look(1, workload.days, workload.requests)
            after.append(now)
            # One more task is the engine's own timer.
            return (now.threads, now.descriptors) == (before.threads, before.descriptors) and (
                now.tasks <= before.tasks + 1
            )

        wait_until(ended_as_it_began)  # connections take a moment to part
        workload.close()
    assert after[-1].requests > before.requests


def test_the_command_tells_when_it_ran_too_short(tmp_path: Path) -> None:
    """Its samples are written all the same, and the exit status says that it was not flat."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--minutes", "0.0001", "--json", tmp_path / "soak.json"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "1 samples are too few to judge by" in done.stderr
    assert (tmp_path / "soak.json").read_text().startswith('[{"seconds": ')
