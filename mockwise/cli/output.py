"""Prints lines, tables and JSON: with colours at a terminal, without them in a pipe."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from mockwise.common.durations import spell_roughly
from mockwise.journal.lines import ExchangeLine, printable

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, those that order or hide text (Unicode's category Cf), line ends, and halves of characters."""
REFUSED = 400


def console() -> Console:
    """A console on standard output that does not wrap lines."""
    return Console(soft_wrap=True, highlight=False, markup=False, emoji=False)


def line(text: str | Text) -> None:
    """Print one line to standard output."""
    console().print(text)


def note(text: str) -> None:
    """Print one line to standard error, so that a pipe does not read it."""
    stderr().print(text, style="dim")


def stderr() -> Console:
    """A console on standard error that does not wrap lines."""
    return Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


def print_json(content: object, *, indent: int | None = 2) -> None:
    """Print JSON with characters escaped that would move a terminal's cursor or change the direction of text."""
    text = json.dumps(content, indent=indent, ensure_ascii=False)
    sys.stdout.write(_UNSAFE.sub(lambda it: json.dumps(it[0])[1:-1], text) + "\n")
    sys.stdout.flush()


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], to: Console | None = None
) -> None:
    """Print a table after an empty line, or nothing if there are no rows. No cell is cut or folded."""
    table = [[cell if isinstance(cell, Text) else Text(printable(cell)) for cell in row] for row in rows]
    if not table:
        return
    table.insert(0, [Text(column, "dim") for column in columns])
    widths = [max(cell.cell_len for cell in column) for column in zip(*table, strict=True)]
    out = to or console()
    out.print()
    out.print(title, style="bold")
    for row in table:
        for cell, width in zip(row, widths, strict=True):
            cell.pad_right(width - cell.cell_len)
        line = Text("  ").join(row)
        line.rstrip()
        out.print(line)


def read_time(text: str) -> datetime:
    """Read a time of the control API."""
    return datetime.fromisoformat(text)


def spell_time(text: str) -> str:
    """Write a time of the control API to the second, in UTC."""
    return read_time(text).strftime("%Y-%m-%d %H:%M:%S UTC")


def relative(then: str, now: str) -> str:
    """`2m5s ago`, `in 11h59m`, `now`; both are times of the control API."""
    apart = read_time(then) - read_time(now)
    if rough(apart) == "0s":
        return "now"
    return f"in {rough(apart)}" if apart > timedelta() else f"{rough(apart)} ago"


def rough(length: timedelta) -> str:
    """A length of time, forward or back, to the second."""
    return spell_roughly(timedelta(seconds=round(abs(length.total_seconds()))))


def verdict(status: int) -> str:
    """The colour of an HTTP status: green for success, red for refusals."""
    return "green" if 0 < status < REFUSED else "red"


def coloured(line: ExchangeLine, status: int) -> Text:
    """The line of an exchange, in colours."""
    style = verdict(status)
    return Text.assemble(
        (line.time, "dim"),
        (f" {line.status}", style),
        f" {line.request}",
        (f" {line.who}", "dim"),
        (f"  {line.reason}" if line.reason else "", style),
    )
