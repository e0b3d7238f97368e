"""`mockwise tokens`: lists and ends the access tokens of a sandbox, of any of its clients."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from mockwise.cli import output, rows
from mockwise.cli.app import commands, group
from mockwise.cli.control import Control, Json, with_control, without_none
from mockwise.cli.output import DEFAULT_LIMIT, AsJson, Limit
from mockwise.cli.verbs import WhichToken, spell_ended

app = commands()
tokens = group(app, "tokens", "List, expire and revoke the access tokens of any client of a sandbox.")

_Whose = Annotated[
    str | None,
    typer.Option("--client", metavar="ID", help="All of this client; without it the sandbox's own client."),
]


@tokens.command("list")
@with_control
def list_tokens(
    mock: Control,
    *,
    client: Annotated[str | None, typer.Option(metavar="ID", help="Only this client's.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(metavar="client_credentials|user|personal", help="Only those of this kind."),
    ] = None,
    user_id: Annotated[
        int | None,
        typer.Option("--user", metavar="NUMBER", help="Only those that act for the user of this id."),
    ] = None,
    state: Annotated[
        str | None, typer.Option(metavar="live|expired|revoked", help="Only those in this state.")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    as_json: AsJson = False,
) -> None:
    """List the access tokens of a sandbox by their digests, oldest first."""
    found = mock.read("/tokens", client_id=client, kind=kind, user_id=user_id, state=state, limit=limit)
    now = mock.read("/clock")["now"]

    def row(it: Json) -> tuple[str | Text, ...]:
        return *rows.token_row(it, now), rows.token_owner(it)

    output.show_list(found, "tokens", (*rows.TOKEN_COLUMNS, "client"), row, as_json=as_json)


@tokens.command()
@with_control
def expire(
    mock: Control, *, token: WhichToken = None, client: _Whose = None, as_json: AsJson = False
) -> None:
    """Expire tokens, as if their time had come; the clock stays as it is."""
    _end(mock, "expire", token, client, as_json=as_json)


@tokens.command()
@with_control
def revoke(
    mock: Control, *, token: WhichToken = None, client: _Whose = None, as_json: AsJson = False
) -> None:
    """Revoke tokens: they are refused from now on."""
    _end(mock, "revoke", token, client, as_json=as_json)


def _end(mock: Control, how: str, token: str | None, client: str | None, *, as_json: bool) -> None:
    ended = mock.do(f"/tokens/{how}", without_none({"token": token, "client_id": client}))
    output.show(ended, spell_ended(f"{how}d", ended), as_json=as_json)
