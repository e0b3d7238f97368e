"""`mockwise audit`: which of Wise's rules the clients of a running mock break."""

from __future__ import annotations

from typing import Annotated

import typer

from mockwise.cli import output
from mockwise.cli.app import commands
from mockwise.cli.control import Control, with_control
from mockwise.cli.findings import HtmlFile, JUnitFile, check_file, print_audit, write_files
from mockwise.cli.output import AsJson

app = commands()


@app.command()
@with_control
def audit(
    mock: Control,
    *,
    junit: JUnitFile = None,
    html: HtmlFile = None,
    fail: Annotated[bool, typer.Option("--fail", help="End with status 1 if there is an error.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show which of Wise's rules the clients of a sandbox break, and what to change."""
    check_file(junit, "--junit")
    check_file(html, "--html")
    seen = mock.read("/audit")
    if as_json:
        output.print_json(seen)
    else:
        print_audit(seen, output.console())
    write_files({junit: lambda: mock.text("/audit/junit"), html: lambda: mock.text("/audit/page")})
    if fail and seen["counts"]["error"]:
        raise typer.Exit(1)
