"""How the result is shown: a table for people, JSON for programs."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from tests.benchmark.figures import Row, Spread

_PACKAGES = ("mockwise", "fastapi", "starlette", "uvicorn", "uvloop", "httptools", "cryptography")
_VERDICT = {True: "[green]reached[/]", False: "[red]missed[/]", None: ""}


def print_table(results: Mapping[str, Sequence[Row]], console: Console) -> None:
    """Two lines a row: medians, and below them the lowest and the highest. Ratios are mockwise to the other."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("median\n[not bold dim]lowest..highest[/]")
    for heading in ("mockwise", "floor or peer", "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("bar", no_wrap=True)
    table.add_column("")
    for title, rows in results.items():
        table.add_row(f"[bold]{title}[/]")
        for row in rows:
            table.add_row(
                f"{row.name}\n[dim]{row.unit}{row.note and f', {row.note}'}[/]",
                *(_spell(spread) for spread in (row.figure, row.floor, row.ratio)),
                "\n".join(bar.spell(row.unit) for bar in row.bars),
                _VERDICT[row.reached],
            )
        table.add_section()
    console.print(table)
    console.print(", ".join(f"{name} {value}" for name, value in surroundings().items()), style="dim")
    cores = os.cpu_count() or 1
    if os.getloadavg()[0] > cores + 1:  # a server and a generator, which never both fill theirs
        console.print(
            f"Others used this machine, too: {cores} cores were not enough. Ratios say more than figures."
        )


def write_json(results: Mapping[str, Sequence[Row]], path: Path, seconds: float) -> None:
    """Everything, with every sample, what it ran on and how long that took."""
    content = {
        "seconds": round(seconds),
        "surroundings": surroundings(),
        "rows": {name: [row.as_json() for row in rows] for name, rows in results.items()},
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def surroundings() -> dict[str, str]:
    """What the figures depend on."""
    return {
        "Python": platform.python_version(),
        "OpenSSL": ssl.OPENSSL_VERSION.split()[1],
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        **{name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


def _spell(spread: Spread | None) -> str:
    if spread is None:
        return ""
    middle = _number(spread.median)
    if len(spread.samples) == 1:
        return middle
    return f"{middle}\n[dim]{_number(spread.low)}..{_number(spread.high)}[/]"


def _number(value: float) -> str:
    """Three digits that mean something, thousands set apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
