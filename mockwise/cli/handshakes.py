"""`mockwise handshakes` and `forget`: lists the handshakes that were refused; empties the journal of a sandbox."""

from __future__ import annotations

from rich.text import Text

from mockwise.cli import output, rows
from mockwise.cli.app import commands
from mockwise.cli.control import Control, Json, with_control, with_whole_mock
from mockwise.cli.output import DEFAULT_LIMIT, AsJson, Limit

app = commands()


@app.command()
@with_whole_mock
def handshakes(mock: Control, *, limit: Limit = DEFAULT_LIMIT, as_json: AsJson = False) -> None:
    """List the TLS handshakes that the mock refused, each with its alert, the reason and what to do."""
    found = mock.mock("/handshakes", limit=limit)
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
