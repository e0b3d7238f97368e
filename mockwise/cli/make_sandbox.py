"""`mockwise sandboxes make`: makes a sandbox. Its flags are made from the options, as those of `serve`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import Field

from mockwise.cli import output
from mockwise.cli.app import commands
from mockwise.cli.config_file import read_config_file
from mockwise.cli.control import Control, with_whole_mock
from mockwise.cli.inject_options import Command, inject_options
from mockwise.cli.options import setting_flag
from mockwise.cli.output import AsJson
from mockwise.cli.verbs import exported, print_exports
from mockwise.errors import InvalidValueError
from mockwise.settings import FILE_OPTIONS, OPTIONS, SANDBOX_OPTIONS, read_settings

app = commands()

_OWN: Mapping[str, Any] = {
    "client_id": Field(default=None, title="ID", description="Id of its own client; made up without one."),
    "client_secret": Field(default=None, title="SECRET", description="Made up without one."),
}
"""Options that mean something else for a sandbox than for the mock."""
_FLAGS = [name for name in OPTIONS if name in SANDBOX_OPTIONS - FILE_OPTIONS]


def _takes_options(command: Command) -> Command:
    """Give a command the parameter `options`, and a flag for each option of a sandbox."""

    def called(**values: Any) -> None:
        said = {name: values.pop(name) for name in _FLAGS}
        command(options={name: value for name, value in said.items() if value is not None}, **values)

    flags = [
        setting_flag(name, _OWN.get(name, OPTIONS[name]), default=None, variable=None) for name in _FLAGS
    ]
    return inject_options(command, called, replaced="options", by=flags)


@app.command()
@with_whole_mock
@_takes_options
def make(
    mock: Control,
    *,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Its name; without one it gets one.", show_default=False),
    ] = None,
    options: Mapping[str, Any],
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Settings file, TOML, with options of a sandbox, also users, stubs and faults; flags win over it.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a sandbox and print its MOCKWISE_* names: eval "$(mockwise sandboxes make)" uses it in this shell.

    What is left out is as the mock's own options say.
    """
    said = {**_of_file(config), **options}
    checked = read_settings({key: value for key, value in said.items() if key not in FILE_OPTIONS})
    numbers = {key: getattr(checked, key) for key in options if isinstance(getattr(checked, key), int)}
    made = mock.make_sandbox({**({} if name is None else {"name": name}), **said, **numbers})
    if as_json:
        output.print_json(made)
        return
    print_exports(exported(made["environ"]))
    output.note(f"sandbox {made['name']} is made; its client is {made['client_id']}")


def _of_file(config: Path | None) -> Mapping[str, Any]:
    """The options in a settings file.

    Raises:
        InvalidValueError: the file cannot be used, or has an option that belongs to the whole mock.
    """
    found = {} if config is None else read_config_file(config)
    for key in found:
        if key not in SANDBOX_OPTIONS:
            raise InvalidValueError(
                f"{config}: {key} belongs to the whole mock: a sandbox has {', '.join(sorted(SANDBOX_OPTIONS))}"
            )
    return found
