"""The rules are tried in a process of their own: nobody's folder, configuration or plugins have a say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mockwise import Sandbox
from tests.contract.contract_results import surroundings, try_contract

COMMAND = "import os, sys; from mockwise.contract_runner import run_contract; sys.exit(run_contract(environ=os.environ))"


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which plain pytest does nothing good."""
    for name in ("conftest.py", "pytest.py", "httpx.py", "contract.py", "sitecustom.py"):
        (tmp_path / name).write_text("raise RuntimeError('hostile')\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    (tmp_path / "test_user.py").write_text("def test_of_the_user():\n    raise AssertionError('hostile')\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("hostile")
def test_a_hostile_folder_changes_nothing(mockwise: Sandbox) -> None:
    """conftest.py, pytest.ini, modules of the same names and steering variables are not looked at."""
    environ = surroundings(**mockwise.environ(), PYTEST_ADDOPTS="--nonsense", PYTEST_PLUGINS="nonsense")
    tried = try_contract(environ)
    assert (tried.status, tried.broken) == (0, set())


def test_paths_are_those_of_the_callers_folder(mockwise: Sandbox, hostile: Path) -> None:
    """A relative path means the folder in which the command was called."""
    environ = surroundings(**mockwise.environ())
    for name in ("CA", "CERT", "KEY"):
        variable = f"MOCKWISE_{name}_FILE"
        environ[variable] = os.path.relpath(environ[variable], hostile)
    tried = try_contract(environ, junit=Path("junit.xml"))
    assert tried.status == 0
    assert (hostile / "junit.xml").is_file()


def test_nothing_is_written_into_the_callers_folder(mockwise: Sandbox, hostile: Path) -> None:
    """No cache, no bytecode, no report that was not asked for."""
    before = sorted(hostile.rglob("*"))
    try_contract(surroundings(**mockwise.environ()))
    assert sorted(hostile.rglob("*")) == before


def test_secrets_are_on_no_command_line(mockwise: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Command lines are seen by every user of a machine."""
    started: list[list[str]] = []
    popen = subprocess.Popen

    def watch(command: list[str], **options: object) -> object:
        started.append(command)
        return popen(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", watch)
    try_contract(surroundings(**mockwise.environ()))
    assert len(started) == 1
    assert mockwise.client_secret not in " ".join(started[0])


def test_the_exit_status_is_that_of_the_process(mockwise: Sandbox) -> None:
    """A shell sees what the function returned."""
    environ = surroundings(**mockwise.environ(), MOCKWISE_CLIENT_KEY="of-somebody-else")
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND], env=environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1, ended.stderr
    assert "BROKEN api.subscriptions" in ended.stdout
