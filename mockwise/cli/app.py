"""The table of commands. Each module is imported when one of its commands is called, so that no command imports what only another needs."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperGroup
from typing_extensions import override

from mockwise.cli.loading import load

PANELS: dict[str, dict[str, str]] = {
    "Start a mock, get a token": {
        "serve": "serve",
        "run": "run",
        "certs": "certs",
        "env": "verbs",
        "token": "token",
        "call": "call",
        "doctor": "doctor",
        "contract": "contract",
    },
    "See what happened": {
        "status": "status",
        "open": "open_page",
        "journal": "journal",
        "audit": "audit",
        "handshakes": "handshakes",
        "forget": "handshakes",
    },
    "Let time pass, let things go wrong": {
        "advance": "verbs",
        "freeze": "verbs",
        "resume": "verbs",
        "set": "verbs",
        "arm": "arm",
        "disarm": "arm",
        "play": "verbs",
        "scenarios": "scenarios",
        "reset": "verbs",
    },
    "Clients, tokens and certificates": {
        "expire": "verbs",
        "revoke": "verbs",
        "rotate": "verbs",
        "clients": "clients",
        "tokens": "tokens",
        "certificates": "certificates",
        "authority": "authority",
    },
    "Users and what they granted": {
        "users": "users",
        "profiles": "users",
        "consent": "users",
        "personal-token": "users",
        "refresh-tokens": "users",
    },
    "Sandboxes and answers of your own": {
        "sandboxes": "sandboxes",
        "stubs": "stubs",
    },
}
"""Commands in groups, each with the module of this package that holds it, in the order in which help lists them."""

MODULES: dict[str, str] = {name: module for panel in PANELS.values() for name, module in panel.items()}
"""Which module of this package holds a command."""

_WIDEST = 120  # columns that help takes of a wide terminal


class CommandGroup(TyperGroup):
    """A group whose help shows the whole first sentence of each command."""

    panels: ClassVar[Mapping[str, Iterable[str]]] = {}
    """The names of commands by the title under which help lists them; without any, all are listed as commands."""

    @override
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for title, names in (self.panels or {"Commands": self.list_commands(ctx)}).items():
            with formatter.section(title):
                formatter.write_dl([(name, _first_sentence(self.get_command(ctx, name))) for name in names])


def _first_sentence(command: Any) -> str:
    return " ".join((command.help or "").partition("\n\n")[0].split())


class _Commands(CommandGroup):
    """A group that looks its commands up in `MODULES`."""

    panels = PANELS

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        names: dict[str, Any] = dict.fromkeys(MODULES)  # for "did you mean"
        self.commands = names

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; its module is imported now."""
        if cmd_name not in MODULES:
            return None
        return typer.main.get_group(load(MODULES[cmd_name]).app).commands[cmd_name]


def commands() -> typer.Typer:
    """An empty Typer app, to which a module adds its commands."""
    return typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


def group(app: typer.Typer, name: str, text: str, *, cls: type[CommandGroup] = CommandGroup) -> typer.Typer:
    """A group of commands in an app.

    Args:
        app: where it is added.
        name: what stands before the names of its commands.
        text: what help says of it.
        cls: another class of group.
    """
    made = typer.Typer(cls=cls, help=text, no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(made, name=name)
    return made


app = typer.Typer(
    cls=_Commands,
    help="A local stand-in for Wise's OAuth edge. For testing only.",
    no_args_is_help=True,
    context_settings={"max_content_width": _WIDEST},
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
