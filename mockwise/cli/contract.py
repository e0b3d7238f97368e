"""`mockwise contract`: the rules that bind the mock and Wise, tried against a target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from mockwise.cli.app import commands
from mockwise.cli.environment import environment
from mockwise.cli.output import AsJson
from mockwise.common.host_urls import token_endpoint
from mockwise.contract_runner import run_contract
from mockwise.errors import InvalidValueError
from mockwise.pki.key_files import KeyFiles

app = commands()

_REQUIRED = (
    "MOCKWISE_MTLS_URL",
    "MOCKWISE_CLIENT_ID",
    "MOCKWISE_CLIENT_SECRET",
    "MOCKWISE_CERT_FILE",
    "MOCKWISE_KEY_FILE",
)
_PRODUCTION = ("wise.com", "transferwise.com")
_FILES = ("MOCKWISE_CA_FILE", "MOCKWISE_CERT_FILE", "MOCKWISE_KEY_FILE", "MOCKWISE_KEY_PASSWORD")


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

    Asks for a token first. Ends with 0 if no rule is broken, 1 if one is, 2 if nothing could be tried.
    """
    raise typer.Exit(
        run_contract(
            target,
            environ=environment(),
            tls_url=tls_target,
            junit=junit,
            as_json=as_json,
            preflight=_ask_for_a_token,
        )
    )


def _ask_for_a_token(environ: Mapping[str, str]) -> None:
    """Ask the target for a token, so that wrong credentials are told as such, and not as broken rules.

    What is not given, and a target that may not be used, are told by the rules' own start.

    Raises:
        MockwiseError: there is no token; the message says why.
    """
    from mockwise.cli.token import request_token  # because a mock of the contract's own does not need it

    if any(not environ.get(name) for name in _REQUIRED):
        return
    url, client_id, secret, *_ = (environ[name] for name in _REQUIRED)
    try:
        endpoint = token_endpoint(url, "MOCKWISE_MTLS_URL")
    except InvalidValueError:
        return
    if f".{urlsplit(endpoint).hostname}".endswith(tuple(f".{name}" for name in _PRODUCTION)):
        return
    authority, certificate, key = (Path(environ[name]) if environ.get(name) else None for name in _FILES[:3])
    password = environ.get("MOCKWISE_KEY_PASSWORD") or None
    files = KeyFiles(authority=authority, certificate=certificate, key=key, password=password, names=_FILES)

    def diagnosis() -> str:
        from mockwise.cli.client_options import VARIABLES  # because of the same
        from mockwise.cli.doctor import short_diagnosis  # because who gets a token does not need it
        from mockwise.doctor import Inputs  # because of the same

        return short_diagnosis(
            Inputs(
                url=url,
                client_id=client_id,
                client_secret=secret,
                authority=authority,
                certificate=certificate,
                key=key,
                password=password,
                names={name.replace("_", "-"): variable for name, variable in VARIABLES.items()},
                environ=environ,
            )
        )

    request_token(endpoint, (client_id, secret), files=files, diagnosis=diagnosis)
