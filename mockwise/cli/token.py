"""`mockwise token`: the reference client, from a terminal, against the mock or Wise itself."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from typing import Annotated

import httpx
import typer

from mockwise.cli import show
from mockwise.cli.app import commands
from mockwise.cli.show import AsJson
from mockwise.client import ClientRefused, HandshakeRefused, ServerNotTrusted, Token, WiseError, fetch_token
from mockwise.core.errors import MockwiseError

app = commands()

_PATH = "/oauth/token"
# What the client's remedies are called here.
_OPTIONS: tuple[tuple[type[WiseError], str], ...] = (
    (HandshakeRefused, ". Here that is --cert and --key"),
    (ServerNotTrusted, ". Here that is --ca"),
    (ClientRefused, ". Here that is --client-id, --client-secret, --cert and --key"),
    (WiseError, ". Here that is --url"),
)


def _file(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        metavar="FILE", envvar=f"MOCKWISE_{name}_FILE", help=what, show_default=False
    )
    return option


@app.command()
def token(
    *,
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="MOCKWISE_MTLS_URL",
            help="The host, for example of `mockwise serve`, or Wise's.",
        ),
    ] = None,
    client_id: Annotated[
        str | None, typer.Option(metavar="ID", envvar="MOCKWISE_CLIENT_ID", help="Who asks.")
    ] = None,
    client_secret: Annotated[
        str | None,
        typer.Option(
            metavar="SECRET",
            envvar="MOCKWISE_CLIENT_SECRET",
            help="Its secret; better in the variable, where no list of processes shows it.",
        ),
    ] = None,
    ca: Annotated[Path | None, _file("CA", "The authority to trust; without it the system's.")] = None,
    cert: Annotated[Path | None, _file("CERT", "The client certificate, PEM.")] = None,
    key: Annotated[
        Path | None, _file("KEY", "Its key, PEM; without it the certificate's file has both.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Get a token and print it. Works with the mock and with Wise."""
    host, who, secret = (
        _needed(value, option, variable)
        for value, option, variable in (
            (url, "--url", "MOCKWISE_MTLS_URL"),
            (client_id, "--client-id", "MOCKWISE_CLIENT_ID"),
            (client_secret, "--client-secret", "MOCKWISE_CLIENT_SECRET"),
        )
    )
    logging.getLogger("mockwise.client").addHandler(
        logging.NullHandler()
    )  # attempts are not news, the end is
    try:
        endpoint = httpx.URL(host)
        endpoint = endpoint.copy_with(path=_PATH) if endpoint.path in {"", "/"} else endpoint
        with httpx.Client(verify=_context(ca, cert, key)) as client:
            got = fetch_token(client, who, secret, token_url=str(endpoint))
    except WiseError as error:
        options = next(words for kind, words in _OPTIONS if isinstance(error, kind))
        raise MockwiseError(f"{error}{options}") from None
    except (httpx.InvalidURL, ValueError) as error:
        raise MockwiseError(str(error)) from None
    if as_json:
        show.print_json(_as_dict(got))
    else:
        typer.echo(got.access_token)


def _needed(value: str | None, option: str, variable: str) -> str:
    if not value:
        raise MockwiseError(
            f'{option} is missing, and so is {variable}: say one of them; eval "$(mockwise env)" sets all '
            "variables for the mock that runs"
        )
    return value


def _context(ca: Path | None, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    """Trusts the authority, presents the certificate.

    Raises:
        MockwiseError: a file cannot be used; the message names it.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise MockwiseError(f"--ca: {ca} cannot be used: {_why(error)}") from None
    if cert is not None:
        try:
            context.load_cert_chain(cert, key)
        except OSError as error:
            pair = f"--cert: {cert}" if key is None else f"--cert, --key: {cert} with {key}"
            raise MockwiseError(f"{pair} cannot be used: {_why(error)}") from None
    return context


def _why(error: OSError) -> str:
    """In plain words what OpenSSL or the system said."""
    if isinstance(error, ssl.SSLError):
        mismatch = "the key is another certificate's" if "MISMATCH" in str(error) else ""
        return mismatch or "it must be PEM, a certificate and the key that belongs to it"
    return error.strerror or str(error)


def _as_dict(got: Token) -> dict[str, object]:
    """What the server said, as far as it did."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name in ("access_token", "token_type", "expires_in", "expires_at", "scope", "created_at")
        if (value := getattr(got, name)) is not None
    }
