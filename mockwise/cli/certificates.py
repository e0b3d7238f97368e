"""`mockwise certificates`: lists and revokes the client certificates of a sandbox, and has signing requests signed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from mockwise.cli import output, rows
from mockwise.cli.app import commands, group
from mockwise.cli.control import Control, Json, with_control, without_none
from mockwise.cli.output import DEFAULT_LIMIT, AsJson, Limit
from mockwise.errors import InvalidValueError

app = commands()
certificates = group(
    app,
    "certificates",
    "List and revoke the client certificates of a sandbox, and have signing requests signed.",
)

_STDIN = "-"


@certificates.command("list")
@with_control
def list_certificates(mock: Control, *, limit: Limit = DEFAULT_LIMIT, as_json: AsJson = False) -> None:
    """List the certificates of a sandbox's clients, oldest first, with those that ended."""
    found = mock.read("/certificates", limit=limit)
    wall = mock.read("/clock")["wall"]

    def row(it: Json) -> tuple[str | Text, ...]:
        return *rows.certificate_row(it, wall), it["client_id"]

    output.show_list(found, "certificates", (*rows.CERTIFICATE_COLUMNS, "client"), row, as_json=as_json)


@certificates.command()
@with_control
def sign(
    mock: Control,
    *,
    csr: Annotated[
        str, typer.Argument(metavar="CSR", help="The file with the signing request, PEM; -: standard input.")
    ],
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What the certificate is called, once among the client's active ones; the file's without.",
        ),
    ] = None,
    client: Annotated[
        str | None, typer.Option(metavar="ID", help="For which client; without it the sandbox's own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Have a signing request signed, and print the certificate, PEM.

    Its common name becomes the client id. The key stays with whoever made the request.
    """
    text = _read(csr)
    called = (None if csr == _STDIN else Path(csr).stem) if name is None else name
    if called is None:
        raise InvalidValueError("a request from standard input has no name: give it one with --name")
    made = mock.do("/certificates", without_none({"csr": text, "name": called, "client_id": client}))
    if as_json:
        output.print_json(made)
        return
    typer.echo(made["certificate"], nl=False)
    output.note(f"certificate {made['serial']} of client {made['client_id']}")


@certificates.command()
@with_control
def revoke(
    mock: Control,
    *,
    serial: Annotated[
        str,
        typer.Argument(metavar="SERIAL", help="Its serial number, as `mockwise certificates list` shows it."),
    ],
    as_json: AsJson = False,
) -> None:
    """Revoke a certificate: handshakes with it are refused, its open connections end."""
    done = mock.delete("certificates", serial)
    output.show(done, f"revoked certificate {done['serial']} of client {done['client_id']}", as_json=as_json)


def _read(csr: str) -> str:
    """The text of a signing request.

    Raises:
        InvalidValueError: it cannot be read, or is no text.
    """
    try:
        content = sys.stdin.buffer.read() if csr == _STDIN else Path(csr).read_bytes()
    except OSError as error:
        raise InvalidValueError(
            f"{csr} cannot be read: {error.strerror}. Name a file, or - for standard input"
        ) from None
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise InvalidValueError(
            f"{csr} is not PEM: convert it with `openssl req -inform der -in FILE -out request.csr`"
        ) from None
