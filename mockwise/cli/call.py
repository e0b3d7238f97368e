"""`mockwise call`: an API call with the reference client, over mutual TLS and with a token of its own."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

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
from mockwise.cli.control import Control, with_control
from mockwise.cli.output import AsJson
from mockwise.cli.request_words import Headers, read_headers
from mockwise.cli.token import REMEDIES, diagnosis_of, explained_client, needed
from mockwise.client import WiseAuth
from mockwise.common.host_urls import token_endpoint
from mockwise.errors import InvalidValueError
from mockwise.journal.lines import printable
from mockwise.pki.key_files import KeyFiles

app = commands()

_CLIENT = ("url", "client_id", "client_secret", "ca", "cert", "key", "key_password")
_CONTROL = ("control_url", "control_sandbox")
_TIMEOUT = 30.0  # seconds
_FAILED = 1
_METHOD = re.compile("[A-Za-z]+")
_PATH = re.compile(r"/[\x21-\x7e]*")


@app.command()
@with_control
def call(
    ctx: typer.Context,
    mock: Control,
    *,
    method: Annotated[str, typer.Argument(metavar="METHOD", help="Such as GET.")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="Such as /v1/me, with its query.")],
    body: Annotated[
        str | None,
        typer.Option(metavar="TEXT|@FILE|-", help="What to send: JSON, unless a content-type says another."),
    ] = None,
    header: Headers = None,
    bearer: Annotated[
        str | None,
        typer.Option(
            "--token", metavar="TOKEN", help="Call with this token instead of one of the client's own."
        ),
    ] = None,
    url: Url = None,
    client_id: ClientId = None,
    client_secret: ClientSecret = None,
    ca: Ca = None,
    cert: Cert = None,
    key: Key = None,
    key_password: KeyPassword = None,
    as_json: AsJson = False,
) -> None:
    """Call the API with the reference client over mutual TLS, and print the answer; ends with 1 if it is an error.

    The client is the one of the options or the MOCKWISE_* variables. Without any, or with --sandbox or --control, it is
    the own client of that sandbox of the mock that runs.
    """
    if not _METHOD.fullmatch(method):
        raise InvalidValueError(f"a method is letters, such as GET: {method!r}")
    if not _PATH.fullmatch(path):
        raise InvalidValueError(f"a path begins with / and has no blanks, such as /v1/me: {path!r}")
    headers = {"content-type": "application/json"} if body is not None else {}
    headers |= {name.lower(): value for name, value in read_headers(header).items()}
    content = None if body is None else _content(body)
    given = dict(zip(_CLIENT, (url, client_id, client_secret, ca, cert, key, key_password), strict=True))
    said = {name: None if value is None else str(value) for name, value in given.items()}
    if _asks_the_mock(ctx):
        names = mock.read("/environ")
        said = {name: names.get(VARIABLES[name]) for name in _CLIENT}
    host, who, secret = (needed(said[name], name) for name in _CLIENT[:3])
    endpoint = token_endpoint(host, source_of(ctx, "url"))
    target = f"https://{urlsplit(endpoint).netloc}{path}"
    authority, certificate, own_key = (
        None if it is None else Path(it) for it in (said["ca"], said["cert"], said["key"])
    )
    files = KeyFiles(
        authority=authority,
        certificate=certificate,
        key=own_key,
        password=said["key_password"],
        names=[source_of(ctx, name) for name in _CLIENT[3:]],
    )
    diagnosis = diagnosis_of(host, (who, secret), files, sources(ctx))
    with explained_client(target, files=files, diagnosis=diagnosis, options=REMEDIES) as client:
        if bearer is None:
            auth = WiseAuth(who, secret, token_url=endpoint)
        else:
            auth, headers["authorization"] = None, f"Bearer {bearer}"
        answer = client.request(
            method.upper(), target, content=content, headers=headers, auth=auth, timeout=_TIMEOUT
        )
    _print(answer, as_json=as_json)
    if answer.is_error:
        raise typer.Exit(_FAILED)


def _asks_the_mock(ctx: typer.Context) -> bool:
    """Whether the mock is asked for the client: it is named, or nothing says who the client is."""
    found = {name: ctx.get_parameter_source(name) for name in (*_CLIENT, *_CONTROL)}
    told = {name: it.name for name, it in found.items() if it is not None and it.name != "DEFAULT"}
    if any(told.get(name) == "COMMANDLINE" for name in _CLIENT):
        return False
    return any(told.get(name) == "COMMANDLINE" for name in _CONTROL) or not told.keys() & set(_CLIENT)


def _content(body: str) -> bytes:
    """Read the body to send: the text itself, the file behind an @, or standard input for a dash.

    Raises:
        InvalidValueError: the file cannot be read.
    """
    if body == "-":
        return sys.stdin.buffer.read()
    if not body.startswith("@"):
        return body.encode()
    try:
        return Path(body[1:]).read_bytes()
    except OSError as error:
        raise InvalidValueError(f"--body: {body[1:]} cannot be read: {error.strerror}") from None


def _print(answer: httpx.Response, *, as_json: bool) -> None:
    try:
        content, is_json = answer.json(), True
    except ValueError:
        content, is_json = answer.text, False
    if as_json:
        headers: Mapping[str, str] = dict(answer.headers)
        output.print_json({"status": answer.status_code, "headers": headers, "body": content})
        return
    if is_json:
        output.print_json(content)
    elif content:
        output.line(printable(content))
    reason = answer.headers.get("x-mockwise-reason")
    output.note(printable(f"{answer.status_code} {answer.reason_phrase}" + (f": {reason}" if reason else "")))
