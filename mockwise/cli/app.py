"""The commands, each with its options."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Annotated, Any

import typer

from mockwise.cli.serve import LogLevel, serve_until_stopped
from mockwise.config import Settings, read_settings

app = typer.Typer(
    help="A local stand-in for Wise's OAuth edge. For testing only.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _of(name: str) -> Any:  # noqa: ANN401  because it is what Typer calls an option
    """A flag that sets the setting of the same name."""
    field = Settings.model_fields[name]
    flag = f"--{name.replace('_', '-')}"
    return typer.Option(flag + (f"/--no-{name}" if field.annotation is bool else ""), help=field.description)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mockwise {importlib.metadata.version('mockwise')}")
        raise typer.Exit


@app.callback()
def root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A local stand-in for Wise's OAuth edge. For testing only."""


@app.command()
def serve(  # noqa: PLR0917  because Typer calls it, by name
    host: Annotated[str | None, _of("host")] = None,
    public_host: Annotated[list[str] | None, _of("public_host")] = None,
    mtls_port: Annotated[int, _of("mtls_port")] = 8443,
    tls_port: Annotated[int, _of("tls_port")] = 8444,
    certs: Annotated[Path, _of("certs")] = Path("certs"),
    client_id: Annotated[str | None, _of("client_id")] = None,
    client_secret: Annotated[str | None, _of("client_secret")] = None,
    token_lifetime: Annotated[str | None, _of("token_lifetime")] = None,
    token_format: Annotated[str | None, _of("token_format")] = None,
    token_repeat: Annotated[str | None, _of("token_repeat")] = None,
    mtls: Annotated[str | None, _of("mtls")] = None,
    handshake_refusals: Annotated[str | None, _of("handshake_refusals")] = None,
    foreign_certificate: Annotated[str | None, _of("foreign_certificate")] = None,
    certificate_clock: Annotated[str | None, _of("certificate_clock")] = None,
    missing_authorization: Annotated[str | None, _of("missing_authorization")] = None,
    hints: Annotated[bool | None, _of("hints")] = None,
    journal_size: Annotated[int | None, _of("journal_size")] = None,
    loop: Annotated[str | None, _of("loop")] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write URLs and credentials here, as JSON, once both hosts answer.")
    ] = None,
    log_level: Annotated[
        LogLevel, typer.Option(help="info: a line per exchange; warning: refusals only; error: neither.")
    ] = LogLevel.INFO,
) -> None:
    """Start a mock and keep it until Ctrl-C or SIGTERM."""
    given = {
        name: value for name, value in locals().items() if name in Settings.model_fields and value is not None
    }
    serve_until_stopped(read_settings(given), ready_file, log_level)
