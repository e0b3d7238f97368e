"""Clients in other languages, with nothing but what the language has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.recipes.support import RECIPES, need, surroundings

LIMIT = 120  # seconds; the Java compiler takes its time on a loaded machine


def java() -> str:
    """Java is no small thing to install for one test: CI takes the one that is there."""
    found = shutil.which("java")
    if found is None:
        pytest.skip("there is no java: install one of 17 or newer, for example Debian's default-jdk-headless")
    return found


@pytest.fixture(params=["node", "java"])
def command(request: pytest.FixtureRequest) -> list[str]:
    """How a client is started."""
    if request.param == "node":
        return [need("node", "nodejs"), str(RECIPES / "client.mjs")]
    return [java(), str(RECIPES / "Client.java")]


def under_mock(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the recipe's first line says, with an audit that fails it."""
    return subprocess.run(
        ["mockwise", "run", "--audit", "fail", *words],
        cwd=folder,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def test_it_gets_a_token_and_calls_the_api(tmp_path: Path, command: list[str]) -> None:
    """Over mutual TLS, without breaking a rule."""
    done = under_mock(tmp_path, "--", *command)
    assert done.returncode == 0, done.stderr
    assert "client_credentials" in done.stdout
    assert "nothing found in 2 exchanges" in done.stderr


def test_it_fails_with_the_reason_that_the_mock_gives(tmp_path: Path, command: list[str]) -> None:
    """The twin: whoever is refused reads why."""
    revoked = 'mockwise revoke --client "$MOCKWISE_CLIENT_ID" && exec "$@"'
    done = under_mock(tmp_path, "--", "sh", "-c", revoked, "sh", *command)
    assert done.returncode != 0
    assert "401" in done.stderr
    assert "revoked" in done.stderr


def test_it_refuses_a_server_of_a_foreign_authority(tmp_path: Path, command: list[str]) -> None:
    """The other twin: it does look whom it talks to."""
    elsewhere = 'MOCKWISE_MTLS_URL="$OTHER" exec "$@"'
    words = ["mockwise", "run", "--env", "OTHER={mtls_url}", "--audit", "off", "--", "mockwise", "run"]
    done = subprocess.run(
        [*words, "--audit", "off", "--", "sh", "-c", elsewhere, "sh", *command],
        cwd=tmp_path,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode != 0
    assert any(word in done.stderr for word in ("SSLHandshakeException", "SELF_SIGNED", "UNABLE_TO_VERIFY"))
