"""Prints lines, tables and JSON: with colours at a terminal, without them in a pipe."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from mockwise.common.durations import spell_roughly
from mockwise.journal.lines import ExchangeLine, printable

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[
    int, typer.Option("--limit", "-n", metavar="NUMBER", min=0, help="Show the newest so many.")
]
DEFAULT_LIMIT = 100

_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, those that order or hide text (Unicode's category Cf), line ends, and halves of characters."""
REFUSED = 400
SIGNALLED = 128
"""A command that a signal has ended has this status and the signal's number, as shells report it."""


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


def show(answer: object, sentence: str, *, as_json: bool) -> None:
    """Print an answer of the control API: as JSON, or as a sentence."""
    if as_json:
        print_json(answer)
    else:
        line(printable(sentence))


def print_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Print a line for each name with its value."""
    for name, value in fields:
        line(Text.assemble((f"{name:<14}", "dim"), printable(value)))


def show_list(
    found: Mapping[str, Any],
    name: str,
    columns: Sequence[str],
    row: Callable[[Any], Sequence[str | Text]],
    *,
    as_json: bool,
    what: str | None = None,
) -> None:
    """Print a list of the control API: as JSON, or as a table that says if it does not show all.

    Args:
        found: the answer, with its `count`.
        name: the member that holds the list.
        columns: the heads of the table.
        row: makes a row of an item.
        as_json: whether JSON is asked for.
        what: what the items are called, if not as the member.
    """
    items = found[name]
    if as_json:
        print_json(found)
        return
    print_table(None, columns, map(row, items))
    if not found["count"]:
        note(f"there are no {what or name}")
    elif found["count"] > len(items):
        note(f"the newest {len(items)} of {found['count']}; --limit shows more")


def print_table(
    title: str | None, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], to: Console | None = None
) -> None:
    """Print a table after an empty line and its title, or nothing if there are no rows. No cell is cut or folded."""
    table = [[cell if isinstance(cell, Text) else Text(printable(cell)) for cell in row] for row in rows]
    if not table:
        return
    table.insert(0, [Text(column, "dim") for column in columns])
    widths = [max(cell.cell_len for cell in column) for column in zip(*table, strict=True)]
    out = to or console()
    if title is not None:
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


def counted(count: int, what: str) -> str:
    """`1 token`, `2 tokens`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


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
