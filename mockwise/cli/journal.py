"""`mockwise journal`: what was asked of a sandbox and answered, a line each."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from rich.text import Text

from mockwise.cli import show
from mockwise.cli.app import commands
from mockwise.cli.control import Control, Json, speaks
from mockwise.cli.show import AsJson
from mockwise.core.errors import BadValue

app = commands()

_INTERRUPTED = 130
_STATUS = re.compile(r"[1-5](xx|\d\d)")


@app.command()
@speaks
def journal(
    mock: Control,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what happens from now on.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="NUMBER", min=0, help="Begin with the newest so many.")
    ] = 20,
    client: Annotated[str | None, typer.Option(metavar="ID", help="Only this client's.")] = None,
    path: Annotated[
        str | None, typer.Option(metavar="PATH", help="Only paths that end so: /oauth/token")
    ] = None,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="Only answers like this: 401, or 4xx.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what was asked of a sandbox and answered. With --follow, --json prints a line for each."""
    if status is not None and not _STATUS.fullmatch(status):
        raise BadValue(f"--status: write a status such as 401, or a class such as 4xx, instead of {status!r}")
    wanted = {"client_id": client, "path": path, "status": status}
    # Asked for before the list, so that nothing falls between the two.
    latest = mock.read("/exchanges", limit=1)["exchanges"] if follow else []
    found = mock.read("/exchanges", limit=limit, **wanted)
    if not follow:
        _print(found, as_json=as_json)
        return
    try:
        last = max((it["number"] for it in [*latest, *found["exchanges"]]), default=0)
        for exchange in found["exchanges"]:
            _print_one(exchange, as_json=as_json)
        for exchange in mock.follow(last, **wanted):
            _print_one(exchange, as_json=as_json)
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    show.note("the mock has stopped, or dropped the sandbox")


def _print(found: Json, *, as_json: bool) -> None:
    if as_json:
        show.print_json(found)
        return
    for exchange in found["exchanges"]:
        _print_one(exchange, as_json=False)
    if not found["count"]:
        show.note("nothing like that was asked")
    elif found["count"] > len(found["exchanges"]):
        show.note(f"the newest {len(found['exchanges'])} of {found['count']}; --limit shows more")


def _print_one(exchange: Json, *, as_json: bool) -> None:
    if as_json:
        show.print_json(exchange, indent=None)
    else:
        show.say(_line(exchange))


def _line(exchange: Json) -> Text:
    style = show.verdict(exchange["status"])
    query = f"?{exchange['query']}" if exchange["query"] else ""
    return Text.assemble(
        (f"{exchange['number']:>4} {show.clock_time(exchange['wall_time'])}", "dim"),
        (f" {exchange['status'] or 'left'}", style),
        f" {exchange['method']} {show.printable(exchange['path'] + query)}",
        (f" {exchange['host']} {show.printable(exchange['client_id'] or '-')}", "dim"),
        (f"  {exchange['reason']}" if exchange["reason"] else "", style),
    )
