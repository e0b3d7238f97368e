"""`mockwise handshakes` and `forget`: lists the handshakes that were refused; empties the journal of a sandbox."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from mockwise.cli import output, rows
from mockwise.cli.app import commands
from mockwise.cli.control import Control, Json, with_control, with_whole_mock
from mockwise.cli.output import DEFAULT_LIMIT, AsJson, Limit
from mockwise.errors import InvalidValueError

app = commands()


@app.command()
@with_whole_mock
def handshakes(
    mock: Control,
    *,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Only from this real time on, with its zone: 2027-01-07T00:00:00Z."
        ),
    ] = None,
    forget_all: Annotated[
        bool, typer.Option("--forget", help="Empty the list instead of showing it.")
    ] = False,
    limit: Limit = DEFAULT_LIMIT,
    as_json: AsJson = False,
) -> None:
    """List the TLS handshakes that the mock refused, each with its alert, the reason and what to do."""
    if forget_all:
        if since is not None:
            raise InvalidValueError("--forget, --since: all are forgotten, so say one of them")
        done = mock.forget_handshakes()
        sentence = f"forgot {output.counted(done['forgotten'], 'refused handshake')}"
        output.show(done, sentence, as_json=as_json)
        return
    found = mock.mock("/handshakes", limit=limit, since=since)
    wall = mock.read("/clock")["wall"]

    def row(it: Json) -> tuple[str | Text, ...]:
        return rows.handshake_row(it, wall)

    output.show_list(
        found, "handshakes", rows.HANDSHAKE_COLUMNS, row, as_json=as_json, what="refused handshakes"
    )


@app.command()
@with_control
def forget(mock: Control, *, as_json: AsJson = False) -> None:
    """Empty the journal of a sandbox; all else stays as it is."""
    mock.delete("exchanges")
    name = mock.read()["name"]
    output.show({"sandbox": name}, f"the journal of sandbox {name} is empty", as_json=as_json)
