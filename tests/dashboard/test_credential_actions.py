"""Wise's Developer Hub work: credentials, certificates, downloads (docs/wise/mtls.md#certificates and docs/wise/developer-hub.md#credentials)."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from mockwise import MockWise, Sandbox
from tests.api_calls import GRANT, ask, reason, token, use
from tests.dashboard.dashboard_client import DashboardClient
from tests.dashboard.requests_for import signing_request
from tests.dashboard.test_form_actions import in_python, in_terminal, over_http


def ask_as(box: Sandbox, client_id: str, secret: str, context: ssl.SSLContext) -> httpx.Response:
    """Ask for a token as a client."""
    with httpx.Client(verify=context) as client:
        return client.post(box.token_url, auth=(client_id, secret), data=GRANT)


def context_of(box: Sandbox, folder: Path, certificate: str, key: bytes) -> ssl.SSLContext:
    """As a client has it that saved what the page shows."""
    (folder / "client.pem").write_text(certificate)
    (folder / "client.key").write_bytes(key)
    context = ssl.create_default_context(cafile=box.ca_file)
    context.load_cert_chain(folder / "client.pem", folder / "client.key")
    return context


def test_credentials_are_made_and_told_once(dashboard: DashboardClient, tmp_path: Path) -> None:
    """The secret is shown once, and works over mTLS with the certificate beside it."""
    seen = dashboard.submit_without_script(
        "add-client", client_id="acme", token_lifetime="90s", redirect_uris=""
    )
    shown = seen.shown
    secret = shown["Client secret"]
    context = context_of(
        dashboard.box, tmp_path, shown["Certificate (client.pem)"], shown["Private key (client.key)"].encode()
    )
    assert ask_as(dashboard.box, "acme", secret, context).json()["expires_in"] == 89
    again = dashboard.open_page()
    assert secret not in again.html
    assert "acme" in again.part("clients")
    assert "tokens live 1m30s" in again.part("clients")
    assert all(secret not in str(it.url) for it in (*seen.answer.history, seen.answer))


def test_the_lines_of_a_client_make_one(dashboard: DashboardClient) -> None:
    """Each door makes the same client."""
    seen = dashboard.submit(
        "add-client", client_id="acme", redirect_uris="https://a.example/x https://b.example/y"
    )
    assert list(seen.equivalents) == ["python", "http"]
    for name, run in (("python", lambda it: in_python(dashboard.box, it)), ("http", over_http)):
        dashboard.box.reset()
        run(seen.equivalents[name])
        client = dashboard.box._state.clients.get("acme")  # no door of a sandbox lists its clients
        assert client is not None
        assert client.redirect_uris == ("https://a.example/x", "https://b.example/y")


def test_a_secret_is_rotated_with_overlap(dashboard: DashboardClient) -> None:
    """The old one works on for as long as the page says, on the sandbox's clock."""
    box = dashboard.box
    old, context = box.client_secret, box.ssl_context()
    seen = dashboard.submit("rotate", client_id=box.client_id, overlap="15m")
    new = seen.shown["Client secret"]
    page = dashboard.open_page()
    assert "old secret works for 1" in page.part("clients")
    assert "old secret" in page.part("soon")
    for secret in (old, new):
        assert ask_as(box, box.client_id, secret, context).status_code == 200
    box.advance("15m")
    assert "rotated" in reason(ask_as(box, box.client_id, old, context))
    assert ask_as(box, box.client_id, new, context).status_code == 200
    assert "Nothing" in dashboard.open_page().part("soon")
    in_terminal(seen.equivalents["terminal"])
    assert ask_as(box, box.client_id, new, context).status_code == 200


def test_a_secret_is_rotated_at_once(dashboard: DashboardClient) -> None:
    """Without overlap the old one is worth nothing; another client is named in the lines."""
    other = dashboard.box.add_client(client_id="a/b")
    seen = dashboard.submit("rotate", client_id="a/b", overlap="")
    assert "Older ones do not work any more." in seen.said
    assert ask(dashboard.box, other).status_code == 401
    assert "--client a/b" in seen.equivalents["terminal"]
    assert "python" not in seen.equivalents
    over_http(seen.equivalents["http"])


@pytest.mark.parametrize("own", [True, False])
def test_a_client_is_revoked(dashboard: DashboardClient, *, own: bool) -> None:
    """It cannot authenticate, and its tokens are dead."""
    box = dashboard.box
    who = box.credentials if own else box.add_client()
    text = token(box, who)
    seen = dashboard.submit("revoke-client", client_id=who.client_id)
    assert "is revoked" in seen.said
    assert ask(box, who).status_code == 401
    assert use(box, text, context=who.ssl_context()).status_code == 401
    assert "revoked" in dashboard.open_page().part("clients")
    assert ("python" in seen.equivalents) is own


@pytest.mark.parametrize("uploaded", [True, False])
def test_a_certificate_by_signing_request(
    dashboard: DashboardClient, tmp_path: Path, *, uploaded: bool
) -> None:
    """Pasted or uploaded; for one year; the common name is the client id (DOCUMENTED, docs/wise/mtls.md#certificates)."""
    box = dashboard.box
    request, key = signing_request()
    if uploaded:
        seen = dashboard.upload("certify", request.encode(), name="laptop", client_id="", csr="")
    else:
        seen = dashboard.submit("certify", name="laptop", csr=request, client_id=box.client_id)
    pem = seen.shown["Certificate: save it as a .pem file beside your key"]
    context = context_of(box, tmp_path, pem, key)
    assert ask_as(box, box.client_id, box.client_secret, context).status_code == 200
    assert (
        x509.load_pem_x509_certificate(pem.encode())
        .subject.rfc4514_string()
        .startswith(f"CN={box.client_id}")
    )
    part = dashboard.open_page().part("certificates")
    assert "laptop active 364d23h" in part

    serial = seen.shown["Serial number"]
    revoked = dashboard.submit("revoke-certificate", serial=serial)
    assert "laptop" in revoked.said
    with pytest.raises(httpx.HTTPError):  # the handshake is refused
        ask_as(box, box.client_id, box.client_secret, context)
    assert "laptop revoked" in dashboard.open_page().part("certificates")
    in_terminal(revoked.equivalents["terminal"])
    over_http(revoked.equivalents["http"])


def test_the_rules_of_certificates_are_told(dashboard: DashboardClient) -> None:
    """Unique names, ten active ones, an organization, and a request at all (DOCUMENTED, docs/wise/mtls.md#certificates)."""
    request, _ = signing_request()
    assert "paste a certificate signing request" in dashboard.submit("certify", name="x").said
    assert "csr:" in dashboard.submit("certify", name="x", csr="nonsense").said
    for n in range(9):
        assert dashboard.submit("certify", name=f"n{n}", csr=request).status == 200
    assert "take another name" in dashboard.submit("certify", name="n1", csr=request).said
    assert dashboard.submit("certify", name="n9", csr=request).status == 200
    full = dashboard.submit("certify", name="n10", csr=request)
    assert (full.status, "10 active certificates" in full.said) == (409, True)


def test_what_ends_soon_is_seen(dashboard: DashboardClient) -> None:
    """Certificates within 30 days, tokens within ten minutes."""
    box = dashboard.box
    assert "Nothing" in dashboard.open_page().part("soon")
    box.credentials.renew_certificate(valid_until="2d")
    token(box)
    box.advance("11h55m")
    soon = dashboard.open_page().part("soon")
    assert "certificate certificate 2" in soon
    assert "1d23h, real time" in soon
    assert "token" in soon
    assert "4m" in soon


def test_downloads(dashboard: DashboardClient) -> None:
    """The authority, the own client's certificate and key, and both as PKCS #12."""
    box = dashboard.box
    files = {
        name: dashboard.client.get(f"{dashboard.path_of_page}/files/{name}")
        for name in ("ca.pem", "client.pem", "client.key", "client.p12", "truststore.p12")
    }
    for name, answer in files.items():
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["cache-control"] == "no-store"
    assert files["ca.pem"].text == box.ca_file.read_text()
    assert files["client.pem"].text == box.cert_file.read_text()
    assert files["client.key"].text == box.key_file.read_text()
    key, certificate, chain = pkcs12.load_key_and_certificates(files["client.p12"].content, b"mockwise")
    assert key is not None
    assert certificate == x509.load_pem_x509_certificate(box.cert_file.read_bytes())
    assert chain == x509.load_pem_x509_certificates(box.ca_file.read_bytes())
    assert dashboard.open_page("/files/other.pem").status == 404


def test_a_user_is_made(dashboard: DashboardClient) -> None:
    """With a personal and a business profile; each door makes the same."""
    seen = dashboard.submit("add-user", email="bob@example.com", business="Bob Ltd")
    assert "Bob Ltd" in dashboard.open_page().part("users")
    for name, run in (("python", lambda it: in_python(dashboard.box, it)), ("http", over_http)):
        dashboard.box.reset()
        run(seen.equivalents[name])
        assert [it.email for it in dashboard.box.users] == ["ann@example.com", "bob@example.com"]
    assert (
        dashboard.submit("add-user", email="carl@example.com").equivalents["python"]
        == "box.add_user('carl@example.com')"
    )
    assert dashboard.submit("add-user").status == 400


def test_a_sandbox_is_made(dashboard: DashboardClient, mockwise_server: MockWise) -> None:
    """And the page goes there: plainly, and by script."""
    seen = dashboard.submit_without_script("open-sandbox", name="hub made")
    try:
        assert seen.answer.url.path == "/hub/hub made"
        assert "was made" in seen.said
        taken = dashboard.submit("open-sandbox", name="hub made")
        assert (taken.status, "already" in taken.said) == (409, True)
    finally:
        httpx.delete(f"{mockwise_server.control_url}/sandboxes/hub%20made")
    by_script = dashboard.submit("open-sandbox")
    path_of_page = by_script.answer.headers["x-hub-goes-to"]
    assert dashboard.client.get(path_of_page).status_code == 200
    httpx.delete(f"{mockwise_server.control_url}/sandboxes/{path_of_page.rpartition('/')[2]}")
