"""`mockwise contract`: the rules that bind the mock and Wise, tried against a target."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mockwise.cli.app import commands
from mockwise.cli.environment import environment
from mockwise.cli.output import AsJson
from mockwise.contract_runner import run_contract

app = commands()


@app.command()
def contract(
    *,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The mTLS host to try; without it MOCKWISE_MTLS_URL, or a mock of the contract's own.",
        ),
    ] = None,
    tls_target: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Its TLS host; known of Wise's sandbox, else MOCKWISE_TLS_URL."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit XML as well.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try the contract against a mock or Wise's sandbox. Credentials come from the MOCKWISE_* variables.

    Ends with 0 if no rule is broken, 1 if one is, 2 if nothing could be tried.
    """
    raise typer.Exit(
        run_contract(target, environ=environment(), tls_url=tls_target, junit=junit, as_json=as_json)
    )
