"""`mockwise contract`: the contract by its command; what it does is tested with the runner."""

from __future__ import annotations

import json
from pathlib import Path

from mockwise import MockWise
from tests.cli.processes import mockwise


def test_it_is_tried_against_the_target(mockwise_server: MockWise, tmp_path: Path) -> None:
    """Credentials come from the environment; the report is JSON, and JUnit XML as well; nothing is broken: 0."""
    with mockwise_server.sandbox() as box:
        environ = {name: value for name, value in box.environ().items() if not name.endswith("_URL")}
        done = mockwise(
            "contract",
            *("--target", box.mtls_url, "--tls-target", box.tls_url, "--json", "--junit", "junit.xml"),
            environ=environ,
            folder=tmp_path,
        )
        assert box.mtls_url in json.dumps(json.loads(done.stdout))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "junit.xml").exists()


def test_what_cannot_be_tried_is_2() -> None:
    """A credential is missing: one line, another status than that of a broken rule."""
    done = mockwise("contract", "--target", "https://127.0.0.1:1")
    assert done.returncode == 2
    assert "the contract cannot be tried" in done.stderr
