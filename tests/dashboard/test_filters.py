"""Words, waiting outcomes and lines to copy."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from mockwise import MockWise, Sandbox
from mockwise.sandbox.mock_controls import MockControls
from mockwise.web.dashboard.action_results import ActionResult, ActionResults
from mockwise.web.dashboard.filters import clock, coded, ends, lasting, moment
from mockwise.web.dashboard.form_action import terminal
from mockwise.web.dashboard.snippets import snippets

NOON = datetime(2026, 11, 23, 12, 0, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0s"),
        (-5, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (43199, "11h59m"),
        (86400 * 364 + 3600, "364d1h"),
        (86400 * 7300, "7300d"),
    ],
)
def test_a_length_in_two_units(seconds: float, words: str) -> None:
    """The two coarsest that are something."""
    assert lasting(timedelta(seconds=seconds)) == words


def test_a_time_is_short_on_the_same_day() -> None:
    """The whole of it is its title."""
    assert clock(NOON) == "2026-11-23 12:00:03"
    assert ">12:00:03<" in moment(NOON, NOON + timedelta(hours=2))
    assert ">2026-11-23 12:00:03<" in moment(NOON, NOON + timedelta(days=2))
    assert ">2026-11-23 12:00:03<" in moment(NOON)
    assert "2026-11-23T12:00:03Z" in moment(NOON)
    assert 'data-ends="1795435203000"' in ends(NOON, timedelta(seconds=1))


def test_code_in_words_is_marked_and_escaped() -> None:
    """Backticks around code, as everywhere in the project."""
    assert coded("say `<b>` & go") == "say <code>&lt;b&gt;</code> &amp; go"


def test_an_outcome_is_told_once() -> None:
    """It may hold a secret; the oldest are forgotten."""
    outcomes = ActionResults()
    keys = [outcomes.keep(ActionResult(said=str(n))) for n in range(51)]
    assert outcomes.take(keys[0]) is None
    last = outcomes.take(keys[-1])
    assert last is not None
    assert last.said == "50"
    assert outcomes.take(keys[-1]) is None
    assert outcomes.take(None) is None


def test_the_usual_mock_needs_no_address() -> None:
    """The verbs look there by themselves, and in the default sandbox."""
    usual = cast("MockControls", SimpleNamespace(control_url="http://127.0.0.1:8445"))
    assert terminal(usual, "default", "advance", "12h") == "mockwise advance 12h"
    assert terminal(usual, "other", "reset") == "mockwise reset --sandbox other"


def lines_of(box: Sandbox) -> dict[str, str]:
    """The lines to copy, by name."""
    return {it.name: it.text for it in snippets(box.environ(), box.name)}


def test_the_curl_line_works(box: Sandbox) -> None:
    """Pasted as it is."""
    done = subprocess.run(
        ["bash", "-c", lines_of(box)["curl"] + " --silent"], capture_output=True, check=True, timeout=30
    )
    assert json.loads(done.stdout)["token_type"] == "bearer"


def test_the_httpx_lines_work(box: Sandbox) -> None:
    """As a program of their own."""
    done = subprocess.run(
        [sys.executable, "-c", lines_of(box)["httpx"]], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.split() == ["200", "43199"]


def test_the_requests_lines_are_python(box: Sandbox) -> None:
    """The package is not among ours; the lines are the same calls."""
    compile(lines_of(box)["requests"], "requests.py", "exec")
    assert box.token_url in lines_of(box)["requests"]


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here")
def test_the_node_lines_work(box: Sandbox, tmp_path: Path) -> None:
    """The lines for Node work without any package."""
    (tmp_path / "token.js").write_text(lines_of(box)["node"])
    done = subprocess.run(
        ["node", tmp_path / "token.js"], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.split() == ["200", "43199"]


@pytest.mark.skipif(shutil.which("javac") is None, reason="there is no Java compiler here")
def test_the_java_lines_work(box: Sandbox, tmp_path: Path, mockwise_server: MockWise) -> None:
    """With the two PKCS #12 files from the page."""
    (tmp_path / "Token.java").write_text(lines_of(box)["java"])
    (tmp_path / "client.p12").write_bytes(box.credentials.key_store("mockwise"))
    (tmp_path / "truststore.p12").write_bytes(mockwise_server.trust_store("mockwise"))
    done = subprocess.run(
        ["java", "Token.java"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.startswith("200 {"), done.stderr


def test_the_pytest_lines_are_a_test(box: Sandbox, pytester: pytest.Pytester) -> None:
    """The lines for pytest are a test that passes."""
    pytester.makepyfile(lines_of(box)["pytest"])
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_hostile_values_stay_values(mockwise_server: MockWise) -> None:
    """A secret may hold what a shell, Python or JavaScript would act on."""
    with mockwise_server.sandbox(client_secret='a\'; touch "$HOME" `x` \\ ${y}') as box:
        lines = lines_of(box)
        done = subprocess.run(
            ["bash", "-c", lines["curl"] + " --silent"], capture_output=True, check=True, timeout=30
        )
        assert "access_token" in json.loads(done.stdout)
        compile(lines["httpx"], "x.py", "exec")
        assert "MOCKWISE_CLIENT_SECRET=" in lines["shell"]
