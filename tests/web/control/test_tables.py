"""Scenarios, key stores, settings and the tables of what there is, over the control API."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from mockwise import InvalidValueError, MockWise, Sandbox
from mockwise.audit.rules import RULES
from mockwise.faults.kinds import FAULTS
from mockwise.faults.scenarios import SCENARIOS
from mockwise.pki.pem import certificate_pem, key_pem
from mockwise.settings import OPTIONS, SANDBOX_OPTIONS
from tests.api_calls import ask
from tests.web.control.users import at

# Scenarios.


def test_a_scenario_begins_when_it_is_played(control: httpx.Client, box: Sandbox) -> None:
    """Once: the first request meets it; before, nothing did."""
    assert ask(box).status_code == 200
    played = control.post(at(box, "/scenarios/outage"))
    assert played.status_code == 200
    assert (played.json()["name"], played.json()["options"]) == ("outage", {})
    assert ask(box).status_code == 503


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [("outtage", 400, "'outage'"), ("short-lived", 409, "token_lifetime"), ("a b", 400, "no scenario")],
)
def test_a_scenario_that_cannot_be_played_is_refused(
    control: httpx.Client, box: Sandbox, name: str, status: int, said: str
) -> None:
    """There is none of that name, or the sandbox is not made for it; nothing begins."""
    answer = control.post(at(box, f"/scenarios/{name}"))
    assert answer.status_code == status
    assert said in answer.json()["message"]
    assert box.faults == []


def test_all_scenarios_are_listed(control: httpx.Client) -> None:
    """With the options that they need, as options are written."""
    listed = control.get("/scenarios").json()
    assert [it["name"] for it in listed["scenarios"]] == [it.name for it in SCENARIOS]
    assert listed["count"] == len(SCENARIOS)
    needed = {it["name"]: it["options"] for it in listed["scenarios"]}
    assert needed["short-lived"] == {"token_lifetime": "1m"}


# Key stores.


def test_a_key_store_opens_with_its_password_alone(
    control: httpx.Client, box: Sandbox, tmp_path: Path
) -> None:
    """What is in it gets a token over mutual TLS."""
    made = control.post(at(box, "/keystore"), json={"password": "chängeit"})
    assert made.status_code == 200
    assert made.headers["content-type"] == "application/x-pkcs12"
    assert made.headers["cache-control"] == "no-store"
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_pkcs12(made.content, b"changeit")
    read = pkcs12.load_pkcs12(made.content, "chängeit".encode())
    assert read.cert is not None
    file = tmp_path / "both.pem"
    file.write_bytes(certificate_pem(read.cert.certificate) + key_pem(read.key))  # type: ignore[arg-type]  # it is an EC key
    context = ssl.create_default_context(cafile=box.ca_file)
    context.load_cert_chain(file)
    assert ask(box, context=context).status_code == 200
    assert certificate_pem(read.cert.certificate).decode() == box.credentials.certificate_pem


def test_a_key_store_of_another_client(control: httpx.Client, box: Sandbox) -> None:
    """Its common name is the client's id; there is none of a client that is not there."""
    box.add_client(client_id="other")
    made = control.post(at(box, "/keystore"), json={"password": "p", "client_id": "other"})
    read = pkcs12.load_pkcs12(made.content, b"p")
    assert read.cert is not None
    assert read.cert.friendly_name == b"other"
    nobody = control.post(at(box, "/keystore"), json={"password": "p", "client_id": "nobody"})
    assert (nobody.status_code, nobody.json()["error"]) == (404, "not_found")


def test_a_trust_store_holds_the_authority(control: httpx.Client, box: Sandbox) -> None:
    """Without a key."""
    made = control.post(at(box, "/truststore"), json={"password": "changeit"})
    assert (made.status_code, made.headers["content-type"]) == (200, "application/x-pkcs12")
    read = pkcs12.load_pkcs12(made.content, b"changeit")
    assert read.key is None
    [authority] = [it.certificate for it in read.additional_certs]
    assert authority == x509.load_pem_x509_certificate(box.ca_pem.encode())


@pytest.mark.parametrize("store", ["keystore", "truststore"])
@pytest.mark.parametrize("body", [{}, {"password": ""}, {"password": 5}, None])
def test_a_store_needs_a_password(control: httpx.Client, box: Sandbox, store: str, body: object) -> None:
    """Java opens none without; a URL is no place for it."""
    answer = control.post(at(box, f"/{store}"), params={"password": "s3cret-p"}, json=body)
    assert answer.status_code == 422
    assert "s3cret-p" not in answer.text
    assert control.get(at(box, f"/{store}")).status_code == 405


def test_python_refuses_an_empty_password_too(box: Sandbox) -> None:
    """In words, before OpenSSL does."""
    for make in (box.credentials.key_store, box.trust_store):
        with pytest.raises(InvalidValueError, match="password: write at least one character"):
            make("")


def test_a_store_leaves_no_password_in_a_log(
    control: httpx.Client, box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor in the journal, which has what Wise's hosts were asked."""
    with caplog.at_level(0):
        assert control.post(at(box, "/keystore"), json={"password": "s3cret-p"}).status_code == 200
    assert "s3cret-p" not in caplog.text
    assert box.journal.count() == 0


# Settings and tables.


def test_settings_are_shown_without_secrets() -> None:
    """The control token and the client's secret are left out."""
    given: dict[str, Any] = {
        "control_token": "c0ntrol-t0ken",
        "client_id": "mine",
        "client_secret": "s3cret-of-mine",
    }
    with MockWise(**given, token_lifetime="90s", public_host="mock") as mock:
        header = {"authorization": "Bearer c0ntrol-t0ken"}
        assert httpx.get(f"{mock.control_url}/settings").status_code == 401
        answer = httpx.get(f"{mock.control_url}/settings", headers=header)
    seen = answer.json()
    assert (seen["token_lifetime"], seen["client_id"], seen["public_host"]) == ("1m30s", "mine", ["mock"])
    assert (seen["state"], seen["certs"], seen["handshake_refusals"]) == (None, None, "alert")
    assert seen.keys() == OPTIONS.keys() - {"control_token", "client_secret"}
    assert "c0ntrol" not in answer.text
    assert "s3cret" not in answer.text


def test_a_state_is_shown_without_its_password(tmp_path: Path) -> None:
    """With the folder of the authority, as text."""
    state = tmp_path / "state.db"
    with MockWise(state=str(state), certs=tmp_path / "certs") as mock:
        seen = httpx.get(f"{mock.control_url}/settings").json()
        assert (seen["state"], seen["certs"]) == (mock.state, str(tmp_path / "certs"))


def test_all_options_are_listed(control: httpx.Client) -> None:
    """Those of a sandbox are marked; choices are named."""
    listed = control.get("/options").json()
    assert [it["name"] for it in listed["options"]] == list(OPTIONS)
    assert {it["name"] for it in listed["options"] if it["sandbox"]} == SANDBOX_OPTIONS
    known = {it["name"]: it for it in listed["options"]}
    assert known["token_lifetime"]["default"] == "12h"
    assert known["handshake_refusals"]["choices"] == ["alert", "http"]
    assert known["mtls_port"]["choices"] == []


def test_all_kinds_of_faults_are_listed(control: httpx.Client) -> None:
    """With their fields, of which a function is none."""
    listed = control.get("/faults").json()
    assert [it["fault"] for it in listed["faults"]] == [it.name for it in FAULTS]
    [respond] = [it for it in listed["faults"] if it["fault"] == "respond"]
    fields = {it["name"]: it for it in respond["fields"]}
    assert (fields["status"]["required"], fields["status"]["own"]) == (True, True)
    assert (fields["path"]["required"], fields["path"]["own"]) == (False, False)
    assert "when" not in fields


def test_all_rules_of_the_audit_are_listed(control: httpx.Client) -> None:
    """With source and remedy."""
    listed = control.get("/audit-rules").json()
    assert [it["rule"] for it in listed["rules"]] == [it.name for it in RULES]
    assert all(it["source"] and it["remedy"] for it in listed["rules"])


# Reports and exchanges.


def test_all_sandboxes_are_audited_at_once(mockwise_own: MockWise) -> None:
    """As data, as a page, and for CI services."""
    mockwise_own.sandbox("second")
    with httpx.Client(base_url=mockwise_own.control_url) as control:
        shown = control.get("/audit").json()
        assert [it["name"] for it in shown["sandboxes"]] == ["default", "second"]
        page = control.get("/audit/page")
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "second" in page.text
        assert ET.fromstring(control.get("/audit/junit").text).tag == "testsuites"


def test_an_exchange_is_found_by_its_number(control: httpx.Client, box: Sandbox) -> None:
    """One that is not kept is not found."""
    ask(box)
    [listed] = control.get(at(box, "/exchanges")).json()["exchanges"]
    assert control.get(at(box, f"/exchanges/{listed['number']}")).json() == listed
    missing = control.get(at(box, "/exchanges/999"))
    assert (missing.status_code, missing.json()["error"]) == (404, "not_found")
    assert control.get(at(box, "/exchanges/first")).status_code == 422
