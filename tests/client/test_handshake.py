"""Refused handshakes, named: the messages of OpenSSL, and real ones over both versions of TLS."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from mockwise import Authority, MockWise
from mockwise.client import (
    CertificateExpired,
    CertificateMissing,
    CertificateNotAccepted,
    CertificateRevoked,
    CertificateUnsuitable,
    ConnectionLost,
    HandshakeRefused,
    ServerNotTrusted,
    UnknownAuthority,
    WiseAuth,
    WiseError,
    explain,
)
from mockwise.common.clock import wall_now
from mockwise.pki.authority import Identity
from tests.api_calls import PLAYGROUND
from tests.client.support import Clock, MakeCaller, Server, make_auth

DAY = timedelta(days=1)
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.mark.parametrize(
    ("text", "kind", "alert"),
    [
        ("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tls", CertificateMissing, "certificate_required"),
        ("[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] x (_ssl.c:1)", CertificateMissing, "handshake_failure"),
        ("[SSL: SSL/TLS_ALERT_HANDSHAKE_FAILURE] ssl/tls", CertificateMissing, "handshake_failure"),
        ("[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1", HandshakeRefused, "protocol_version"),
    ],
)
def test_the_alert_is_read_from_openssls_words(text: str, kind: type[WiseError], alert: str) -> None:
    """Whatever the prefix, which differs between OpenSSL's releases; an unknown one is still a refusal."""
    found = explain(httpx.ReadError(text))
    assert type(found) is kind
    assert found is not None
    assert found.alert == alert
    assert alert in str(found)


def test_the_cause_is_asked_when_the_message_is_empty() -> None:
    """But not what merely was being handled at the time: that may be an older refusal."""
    inner = ssl.SSLError(1, "[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca (_ssl.c:2580)")
    outer, unrelated = httpx.ReadError(""), httpx.ReadError("")
    outer.__cause__ = inner
    unrelated.__context__ = inner
    assert isinstance(explain(outer), UnknownAuthority)
    assert explain(unrelated) is None


@pytest.mark.parametrize("wrap", [True, False])
def test_other_failures_stay_httpxs_own(wrap: bool, clock: Clock, server: Server, caller: MakeCaller) -> None:
    """A call of the API is not repeated, and its failure is what people catch already."""
    server.calls = [httpx.ReadTimeout("slow")]
    with pytest.raises(httpx.ReadTimeout, match="slow"):
        caller(make_auth(clock), server, wrap=wrap).get()
    assert len(server.requests) == 2


def test_a_naked_ssl_error_becomes_one_of_httpxs(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """httpx.AsyncClient lets ssl.SSLError through, which `except httpx.HTTPError` would miss."""
    server.calls = [ssl.SSLError(1, "[SSL] record layer failure")]
    with pytest.raises(httpx.TransportError, match="record layer failure") as raised:
        caller(make_auth(clock), server).get()
    assert type(raised.value) is ConnectionLost


def failing(name: str, ours: Authority, mock: MockWise) -> Identity | None:
    """A certificate that must be refused."""
    client_id, now = mock.default.client_id, wall_now()
    match name:
        case "expired":
            return ours.issue_client(client_id, not_before=now - 2 * DAY, not_after=now - DAY)
        case "not yet valid":
            return ours.issue_client(client_id, not_before=now + DAY, not_after=now + 2 * DAY)
        case "revoked":
            return ours.issue_client(client_id, serial=ours.revoked_serial)
        case "not for clients":
            return ours.issue_client(client_id, client_auth=False)
        case "foreign":
            return mock.new_authority("nobody's").issue_client(client_id)
    return None


def context(
    mock: MockWise, identity: Identity | None, version: ssl.TLSVersion, folder: Path
) -> ssl.SSLContext:
    """A context that trusts the mock and shows this certificate."""
    made = ssl.create_default_context(cafile=mock.ca_file)
    made.minimum_version = made.maximum_version = version
    if identity is not None:
        (folder / "shown.pem").write_bytes(identity.certificate_pem + identity.key_pem)
        made.load_cert_chain(folder / "shown.pem")
    return made


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: str(version.name))
@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("none", CertificateMissing, "load_cert_chain"),
        ("foreign", UnknownAuthority, "does not know who signed"),
        ("expired", CertificateExpired, "has expired"),
        ("not yet valid", CertificateNotAccepted, "check its dates"),
        ("revoked", CertificateRevoked, "was revoked"),
        ("not for clients", CertificateUnsuitable, "extended key usage"),
    ],
)
def test_each_refusal_has_a_name_and_a_remedy(
    *,
    name: str,
    kind: type[WiseError],
    words: str,
    version: ssl.TLSVersion,
    tmp_path: Path,
    mockwise_own: MockWise,
    caller: MakeCaller,
) -> None:
    """For tokens and for calls of the API, once each, under both versions of TLS (RFC 8446 §6.2, RFC 5246 §7.2)."""
    ours = mockwise_own.new_authority("another one of ours")
    mockwise_own.trust(ours)
    box = mockwise_own.default
    verify = context(mockwise_own, failing(name, ours, mockwise_own), version, tmp_path)
    auth = WiseAuth(box.client_id, box.client_secret)
    # With a token from the TLS host, the handshake that is refused is one of the API.
    box.add_client(client_id="free", client_secret="free", mtls="optional")
    free = WiseAuth("free", "free", token_url=f"{box.tls_url}/oauth/token")
    for one in (auth, free):
        with pytest.raises(kind, match=words) as raised:
            caller(one, verify=verify, base_url=box.mtls_url).get(PLAYGROUND)
        assert isinstance(raised.value, httpx.TransportError)
        assert box.client_secret not in str(raised.value)
    assert len(mockwise_own.handshakes) == 2
    assert [e.status for e in box.token_requests] == [200]
    good = context(mockwise_own, ours.issue_client(box.client_id), version, tmp_path)
    assert caller(auth, verify=good, base_url=box.mtls_url).get(PLAYGROUND).status_code == 200


def test_a_server_of_an_unknown_authority_is_told_nothing(mockwise_own: MockWise, caller: MakeCaller) -> None:
    """The server's certificate is always verified (RFC 6749 §3.2 with RFC 9110 §4.3.4)."""
    box = mockwise_own.default
    auth = WiseAuth(box.client_id, box.client_secret)
    with pytest.raises(ServerNotTrusted, match=r"self-signed certificate in certificate chain.*cafile="):
        caller(auth, verify=ssl.create_default_context(), base_url=box.mtls_url).get(PLAYGROUND)
    assert box.exchanges == []


def test_a_server_of_another_name_is_told_nothing(mockwise_own: MockWise, caller: MakeCaller) -> None:
    """The certificate must carry the name that was called (RFC 9110 §4.3.4)."""
    box = mockwise_own.default
    with pytest.raises(ServerNotTrusted, match=r"api\.wise\.com.*so nothing was sent"):
        caller(WiseAuth(box.client_id, box.client_secret), verify=box.ssl_context()).get(
            box.mtls_url + PLAYGROUND, extensions={"sni_hostname": "api.wise.com"}
        )
    assert box.exchanges == []
