"""`mockwise token`: gets a token with the reference client, from the mock or from Wise itself."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from mockwise.cli import output
from mockwise.cli.app import commands
from mockwise.cli.environment import environment
from mockwise.cli.output import AsJson
from mockwise.cli.urls import check_url
from mockwise.client import (
    ClientRefused,
    ConnectionLost,
    HandshakeRefused,
    ServerNotTrusted,
    Token,
    WiseError,
    fetch_token,
)
from mockwise.common.proxies import proxy_for
from mockwise.errors import InvalidValueError, MockwiseError
from mockwise.pki.key_files import KeyFiles

app = commands()

_PATH = "/oauth/token"
_EXAMPLE = "https://127.0.0.1:8443"
_VARIABLES = {
    "url": "MOCKWISE_MTLS_URL",
    "ca": "MOCKWISE_CA_FILE",
    "cert": "MOCKWISE_CERT_FILE",
    "key": "MOCKWISE_KEY_FILE",
    "key_password": "MOCKWISE_KEY_PASSWORD",
}
# The options to which the remedies in the client's messages refer.
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
    ctx: typer.Context,
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
    key_password: Annotated[
        str | None,
        typer.Option(
            metavar="PASSWORD",
            envvar="MOCKWISE_KEY_PASSWORD",
            help="Of an encrypted key; better in the variable, where no list of processes shows it.",
        ),
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
    endpoint = token_endpoint(host, _source_of(ctx, "url"))
    names = [_source_of(ctx, name) for name in ("ca", "cert", "key", "key_password")]
    files = KeyFiles(authority=ca, certificate=cert, key=key, password=key_password, names=names)
    logging.getLogger("mockwise.client").addHandler(
        logging.NullHandler()
    )  # only the outcome is printed, not each attempt
    proxy = proxy_for(endpoint, environment())
    try:
        with _client(files.context(), proxy) as client:
            got = fetch_token(client, who, secret, token_url=endpoint)
    except WiseError as error:
        raise MockwiseError(f"{error}{_remedy(error, proxy)}") from None
    except httpx.TransportError as error:
        raise MockwiseError(f"{type(error).__name__}: {error}{_remedy(error, proxy)}") from None
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidValueError(str(error)) from None
    if as_json:
        output.print_json(_as_dict(got))
    else:
        typer.echo(got.access_token)


def _needed(value: str | None, option: str, variable: str) -> str:
    if not value:
        raise InvalidValueError(
            f'{option} is missing, and so is {variable}: say one of them; eval "$(mockwise env)" sets all '
            "variables for the mock that runs"
        )
    return value


def _source_of(ctx: typer.Context, name: str) -> str:
    """The source of a value: the option, or its environment variable."""
    source = ctx.get_parameter_source(name)
    if source is not None and source.name == "ENVIRONMENT":
        return _VARIABLES[name]
    if name == "key_password" and source is not None and source.name == "DEFAULT":
        return f"--key-password or {_VARIABLES[name]}"
    return f"--{name.replace('_', '-')}"


def token_endpoint(url: str, said: str) -> str:
    """The URL of the token endpoint at a host.

    Raises:
        InvalidValueError: it is not an https URL, or has another path.
    """
    parts = urlsplit(check_url(url, said, ("https",), _EXAMPLE))
    if parts.path in {"", "/"}:
        return f"https://{parts.netloc}{_PATH}"
    if not parts.path.endswith(_PATH):
        raise InvalidValueError(
            f"{said}: {parts.path!r} is no token endpoint: leave the path away, or let it end in {_PATH}"
        )
    return url


def _client(context: ssl.SSLContext, proxy: tuple[str, str] | None) -> httpx.Client:
    """A client that uses a proxy of the environment, if one applies to the token endpoint."""
    try:
        return httpx.Client(verify=context, trust_env=proxy is not None)
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        variable = proxy[0] if proxy else "HTTPS_PROXY"
        raise InvalidValueError(f"{variable}: that proxy cannot be used: {error}") from None


def _remedy(error: Exception, proxy: tuple[str, str] | None) -> str:
    """What to check after an error, named by the options of this command."""
    if proxy is not None and (type(error) is ConnectionLost or not isinstance(error, WiseError)):
        variable, url = proxy
        return (
            f". The call went to the proxy {url} that {variable} names: see to that proxy, unset the variable, or add "
            "the host to NO_PROXY"
        )
    return next((words for kind, words in _OPTIONS if isinstance(error, kind)), "")


def _as_dict(got: Token) -> dict[str, object]:
    """The members of the token response that the server sent."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name in ("access_token", "token_type", "expires_in", "expires_at", "scope", "created_at")
        if (value := getattr(got, name)) is not None
    }
