"""How the rules behave towards Wise's sandbox. A mock plays its part, under its names; Wise is never called."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockwise import MockWise, Sandbox
from mockwise.contracting.results import Results
from tests.contract.tried import RULES, surroundings

LAUNCHER = Path(__file__).parent / "as_wise.py"


def try_as_wise(box: Sandbox, scratch: Path, **changes: str) -> Results:
    """Try the rules against this sandbox as if it were Wise's."""
    events = scratch / "events.jsonl"
    named = {
        "MOCKWISE_MTLS_URL": box.mtls_url.replace("127.0.0.1", "api-mtls.wise-sandbox.com"),
        "MOCKWISE_TLS_URL": box.tls_url.replace("127.0.0.1", "api.wise-sandbox.com"),
        "MOCKWISE_CONTRACT_RESULTS": str(events),
        "NO_PROXY": "*",
    }
    command = [sys.executable, str(LAUNCHER), "-q", "-c", str(RULES / "pytest.ini"), str(RULES)]
    environ = surroundings(**box.environ()) | named | changes
    subprocess.run(command, env=environ, cwd=scratch, capture_output=True, text=True, check=False)
    results = Results()
    for line in events.read_text().splitlines():
        results.hear(json.loads(line))
    return results


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
    """Its sandbox."""
    return mock.default


def test_wise_is_held_to_nothing_that_it_does_not_say(box: Sandbox, tmp_path: Path) -> None:
    """Rules of mockwise's own are not applicable; documented, observed and inferred ones are tried."""
    results = try_as_wise(box, tmp_path)
    assert results.unable is None
    assert results.of("broken") == []
    labels = {finding.rule.label for finding in results.of("kept")}
    assert labels == {"DOCUMENTED", "OBSERVED", "INFERRED"}
    own = [rule.name for rule in results.rules.values() if rule.label == "mock-only"]
    assert {why(results)[name] for name in own} == {
        "Wise documents nothing here, so there is nothing to hold it to"
    }


def test_wise_is_asked_politely(box: Sandbox, mock: MockWise, tmp_path: Path) -> None:
    """Few requests, no certificate that must be refused, no large body, nothing made or changed (contract/README.md)."""
    results = try_as_wise(box, tmp_path, MOCKWISE_CONTRACT_TWINS=str(tmp_path / "certs" / "bad"))

    assert len(box.exchanges) < 50
    assert max(len(exchange.request_body) for exchange in box.exchanges) < 500
    # The one refused handshake is the one without any certificate, which Wise documents.
    assert [refusal.alert for refusal in mock.handshakes] == ["certificate_required"]
    assert why(results)["mtls.expired"] == "Wise is not shown certificates that must be refused"
    assert {(exchange.method, exchange.path) for exchange in box.exchanges if exchange.method != "GET"} == {
        ("POST", "/oauth/token"),
        ("POST", "/2026Q3/oauth/token"),
        ("POST", "/v1/users/exists"),
        ("POST", "/2026Q3/users/exists"),
    }


def test_what_wise_alone_knows_must_be_told(box: Sandbox, tmp_path: Path) -> None:
    """The client key and whether mTLS is enforced are Wise's to say (facts 3.2 and 4): until told, they are unknown."""
    untold = why(try_as_wise(box, tmp_path))
    assert untold["api.subscriptions"] == "the client key is not known: set MOCKWISE_CLIENT_KEY"
    assert untold["paths.versions-share-tokens"] == untold["api.subscriptions"]
    assert "is unknown" in untold["tls-host.token"]

    told = {"MOCKWISE_CLIENT_KEY": box.client_id, "MOCKWISE_CONTRACT_MTLS": "required"}
    (tmp_path / "events.jsonl").unlink()
    results = try_as_wise(box, tmp_path, **told)
    assert results.of("broken") == []
    assert not {"api.subscriptions", "paths.versions-share-tokens", "tls-host.token"} & why(results).keys()
