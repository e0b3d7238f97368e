"""An option is one field: flags and docs/options.md follow the settings."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest
import typer

from mockwise.cli import run, serve
from mockwise.cli.app import MODULES, app
from mockwise.settings import FILE_OPTIONS, SANDBOX_OPTIONS, Settings
from tests.cli.processes import mockwise, succeed
from tests.test_readme import ROOT, options_table


@pytest.mark.parametrize(
    ("module", "own"),
    [
        (serve, {"bad_servers", "ready_file", "log_level", "config"}),
        (run, {"command", "env", "audit", "junit", "html", "config"}),
    ],
)
def test_every_setting_is_a_flag_of_serve_and_of_run(module: ModuleType, own: set[str]) -> None:
    """Each setting can be said at a terminal, with its own explanation."""
    [command] = typer.main.get_group(module.app).commands.values()
    flags = {parameter.name: getattr(parameter, "help", "") for parameter in command.params}
    for name in set(Settings.model_fields) - FILE_OPTIONS:
        field = Settings.model_fields[name]
        assert flags.pop(name) == field.description
    assert set(flags) == own


def test_every_command_is_found_and_explained() -> None:
    """Help lists them all, and each has a sentence."""
    listed = succeed("--help")
    for name in MODULES:
        assert f"\n  {name} " in listed
    assert typer.main.get_group(app).get_command(typer.Context(typer.main.get_group(app)), "nonsense") is None
    assert "Did you mean 'status'?" in mockwise("statsu").stderr


def test_a_verb_does_not_pay_for_the_server() -> None:
    """Neither FastAPI nor pydantic is imported by what only speaks to a control host, nor httpx by `serve`."""
    program = "import sys, mockwise.cli.{0}; print(*{{'fastapi', 'pydantic', 'httpx'}} & set(sys.modules))"
    for module, paid in (
        ("app", ""),
        ("verbs", "httpx"),
        ("journal", "httpx"),
        ("audit", "httpx"),
        ("sandboxes", "httpx"),
        ("clients", "httpx"),
        ("tokens", "httpx"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program.format(module)], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == paid


def test_the_readmes_table_is_not_stale() -> None:
    """To renew it: `python -m tests.test_readme`."""
    assert options_table() in (ROOT / "docs" / "options.md").read_text()
    assert set(Settings.model_fields) >= SANDBOX_OPTIONS
