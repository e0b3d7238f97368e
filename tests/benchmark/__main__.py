"""The command: measure, show how far it has come, print the table."""

from __future__ import annotations

import argparse
import getpass
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

import tests.benchmark
from tests.benchmark.chart import write_chart
from tests.benchmark.figures import Row
from tests.benchmark.memory import memory
from tests.benchmark.peers.compare import peers
from tests.benchmark.plugin import plugin
from tests.benchmark.report import print_table, write_json
from tests.benchmark.sandboxes import sandboxes
from tests.benchmark.serving import lines
from tests.benchmark.session import Session, open_session
from tests.benchmark.starts import cold, in_process, stop
from tests.benchmark.states import states
from tests.benchmark.throughput import handshakes, keep_alive

ROWS: Mapping[str, Callable[[Session], list[Row]]] = {
    "keep-alive": keep_alive,
    "handshakes": handshakes,
    "lines": lines,
    "cold": cold,
    "in-process": in_process,
    "sandboxes": sandboxes,
    "stop": stop,
    "memory": memory,
    "states": states,
    "plugin": plugin,
    "peers": peers,
}
UNASKED = "peers"  # installs other people's packages, so it waits until it is named
_INTERRUPTED = 130  # the shell's status after Ctrl-C


def main() -> None:
    """Run the rows that were asked for, all but the peers by default."""
    # SIGTERM, too, has to end the children.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    words = sys.argv[1:]
    options = _parser().parse_args(words)
    began = time.monotonic()
    results: dict[str, list[Row]] = {}
    interrupted = False
    try:
        with open_session(quick=options.quick, peers=options.peers_dir) as session:
            for name in session.each("[bold]all rows[/]", chosen(words)):
                results[name] = ROWS[name](session)
    except KeyboardInterrupt:
        interrupted = True
    _tell(results, options, time.monotonic() - began)
    if interrupted:
        print("benchmark: interrupted; what was done by then is above", file=sys.stderr)
        sys.exit(_INTERRUPTED)


def chosen(words: Sequence[str]) -> list[str]:
    """The rows that a command line asks for, in its order."""
    options = _parser().parse_args(words)
    names = list(options.only or [name for name in ROWS if name != UNASKED])
    if options.peers and UNASKED not in names:
        names.append(UNASKED)
    return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmark",
        description=tests.benchmark.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer and shorter samples: a minute or two, not five"
    )
    parser.add_argument(
        "--only", action="append", choices=ROWS, metavar="ROW", help=f"one of: {', '.join(ROWS)}"
    )
    parser.add_argument("--peers", action="store_true", help="also install and measure other people's mocks")
    parser.add_argument(
        "--peers-dir",
        type=Path,
        metavar="DIR",
        default=_peers_dir(),
        help="where they are installed and kept",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything here, samples included")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the ratios here, as SVG")
    return parser


def _peers_dir() -> Path:
    return Path(tempfile.gettempdir()) / f"mockwise-peers-{getpass.getuser()}"


def _tell(results: Mapping[str, Sequence[Row]], options: argparse.Namespace, seconds: float) -> None:
    # Into a file or a pipe, rich would squeeze the table into 80 columns.
    console = Console(width=None if sys.stdout.isatty() else 120)
    print_table(results, console)
    console.print(f"This took {seconds // 60:.0f} min {seconds % 60:.0f} s.")
    if options.json is not None:
        write_json(results, options.json, seconds)
    if options.chart is not None:
        write_chart(results, options.chart)


if __name__ == "__main__":
    main()
