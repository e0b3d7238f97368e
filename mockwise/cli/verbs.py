"""The commands that change a running mock: its clock, its tokens, its secrets; and `env`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from mockwise.cli import output
from mockwise.cli.app import commands
from mockwise.cli.control import Control, Json, path_of, with_control
from mockwise.cli.output import AsJson
from mockwise.cli.rows import spell_clock
from mockwise.common.proxies import direct_variables
from mockwise.errors import InvalidValueError
from mockwise.journal.lines import printable

app = commands()

WhichToken = Annotated[
    str | None,
    typer.Argument(
        metavar="TOKEN",
        help="Its text, or its name in `mockwise status`; without it, all of the sandbox's own client.",
        show_default=False,
    ),
]


@app.command()
@with_control
def env(
    mock: Control,
    *,
    as_json: AsJson = False,
) -> None:
    """Print the MOCKWISE_* names as `export` lines: eval "$(mockwise env)"."""
    names = exported(mock.read("/environ"))
    if as_json:
        output.print_json(names)
    else:
        print_exports(names)


@app.command(
    context_settings={"ignore_unknown_options": True}
)  # so that -1h is reported as an unusable duration
@with_control
def advance(
    mock: Control,
    *,
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="12h, 90s, 1h30m, PT12H.")],
    as_json: AsJson = False,
) -> None:
    """Move a sandbox's clock forwards; tokens expire at once."""
    _show_clock(mock.do("/clock/advance", {"by": duration}), as_json=as_json)


@app.command()
@with_control
def freeze(
    mock: Control,
    *,
    as_json: AsJson = False,
) -> None:
    """Stop a sandbox's clock."""
    _show_clock(mock.do("/clock/freeze"), as_json=as_json)


@app.command()
@with_control
def resume(
    mock: Control,
    *,
    as_json: AsJson = False,
) -> None:
    """Let a frozen clock run on from where it stands."""
    _show_clock(mock.do("/clock/resume"), as_json=as_json)


@app.command("set")
@with_control
def set_time(
    mock: Control,
    *,
    time: Annotated[
        str,
        typer.Argument(metavar="TIME", help="2027-01-07T00:00:00Z, the zone is needed; now: the real time."),
    ],
    as_json: AsJson = False,
) -> None:
    """Set a sandbox's clock, also backwards."""
    _show_clock(mock.do("/clock/set", {"time": time}), as_json=as_json)


@app.command()
@with_control
def reset(
    mock: Control,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a sandbox as new: real time, its first secret; no tokens, no other clients, an empty journal."""
    sandbox = mock.do("/reset")
    output.show(sandbox, f"sandbox {sandbox['name']} is as new", as_json=as_json)


@app.command()
@with_control
def play(
    mock: Control,
    *,
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="Its name; `mockwise scenarios` tells them.")
    ],
    as_json: AsJson = False,
) -> None:
    """Play a scenario now, once, such as outage; one that needs other options is for `sandboxes make --scenario`."""
    played = mock.do(path_of("scenarios", scenario))
    output.show(played, f"{played['name']} has begun: {played['story']}", as_json=as_json)


@app.command()
@with_control
def expire(
    mock: Control,
    *,
    which: WhichToken = None,
    as_json: AsJson = False,
) -> None:
    """Expire tokens, as if their time had come; the clock stays as it is."""
    ended = mock.do("/tokens/expire", _token_body(which))
    output.show(ended, spell_ended("expired", ended), as_json=as_json)


@app.command()
@with_control
def revoke(
    mock: Control,
    *,
    which: WhichToken = None,
    client: Annotated[
        str | None, typer.Option(metavar="ID", help="Revoke a client for good, and its tokens with it.")
    ] = None,
    certificate: Annotated[
        str | None,
        typer.Option(metavar="SERIAL", help="Revoke a certificate; `mockwise status` shows the serials."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Revoke tokens, or a client, or a certificate."""
    if [which, client, certificate].count(None) < 2:  # noqa: PLR2004  because it is "at most one of three"
        raise InvalidValueError("name one of them: a TOKEN, a --client, or a --certificate")
    if client is not None:
        ended = mock.delete("clients", client)
        sentence = f"revoked client {ended['client_id']} and its tokens"
    elif certificate is not None:
        ended = mock.delete("certificates", certificate)
        sentence = f"revoked certificate {ended['serial']} of client {ended['client_id']}"
    else:
        ended = mock.do("/tokens/revoke", _token_body(which))
        sentence = spell_ended("revoked", ended)
    output.show(ended, sentence, as_json=as_json)


@app.command()
@with_control
def rotate(
    mock: Control,
    *,
    overlap: Annotated[
        str,
        typer.Option(metavar="DURATION", help="How long the old secret works on, on the sandbox's clock."),
    ] = "0s",
    client: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose; without it the sandbox's own client's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replace a client's secret and print the new one."""
    client = mock.read()["client_id"] if client is None else client
    made = mock.do(path_of("clients", client, "secret"), {"overlap": overlap})
    output.show(made, made["client_secret"], as_json=as_json)
    output.note(
        f"of client {printable(made['client_id'])}; older ones end {output.spell_time(made['old_secrets_end_at'])}"
    )


def _show_clock(clock: Json, *, as_json: bool) -> None:
    output.show(clock, spell_clock(clock), as_json=as_json)


def _token_body(which: str | None) -> Json:
    return {} if which is None else {"token": which}


def spell_ended(verb: str, ended: Json) -> str:
    """A sentence about tokens that were expired or revoked."""
    if ended["token"] is None and not ended["live"]:
        return f"client {ended['client_id']} has no live token: nothing to be {verb}"
    what = (
        output.counted(ended["live"], "live token") if ended["token"] is None else f"token {ended['token']}"
    )
    whose = f"client {ended['client_id']}" if ended["client_id"] else "a user, a personal one"
    return f"{verb} {what} of {whose}"


def exported(names: Mapping[str, str]) -> dict[str, str]:
    """The names that a mock says, with what this environment already calls past a proxy."""
    return {**names, **direct_variables(names.get("NO_PROXY", "").split(","))}


def print_exports(names: Mapping[str, str]) -> None:
    """Print `export` lines for a POSIX shell."""
    for name, value in names.items():
        typer.echo(f"export {name}={_quoted(value)}")


def _quoted(value: str) -> str:
    """A value quoted as one word of a POSIX shell."""
    return "'" + value.replace("'", "'\"'\"'") + "'"
