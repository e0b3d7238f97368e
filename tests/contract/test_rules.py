"""The rules as text: what they may import, and that their table is fresh."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.contract_results import RULES

FILES = sorted(RULES.glob("*.py"))
SERVER = {"local_mock.py", "conftest.py", "target.py"}
"""The files that know the product: two start a mock if no target is given, one has it read and name key files."""


def imported(path: Path) -> Iterator[str]:
    """The top names of a file's absolute imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0]


def table(*arguments: str, rules: Path = RULES) -> subprocess.CompletedProcess[str]:
    """Run `python -m contract.table`."""
    command = [sys.executable, "-m", "contract.table", *arguments]
    return subprocess.run(command, cwd=rules.parent, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_rules_use_httpx_and_know_nothing_of_the_server(path: Path) -> None:
    """What judges a server shares no code with it."""
    allowed = {"httpx", "pytest", *sys.stdlib_module_names} | ({"mockwise"} if path.name in SERVER else set())
    assert set(imported(path)) <= allowed


def test_the_table_in_the_readme_is_fresh() -> None:
    """It is made from the rules; the complaint says how."""
    checked = table("--check")
    assert checked.returncode == 0, checked.stderr


def test_a_stale_table_is_complained_of_and_mended(tmp_path: Path) -> None:
    """The twin: a rule that changes makes it stale, and writing it makes it fresh."""
    rules = tmp_path / "contract"
    shutil.copytree(RULES, rules)
    changed = rules / "test_token.py"
    changed.write_text(changed.read_text().replace('"token.type"', '"token.kind"'))

    stale = table("--check", rules=rules)
    assert stale.returncode == 1
    assert stale.stderr.strip() == "contract/README.md is stale: run python -m contract.table"
    assert table(rules=rules).returncode == 0
    assert table("--check", rules=rules).returncode == 0
    assert "| `token.kind` |" in (rules / "README.md").read_text()


def test_a_readme_without_a_place_for_the_table(tmp_path: Path) -> None:
    """The table's command refuses a README that lacks the markers."""
    rules = tmp_path / "contract"
    shutil.copytree(RULES, rules)
    (rules / "README.md").write_text("# The contract\n")
    assert "has no lines <!-- rules -->" in table(rules=rules).stderr


def test_every_rule_names_its_source_and_where_it_is_told() -> None:
    """A rule of mockwise's own says so; every other one can be looked up."""
    rows = [
        line.split(" | ") for line in (RULES / "README.md").read_text().splitlines() if line.startswith("| `")
    ]
    rules = [row for row in rows if "." in row[0]]
    assert len(rules) > 90
    for _, sentence, label, source, known in rules:
        assert sentence.endswith("."), sentence
        assert ("mockwise's own choice" in source) == (label == "mock-only"), sentence
        assert re.search(r"RFC \d{4}|docs\.wise\.com|github\.com/|own choice", source), sentence
        assert re.match(r"none \||\[[\w-]+\]\(\.\./docs/wise/[\w-]+\.md#", known), sentence
