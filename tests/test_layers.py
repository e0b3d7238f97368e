"""The layers of the package: who may import whom, and that no two files import each other in a circle.

The table is here and nowhere else; docs/architecture.md draws it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "mockwise"
PATHS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))

# Each layer lists the parts below it that it may import, besides itself. Two towers stand on the same ground: what a
# sandbox is (`state` down to `storage`), and what its connections are (`transport` on `pki`); `sandbox` joins them.
GROUND = {"errors", "real_time"}  # real_time: the real time, which every part takes from one place
STORAGE = {"storage", *GROUND}
COMMON = {"common", *STORAGE, "pki"}  # common/peer_certificate reads names as pki/der does
STATE = {"state", "faults", "journal", *COMMON}
SANDBOX = {"sandbox", "oauth", "audit", "settings", "transport", "client", *STATE}

# part: (parts that it may import, third parties). The first entry whose path fits a file is its own.
LAYERS: dict[str, tuple[set[str], set[str]]] = {
    "errors.py": (set(), set()),
    "real_time.py": (set(), set()),
    "storage/redis.py": (STORAGE, {"redis", "typing_extensions"}),
    "storage": (STORAGE, {"msgspec", "typing_extensions"}),
    "common/peer_certificate.py": (COMMON, {"cryptography"}),
    "common": (COMMON, set()),
    "faults": ({"faults", *COMMON}, {"msgspec", "pydantic", "pydantic_core", "typing_extensions"}),
    "journal": ({"journal", *COMMON}, set()),
    "state/options.py": (STATE, {"pydantic"}),
    "state": (STATE, {"msgspec", "typing_extensions"}),
    "oauth/jose.py": ({"oauth", *STATE}, {"joserfc", "cryptography"}),  # which joserfc takes its keys from
    "oauth": ({"oauth", *STATE}, set()),
    "audit": ({"audit", *STATE}, {"msgspec"}),
    "settings.py": (STATE, {"pydantic"}),
    "pki": ({"pki", "real_time"}, {"cryptography", "filelock", "trustme"}),
    "transport": (
        {"transport", "pki", "real_time"},
        {"cryptography", "httptools", "uvicorn", "typing_extensions"},
    ),
    "client": ({"client"}, {"httpx"}),  # nothing else of ours: people may copy it
    "sandbox": (SANDBOX, {"httpx", "typing_extensions"}),
    "bootstrap.py": (SANDBOX, set()),
    "web/wise/upstream.py": ({"web", "oauth", *STATE}, {"httpx", "starlette", "typing_extensions"}),
    "web/control_host.py": ({"web", *SANDBOX}, {"starlette"}),
    "web/access.py": ({"web", "oauth", "settings", *STATE}, {"fastapi", "starlette"}),
    "web/dashboard": (
        {"web", *SANDBOX},
        {"fastapi", "jinja2", "markupsafe", "starlette", "pydantic", "typing_extensions"},
    ),
    "web/control": (
        {"web", *SANDBOX},
        {"fastapi", "starlette", "pydantic", "typing_extensions"},
    ),
    "web": (
        {"web", "oauth", *STATE},
        {
            "fastapi",
            "jinja2",
            "msgspec",
            "starlette",
            "pydantic",
            "pydantic_core",
            "python_multipart",
            "typing_extensions",
        },
    ),
    "mock.py": ({"bootstrap", "web", *SANDBOX}, set()),
    "contract_runner": ({"contract_runner", "errors"}, {"rich"}),
    # used by cli alone, once something has failed; it knows no mock, because it examines Wise's hosts as well
    "doctor": ({"doctor", "client", "common", "pki", *GROUND}, {"cryptography", "httpx"}),
    "cli": (
        {"cli", "bootstrap", "contract_runner", "doctor", "mock", *SANDBOX},
        {"typer", "rich", "httpx", "httpx_sse", "pydantic", "typing_extensions"},
    ),
    "pytest_plugin.py": ({"", "mock", *SANDBOX}, {"pytest"}),
    "__main__.py": ({"cli"}, set()),
    "__init__.py": ({"mock", *SANDBOX}, set()),
}
# What a part never touches, whoever lends it.
NO_NETWORK = {"socket", "ssl", "asyncio", "http"}
NEVER = {
    "common/once.py": {"socket", "ssl", "http"},  # tasks wait there, too
    "storage/threads.py": {"socket", "ssl", "http"},  # the event loop hands over to them
    "common/addresses.py": {"ssl", "asyncio", "http"},  # the forms of addresses
    "common": NO_NETWORK,
    "storage": NO_NETWORK,
    "faults": NO_NETWORK,
    "journal": NO_NETWORK,
    "state": NO_NETWORK,
    "oauth": NO_NETWORK,
    "audit": NO_NETWORK,
    "web/wise/upstream.py": {"socket"},  # it is a TLS client, which trusts what the system trusts
    "web": {"socket", "ssl"},
}
# Ambient inputs have one reader each: the wall clock, the real time, and the environment, which the command line reads,
# but for the hosts that are called past a proxy.
CALLS = {
    "now": {"common/clock.py"},
    "today": set(),
    "utcnow": set(),
    "environ": {"cli/environment.py", "common/proxies.py"},
    "getenv": set(),
    "time": {"client/retry.py"},
    "time_ns": set(),
    "monotonic": {"real_time.py"},  # the others may stand still in a test
    "monotonic_ns": set(),
    "perf_counter": set(),
}


def entry_of(path: str, table: Mapping[str, object]) -> str | None:
    """The first entry of a table that a file belongs to."""
    return next((it for it in table if path == it or path.startswith(f"{it}/")), None)


def imported(tree: ast.AST) -> Iterator[tuple[int, str, Sequence[str]]]:
    """Every imported module with its line and the names that are taken from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.lineno, node.module or "", [alias.name for alias in node.names]


@pytest.mark.parametrize("path", PATHS)
def test_a_file_imports_only_what_its_layer_may(path: str) -> None:
    """Imports point down, and each third party is known to few files."""
    layer = entry_of(path, LAYERS)
    assert layer is not None, f"{path} belongs to no layer"
    ours, others = LAYERS[layer]
    never = NEVER.get(entry_of(path, NEVER) or "", set())
    for line, module, _ in imported(ast.parse((ROOT / path).read_text())):
        top, _, rest = module.partition(".")
        part = rest.partition(".")[0]
        where = f"mockwise/{path}:{line} imports {module}"
        if top == "mockwise":
            assert part in ours, where
        elif top in sys.stdlib_module_names:
            assert top not in never, where
        else:
            assert top in others, where


def modules_of(top: str) -> dict[str, Path]:
    """Every module of a package by its dotted name."""
    root = ROOT.parent / top
    files = ((path, path.relative_to(root.parent).with_suffix("")) for path in root.rglob("*.py"))
    return {".".join(name.parts).removesuffix(".__init__"): path for path, name in files}


@pytest.mark.parametrize("top", ["mockwise", "contract"])
def test_no_two_files_import_each_other_in_a_circle(top: str) -> None:
    """Imports inside functions and for type checkers alone count, too."""
    modules = modules_of(top)
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        graph[name] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = ".".join(filter(None, [package if node.level else "", node.module or ""]))
                found = [f"{base}.{it.name}" if f"{base}.{it.name}" in modules else base for it in node.names]
            else:
                continue
            graph[name] |= {it for it in found if it in modules and it != name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("path", PATHS)
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
