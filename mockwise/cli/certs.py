"""`mockwise certs`: the folder of certificates that `serve` keeps, made without serving."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from mockwise.bootstrap import load_or_create, server_names
from mockwise.cli import output
from mockwise.cli.app import commands
from mockwise.errors import InvalidValueError
from mockwise.settings import read_settings

app = commands()

SECTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "For your client": (
        ("ca.pem", "the authority: trust it, in your client only"),
        ("client.pem", "the certificate: present it"),
        ("client.key", "its private key"),
        ("client.json", "the client's id and secret"),
    ),
    "For a server": (
        ("server.pem", "the certificate of both hosts"),
        ("server.key", "its private key"),
        ("ca.pem", "whose client certificates to accept"),
        ("crl.pem", "which of them are revoked"),
    ),
    "For tests of failure: certificates that must be refused, each with its .key, and why": (
        ("bad/expired.pem", "it ended yesterday: certificate_expired"),
        ("bad/not-yet-valid.pem", "it begins in a year: bad_certificate"),
        ("bad/foreign.pem", "another authority signed it: unknown_ca"),
        ("bad/revoked.pem", "it is on the revocation list: certificate_revoked"),
        ("bad/no-client-auth.pem", "it is not one for clients: unsupported_certificate"),
        ("bad/wrong-client.pem", "it is another client's: 401, above TLS"),
    ),
}


@app.command()
def certs(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", envvar="MOCKWISE_SERVE_CERTS", show_envvar=False)
    ] = Path("certs"),
    client_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Whom the client certificate names; kept, or made up.")
    ] = None,
    public_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Another name for the server certificate. May be repeated."),
    ] = None,
) -> None:
    """Write certificates for client and server, and twins that must be refused; keep what is valid.

    `mockwise serve --certs DIR` uses the same folder.
    """
    settings = read_settings({"certs": folder, "client_id": client_id, "public_host": public_host or ()})
    try:
        with tempfile.TemporaryDirectory() as temporary:
            identity = load_or_create(settings, server_names(settings), Path(temporary))
    except InvalidValueError as error:
        raise InvalidValueError(str(error).replace("with --certs", "as DIR")) from None
    for title, files in SECTIONS.items():
        output.print_table(
            title, ("file", "what it is"), [(str(folder / name), what) for name, what in files]
        )
    output.line("")
    output.line(
        f"The client's id is {identity.client_id}. These keys are for testing only; ca.key stays with the mock."
    )
