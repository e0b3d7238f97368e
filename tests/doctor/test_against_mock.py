"""Causes that a real mock refuses a client for, each found by the check that is named after it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockwise import MockWise, MockwiseError, Respond, Sandbox
from mockwise.doctor import CODES
from mockwise.doctor.alerts import ALERTS, words_of_clients
from mockwise.mock import BAD_SERVERS
from mockwise.transport.server.bad_server_kinds import BadServerKind
from tests.doctor.support import TIMEOUT, examined, failures, given

# What is wrong with a client certificate: the checks that fail, and the alert.
CERTIFICATES: dict[str, tuple[list[str], str | None]] = {
    "expired": (["certificate.dates", "tls.certificate"], "certificate_expired"),
    "not-yet-valid": (["certificate.dates", "tls.certificate"], "bad_certificate"),
    "foreign": (["tls.certificate"], "unknown_ca"),
    "revoked": (["tls.certificate"], "certificate_revoked"),
    "no-client-auth": (["certificate.usage", "tls.certificate"], "unsupported_certificate"),
    "wrong-client": (["certificate.name", "token.request"], None),
}
SERVERS: dict[BadServerKind, str | None] = {
    "expired": "server.dates",
    "not-yet-valid": "server.dates",
    "wrong-host": "server.name",
    "foreign-ca": "server.root",
    "self-signed": "server.root",
    "weak": "server.key",
    "missing-intermediate": "server.chain",
    "tls1.2-only": None,
    "tls1.3-only": None,
    "hang": "tls.handshake",
    "reset": "tls.handshake",
}


def read_control(box: Sandbox) -> Any:
    """A reader of the sandbox's control host."""

    def read(path: str) -> Mapping[str, Any]:
        url = box.control_url + (path if path.startswith("/") else f"/sandboxes/{box.name}/{path}")
        return dict(httpx.get(url, timeout=30).raise_for_status().json())

    return read


def test_a_good_client_passes_every_check(box: Sandbox) -> None:
    """Only the key store is not tried, because certificate and key came in files of their own."""
    checks = examined(given(box), read_control(box))
    assert [it.code for it in checks.values() if it.status != "ok"] == ["files.keystore"]
    assert checks["mock.journal"].cause == "2 requests of this try, none refused"


def test_every_bad_certificate_is_tried_here(certs: Path, mock: MockWise) -> None:
    """A new one needs a row."""
    assert mock.mtls_url
    assert {it.stem for it in (certs / "bad").glob("*.pem")} == set(CERTIFICATES)


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_a_bad_certificate_is_found(kind: str, certs: Path, box: Sandbox) -> None:
    """By the alert in the words of each program, or by the 401 that is narrowed to it; the journal agrees."""
    codes, alert = CERTIFICATES[kind]
    bad = certs / "bad" / kind
    checks = examined(
        given(box, certificate=bad.with_suffix(".pem"), key=bad.with_suffix(".key")), read_control(box)
    )
    assert failures(checks) == [*codes, "mock.journal"]
    if alert is not None:
        check = checks["tls.certificate"]
        assert f"with the alert {alert}: " in check.cause
        assert "under TLS 1.3 it comes after the handshake" in check.cause
        assert check.clients == words_of_clients(alert)
        assert f"handshake: {alert}: " in checks["mock.journal"].cause
        assert "FILE" not in (check.remedy or "")
        assert checks["token.request"].status == "not tried"
        assert checks["token.request"].cause == "tls.certificate failed"
    else:
        assert "'somebody-else'" in checks["certificate.name"].cause
        assert checks["certificate.name"].cause in checks["token.request"].cause
        assert checks["token.bearer"].cause == "token.request failed"


def test_a_certificate_that_is_refused_by_http_is_found(certs: Path) -> None:
    """Where a gateway lets every handshake through, the dates narrow the 401 that follows."""
    bad = certs / "bad" / "expired"
    with MockWise(certs=certs, handshake_refusals="http", token_format="uuid") as mock:
        inputs = given(mock.default, certificate=bad.with_suffix(".pem"), key=bad.with_suffix(".key"))
        checks = examined(inputs)
    assert failures(checks) == ["certificate.dates", "certificate.dates-there", "token.request"]
    assert checks["certificate.dates"].cause in checks["token.request"].cause


def test_no_certificate_is_found_in_both_versions_of_tls(mock: MockWise, box: Sandbox) -> None:
    """TLS 1.2 has no alert of its own for it, and says so in the handshake (RFC 8446 section 4.4.2.4)."""
    for url, alert in (
        (box.mtls_url, "certificate_required"),
        (mock.bad_server("tls1.2-only").url, "handshake_failure"),
    ):
        checks = examined(given(box, certificate=None, key=None, url=url))
        assert failures(checks) == ["tls.certificate"]
        assert f"a client without a certificate with the alert {alert}" in checks["tls.certificate"].cause
        assert checks["certificate.dates"].cause == "no client certificate was given"
        assert checks["tls.asks"].status == "ok"
        assert ("under TLS 1.3" in checks["tls.certificate"].cause) == (alert == "certificate_required")


def test_every_bad_server_is_tried_here() -> None:
    """A new kind needs a row."""
    assert list(SERVERS) == list(BAD_SERVERS)


@pytest.mark.parametrize("kind", BAD_SERVERS)
def test_a_bad_server_is_found(kind: BadServerKind, mock: MockWise, box: Sandbox) -> None:
    """And nothing is asked of it; those that only choose a version of TLS are good."""
    code = SERVERS[kind]
    box.reset()
    timeout = 1.0 if kind == "hang" else TIMEOUT
    checks = examined(given(box, url=mock.bad_server(kind).url, timeout=timeout))
    assert failures(checks) == ([] if code is None else [code])
    if code is not None:
        assert checks["tls.certificate"].cause == f"{code} failed"
        assert box.exchanges == []


def test_what_a_missing_intermediate_is_good_for_is_proved(mock: MockWise, box: Sandbox) -> None:
    """The text names the certificate that is missing, where it is said to be, and what to do meanwhile."""
    check = examined(given(box, url=mock.bad_server("missing-intermediate").url))["server.chain"]
    assert "intermediate testing authority" in check.cause
    assert "http://another-host.invalid/intermediate.der" in (check.remedy or "")


def test_the_tls_host_is_found_to_be_the_wrong_one(box: Sandbox) -> None:
    """With a certificate to show; without one, that it asks for none is well."""
    checks = examined(given(box, url=box.tls_url))
    assert failures(checks) == ["tls.asks", "token.request"]
    checks = examined(given(box, url=box.tls_url, certificate=None, key=None))
    assert failures(checks) == ["token.request"]
    assert checks["tls.issuers"].cause == "the host does not ask for a client certificate"
    assert checks["certificate.dates-there"].status == "not tried"


def test_a_wrong_authority_is_found(certs: Path, mock: MockWise, box: Sandbox) -> None:
    """A file of another one, the system's in its place, and a file that holds none."""
    other = certs / "other.pem"
    other.write_bytes(mock.new_authority("another").certificate_pem)
    assert failures(examined(given(box, authority=other))) == ["server.root"]
    checks = examined(given(box, authority=None))
    assert failures(checks) == ["server.root"]
    assert "no file was given" in checks["server.root"].cause
    checks = examined(given(box, authority=box.key_file))
    assert failures(checks) == ["files.authority"]
    assert checks["tls.handshake"].status == "ok"
    assert checks["server.root"].cause == "the file of the authority cannot be used"


@pytest.mark.parametrize("alert", ["certificate_required", "certificate_expired", "unknown_ca"])
def test_the_words_of_curl_are_those_that_curl_says(alert: str, certs: Path, box: Sandbox) -> None:
    """The table is no hearsay."""
    pairs = {"certificate_expired": "expired", "unknown_ca": "foreign"}
    words = ["curl", "-sS", "--cacert", str(box.ca_file), box.mtls_url]
    if alert in pairs:
        bad = certs / "bad" / pairs[alert]
        words += ["--cert", str(bad.with_suffix(".pem")), "--key", str(bad.with_suffix(".key"))]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    # Newer versions of OpenSSL say "ssl/tls alert" for "sslv3 alert".
    assert ALERTS[alert].openssl.partition(" alert ")[2] in done.stderr


def test_a_wrong_secret_is_what_is_left(box: Sandbox) -> None:
    """With nothing odd about anything, a 401 means the secret; the mock's own reason is told too."""
    checks = examined(given(box, client_secret="not-the-secret"), read_control(box))
    assert failures(checks) == ["token.request", "mock.journal"]
    assert "the secret has no odd form" in checks["token.request"].cause
    assert "because The client secret is wrong" in checks["token.request"].cause
    assert "POST /oauth/token: 401: The client secret is wrong" in checks["mock.journal"].cause


def test_a_journal_that_tells_nothing_is_not_tried(mock: MockWise, box: Sandbox) -> None:
    """Another mock's has not seen this try; one that cannot be read says why; without one there is nothing to read."""
    with MockWise(token_format="uuid") as other:
        checks = examined(given(box), read_control(other.default))
    assert "has not seen this try" in checks["mock.journal"].cause

    def fails(_: str) -> Mapping[str, Any]:
        raise MockwiseError("no mock answers")

    assert examined(given(box), fails)["mock.journal"].cause == "no mock answers"
    checks = examined(given(box))
    assert checks["mock.journal"].status == "not tried"
    assert mock.default is box


def test_a_fault_is_told_by_the_journal(box: Sandbox) -> None:
    """Also one that gives no reason."""
    box.arm(Respond(503, path="/oauth/token"))
    checks = examined(given(box), read_control(box))
    assert failures(checks) == ["token.request", "mock.journal"]
    assert "503" in checks["mock.journal"].cause


def test_every_code_has_its_sentence() -> None:
    """Each check says in one sentence what it proves."""
    assert all(it.endswith(".") and it.isprintable() for it in CODES.values())
    assert all(code.count(".") == 1 for code in CODES)
