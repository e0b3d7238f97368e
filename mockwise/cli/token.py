"""`mockwise token`: gets a token with the reference client, from the mock or from Wise itself."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import httpx
import typer

from mockwise.cli import output
from mockwise.cli.app import commands
from mockwise.cli.client_options import (
    VARIABLES,
    Ca,
    Cert,
    ClientId,
    ClientSecret,
    Key,
    KeyPassword,
    Url,
    source_of,
    sources,
)
from mockwise.cli.environment import environment
from mockwise.cli.output import AsJson
from mockwise.client import (
    ClientRefused,
    ConnectionLost,
    HandshakeRefused,
    ServerNotTrusted,
    Token,
    WiseError,
    explain,
    fetch_token,
)
from mockwise.common.host_urls import token_endpoint
from mockwise.common.proxies import proxy_for
from mockwise.errors import InvalidValueError, MockwiseError
from mockwise.pki.key_files import KeyFiles

app = commands()

REMEDIES: tuple[tuple[type[WiseError], str], ...] = (
    (HandshakeRefused, ". Here that is --cert and --key"),
    (ServerNotTrusted, ". Here that is --ca"),
    (ClientRefused, ". Here that is --client-id, --client-secret, --cert and --key"),
    (WiseError, ". Here that is --url"),
)
"""The options to which the remedies in the client's messages refer."""


@app.command()
def token(
    ctx: typer.Context,
    *,
    url: Url = None,
    client_id: ClientId = None,
    client_secret: ClientSecret = None,
    ca: Ca = None,
    cert: Cert = None,
    key: Key = None,
    key_password: KeyPassword = None,
    as_json: AsJson = False,
) -> None:
    """Get a token and print it. Works with the mock and with Wise."""
    host, who, secret = (
        needed(value, name)
        for value, name in ((url, "url"), (client_id, "client_id"), (client_secret, "client_secret"))
    )
    endpoint = token_endpoint(host, source_of(ctx, "url"))
    names = [source_of(ctx, name) for name in ("ca", "cert", "key", "key_password")]
    files = KeyFiles(authority=ca, certificate=cert, key=key, password=key_password, names=names)

    diagnosis = diagnosis_of(host, (who, secret), files, sources(ctx))
    got = request_token(endpoint, (who, secret), files=files, diagnosis=diagnosis, options=REMEDIES)
    if as_json:
        output.print_json(_as_dict(got))
    else:
        typer.echo(got.access_token)


def diagnosis_of(
    host: str, credentials: tuple[str, str], files: KeyFiles, names: Mapping[str, str]
) -> Callable[[], str]:
    """What tries a client's way to a token, check by check, and tells what fails.

    Args:
        host: the URL that the client was given.
        credentials: client id and secret.
        files: authority, certificate and key.
        names: by option, where its value came from.
    """

    def diagnosis() -> str:
        from mockwise.cli.doctor import short_diagnosis  # because who gets a token does not need it
        from mockwise.doctor import Inputs  # because of the same

        return short_diagnosis(
            Inputs(
                url=host,
                client_id=credentials[0],
                client_secret=credentials[1],
                authority=files.authority,
                certificate=files.certificate,
                key=files.key,
                password=files.password,
                names=names,
                environ=environment(),
            )
        )

    return diagnosis


def request_token(
    endpoint: str,
    credentials: tuple[str, str],
    *,
    files: KeyFiles,
    diagnosis: Callable[[], str],
    options: Sequence[tuple[type[WiseError], str]] = (),
) -> Token:
    """Ask for a token, through the proxy of the environment if one applies.

    Args:
        endpoint: the URL of the token endpoint.
        credentials: client id and secret.
        files: authority, certificate and key.
        diagnosis: called for the end of the message if there is no token.
        options: what to add to the message of an error, by its class.

    Raises:
        InvalidValueError: a file, the id, the secret or the proxy cannot be used.
        MockwiseError: there is no token; the message ends with the diagnosis.
    """
    with explained_client(endpoint, files=files, diagnosis=diagnosis, options=options) as client:
        return fetch_token(client, *credentials, token_url=endpoint)


@contextmanager
def explained_client(
    url: str,
    *,
    files: KeyFiles,
    diagnosis: Callable[[], str],
    options: Sequence[tuple[type[WiseError], str]] = (),
) -> Iterator[httpx.Client]:
    """A client for calls of one URL, through the proxy of the environment if one applies; what fails is explained.

    Args:
        url: what is called.
        files: authority, certificate and key.
        diagnosis: called for the end of the message of a failure.
        options: what to add to the message of an error, by its class.

    Raises:
        InvalidValueError: a file, the id, the secret or the proxy cannot be used.
        MockwiseError: the call has failed; the message ends with the diagnosis.
    """
    quiet = logging.getLogger("mockwise.client")
    quiet.addHandler(logging.NullHandler())  # only the outcome is printed, not each attempt
    proxy = proxy_for(url, environment())
    try:
        with _client(files.context(), proxy) as client:
            yield client
    except (WiseError, httpx.TransportError) as failure:
        error = failure if isinstance(failure, WiseError) else explain(failure) or failure
        what = str(error) if isinstance(error, WiseError) else f"{type(error).__name__}: {error}"
        raise MockwiseError(f"{what}{_remedy(error, proxy, options)}\n{diagnosis()}") from None
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidValueError(str(error)) from None


def needed(value: str | None, name: str) -> str:
    """The value of an option that must be given.

    Raises:
        InvalidValueError: it is missing.
    """
    if not value:
        raise InvalidValueError(
            f'--{name.replace("_", "-")} is missing, and so is {VARIABLES[name]}: say one of them; eval "$(mockwise env)" sets all '
            "variables for the mock that runs"
        )
    return value


def _client(context: ssl.SSLContext, proxy: tuple[str, str] | None) -> httpx.Client:
    """A client that uses a proxy of the environment, if one applies to the token endpoint."""
    try:
        return httpx.Client(verify=context, trust_env=proxy is not None)
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        variable = proxy[0] if proxy else "HTTPS_PROXY"
        raise InvalidValueError(f"{variable}: that proxy cannot be used: {error}") from None


def _remedy(
    error: Exception, proxy: tuple[str, str] | None, options: Sequence[tuple[type[WiseError], str]]
) -> str:
    """What to check after an error, named by the options of the command."""
    if proxy is not None and (type(error) is ConnectionLost or not isinstance(error, WiseError)):
        variable, url = proxy
        return (
            f". The call went to the proxy {url} that {variable} names: see to that proxy, unset the variable, or add "
            "the host to NO_PROXY"
        )
    return next((words for kind, words in options if isinstance(error, kind)), "")


def _as_dict(got: Token) -> dict[str, object]:
    """The members of the token response that the server sent."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name in ("access_token", "token_type", "expires_in", "expires_at", "scope", "created_at")
        if (value := getattr(got, name)) is not None
    }
