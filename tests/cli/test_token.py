"""`mockwise token`: the reference client at a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from mockwise import MockWise, Sandbox
from tests.calls import use
from tests.cli.processes import fail, succeed


@pytest.fixture(scope="module")
def box(mockwise_server: MockWise) -> Sandbox:
    """Whom to ask."""
    return mockwise_server.sandbox()


def without(environ: Mapping[str, str], *names: str) -> dict[str, str]:
    """The environment less some of its names."""
    return {name: value for name, value in environ.items() if name.removeprefix("MOCKWISE_") not in names}


def test_it_prints_the_token_and_nothing_else(box: Sandbox) -> None:
    """`TOKEN=$(mockwise token)` works, from the environment and from options, and by the whole URL too."""
    assert use(box, succeed("token", environ=box.environ()).strip()).status_code == 200
    words = ["--client-id", box.client_id, "--ca", str(box.ca_file), "--cert", str(box.cert_file)]
    words += ["--key", str(box.key_file)]
    secret = {"MOCKWISE_CLIENT_SECRET": box.client_secret}
    for url in (box.mtls_url, f"{box.mtls_url}/", f"{box.mtls_url}/2026Q3/oauth/token"):
        assert use(box, succeed("token", "--url", url, *words, environ=secret).strip()).status_code == 200


def test_the_whole_answer_is_json(box: Sandbox) -> None:
    """What the server said, and no field that it did not."""
    answer = json.loads(succeed("token", "--json", environ=box.environ()))
    assert list(answer) == ["access_token", "token_type", "expires_in", "expires_at", "scope"]
    assert answer["expires_in"] == 43199


def test_one_file_may_hold_certificate_and_key(box: Sandbox, tmp_path: Path) -> None:
    """Then there is no --key."""
    both = tmp_path / "both.pem"
    both.write_bytes(box.cert_file.read_bytes() + box.key_file.read_bytes())
    environ = {**without(box.environ(), "KEY_FILE"), "MOCKWISE_CERT_FILE": str(both)}
    assert use(box, succeed("token", environ=environ).strip()).status_code == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"MOCKWISE_MTLS_URL": ""}, "--url is missing, and so is MOCKWISE_MTLS_URL"),
        ({"MOCKWISE_CLIENT_ID": ""}, "--client-id is missing"),
        ({"MOCKWISE_CLIENT_SECRET": ""}, "--client-secret is missing"),
        ({"MOCKWISE_CLIENT_SECRET": "not-this"}, "because The client secret is wrong"),
        ({"MOCKWISE_CLIENT_ID": "a:b"}, "client_id"),
        ({"MOCKWISE_CA_FILE": ""}, "is not trusted"),
        ({"MOCKWISE_CA_FILE": ""}, "Here that is --ca"),
        ({"MOCKWISE_CA_FILE": "none.pem"}, "--ca: none.pem cannot be used: No such file"),
        ({"MOCKWISE_CA_FILE": "README.md"}, "--ca: README.md cannot be used: it must be PEM"),
        ({"MOCKWISE_CERT_FILE": "", "MOCKWISE_KEY_FILE": ""}, "Here that is --cert and --key"),
        (
            {"MOCKWISE_CERT_FILE": "none.pem", "MOCKWISE_KEY_FILE": ""},
            "--cert: none.pem cannot be used: No such",
        ),
        ({"MOCKWISE_MTLS_URL": "http://127.0.0.1:1"}, "is not an https URL"),
        ({"MOCKWISE_MTLS_URL": "https://nonsense:port"}, "Invalid port"),
    ],
)
def test_a_failure_is_one_line_with_its_remedy(box: Sandbox, changes: dict[str, str], said: str) -> None:
    """Never a traceback, never a secret; the options are named as this command calls them."""
    assert said in (line := fail("token", environ={**box.environ(), **changes}))
    assert "not-this" not in line


def test_a_key_of_another_certificate(box: Sandbox) -> None:
    """The two files are named."""
    other = box.add_client()
    line = fail("token", "--key", str(other.key_file), environ=box.environ())
    assert f"{box.cert_file} with {other.key_file} cannot be used: the key is another certificate's" in line
