"""The command: let it run, show how it goes, print the table."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

import tests.soak
from mockwise import MockWise
from tests.soak.measurements import Sample, Verdict, judge, look
from tests.soak.workload import MockWorkload

_SAMPLES = 120  # in the whole time, so that a look costs little of it
_MIB = 1 << 20


def main() -> None:
    """Soak, and say whether it was flat."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=tests.soak.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=15.0, help="how long (default: %(default)g)")
    parser.add_argument("--loop", choices=("auto", "asyncio", "uvloop"), default="auto")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample here, also on the way")
    options = parser.parse_args()

    samples: list[Sample] = []
    try:
        soak(60 * options.minutes, options.loop, samples, options.json)
    except KeyboardInterrupt:
        Console(stderr=True).print("soak: interrupted")
    try:
        verdicts = judge(samples)
    except ValueError as error:
        sys.exit(f"soak: {error}")
    print_table(samples, verdicts, Console(width=None if sys.stdout.isatty() else 110))
    sys.exit(0 if all(it.flat for it in verdicts) else 1)


def soak(seconds: float, loop: str, samples: list[Sample], file: Path | None) -> None:
    """Live day after day until the time is up; what was counted goes into `samples`, and into the file at once."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[now]}"),
    )
    with (
        MockWise(loop=loop) as mock,
        Progress(*columns, console=Console(stderr=True), refresh_per_second=2) as progress,
    ):
        bar = progress.add_task("soak", total=seconds, now="")
        workload = MockWorkload(mock)
        began, due = time.monotonic(), 0.0
        while (passed := time.monotonic() - began) < seconds:
            workload.day()
            if passed >= due:
                due = passed + seconds / _SAMPLES
                samples.append(look(passed, workload.days, workload.requests))
                if file:
                    file.write_text(json.dumps([it.as_json() for it in samples]) + "\n", encoding="utf-8")
            progress.update(bar, completed=passed, now=tell(samples[-1], workload.days))
        workload.close()


def tell(sample: Sample, days: int) -> str:
    """How it goes, on one line."""
    return (
        f"day {days:,}  {sample.rss / _MIB:.1f} MiB ({sample.heap / _MIB:.1f} in the heap)  {sample.threads} threads  "
        f"{sample.descriptors} descriptors  {sample.tasks} tasks  {sample.objects:,} objects"
    )


def print_table(samples: Sequence[Sample], verdicts: Sequence[Verdict], console: Console) -> None:
    """A row for each quantity."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    for heading in ("first third", "middle third", "last third", "allowed"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for it in verdicts:
        values = (it.first, it.middle, it.last, it.allowed)
        shown = [
            f"{value / _MIB:,.1f} MiB" if it.name in {"rss", "heap"} else f"{value:,.0f}" for value in values
        ]
        table.add_row(it.name, *shown, "[green]flat[/]" if it.flat else "[red]grows[/]")
    console.print(table)
    last = samples[-1]
    console.print(
        f"{last.days:,} days of two sandboxes each, {last.requests:,} requests, "
        f"{len(samples)} samples in {last.seconds / 60:.1f} minutes",
        style="dim",
    )


if __name__ == "__main__":
    main()
