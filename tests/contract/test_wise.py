"""How the rules behave towards Wise's sandbox. A mock plays its part, under its names; Wise is never called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mockwise import MockWise, Sandbox
from mockwise.contract_runner.results import Results
from tests.contract.contract_results import RULES, linked, surroundings, try_launched


def try_as_wise(box: Sandbox, scratch: Path, **changes: str) -> Results:
    """Try the rules against this sandbox as if it were Wise's."""
    named = {
        "MOCKWISE_MTLS_URL": box.mtls_url.replace("127.0.0.1", "api-mtls.wise-sandbox.com"),
        "MOCKWISE_TLS_URL": box.tls_url.replace("127.0.0.1", "api.wise-sandbox.com"),
        "NO_PROXY": "*",
    }
    environ = surroundings(**box.environ()) | named | changes
    return try_launched("wise_target.py", str(RULES), environ=environ, scratch=scratch)


def why(results: Results) -> dict[str, str]:
    """What was not applicable, and why."""
    return {finding.rule.name: finding.why for finding in results.of("not applicable")}


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[MockWise]:
    """A mock to be taken for Wise, with certificates that must be refused beside the client's."""
    with MockWise(certs=tmp_path / "certs") as running:
        yield running


@pytest.fixture
def box(mock: MockWise) -> Sandbox:
    """The default sandbox of the mock."""
    return mock.default


def test_wise_is_held_to_nothing_that_it_does_not_say(box: Sandbox, tmp_path: Path) -> None:
    """Rules of mockwise's own are not applicable; documented, observed and inferred ones are tried."""
    results = try_as_wise(box, tmp_path)
    assert results.unable is None
    assert results.of("broken") == []
    labels = {finding.rule.label for finding in results.of("kept")}
    assert labels == {"DOCUMENTED", "OBSERVED", "INFERRED"}
    own = [rule.name for rule in results.rules.values() if rule.label == "mock-only"]
    reasons = {why(results)[name] for name in own}
    assert {reason for reason in reasons if not reason.endswith("on a mock of the contract's own")} == {
        "Wise documents nothing here, so there is nothing to hold it to"
    }


def test_wise_is_asked_politely(box: Sandbox, mock: MockWise, tmp_path: Path) -> None:
    """Few requests, no certificate that must be refused, no large body, nothing made or changed (contract/README.md)."""
    results = try_as_wise(box, tmp_path, MOCKWISE_CONTRACT_TWINS=str(tmp_path / "certs" / "bad"))

    assert len(box.exchanges) < 80
    assert max(len(exchange.request_body) for exchange in box.exchanges) < 500
    # The one refused handshake is the one without any certificate, which Wise documents.
    assert [refusal.alert for refusal in mock.handshakes] == ["certificate_required"]
    assert why(results)["mtls.expired"] == "Wise is not shown certificates that must be refused"
    assert {(exchange.method, exchange.path) for exchange in box.exchanges if exchange.method != "GET"} == {
        ("POST", "/oauth/token"),
        *(("POST", f"/{version}/oauth/token") for version in ("2026Q3", "2026Q4", "9999Q1")),
        *(("POST", f"/oauth/{name}") for name in ("revoke", "introspect")),
        ("POST", "/v1/users/exists"),
        ("POST", "/2026Q3/users/exists"),
    }


def test_what_wise_alone_knows_must_be_told(box: Sandbox, tmp_path: Path) -> None:
    """The client key and whether mTLS is enforced are Wise's to say (docs/wise/mtls.md#when-it-is-required and docs/wise/developer-hub.md#credentials): until told, they are unknown."""
    untold = why(try_as_wise(box, tmp_path))
    assert untold["api.subscriptions"] == "the client key is not known: set MOCKWISE_CLIENT_KEY"
    assert untold["paths.versions-share-tokens"] == untold["api.subscriptions"]
    assert "is unknown" in untold["tls-host.token"]

    told = {"MOCKWISE_CLIENT_KEY": box.client_id, "MOCKWISE_CONTRACT_MTLS": "required"}
    results = try_as_wise(box, tmp_path, **told)
    assert results.of("broken") == []
    assert not {"api.subscriptions", "paths.versions-share-tokens", "tls-host.token"} & why(results).keys()


def test_a_linked_user_is_read_and_left_as_they_are(box: Sandbox, tmp_path: Path) -> None:
    """The link is refreshed twice, the user is read, and nothing else happens to them (contract/README.md)."""
    link = linked(box)
    asked = len(box.exchanges)
    results = try_as_wise(box, tmp_path, **link)
    assert results.of("broken") == []
    assert not {"refresh.kills", "users.me", "users.profiles"} & why(results).keys()
    assert len(box.exchanges) - asked < 85
    assert (len(box.users), [it.ended_at for it in box.links]) == (1, [None])
