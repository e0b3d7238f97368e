"""An option is one field: flags and the README follow the settings."""

from __future__ import annotations

import typer

from mockwise.cli.app import app
from mockwise.config import SANDBOX_OPTIONS, Settings
from tests.test_readme import README, options_table


def test_every_setting_is_a_flag_of_serve() -> None:
    """Each setting can be said at a terminal, with its own explanation."""
    [serve] = [command for name, command in typer.main.get_group(app).commands.items() if name == "serve"]
    flags = {parameter.name: getattr(parameter, "help", "") for parameter in serve.params}
    for name, field in Settings.model_fields.items():
        assert flags.pop(name) == field.description
    assert set(flags) == {"ready_file", "log_level"}


def test_the_readmes_table_is_not_stale() -> None:
    """To renew it: `python -m tests.test_readme`."""
    assert options_table() in README.read_text()
    assert set(Settings.model_fields) >= SANDBOX_OPTIONS
