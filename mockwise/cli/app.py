"""The table of commands. Each module is imported when one of its commands is called, so that no command imports what only another needs."""

from __future__ import annotations

import importlib.metadata
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mockwise.cli.loading import load

MODULES: dict[str, str] = {
    "serve": "serve",
    "run": "run",
    "certs": "certs",
    "token": "token",
    "doctor": "doctor",
    "status": "status",
    "journal": "journal",
    "audit": "audit",
    "scenarios": "scenarios",
    "env": "verbs",
    "advance": "verbs",
    "freeze": "verbs",
    "resume": "verbs",
    "set": "verbs",
    "reset": "verbs",
    "expire": "verbs",
    "revoke": "verbs",
    "rotate": "verbs",
    "arm": "arm",
    "disarm": "arm",
    "contract": "contract",
}
"""Which module of this package holds a command, in the order in which help lists them."""


class _Commands(TyperGroup):
    """A group that looks its commands up in `MODULES`."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        names: dict[str, Any] = dict.fromkeys(MODULES)  # for "did you mean"
        self.commands = names

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  because older Typers use Click's types, newer ones their own
        """The command of that name; its module is imported now."""
        if cmd_name not in MODULES:
            return None
        return typer.main.get_group(load(MODULES[cmd_name]).app).commands[cmd_name]


def commands() -> typer.Typer:
    """An empty Typer app, to which a module adds its commands."""
    return typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


app = typer.Typer(
    cls=_Commands,
    help="A local stand-in for Wise's OAuth edge. For testing only.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mockwise {importlib.metadata.version('mockwise')}")
        raise typer.Exit


@app.callback()
def root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A local stand-in for Wise's OAuth edge. For testing only."""
