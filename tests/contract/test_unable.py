"""When nothing can be tried: one clear line, exit status 2, and no rule is called broken."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import mockwise.contract_runner.run
from mockwise import MockWise, Sandbox
from mockwise.contract_runner.locate import find_contract
from mockwise.errors import MockwiseError
from tests.contract.contract_results import RULES, Tried, surroundings, try_contract

WISE = "https://api-mtls.wise-sandbox.com"


def unable(tried: Tried) -> str:
    """Why; the same in JSON and in the one line of stderr."""
    assert (tried.status, tried.report["rules"]) == (2, [])
    why = str(tried.report["unable"])
    assert tried.err == f"the contract cannot be tried: {why}\n"
    assert "\n" not in why
    return why


def test_a_target_that_does_not_listen(mockwise: Sandbox) -> None:
    """Nobody there: the URL and the reason."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    why = unable(try_contract(surroundings(**mockwise.environ()), f"https://127.0.0.1:{port}"))
    assert why.startswith(f"https://127.0.0.1:{port} cannot be reached: ")


def test_a_tls_host_that_does_not_listen(mockwise: Sandbox) -> None:
    """The other host is knocked at too."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"https://127.0.0.1:{port}"
    why = unable(try_contract(surroundings(**mockwise.environ()), tls_url=url))
    assert why.startswith(f"{url} cannot be reached: ")


def test_a_target_of_an_authority_that_is_not_trusted(mockwise: Sandbox) -> None:
    """The server's certificate is verified, always."""
    with MockWise() as stranger:
        why = unable(try_contract(surroundings(**mockwise.environ()), stranger.mtls_url))
    assert "CERTIFICATE_VERIFY_FAILED" in why


def test_a_certificate_that_the_target_refuses(mockwise: Sandbox) -> None:
    """With a certificate that is no good no rule can be tried; the alert says what is wrong with it."""
    mockwise.revoke_certificate()
    assert "CERTIFICATE_REVOKED" in unable(try_contract(surroundings(**mockwise.environ()))).upper().replace(
        " ", "_"
    )


UNUSABLE: list[tuple[dict[str, str], str]] = [
    ({"MOCKWISE_CLIENT_SECRET": ""}, "not all credentials were given: set MOCKWISE_CLIENT_SECRET"),
    ({"MOCKWISE_MTLS_URL": ""}, "not all credentials were given: set MOCKWISE_MTLS_URL"),
    ({"MOCKWISE_CERT_FILE": "/nowhere.pem"}, "MOCKWISE_CERT_FILE: there is no file /nowhere.pem"),
    ({"MOCKWISE_CA_FILE": "/nowhere.pem"}, "MOCKWISE_CA_FILE: there is no file /nowhere.pem"),
    ({"MOCKWISE_MTLS_URL": "http://localhost"}, "MOCKWISE_MTLS_URL must be an https:// URL of a host"),
    ({"MOCKWISE_MTLS_URL": "https://a:b@localhost"}, "MOCKWISE_MTLS_URL must be an https:// URL"),
    ({"MOCKWISE_MTLS_URL": "https://localhost:x"}, "MOCKWISE_MTLS_URL is no URL"),
    ({"MOCKWISE_TLS_URL": "localhost"}, "MOCKWISE_TLS_URL must be an https:// URL"),
    (
        {"MOCKWISE_CONTRACT_MTLS": "yes"},
        "MOCKWISE_CONTRACT_MTLS must be one of required, optional, unknown",
    ),
    ({"MOCKWISE_MTLS_URL": "https://api-mtls.transferwise.com"}, "is Wise's production"),
    ({"MOCKWISE_MTLS_URL": "https://wise.com/x"}, "is Wise's production"),
    (
        {"MOCKWISE_MTLS_URL": WISE},
        "the TLS host beside https://api-mtls.wise-sandbox.com is https://api.",
    ),
]
READ = """
import json, sys
from contract.target import TargetError, read_target
for environ in json.load(sys.stdin):
    try:
        sys.stdout.write(f"{read_target(environ)}\\n")
    except TargetError as error:
        sys.stdout.write(f"{error}\\n")
"""


def test_settings_that_cannot_be_used(mockwise: Sandbox) -> None:
    """What is missing or wrong is named; read in one other process, because rules are imported by their own pytest."""
    environs = [mockwise.environ() | changes for changes, _ in UNUSABLE]
    said = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=RULES.parent,
        input=json.dumps([mockwise.environ(), *environs]),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert said[0].startswith("Target(")
    assert mockwise.client_secret not in said[0]
    for (changes, why), line in zip(UNUSABLE, said[1:], strict=True):
        assert why in line, changes


def test_a_missing_secret(mockwise: Sandbox) -> None:
    """The line names the variable, and nothing was sent anywhere."""
    why = unable(try_contract(surroundings(**mockwise.environ()) | {"MOCKWISE_CLIENT_SECRET": ""}))
    assert why == "not all credentials were given: set MOCKWISE_CLIENT_SECRET"
    assert mockwise.exchanges == []


def test_a_key_of_another_certificate(mockwise: Sandbox) -> None:
    """A certificate and a key that do not fit each other cannot be shown."""
    other = mockwise.add_client()
    environ = surroundings(
        **mockwise.environ(),
    )
    why = unable(try_contract(environ | {"MOCKWISE_KEY_FILE": str(other.key_file)}))
    assert why.startswith("MOCKWISE_CERT_FILE, MOCKWISE_KEY_FILE: the key ")


def test_a_target_without_credentials() -> None:
    """A URL alone is not enough; the line names every variable that is needed."""
    why = unable(try_contract(surroundings(), "https://127.0.0.1:1"))
    assert why.endswith("MOCKWISE_CLIENT_ID, MOCKWISE_CLIENT_SECRET, MOCKWISE_CERT_FILE, MOCKWISE_KEY_FILE")


def test_another_targets_tls_host_is_not_used(mockwise: Sandbox) -> None:
    """A TLS host belongs to the mTLS host that the environment names, not to the one of `--target`."""
    localhost = mockwise.mtls_url.replace("127.0.0.1", "localhost")
    tried = try_contract(surroundings(**mockwise.environ()), localhost)
    assert tried.report["target"]["tls_url"] is None
    assert "tls-host.answers" in tried.of("not applicable")


def test_an_installation_without_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installation that lost its rules says so."""
    with pytest.raises(MockwiseError, match="carries no contract"):
        find_contract((tmp_path,))
    monkeypatch.setattr(mockwise.contract_runner.run, "find_contract", lambda: find_contract((tmp_path,)))
    assert "carries no contract" in unable(try_contract(surroundings()))


def _crash(text: str) -> str:
    return text + "\nraise RuntimeError('the secret is s3cr3t-of-a-test, and r3fr3sh-of-a-test')\n"


def _stall(text: str) -> str:
    return text.replace("@rule(", "@stall(", 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [(_crash, "RuntimeError: the secret is ***, and ***"), (_stall, "NameError: name 'stall'")],
)
def test_rules_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: Callable[[str], str], said: str
) -> None:
    """A crash of pytest is no verdict: its last words are shown, without the secret."""
    rules = tmp_path / "contract"
    shutil.copytree(RULES, rules)
    broken = rules / "test_token.py"
    broken.write_text(change(broken.read_text()))
    monkeypatch.setattr(mockwise.contract_runner.run, "find_contract", lambda: rules)

    secrets = {
        "MOCKWISE_CLIENT_SECRET": "s3cr3t-of-a-test",
        "MOCKWISE_CONTRACT_REFRESH_TOKEN": "r3fr3sh-of-a-test",
    }
    tried = try_contract(surroundings(**secrets))
    assert tried.status == 2
    assert "pytest ended early, with status 2" in tried.report["unable"]
    assert said in tried.report["unable"]


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("def test_x(wise): ...", "is no rule: decorate it with @rule"),
        ("@rule('x', label='INFERRED', source='x', known='none')\ndef test_x(wise): ...", "has no docstring"),
        (
            "@rule('token.type', label='INFERRED', source='x', known='none')\ndef test_x(wise):\n    '''X.'''",
            "one name",
        ),
    ],
)
def test_a_test_that_is_no_rule(tmp_path: Path, test: str, said: str) -> None:
    """Each rule has a name of its own and a sentence; pytest says so at once."""
    rules = tmp_path / "contract"
    shutil.copytree(RULES, rules)
    (rules / "test_extra.py").write_text(f"from .rulebook import rule\n\n{test}\n")
    command = [sys.executable, "-m", "pytest", str(rules)]
    ended = subprocess.run(command, env=surroundings(), capture_output=True, text=True, check=False)
    assert ended.returncode == 4
    assert said in ended.stderr
