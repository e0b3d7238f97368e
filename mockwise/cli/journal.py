"""`mockwise journal`: the exchanges of a sandbox, one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.text import Text

from mockwise.cli import output
from mockwise.cli.app import commands
from mockwise.cli.control import Control, Json, with_control
from mockwise.cli.filters import query_options
from mockwise.cli.output import AsJson
from mockwise.errors import InvalidValueError
from mockwise.journal.lines import exchange_line

app = commands()

_INTERRUPTED = 130


@app.command()
@with_control
@query_options
def journal(
    mock: Control,
    *,
    wanted: Mapping[str, str],
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what happens from now on.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="NUMBER", min=0, help="Begin with the newest so many.")
    ] = 20,
    count: Annotated[bool, typer.Option("--count", help="Say only how many there are.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what was asked of a sandbox and answered. With --follow, --json prints a line for each."""
    if count and follow:
        raise InvalidValueError("--count, --follow: a count is told once, so say one of them")
    if count:
        _print_count(mock.read("/exchanges", limit=0, **wanted)["count"], as_json=as_json)
    elif follow:
        _follow(mock, wanted, limit, as_json=as_json)
    else:
        _print(mock.read("/exchanges", limit=limit, **wanted), as_json=as_json)


def _follow(mock: Control, wanted: Mapping[str, str], limit: int, *, as_json: bool) -> None:
    # The latest number is read before the list, so that no exchange is lost between the two.
    latest = mock.read("/exchanges", limit=1)["exchanges"]
    found = mock.read("/exchanges", limit=limit, **wanted)
    try:
        last = max((it["number"] for it in [*latest, *found["exchanges"]]), default=0)
        for exchange in found["exchanges"]:
            _print_one(exchange, as_json=as_json)
        for exchange in mock.follow(last, **wanted):
            _print_one(exchange, as_json=as_json)
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    output.note("the mock has stopped, or dropped the sandbox")


def _print_count(count: int, *, as_json: bool) -> None:
    if as_json:
        output.print_json({"count": count})
    else:
        output.line(str(count))


def _print(found: Json, *, as_json: bool) -> None:
    if as_json:
        output.print_json(found)
        return
    for exchange in found["exchanges"]:
        _print_one(exchange, as_json=False)
    if not found["count"]:
        output.note("nothing like that was asked")
    elif found["count"] > len(found["exchanges"]):
        output.note(f"the newest {len(found['exchanges'])} of {found['count']}; --limit shows more")


def _print_one(exchange: Json, *, as_json: bool) -> None:
    if as_json:
        output.print_json(exchange, indent=None)
    else:
        output.line(_line(exchange))


def _line(exchange: Json) -> Text:
    names = ("status", "method", "path", "query", "host", "client_id", "reason")
    members = {name: exchange[name] for name in names}
    line = exchange_line(wall_time=output.read_time(exchange["wall_time"]), **members)
    return Text.assemble((f"{exchange['number']:>4} ", "dim"), output.coloured(line, exchange["status"]))
