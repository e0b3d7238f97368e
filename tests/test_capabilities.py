"""The table of capabilities and doors says what is there, and docs/parity.md says what it does.

Run as a program, this writes docs/parity.md anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from mockwise import Authority, Credentials, MockWise, Sandbox
from mockwise.cli.app import MODULES
from mockwise.cli.loading import load
from mockwise.journal.journal import Journal
from mockwise.sandbox.capabilities import (
    CAPABILITIES,
    MISSING,
    WITHOUT_A_METHOD,
    Capability,
    Cell,
    Missing,
    Reason,
)
from mockwise.transport.tls.ca_rotation import CaRotation
from mockwise.web.dashboard import routes
from mockwise.web.dashboard.actions import ACTIONS
from mockwise.web.dashboard.files import FILES
from tests.web.control.control_app import ControlApp

PAGE = Path(__file__).parent.parent / "docs" / "parity.md"
CLASSES: dict[str, type] = {
    it.__name__: it for it in (MockWise, Sandbox, Credentials, Journal, CaRotation, Authority)
}
DOORS = ("command line", "control API", "dashboard")
KNOWN_MISSING = {"command line": 5, "control API": 0, "dashboard": 48}
"""How many capabilities each door lacks. A figure is lowered when a door gets one, and raised by new methods alone."""

PAGES = {
    "page": "/hub/{name}",
    "page audit": "/hub/{name}/audit",
    "page exchange": "/hub/{name}/exchanges/{number}",
}
OF_THE_PAGE = {
    *("/", "/hub", "/static/{name}", "/hub/{name}/live", "/hub/{name}/events"),
    *("/hub/{name}/files/{file}", "/hub/{name}/do/{action}"),
}
"""What the page is made of: redirections, its parts, its files and its forms."""


def named(cell: Cell) -> tuple[str, ...]:
    """What a door has, by name."""
    match cell:
        case str():
            return (cell,)
        case tuple():
            return cell
        case _:
            return ()


def all_named(door: int) -> set[str]:
    """Everything that the table names of one door."""
    return {name for it in CAPABILITIES for name in named(it.cells[door])}


def public(kind: type) -> set[str]:
    """The public names of a class, with those that are only annotated."""
    annotated = {name for it in kind.__mro__ for name in vars(it).get("__annotations__", {})}
    return {name for name in {*dir(kind), *annotated} if not name.startswith("_")}


@pytest.mark.parametrize("owner", CLASSES)
def test_every_public_name_has_a_row(owner: str) -> None:
    """A method that is added is entered, one that goes is taken out, and none stands twice."""
    rows = [it.name for it in CAPABILITIES if owner in it.owners]
    assert len(rows) == len(set(rows))
    of_instances = {
        "MockWise": {"settings"},
        "Credentials": {"client_id", "client_key", "client_secret", "files"},
    }.get(owner, set())
    assert set(rows) == public(CLASSES[owner]) | of_instances


def test_attributes_of_instances_are_known() -> None:
    """Names that an instance alone has are in the table, too."""
    mock = ControlApp().mock
    for thing in (mock, mock.default, mock.default.credentials):
        owner = "MockWise" if thing is mock else type(thing).__name__
        rows = {it.name for it in CAPABILITIES if owner in it.owners}
        assert {name for name in vars(thing) if not name.startswith("_")} <= rows


def commands_of(name: str, command: Any) -> Iterator[tuple[str, set[str]]]:
    """A command with its options, or, if it is a group, each command in it."""
    if isinstance(command, TyperGroup):
        context = typer.Context(command)
        for each in command.list_commands(context):
            yield from commands_of(f"{name} {each}", command.get_command(context, each))
    else:
        yield name, {option for parameter in command.params for option in parameter.opts}


def test_commands_are_those_of_the_command_line() -> None:
    """Each command is in the table, and each entry is a command with the option that it names."""
    entries = {it.partition(" --")[::2] for it in all_named(0)}
    apart = {it.removeprefix("mockwise ") for it in WITHOUT_A_METHOD if it.startswith("mockwise ")}
    known: dict[str, set[str]] = {}
    for name, module in MODULES.items():
        known.update(commands_of(name, typer.main.get_group(load(module).app).commands[name]))
    assert {command for command, _ in entries} | apart == set(known)
    assert not {command for command, _ in entries} & apart
    for command, option in entries:
        assert not option or f"--{option}" in known[command], f"{command} --{option}"


def test_routes_are_those_of_the_control_api() -> None:
    """Each operation of the OpenAPI document is in the table, and each entry is one."""
    document = ControlApp().request("GET", "/openapi.json").json()
    operations = {f"{method.upper()} {path}" for path, it in document["paths"].items() for method in it}
    apart = {it for it in WITHOUT_A_METHOD if not it.startswith("mockwise ")}
    assert all_named(1) | apart == operations
    assert not all_named(1) & apart


def test_forms_files_and_pages_are_those_of_the_dashboard() -> None:
    """Each action, file and page of the dashboard is in the table, and each entry is one."""
    assert all_named(2) == {
        *(f"form {name}" for name in ACTIONS),
        *(f"file {name}" for name in FILES),
        *PAGES,
    }
    paths = {str(getattr(it, "path", "")) for it in routes.router.routes}
    assert paths == {*PAGES.values(), *OF_THE_PAGE}


def test_routes_and_forms_reach_a_sandbox_through_its_methods_alone() -> None:
    """The state below the facade is known to the OAuth standards alone, which are the protocol and not its control."""
    web = Path(routes.__file__).parent.parent
    state = re.compile(r"^from mockwise\.state\.(sandbox_state|registry) import (?!DEFAULT\b)", re.MULTILINE)
    knowing = {
        path.relative_to(web).as_posix()
        for part in ("control", "dashboard")
        for path in (web / part).rglob("*.py")
        if state.search(path.read_text("utf-8"))
    }
    assert knowing == {"control/app.py", "control/oauth_extensions.py"}


def test_what_is_missing_becomes_less() -> None:
    """Whoever adds a capability gives it its doors, or says why it has none."""
    counted = {name: sum(it.cells[door] == MISSING for it in CAPABILITIES) for door, name in enumerate(DOORS)}
    assert counted == KNOWN_MISSING, "lower the figures of what is there now"


def test_the_page_says_what_the_table_does() -> None:
    """docs/parity.md is written by `python -m tests.test_capabilities`."""
    assert PAGE.read_text("utf-8") == parity_page(), "run python -m tests.test_capabilities"


def parity_page() -> str:
    """The page docs/parity.md."""
    reasons = list(
        dict.fromkeys(cell.text for it in CAPABILITIES for cell in it.cells if isinstance(cell, Reason))
    )
    groups = dict.fromkeys(it.owners for it in CAPABILITIES)
    return "".join([*_head(), *(_group(it, reasons) for it in groups), *_foot(reasons)])


def _head() -> Iterator[str]:
    counts = ", ".join(f"{count} on the {name}" for name, count in KNOWN_MISSING.items())
    yield (
        "# Which door does what\n\n"
        "Whatever can be done with a mock or seen of it is one method or property in Python. The command line, the control\n"
        "API and the dashboard translate to it. This page is made from the table in `mockwise/sandbox/capabilities.py`, which\n"
        "a test holds against all four.\n\n"
        "**missing** means that a door could have it and does not yet:\n"
        f"{counts}. A dash means that a door has none by nature, and its number leads to\n"
        "[the reason](#why-a-door-has-none).\n"
    )


def _group(owners: tuple[str, ...], reasons: list[str]) -> str:
    rows = [
        f"| {' | '.join((_python(it), *(_shown(cell, reasons) for cell in it.cells)))} |"
        for it in CAPABILITIES
        if it.owners == owners
    ]
    title = f"\n## {' and '.join(f'`{it}`' for it in owners)}\n\n"
    return title + "\n".join(
        ["| Python | command line | control API | dashboard |", "|---|---|---|---|", *rows, ""]
    )


def _python(it: Capability) -> str:
    called = callable(getattr(CLASSES[it.owners[0]], it.name, None))
    return f"`{it.name}{'()' if called else ''}`"


def _shown(cell: Cell, reasons: list[str]) -> str:
    match cell:
        case Missing():
            return "**missing**"
        case Reason():
            return f"\u2013 ({reasons.index(cell.text) + 1})"
        case _:
            return ", ".join(_named_shown(it) for it in named(cell))


def _named_shown(name: str) -> str:
    kind, _, rest = name.partition(" ")
    if kind in {"form", "file", "page"}:
        return f"{kind} `{rest}`" if rest else kind
    return f"`{name}`"


def _foot(reasons: list[str]) -> Iterator[str]:
    yield "\n## Why a door has none\n\n"
    yield from (f"{number}. {text}\n" for number, text in enumerate(reasons, 1))
    yield "\n## Commands and routes without a method\n\n| what | why |\n|---|---|\n"
    yield from (f"| `{what}` | {why} |\n" for what, why in WITHOUT_A_METHOD.items())


if __name__ == "__main__":
    PAGE.write_text(parity_page(), "utf-8")
