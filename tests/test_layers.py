"""The house's floors: who may import whom. The table is here and nowhere else."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "mockwise"

# floor: (floors of the house, third parties). The first floor whose path fits a file is its own.
FLOORS: dict[str, tuple[set[str], set[str]]] = {
    "core/certificates.py": ({"core", "der"}, {"cryptography"}),
    "core/once.py": ({"core"}, set()),
    "core/redis_store.py": ({"core", "real_time"}, {"redis"}),
    "core": ({"core", "real_time"}, set()),
    "oauth/jose.py": ({"core", "oauth"}, {"joserfc", "cryptography"}),  # which joserfc takes its keys from
    "oauth": ({"core", "oauth"}, set()),
    "audit": ({"core", "audit"}, set()),
    "web/api/upstream.py": ({"core", "oauth", "web"}, {"httpx", "starlette"}),
    "web/hub": (
        {"core", "oauth", "audit", "web", "fault_tables", "proxies", "scenarios"},
        {"fastapi", "jinja2", "markupsafe", "starlette", "pydantic"},
    ),
    "web/control": ({"core", "oauth", "audit", "web", "fault_tables"}, {"fastapi", "starlette", "pydantic"}),
    "web": (
        {"core", "oauth", "audit", "web", "real_time"},
        {"fastapi", "jinja2", "starlette", "pydantic", "pydantic_core", "python_multipart"},
    ),
    "transport": (
        {"transport", "der", "real_time"},
        {"uvicorn", "uvloop", "httptools", "trustme", "cryptography", "filelock"},
    ),
    "client": ({"client"}, {"httpx"}),
    "contracting": ({"core", "contracting"}, {"rich"}),
    "option_values.py": ({"core", "fault_tables"}, set()),
    "fault_tables.py": ({"core"}, {"pydantic"}),
    "scenarios.py": ({"core"}, set()),
    "config.py": ({"core", "option_values", "scenarios"}, {"pydantic"}),
    "addresses.py": (set(), set()),
    "real_time.py": (set(), set()),
    "der.py": (set(), set()),
    "green_threads.py": ({"core"}, set()),
    "premises.py": ({"core", "real_time", "transport"}, set()),
    "remote.py": ({"core"}, set()),
    "watching.py": ({"core"}, set()),
    "masked_logs.py": (set(), set()),
    "proxies.py": (set(), set()),
    "own_process.py": (set(), set()),
    "credentials.py": ({"core", "premises"}, set()),
    "revocations.py": ({"core", "transport", "web"}, set()),
    "callers.py": ({"client"}, {"httpx"}),
    "whereabouts.py": ({"premises", "transport"}, set()),
    "drills.py": ({"config", "core", "home", "premises", "real_time", "transport"}, set()),
    "residents.py": ({"core", "oauth", "callers"}, {"httpx"}),
    "lifetimes.py": ({"core", "credentials"}, set()),
    "troubles.py": ({"core", "fault_tables", "scenarios"}, set()),
    "assertions.py": ({"core"}, set()),
    "sandbox.py": (
        {
            "core",
            "audit",
            "whereabouts",
            "drills",
            "residents",
            "lifetimes",
            "troubles",
            "assertions",
            "premises",
            "credentials",
            "callers",
            "remote",
            "proxies",
        },
        {"httpx"},
    ),
    "home.py": ({"addresses", "core", "oauth", "transport", "config", "premises", "real_time"}, set()),
    "hub.py": (
        {
            "own_process",
            "addresses",
            "core",
            "web",
            "transport",
            "config",
            "premises",
            "credentials",
            "proxies",
            "real_time",
            "sandbox",
        },
        {"starlette"},
    ),
    "mock.py": (
        {
            "masked_logs",
            "watching",
            "whereabouts",
            "drills",
            "addresses",
            "audit",
            "core",
            "oauth",
            "web",
            "transport",
            "config",
            "premises",
            "real_time",
            "revocations",
            "green_threads",
            "home",
            "hub",
            "sandbox",
        },
        set(),
    ),
    "cli": (
        {
            *(
                "core",
                "audit",
                "config",
                "mock",
                "home",
                "sandbox",
                "scenarios",
                "client",
                "contracting",
                "cli",
            ),
            *("own_process", "proxies", "transport"),
        },
        {"typer", "rich", "httpx", "pydantic"},
    ),
    "pytest_plugin.py": ({"", "core", "audit", "mock", "proxies", "sandbox"}, {"pytest"}),
    "__main__.py": ({"cli"}, set()),
    "__init__.py": (
        {"real_time", "audit", "core", "transport", "config", "credentials", "mock", "sandbox"},
        set(),
    ),
}
# What a floor never touches, whoever lends it.
NEVER = {
    "core/once.py": {"socket", "ssl", "http"},  # tasks wait there, too
    "core": {"socket", "ssl", "asyncio", "http"},
    "oauth": {"socket", "ssl", "asyncio", "http"},
    "audit": {"socket", "ssl", "asyncio", "http"},
    "web/api/upstream.py": {"socket"},  # it is a TLS client, which trusts what the system trusts
    "web": {"socket", "ssl"},
}
# The wall clock is read in one file, and so are the real time and the environment, the latter by the command line alone.
# but for the hosts that it says to call past a proxy.
CALLS = {
    "now": {"core/clock.py"},
    "today": set(),
    "utcnow": set(),
    "environ": {"cli/environment.py", "proxies.py"},
    "getenv": set(),
    "time": {"client/pace.py"},
    "time_ns": set(),
    "monotonic": {"real_time.py"},  # the others may stand still in a test
    "monotonic_ns": set(),
    "perf_counter": set(),
}


def floor_of(path: str) -> str:
    """The entry of the table that a file belongs to."""
    return next(floor for floor in FLOORS if path == floor or path.startswith(f"{floor}/"))


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every imported module with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.lineno, node.module or ""


@pytest.mark.parametrize("path", sorted(p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*.py")))
def test_a_file_imports_only_what_its_floor_may(path: str) -> None:
    """Imports point down the floors, and a third party has few doors."""
    floor = floor_of(path)
    house, others = FLOORS[floor]
    never = NEVER.get(floor, NEVER.get(floor.split("/")[0], set()))
    for line, module in imported(ast.parse((ROOT / path).read_text())):
        top, _, rest = module.partition(".")
        part = rest.partition(".")[0]
        where = f"mockwise/{path}:{line} imports {module}"
        if top == "mockwise":
            assert part in house, where
        elif top in sys.stdlib_module_names:
            assert top not in never, where
        else:
            assert top in others, where


@pytest.mark.parametrize("path", sorted(p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*.py")))
def test_the_wall_clock_and_the_environment_have_one_reader_each(path: str) -> None:
    """Ambient inputs make expiry untestable: time comes from the clock's file, settings from `Settings`."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        match node:
            case ast.Attribute(
                value=ast.Name(id="datetime" | "date" | "os" | "time"), attr=attr, lineno=line
            ):
                assert path in CALLS.get(attr, {path}), f"mockwise/{path}:{line} {attr}"
            case ast.ImportFrom(module="time", names=names, lineno=line):
                taken = {it.name for it in names if path not in CALLS.get(it.name, {path})}
                assert not taken, f"mockwise/{path}:{line} {taken}"
