"""The way to the host: URLs, names, ports, proxies and variables, each wrong in a real way."""

from __future__ import annotations

import socket
from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mockwise import MockWise, Sandbox
from mockwise.common.proxies import NO_PROXY
from tests.doctor.support import examined, failures, given, listening, saying, tunnel

WISE = "https://api-mtls.wise-sandbox.com"


def port_of(url: str) -> int:
    """The port of a URL."""
    return urlsplit(url).port or 0


@pytest.fixture
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine that runs the tests names a proxy or an exception from one."""
    for name in (*NO_PROXY, "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "said", "remedy"),
    [
        ("http://127.0.0.1", "'http://127.0.0.1' is not https", "write for example https://"),
        ("127.0.0.1:8443", "has no scheme", "write for example https://"),
        ("https://h/oauth/token/oauth/token", "stands twice", "write it once"),
        ("https://h/v1/me", "is no token endpoint", "leave the path away"),
        ("https://h\n", "there is a line break", "take it out"),
        ("https://ann:hunter2@h", "a user or a password", "write for example https://"),
    ],
)
def test_a_url_that_cannot_be_used_is_found(url: str, said: str, remedy: str, box: Sandbox) -> None:
    """Then nothing is asked of any host."""
    checks = examined(given(box, url=url))
    assert failures(checks) == ["url.form"]
    assert said in checks["url.form"].cause
    assert remedy in (checks["url.form"].remedy or "")
    assert "hunter2" not in str(checks)
    assert checks["network.dns"].cause == "url.form failed"


@pytest.mark.parametrize(
    ("host", "said", "right"),
    [
        ("api.wise-sandbox.com", "Wise's sandbox without mutual TLS", WISE),
        ("api.wise.com", "Wise's production without mutual TLS", "https://api-mtls.transferwise.com"),
        ("api-mtls.sandbox.transferwise.tech", "which ended on 2026-06-30", WISE),
        ("api-mtls.wise.com", "no host that Wise documents", "https://api-mtls.transferwise.com"),
    ],
)
@pytest.mark.usefixtures("_direct")
def test_a_host_of_wise_that_is_not_the_right_one_is_found(
    host: str, said: str, right: str, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wise's hosts are a proxy's business here, so that none is called (docs/wise/mtls.md#hosts)."""
    with listening(saying(b"")) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        environ = {"HTTPS_PROXY": f"http://127.0.0.1:{port}"}
        checks = examined(given(box, url=f"https://{host}", environ=environ))
    assert failures(checks) == ["url.host", "url.environment", "network.proxy"]
    assert said in checks["url.host"].cause
    assert right in (checks["url.host"].remedy or "")
    assert "a mock issued a certificate" in checks["url.environment"].cause
    assert "gives no whole answer" in checks["network.proxy"].cause


@pytest.mark.parametrize(
    ("host", "file", "other"),
    [
        ("api-mtls.transferwise.com", "sandbox-PRIVATE-KEY.key", "sandbox"),
        ("api-mtls.wise-sandbox.com", "client.production.key", "production"),
        ("api-mtls.wise-sandbox.com", "sandbox.key", None),
        ("api-mtls.transferwise.com", "latest.key", None),
    ],
)
def test_files_of_another_environment_are_found(
    host: str, file: str, other: str | None, box: Sandbox, tmp_path: Path
) -> None:
    """By their names, as Wise's own pages name them."""
    environ = {"HTTPS_PROXY": "http://127.0.0.1:1"}
    key = tmp_path / file
    inputs = given(box, url=f"https://{host}", environ=environ, authority=None, certificate=None, key=key)
    checks = examined(inputs)
    assert ("url.environment" in failures(checks)) == (other is not None)
    assert (f"is by its name of Wise's {other}" if other else "nothing is named") in checks[
        "url.environment"
    ].cause


@pytest.mark.parametrize("host", ["no-such-host.invalid", f"{'a' * 64}.invalid"])
def test_a_name_without_an_address_is_found(host: str, box: Sandbox) -> None:
    """RFC 2606 reserves .invalid; a label of 64 characters is no label."""
    checks = examined(given(box, url=f"https://{host}"))
    assert failures(checks) == ["network.dns"]
    assert f"{host} has no address here" in checks["network.dns"].cause
    assert checks["network.tcp"].cause == "network.dns failed"


def test_a_port_that_does_not_answer_is_found(box: Sandbox) -> None:
    """Refused, silent, and out of reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    checks = examined(given(box, url=f"https://127.0.0.1:{closed}"))
    assert failures(checks) == ["network.tcp"]
    assert "nothing listens at 127.0.0.1" in checks["network.tcp"].cause
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, ExitStack() as stack:
        for _ in range(4):  # whose queue is full
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        checks = examined(given(box, url=f"https://127.0.0.1:{server.getsockname()[1]}", timeout=0.2))
    assert failures(checks) == ["network.tcp"]
    assert "did not answer within 0.2 seconds" in checks["network.tcp"].cause
    checks = examined(given(box, url="https://255.255.255.255"))
    assert failures(checks) == ["network.tcp"]
    assert "255.255.255.255:443 cannot be reached: " in checks["network.tcp"].cause


@pytest.mark.usefixtures("_direct")
def test_a_proxy_that_connects_is_used_for_everything(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its password is sent to it, and shown nowhere. What a name makes suspicious gives way to the server's word."""
    heads: list[str] = []
    with tunnel(port_of(box.mtls_url), heads) as proxy:
        variable = {"HTTPS_PROXY": f"http://ann:hunter2@{proxy}"}
        monkeypatch.setenv(*next(iter(variable.items())))
        checks = examined(given(box, url=WISE, environ=variable))
    assert failures(checks) == []
    assert checks["network.proxy"].cause == (
        f"the proxy {proxy} that HTTPS_PROXY names connects to api-mtls.wise-sandbox.com:443"
    )
    assert checks["network.dns"].cause == "the proxy does this"
    assert checks["url.environment"].cause.endswith("; this server gives a token all the same")
    assert checks["url.host"].cause == "api-mtls.wise-sandbox.com is Wise's sandbox"
    assert "hunter2" not in str(checks)
    pair = b64encode(b"ann:hunter2").decode()
    assert all(f"Proxy-Authorization: Basic {pair}" in head for head in heads)
    assert len(heads) > 3


@pytest.mark.usefixtures("_direct")
def test_a_proxy_that_opens_tls_is_found(mock: MockWise, box: Sandbox) -> None:
    """What it presents is another authority's: mutual TLS cannot pass it."""
    with tunnel(port_of(mock.bad_server("foreign-ca").url), []) as proxy:
        checks = examined(given(box, url=WISE, environ={"HTTPS_PROXY": proxy}))
    assert failures(checks) == ["url.environment", "server.root"]
    assert f"if the proxy {proxy} opens TLS itself" in checks["server.root"].cause
    assert checks["server.root"].remedy == "add api-mtls.wise-sandbox.com to NO_PROXY"
    with tunnel(port_of(mock.bad_server("reset").url), []) as proxy:
        checks = examined(given(box, url=WISE, environ={"HTTPS_PROXY": proxy}))
    assert f"through the proxy {proxy}" in checks["tls.handshake"].cause


def test_a_proxy_that_does_not_connect_is_found(box: Sandbox) -> None:
    """It refuses, is not there, or is of a kind that is not examined."""
    with listening(saying(b"HTTP/1.1 407 Proxy\x07Authentication Required\r\n\r\n")) as port:
        refusing = examined(given(box, url=WISE, environ={"https_proxy": f"http://127.0.0.1:{port}"}))
    assert "it answers 407 Proxy Authentication Required" in refusing["network.proxy"].cause
    missing = examined(given(box, url=WISE, environ={"ALL_PROXY": "http://127.0.0.1:1"}))
    assert "that ALL_PROXY names cannot be reached: " in missing["network.proxy"].cause
    odd = examined(given(box, url=WISE, environ={"HTTPS_PROXY": "socks5://127.0.0.1:1"}))
    assert "HTTPS_PROXY names a proxy of the kind 'socks5'" in odd["network.proxy"].cause
    broken = examined(given(box, url=WISE, environ={"HTTPS_PROXY": "http://[::1"}))
    assert broken["network.proxy"].cause == "HTTPS_PROXY names no URL of a proxy"
    for checks in refusing, missing, odd, broken:
        assert failures(checks) == ["url.environment", "network.proxy"]
        assert checks["tls.handshake"].cause == "network.proxy failed"


def test_a_variable_that_names_a_bad_file_of_authorities_is_found(box: Sandbox, tmp_path: Path) -> None:
    """Curl and requests fail before they connect, whatever else is right."""
    (tmp_path / "empty.pem").touch()
    environ = {"REQUESTS_CA_BUNDLE": "none.pem", "SSL_CERT_FILE": str(tmp_path / "empty.pem")}
    checks = examined(given(box, environ=environ))
    assert failures(checks) == ["environment.trust"]
    assert (
        "REQUESTS_CA_BUNDLE (requests) names none.pem, which cannot be read"
        in checks["environment.trust"].cause
    )
    assert "which holds no certificate" in checks["environment.trust"].cause
    assert "unset SSL_CERT_FILE REQUESTS_CA_BUNDLE" in (checks["environment.trust"].remedy or "")


def test_what_a_variable_makes_others_trust_is_tried(mock: MockWise, box: Sandbox, tmp_path: Path) -> None:
    """Against the server, if that is reached."""
    other = tmp_path / "other.pem"
    other.write_bytes(mock.new_authority("another").certificate_pem)
    environ = {
        "CURL_CA_BUNDLE": str(box.ca_file),
        "NODE_EXTRA_CA_CERTS": str(other),
        "SSL_CERT_DIR": str(tmp_path),
    }
    check = examined(given(box, environ=environ))["environment.trust"]
    assert (
        f"CURL_CA_BUNDLE (curl and requests) names {box.ca_file}, by which this server is trusted"
        in check.cause
    )
    assert f"NODE_EXTRA_CA_CERTS (Node) names {other}, by which this server is not trusted" in check.cause
    assert f"names {tmp_path}, by which this server is not trusted" in check.cause
    check = examined(given(box, environ=environ, url="https://127.0.0.1:1"))["environment.trust"]
    assert f"CURL_CA_BUNDLE (curl and requests) names {box.ca_file};" in check.cause
    assert check.status == "ok"
