"""`mockwise doctor`: why a client gets no token, check by check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.text import Text

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
    file_option,
    sources,
)
from mockwise.cli.control import Control
from mockwise.cli.environment import environment
from mockwise.cli.output import AsJson
from mockwise.cli.urls import DEFAULT_CONTROL_URL
from mockwise.common.proxies import is_local
from mockwise.doctor import Check, Inputs, ReadControl, diagnose
from mockwise.errors import InvalidValueError
from mockwise.journal.lines import printable

app = commands()

_FAILED = 1
_STYLES = {"ok": "green", "failed": "red", "not tried": "dim"}
_WIDTH = 24  # of the longest code
_KEYSTORE_PASSWORD = "MOCKWISE_KEYSTORE_PASSWORD"


@app.command()
def doctor(
    ctx: typer.Context,
    *,
    url: Url = None,
    client_id: ClientId = None,
    client_secret: ClientSecret = None,
    ca: Ca = None,
    cert: Cert = None,
    key: Key = None,
    key_password: KeyPassword = None,
    p12: Annotated[
        Path | None, file_option("p12", "Certificate and key as PKCS#12, in place of --cert and --key.")
    ] = None,
    control: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="MOCKWISE_CONTROL_URL",
            help=f"The control host of the mock that is tried; {DEFAULT_CONTROL_URL} for one on this machine.",
        ),
    ] = None,
    control_token: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN",
            envvar="MOCKWISE_CONTROL_TOKEN",
            help="What that host asks for; better in the variable.",
        ),
    ] = None,
    sandbox: Annotated[
        str, typer.Option(metavar="NAME", envvar="MOCKWISE_SANDBOX", help="The sandbox of the client.")
    ] = "default",
    as_json: AsJson = False,
) -> None:
    """Find out why a client gets no token, from the mock or from Wise: files, network, TLS, credentials.

    Sends the secret to the token endpoint of that host alone, and only over TLS that is trusted. Ends with 0 if
    all that could be tried is ok, 1 if a check failed, 2 if an option cannot be used.
    """
    if not url:
        raise InvalidValueError(
            f"--url is missing, and so is {VARIABLES['url']}: say one of them; "
            'eval "$(mockwise env)" sets all variables for the mock that runs'
        )
    given = {name: ctx.get_parameter_source(name) for name in ("cert", "key", "p12")}
    said = {name for name, source in given.items() if source is not None and source.name == "COMMANDLINE"}
    if "p12" in said and said & {"cert", "key"}:
        raise InvalidValueError("--p12 holds certificate and key: leave --cert and --key away, or --p12")
    if p12 is not None and ("p12" in said or cert is None):
        cert = key = None
        key_password = key_password or environment().get(_KEYSTORE_PASSWORD)
    else:
        p12 = None
    inputs = Inputs(
        url=url,
        client_id=client_id,
        client_secret=client_secret,
        authority=ca,
        certificate=cert,
        key=key,
        keystore=p12,
        password=key_password,
        names=sources(ctx),
        environ=environment(),
    )
    if control is None and not is_local(urlsplit(url).hostname or ""):
        checks = diagnose(inputs)
    else:
        with Control(control or DEFAULT_CONTROL_URL, control_token, sandbox) as mock:
            checks = diagnose(inputs, _reader(mock))
    broken = [it for it in checks if it.status == "failed"]
    if as_json:
        output.print_json({"url": url, "ok": not broken, "checks": [_as_dict(it) for it in checks]})
    else:
        _print(checks)
    raise typer.Exit(_FAILED if broken else 0)


def short_diagnosis(inputs: Inputs) -> str:
    """The checks that fail, each in a line, for the commands that got no token."""
    broken = [it for it in diagnose(inputs) if it.status == "failed"]
    lines = [f"  {it.code}: {it.cause}. To mend it: {it.remedy}" for it in broken]
    return "\n".join([*lines, "  `mockwise doctor` tells all checks."])


def _reader(mock: Control) -> ReadControl:
    def read(path: str) -> Mapping[str, Any]:
        return mock.mock(path) if path.startswith("/") else mock.read(f"/{path}")

    return read


def _as_dict(check: Check) -> dict[str, object]:
    return {
        "code": check.code,
        "status": check.status.replace(" ", "_"),
        "cause": check.cause,
        "remedy": check.remedy,
        "clients": dict(check.clients),
    }


def _print(checks: Iterable[Check]) -> None:
    counts = dict.fromkeys(_STYLES, 0)
    for it in checks:
        counts[it.status] += 1
        line = Text(f"{it.status:<10}", _STYLES[it.status])
        line.append(f"{it.code:<{_WIDTH}}", "bold" if it.status == "failed" else "").append(
            f"  {printable(it.cause)}", "dim" if it.status == "not tried" else ""
        )
        output.line(line)
        more = {} if it.remedy is None else {"to mend it" if it.status == "failed" else "advice": it.remedy}
        for name, words in {**more, **it.clients}.items():
            output.line(f"{'':<{_WIDTH + 12}}{name}: {printable(words)}")
    output.line(f"{counts['ok']} ok, {counts['failed']} failed, {counts['not tried']} not tried")
