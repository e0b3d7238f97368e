"""`mockwise clients`: lists, adds and revokes the OAuth clients of a sandbox."""

from __future__ import annotations

from typing import Annotated

import typer

from mockwise.cli import output, rows
from mockwise.cli.app import commands, group
from mockwise.cli.control import Control, path_of, with_control, without_none
from mockwise.cli.credentials_output import OutFolder, print_credentials
from mockwise.cli.output import DEFAULT_LIMIT, AsJson, Limit

app = commands()
clients = group(app, "clients", "List, add and revoke the OAuth clients of a sandbox.")

_Id = Annotated[str, typer.Argument(metavar="ID", help="The client's id.")]


@clients.command("list")
@with_control
def list_clients(mock: Control, *, limit: Limit = DEFAULT_LIMIT, as_json: AsJson = False) -> None:
    """List the clients of a sandbox, oldest first."""
    found = mock.read("/clients", limit=limit)
    output.show_list(found, "clients", rows.CLIENT_COLUMNS, rows.client_row, as_json=as_json)


@clients.command()
@with_control
def add(
    mock: Control,
    *,
    client_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Made up without one.", show_default=False)
    ] = None,
    client_secret: Annotated[str | None, typer.Option(metavar="SECRET", help="Made up without one.")] = None,
    client_key: Annotated[str | None, typer.Option(metavar="KEY", help="The id without one.")] = None,
    mtls: Annotated[
        str | None,
        typer.Option(
            metavar="required|optional", help="Whether it must use the mTLS host; as the sandbox without."
        ),
    ] = None,
    token_lifetime: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Of its access tokens; the sandbox's without.")
    ] = None,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Where the consent page may send users back to; the sandbox's without. May be repeated.",
        ),
    ] = None,
    out: OutFolder = None,
    as_json: AsJson = False,
) -> None:
    """Add a client and print its credentials: the secret, and a certificate with its key."""
    made = mock.do(
        "/clients",
        without_none(
            {
                "client_id": client_id,
                "client_secret": client_secret,
                "client_key": client_key,
                "mtls": mtls,
                "token_lifetime": token_lifetime,
                "redirect_uris": redirect_uri or None,
            }
        ),
    )
    print_credentials(made, out, as_json=as_json)


@clients.command()
@with_control
def revoke(mock: Control, *, client_id: _Id, as_json: AsJson = False) -> None:
    """Revoke a client for good, and its tokens with it."""
    done = mock.delete("clients", client_id)
    output.show(done, f"revoked client {done['client_id']} and its tokens", as_json=as_json)


@clients.command()
@with_control
def leak(mock: Control, *, client_id: _Id, as_json: AsJson = False) -> None:
    """Suspect a leak, as Wise does: the client's refresh tokens die, and the access tokens made from them."""
    done = mock.do(path_of("clients", client_id, "leak"))
    ended = output.counted(done["ended_links"], "refresh token")
    output.show(
        done, f"a leak of client {done['client_id']} is suspected; {ended} died of it", as_json=as_json
    )
