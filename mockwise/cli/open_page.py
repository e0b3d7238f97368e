"""`mockwise open`: the dashboard of a mock in a browser."""

from __future__ import annotations

import webbrowser

from mockwise.cli import output
from mockwise.cli.app import commands
from mockwise.cli.control import Control, with_control
from mockwise.cli.output import AsJson

app = commands()


@app.command("open")
@with_control
def open_page(mock: Control, *, as_json: AsJson = False) -> None:
    """Open the dashboard of a sandbox in a browser, and print its URL."""
    mock.read()  # fails if nobody is there
    opened = webbrowser.open(mock.page)
    output.show({"url": mock.page, "opened": opened}, mock.page, as_json=as_json)
    if not opened:
        output.note("there is no browser here: open the page in one that reaches this machine")
