"""`mockwise users`, `profiles`, `consent`, `personal-token` and `refresh-tokens`: Wise's users and what they granted."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from mockwise.cli import output, rows
from mockwise.cli.app import commands, group
from mockwise.cli.control import Control, Json, path_of, with_control, without_none
from mockwise.cli.output import DEFAULT_LIMIT, AsJson, Limit

app = commands()
users = group(app, "users", "List and add Wise's users, and let happen to them what ends their tokens.")
profiles = group(app, "profiles", "List, add and transfer the profiles of users: what a user consents for.")
refresh_tokens = group(
    app, "refresh-tokens", "List and revoke refresh tokens: what users granted to clients."
)

_USER_COLUMNS = ("id", "e-mail", "name", "state", "profiles")
_PROFILE_COLUMNS = ("id", "type", "name")
_GRANT_COLUMNS = ("refresh token", "state", "granted", "ends", "user", "profile", "client")

_User = Annotated[str, typer.Argument(metavar="USER", help="The user's e-mail address or id.")]
_Client = Annotated[
    str | None, typer.Option("--client", metavar="ID", help="Which client; without it the sandbox's own.")
]


@users.command("list")
@with_control
def list_users(mock: Control, *, limit: Limit = DEFAULT_LIMIT, as_json: AsJson = False) -> None:
    """List the users of a sandbox, oldest first."""
    output.show_list(mock.read("/users", limit=limit), "users", _USER_COLUMNS, _user_row, as_json=as_json)


@users.command()
@with_control
def show(mock: Control, *, user: _User, as_json: AsJson = False) -> None:
    """Show a user and the user's profiles."""
    seen = mock.read(path_of("users", user))
    if as_json:
        output.print_json(seen)
        return
    output.print_table(None, _USER_COLUMNS, [_user_row(seen)])
    output.print_table("Profiles", _PROFILE_COLUMNS, map(_profile_row, seen["profiles"]))


@users.command()
@with_control
def add(
    mock: Control,
    *,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The user's e-mail address.")],
    first_name: Annotated[str | None, typer.Option(metavar="NAME", help="Made up without one.")] = None,
    last_name: Annotated[str | None, typer.Option(metavar="NAME", help="Made up without one.")] = None,
    business: Annotated[
        str | None, typer.Option(metavar="NAME", help="A business of theirs, which gets a profile, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a user with a personal profile, and print the user's id."""
    body = {"email": email, "first_name": first_name, "last_name": last_name, "business": business}
    made = mock.do("/users", without_none(body))
    output.show(made, str(made["id"]), as_json=as_json)


@users.command("change-email")
@with_control
def change_email(
    mock: Control,
    *,
    user: _User,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The new address.")],
    as_json: AsJson = False,
) -> None:
    """Change a user's e-mail address: all tokens of the user die, personal ones too."""
    _happen(mock, user, "email", "has a new address", {"email": email}, as_json=as_json)


@users.command()
@with_control
def deactivate(mock: Control, *, user: _User, as_json: AsJson = False) -> None:
    """Deactivate a user: all tokens of the user die, and no new ones are given."""
    _happen(mock, user, "deactivate", "is deactivated", as_json=as_json)


@users.command("enhance-security")
@with_control
def enhance_security(mock: Control, *, user: _User, as_json: AsJson = False) -> None:
    """Let a user enhance security: the refresh tokens die, and the access tokens made from them."""
    _happen(mock, user, "security", "has enhanced security", as_json=as_json)


@users.command()
@with_control
def claim(mock: Control, *, user: _User, as_json: AsJson = False) -> None:
    """Let a user claim the account that a client signed up: what came from the registration code dies."""
    _happen(mock, user, "claim", "has claimed the account", as_json=as_json)


@users.command()
@with_control
def disconnect(
    mock: Control,
    *,
    user: _User,
    client: _Client = None,
    profile: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="For this profile only; without it for all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let a user disconnect a client: its tokens of this user die."""
    body = without_none({"client_id": client, "profile_id": profile})
    _happen(mock, user, "disconnect", "has disconnected the client", body, as_json=as_json)


@profiles.command("list")
@with_control
def list_profiles(mock: Control, *, user: _User, as_json: AsJson = False) -> None:
    """List the profiles of a user, oldest first."""
    found = mock.read(path_of("users", user))["profiles"]
    listed = {"count": len(found), "profiles": found}
    output.show_list(listed, "profiles", _PROFILE_COLUMNS, _profile_row, as_json=as_json)


@profiles.command("add")
@with_control
def add_profile(
    mock: Control,
    *,
    user: _User,
    kind: Annotated[str, typer.Argument(metavar="PERSONAL|BUSINESS", help="Which type.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's or the business's.")],
    as_json: AsJson = False,
) -> None:
    """Add a profile to a user, and print its id."""
    made = mock.do(path_of("users", user, "profiles"), {"type": kind, "name": name})
    output.show(made, str(made["id"]), as_json=as_json)


@profiles.command()
@with_control
def transfer(
    mock: Control,
    *,
    profile: Annotated[int, typer.Argument(metavar="PROFILE", help="The id of a business profile.")],
    user: Annotated[
        str, typer.Argument(metavar="USER", help="Who owns it from now on: e-mail address or id.")
    ],
    as_json: AsJson = False,
) -> None:
    """Transfer a business to another user: all tokens for the profile die."""
    done = mock.do(path_of("profiles", str(profile), "owner"), {"user": user})
    ended = output.counted(done["ended_links"], "refresh token")
    sentence = f"{done['owner']['email']} owns profile {profile} now; {ended} died of it"
    output.show(done, sentence, as_json=as_json)


@app.command()
@with_control
def consent(
    mock: Control,
    *,
    user: Annotated[
        str | None,
        typer.Argument(
            metavar="USER",
            help="Who consents: e-mail address or id; without it the oldest user who is active.",
            show_default=False,
        ),
    ] = None,
    profile: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="For which profile; the user's first one without.")
    ] = None,
    client: _Client = None,
    redirect_uri: Annotated[
        str | None, typer.Option(metavar="URL", help="One of the client's; its first one without.")
    ] = None,
    state: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What the client wants to hear again.")
    ] = None,
    claim_account_code: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="Take over the account that the client made with this code."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Consent as a user without a browser; prints the redirect URL and the code, which works once."""
    body = {
        "user": user,
        "profile_id": profile,
        "client_id": client,
        "redirect_uri": redirect_uri,
        "state": state,
        "claim_account_code": claim_account_code,
    }
    given = mock.do("/consents", without_none(body))
    if as_json:
        output.print_json(given)
    else:
        output.print_fields([("redirect URL", given["redirect_url"]), ("code", given["code"])])


@app.command("personal-token")
@with_control
def personal_token(
    mock: Control,
    *,
    user: _User,
    read_only: Annotated[bool, typer.Option("--read-only", help="It may only look.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a personal token of a user and print it; it lives until it is revoked."""
    made = mock.do(path_of("users", user, "personal-tokens"), {"read_only": read_only})
    output.show(made, made["token"], as_json=as_json)
    output.note(f"`mockwise tokens revoke {rows.short(made['digest'])}` revokes it")


@refresh_tokens.command("list")
@with_control
def list_refresh_tokens(
    mock: Control,
    *,
    client: Annotated[str | None, typer.Option(metavar="ID", help="Only this client's.")] = None,
    user_id: Annotated[
        int | None, typer.Option("--user", metavar="NUMBER", help="Only those of the user of this id.")
    ] = None,
    state: Annotated[
        str | None, typer.Option(metavar="live|expired|revoked", help="Only those in this state.")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    as_json: AsJson = False,
) -> None:
    """List refresh tokens by their digests, oldest first."""
    found = mock.read("/links", client_id=client, user_id=user_id, state=state, limit=limit)
    now = mock.read("/clock")["now"]

    def row(it: Json) -> tuple[str | Text, ...]:
        return rows.refresh_token_row(it, now)

    output.show_list(found, "links", _GRANT_COLUMNS, row, as_json=as_json, what="refresh tokens")


@refresh_tokens.command()
@with_control
def revoke(
    mock: Control,
    *,
    which: Annotated[
        str, typer.Argument(metavar="TOKEN", help="Its text, or its name in `mockwise refresh-tokens list`.")
    ],
    as_json: AsJson = False,
) -> None:
    """Revoke a refresh token, and the access tokens made from it."""
    done = mock.do("/links/revoke", {"link": which})
    output.show(
        done,
        f"revoked refresh token {rows.short(done['digest'])} of client {done['client_id']}",
        as_json=as_json,
    )


def _happen(
    mock: Control, user: str, event: str, sentence: str, body: Json | None = None, *, as_json: bool
) -> None:
    done = mock.do(path_of("users", user, event), body)
    ended = output.counted(done["ended_links"], "refresh token")
    output.show(done, f"{done['user']['email']} {sentence}; {ended} died of it", as_json=as_json)


def _user_row(it: Json) -> tuple[str | Text, ...]:
    state = Text("active", "green") if it["active"] else Text("deactivated", "red")
    owned = ", ".join(str(profile["id"]) for profile in it["profiles"])
    return str(it["id"]), it["email"], it["name"] or "-", state, owned


def _profile_row(it: Json) -> tuple[str, ...]:
    return str(it["id"]), it["type"], it["name"]
