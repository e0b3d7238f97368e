"""`mockwise sandboxes`: lists, makes and drops the sandboxes of a mock, and prints what the client of one needs."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typing_extensions import override

from mockwise.cli import output
from mockwise.cli.app import CommandGroup, commands, group
from mockwise.cli.control import Control, Json, with_control, with_whole_mock
from mockwise.cli.credentials_output import OutFolder, print_credentials
from mockwise.cli.loading import load
from mockwise.cli.output import DEFAULT_LIMIT, AsJson, Limit

_MAKE = "make"


class _Sandboxes(CommandGroup):
    """The group, which imports the options of `make` when they are needed."""

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        return [_MAKE, *super().list_commands(ctx)]

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name == _MAKE:
            return typer.main.get_group(load("make_sandbox").app).commands[_MAKE]
        return super().get_command(ctx, cmd_name)


app = commands()
sandboxes = group(
    app,
    "sandboxes",
    "Make, list and drop sandboxes: isolated ones, each with its own clock, clients and tokens.",
    cls=_Sandboxes,
)

_COLUMNS = ("sandbox", "client", "live tokens", "exchanges", "clock")


@sandboxes.command("list")
@with_whole_mock
def list_sandboxes(mock: Control, *, limit: Limit = DEFAULT_LIMIT, as_json: AsJson = False) -> None:
    """List the sandboxes of the mock, oldest first."""
    output.show_list(mock.mock("/sandboxes", limit=limit), "sandboxes", _COLUMNS, _row, as_json=as_json)


@sandboxes.command()
@with_control
def credentials(mock: Control, *, out: OutFolder = None, as_json: AsJson = False) -> None:
    """Print what the sandbox's own client needs, as it is now: id, newest secret, certificate, key and authority."""
    print_credentials(mock.read("/credentials"), out, as_json=as_json)


@sandboxes.command()
@with_whole_mock
def drop(
    mock: Control,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which; the default one stays.")],
    as_json: AsJson = False,
) -> None:
    """Drop a sandbox with all that is in it. The default one cannot be dropped."""
    mock.drop_sandbox(name)
    output.show({"dropped": name}, f"dropped sandbox {name}", as_json=as_json)


def _row(it: Json) -> tuple[str, ...]:
    clock = output.spell_time(it["now"]) + (" (frozen)" if it["frozen"] else "")
    return it["name"], it["client_id"], str(it["tokens"]["live"]), str(it["exchanges"]), clock
