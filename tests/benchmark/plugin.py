"""Row 7: what the plugin costs people who have it installed and do not use it.

Processor time of `pytest --co` in an empty folder. A difference of a few milliseconds drowns in wall time as soon as
the machine does anything else. Other people's plugins stay out of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.benchmark.figures import Limit, Row, Spread
from tests.benchmark.session import Session

_NO_TESTS = 5  # pytest's exit status


def plugin(session: Session) -> list[Row]:
    """Row 7: how much longer pytest takes to start with the plugin."""
    empty = session.folder / "empty"
    empty.mkdir()
    with_it, without = [], []
    for _ in session.rounds("pytest start-up", thorough=61, quick=25):
        with_it.append(_collect(empty, "-p", "mockwise.pytest_plugin"))
        without.append(_collect(empty))
    return [
        Row(
            name="pytest --co with the plugin",
            unit="ms",
            figure=Spread.of(with_it),
            floor=Spread.of(without),
            note="processor time",
        ),
        Row(
            name="the plugin's share of it",
            unit="ms",
            figure=Spread.of([min(with_it[n::3]) - min(without[n::3]) for n in range(3)]),
            bars=(Limit("at most", 10, "figure"),),
            note="between the lowest of each third: what else goes on only ever adds",
        ),
    ]


def _collect(folder: Path, *options: str) -> float:
    """Milliseconds of processor time, user and system."""
    path = os.pathsep.join(filter(None, (str(Path.cwd()), os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--co", "-q", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != _NO_TESTS:
        raise RuntimeError(f"pytest ended with {process.returncode}")
    return 1000 * (usage.ru_utime + usage.ru_stime)
