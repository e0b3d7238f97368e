"""mockwise keeps the contract that it tries on others."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mockwise import MockWise, Sandbox
from tests.contract.contract_results import RULES, linked, surroundings, try_contract, try_launched

APART = {
    "lifetime",
    "code",
    "registration",
    "claim",
    "signup",
    "consent",
    "events",
    "limits",
    "personal",
    "kinds",
}
UNLINKED = "no linked user is known: set MOCKWISE_CONTRACT_REFRESH_TOKEN"
TWINS = {
    f"{topic}.{twin}"
    for topic in ("mtls", "alerts")
    for twin in ("foreign", "expired", "not-yet-valid", "revoked", "no-client-auth")
} | {"mtls.wrong-client"}


def test_every_rule_is_kept_by_a_mock_of_the_contracts_own(tmp_path: Path) -> None:
    """Without a target nothing is broken and everything can be tried."""
    tried = try_contract(surroundings(), junit=tmp_path / "junit.xml")

    assert (tried.status, tried.broken, tried.of("not applicable")) == (0, set(), {})
    assert tried.report["target"]["own_mock"] is True
    cases = ET.parse(tmp_path / "junit.xml").getroot().findall(".//testcase")
    assert len(cases) == len(tried.of("kept")) == tried.report["summary"]["kept"]


@pytest.mark.parametrize("place", ["file", "server"])
def test_every_rule_is_kept_wherever_the_state_is(
    place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A mock behaves alike with its state in memory, in a file and on a server (storage.store)."""
    url = place if place == "file" else request.getfixturevalue("empty_redis").url
    environ = surroundings(TMPDIR=str(tmp_path))
    results = try_launched("kept_elsewhere.py", url, str(RULES), environ=environ, scratch=tmp_path)
    assert (results.unable, results.untried, results.of("broken")) == (None, [], [])
    assert len(results.of("kept")) > 250


def test_plain_pytest_tries_the_same_rules(tmp_path: Path) -> None:
    """`pytest contract` needs no runner, wherever it is called."""
    command = [sys.executable, "-m", "pytest", "-q", str(RULES)]
    ended = subprocess.run(
        command, cwd=tmp_path, env=surroundings(), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
    assert " passed" in ended.stdout
    assert "skipped" not in ended.stdout


def test_a_target_that_was_given_keeps_what_can_be_tried(mockwise: Sandbox) -> None:
    """Of a given mock nothing is commanded, and certificates that must be refused are not made up."""
    tried = try_contract(surroundings(**mockwise.environ()))

    assert (tried.status, tried.broken) == (0, set())
    why = tried.of("not applicable")
    apart = {name for name, reason in why.items() if reason.endswith("on a mock of the contract's own")}
    unlinked = {name for name, reason in why.items() if reason == UNLINKED}
    assert {name.partition(".")[0] for name in apart} >= APART
    assert {name.partition(".")[0] for name in unlinked} == {"refresh", "users", "kinds", "trace"}
    assert why.keys() == apart | unlinked | TWINS
    assert tried.report["target"] == {
        "mtls_url": mockwise.mtls_url,
        "tls_url": mockwise.tls_url,
        "own_mock": False,
    }


def test_it_asks_little(mockwise: Sandbox) -> None:
    """One look at a target is some dozen requests, one after the other."""
    try_contract(surroundings(**mockwise.environ()))
    assert len(mockwise.exchanges) < 90


def test_nothing_is_left_of_it(mockwise: Sandbox) -> None:
    """No rule changes a given target: users, their link, its clock and its client are as they were."""
    environ = surroundings(**mockwise.environ(), **linked(mockwise))
    before = (mockwise.client_secret, mockwise.users, [(it.digest, it.ended_at) for it in mockwise.links])
    tried = try_contract(environ)
    assert {exchange.method for exchange in mockwise.exchanges} == {"GET", "POST"}
    assert before == (
        mockwise.client_secret,
        mockwise.users,
        [(it.digest, it.ended_at) for it in mockwise.links],
    )
    assert (tried.broken, UNLINKED in tried.of("not applicable").values()) == (set(), False)


def test_a_refresh_token_that_is_none(mockwise: Sandbox) -> None:
    """It breaks the rule that it is granted; what nothing can be said of is not applicable."""
    environ = surroundings(**mockwise.environ()) | {"MOCKWISE_CONTRACT_REFRESH_TOKEN": "none-of-anybody"}
    tried = try_contract(environ)
    assert "refresh.granted" in tried.broken
    assert "none-of-anybody" not in f"{tried.report}{tried.err}"
    assert tried.of("not applicable")["users.profile-type"] == "the target gave no token: status 400"


def test_a_target_without_a_tls_host(mockwise: Sandbox) -> None:
    """The TLS host's rules are not applicable if there is none, and say so."""
    environ = surroundings(**mockwise.environ())
    del environ["MOCKWISE_TLS_URL"]
    why = try_contract(environ).of("not applicable")
    untold = "no TLS host was given: set MOCKWISE_TLS_URL"
    assert {name for name, reason in why.items() if reason == untold} == {
        "tls-host.token",
        "tls-host.api",
        "tls-host.answers",
    }


def test_a_client_that_need_not_use_mtls(mockwise: Sandbox) -> None:
    """Whether a client must use mTLS is Wise's switch for each partner (docs/wise/mtls.md#when-it-is-required): it can be said."""
    free = mockwise.add_client(mtls="optional")
    environ = surroundings(**mockwise.environ()) | {
        "MOCKWISE_CLIENT_ID": free.client_id,
        "MOCKWISE_CLIENT_SECRET": free.client_secret,
        "MOCKWISE_CERT_FILE": str(free.cert_file),
        "MOCKWISE_KEY_FILE": str(free.key_file),
    }
    assert try_contract(environ).broken == {"tls-host.token", "tls-host.api"}
    said = try_contract(environ | {"MOCKWISE_CONTRACT_MTLS": "optional"})
    assert said.broken == set()
    assert "is optional" in said.of("not applicable")["tls-host.api"]


def test_credentials_with_special_characters() -> None:
    """Whatever a client id and its secret are made of, the contract speaks for them."""
    with MockWise(client_id="a+b %ü", client_secret="s&s=%é+:") as mock:
        tried = try_contract(
            surroundings(**mock.default.environ()) | {"MOCKWISE_CLIENT_KEY": "a%2Bb%20%25%C3%BC"}
        )
    assert (tried.status, tried.broken) == (0, set())
