"""Lists kept by hand: what the package offers, and what costs nothing until it is used."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mockwise

ROOT = Path(mockwise.__file__).parent


@pytest.mark.parametrize("name", mockwise.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """`__all__`, the lazy homes and the names for type checkers say the same."""
    assert getattr(mockwise, name).__name__ == name
    for_type_checkers = (
        (ROOT / "__init__.py").read_text().partition("TYPE_CHECKING:")[2].partition("__all__")[0]
    )
    assert re.search(rf"\b{name}\b", for_type_checkers)


def test_there_are_no_others() -> None:
    """A wrong name is an `AttributeError`, and `dir` shows the right ones."""
    assert dir(mockwise) == sorted(mockwise.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Mockwise'"):
        _ = mockwise.Mockwise


@pytest.mark.parametrize("module", ["mockwise", "mockwise.pytest_plugin", "mockwise.cli"])
def test_importing_costs_nothing_until_it_is_used(module: str) -> None:
    """The plugin is loaded into every test run of everybody: no framework comes with it."""
    code = (
        f"import pytest, sys; before = set(sys.modules); import {module}; "
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["mockwise"]
