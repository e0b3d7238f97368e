"""The command: measure, show how far it has come, print the table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

import tests.benchmark
from tests.benchmark.figures import Row
from tests.benchmark.memory import memory
from tests.benchmark.plugin import plugin
from tests.benchmark.report import print_table, write_json
from tests.benchmark.session import Session, open_session
from tests.benchmark.starts import cold, in_process, stop
from tests.benchmark.throughput import handshakes, keep_alive

ROWS: Mapping[str, Callable[[Session], list[Row]]] = {
    "keep-alive": keep_alive,
    "handshakes": handshakes,
    "cold": cold,
    "in-process": in_process,
    "stop": stop,
    "memory": memory,
    "plugin": plugin,
}


def main() -> None:
    """Run the rows that were asked for, all by default."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmark",
        description=tests.benchmark.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer and shorter samples: a minute, not minutes"
    )
    parser.add_argument(
        "--only", action="append", choices=ROWS, metavar="ROW", help=f"one of: {', '.join(ROWS)}"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything here, samples included")
    options = parser.parse_args()

    results: dict[str, list[Row]] = {}
    try:
        with open_session(quick=options.quick) as session:
            for name in options.only or ROWS:
                results[name] = ROWS[name](session)
    except KeyboardInterrupt:
        sys.exit("benchmark: interrupted")
    # Into a file or a pipe, rich would squeeze the table into 80 columns.
    print_table(results, Console(width=None if sys.stdout.isatty() else 100))
    if options.json is not None:
        write_json(results, options.json)


if __name__ == "__main__":
    main()
