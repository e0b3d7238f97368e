from __future__ import annotations

import ast
from pathlib import Path

import pytest

import mockwise
from mockwise.common.wording import did_you_mean, keys_given, nearest


def test_a_name_that_is_none_is_answered_by_the_one_that_was_meant() -> None:
    """Or by all there are, in the order given (mock-only)."""
    assert did_you_mean("delya", ["drop", "delay"]) == "Did you mean 'delay'?"
    assert did_you_mean("zzz", ["drop", "delay"]) == "There are: drop, delay"
    assert did_you_mean(7, {"drop": 1}) == "There are: drop"
    assert (nearest("delya", ["drop", "delay"]), nearest("zzz", ["drop"])) == ("delay", None)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"email": "hunter2", "age": 7}, "this one has email, age"),
        ({}, "this one has nothing"),
        ("hunter2", "this is a str"),
    ],
)
def test_what_was_given_is_named_without_its_values(table: object, words: str) -> None:
    """They may be secrets (common.wording)."""
    assert keys_given(table) == words


def test_there_is_one_function_that_says_what_was_meant() -> None:
    """Nobody else compares names."""
    root = Path(mockwise.__file__).parent
    users = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import) and any(it.name == "difflib" for it in node.names)
    }
    assert users == {"common/wording.py"}
