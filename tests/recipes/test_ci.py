"""The jobs for CI services do what they say: their own lines are run, all but the installation and `uses:`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.processes import wait_until
from tests.recipes.support import free_ports, known_port, read_yaml, surroundings

INSTALLATION = "pip install mockwise"
WELL = "mockwise token >token.txt"
TWICE = "mockwise token >token.txt && mockwise token >token.txt && mockwise token >token.txt"
"""A held token would have done."""


class Runner:
    """A CI service's machine: a folder, an environment, and what the shell said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = known_port()
        self.environ = surroundings(
            **free_ports(self.port),
            MOCKWISE_CONTROL_URL=f"http://127.0.0.1:{self.port}",
            RUNNER_TEMP=str(folder / "temp"),
        )
        self.said = ""

    def tests(self, script: str) -> None:
        """What somebody calls their tests."""
        file = self.folder / "run-tests"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def bash(self, script: str) -> bool:
        """Whether a script goes well."""
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        self.said += done.stdout
        return done.returncode == 0

    def serves(self) -> bool:
        """Whether the mock is still there."""
        with socket.socket() as it:
            return it.connect_ex(("127.0.0.1", self.port)) == 0

    def findings(self) -> int:
        """How many rules were broken, as the CI service reads it."""
        return len(ET.parse(self.folder / "mockwise-audit.xml").findall(".//failure"))


Job = Callable[[Runner], bool]


def github(runner: Runner) -> bool:
    """The steps one after the other; after a failure only those that always run."""
    well = True
    left_out = []
    for step in read_yaml("github-actions.yml")["jobs"]["tests"]["steps"]:
        assert step.keys() & {"run", "uses"}
        assert step.get("if", "always()") == "always()"
        script = step.get("run", INSTALLATION)
        if script == INSTALLATION:
            left_out.append(step.get("uses", script).partition("@")[0])
        elif well or "if" in step:
            well = runner.bash(script) and well
    assert left_out == [
        "actions/checkout",
        "actions/setup-python",
        INSTALLATION,
        "actions/upload-artifact",
    ]
    return well


def gitlab(runner: Runner) -> bool:
    """All lines in one shell."""
    first, *script = read_yaml("gitlab-ci.yml")["tests"]["script"]
    assert first == INSTALLATION
    return runner.bash("\n".join(script))


@pytest.fixture(params=[github, gitlab], ids=["github", "gitlab"])
def job(request: pytest.FixtureRequest) -> Job:
    """A job to its end; returns whether it passed."""
    found: Job = request.param
    return found


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    """A machine of its own, on which nothing is left running."""
    it = Runner(tmp_path)
    yield it
    pid = tmp_path / "mockwise.pid"
    if it.serves() and pid.exists():
        os.kill(int(pid.read_text()), signal.SIGKILL)


def test_a_job_passes_whose_tests_pass(runner: Runner, job: Job) -> None:
    """The mock is there for the tests, the audit is a report, and nothing is left running."""
    runner.tests(WELL)
    assert job(runner), runner.said
    assert (runner.folder / "token.txt").read_text().strip()
    assert runner.findings() == 0
    wait_until(lambda: not (runner.folder / "mockwise.json").exists())


def test_a_job_fails_whose_tests_fail(runner: Runner, job: Job) -> None:
    """It is audited all the same."""
    runner.tests(f"{WELL}; exit 3")
    assert not job(runner)
    assert runner.findings() == 0
    wait_until(lambda: not runner.serves())


def test_a_job_fails_whose_tests_break_a_rule_of_wise(runner: Runner, job: Job) -> None:
    """Though they pass: that is what `--fail` is for."""
    runner.tests(TWICE)
    assert not job(runner)
    assert runner.findings() > 0
    wait_until(lambda: not runner.serves())


def test_a_job_says_why_its_mock_does_not_start(runner: Runner, job: Job) -> None:
    """Nobody waits for a mock that is gone, and the log is shown."""
    runner.tests(WELL)
    runner.environ["MOCKWISE_SERVE_TOKEN_LIFETIME"] = "nonsense"
    assert not job(runner)
    assert "nonsense" in runner.said
    assert not (runner.folder / "token.txt").exists()
