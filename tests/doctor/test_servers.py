"""Servers that are not ours, and do one thing wrong each: clocks, answers, names of issuers, ends."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from ssl import DER_cert_to_PEM_cert, TLSVersion

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis.strategies import binary, sampled_from

from mockwise.doctor import Check, Inputs
from mockwise.doctor.handshake import Handshake
from mockwise.pki.authority import Authority, Identity
from mockwise.real_time import real_now
from tests.doctor.support import (
    TIMEOUT,
    TOKEN,
    Behaviour,
    alert,
    answer,
    examined,
    failures,
    homemade,
    http,
    raw,
    serving,
)
from tests.transport.support import write_identity

Responder = Callable[[str], bytes]


@pytest.fixture(scope="module")
def authority() -> Authority:
    """The authority of these servers and their client."""
    return Authority("the tests' own", now=real_now)


@pytest.fixture
def examine(authority: Authority, tmp_path: Path) -> Callable[..., dict[str, Check]]:
    """Examines a server with these behaviours, one for each connection."""

    def run(*behaviours: Behaviour) -> dict[str, Check]:
        with serving(tmp_path, authority, *behaviours) as url:
            return examined(client(tmp_path, authority, url))

    return run


def client(folder: Path, authority: Authority, url: str) -> Inputs:
    """The inputs of a client named `app`."""
    write_identity(folder, "client", authority.issue_client("app"))
    (folder / "ca.pem").write_bytes(authority.certificate_pem)
    return Inputs(
        url=url,
        client_id="app",
        client_secret="Zx8-1",
        authority=folder / "ca.pem",
        certificate=folder / "client.pem",
        key=folder / "client.key",
        timeout=TIMEOUT,
    )


def wise(
    *headers: str, token: bytes = answer("200 OK", body=TOKEN), bearer: bytes | None = None
) -> Behaviour:
    """A server that answers as Wise does: with a date, a token, and the playground."""

    def respond(request: str) -> bytes:
        if request.startswith("POST /oauth/token "):
            return token
        return bearer if bearer is not None else answer("200 OK", *headers)

    return http(respond)


def date(ahead: timedelta) -> str:
    """A `Date` header by a clock that is so far ahead."""
    return f"Date: {format_datetime(real_now() + ahead, usegmt=True)}"


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(hours=2), ":00:00 behind the server's"),
        (timedelta(hours=-2), "2:00:0"),
        (timedelta(days=-3, hours=-1), "3 days and 1:00:0"),
    ],
)
def test_a_skewed_clock_is_found(
    ahead: timedelta, said: str, examine: Callable[..., dict[str, Check]]
) -> None:
    """By the Date of the server's answer (RFC 9110 section 6.6.1)."""
    checks = examine(wise(date(ahead)))
    assert "clock.skew" in failures(checks)
    if ahead > timedelta():
        assert "behind the server's" in checks["clock.skew"].cause
    else:
        assert said in checks["clock.skew"].cause
        assert "ahead of the server's" in checks["clock.skew"].cause


def test_a_certificate_that_has_ended_by_the_servers_clock_is_found(
    examine: Callable[..., dict[str, Check]],
) -> None:
    """Here it is valid, there it is not; a token is the last word on it."""
    checks = examine(wise(date(timedelta(days=400)), token=answer("401 Unauthorized")))
    assert failures(checks) == ["tls.asks", "clock.skew", "certificate.dates-there", "token.request"]
    assert "by the clock of the server it is" in checks["certificate.dates-there"].cause
    checks = examine(wise(date(timedelta(days=400))))
    assert failures(checks) == ["clock.skew"]


@pytest.mark.parametrize(
    ("headers", "tried"),
    [((), False), (("Date: yesterday",), False), (("Date: Wed, 01 Jan 2020 00:00:00 -0000",), True)],
)
def test_an_answer_without_a_date_proves_nothing(
    headers: tuple[str, ...], tried: bool, examine: Callable[..., dict[str, Check]]
) -> None:
    """Neither does one that cannot be read; a zone that is not known is UTC."""
    checks = examine(wise(*headers))
    assert failures(checks) == (["clock.skew"] if tried else [])
    assert (checks["clock.skew"].status == "not tried") == (not tried)


@pytest.mark.parametrize(
    ("token", "said", "remedy"),
    [
        (answer("429 Too Many Requests"), "too many requests", "ask less often"),
        (answer("503 Service Unavailable"), "status 503", "try again later"),
        (answer("404 Not Found"), "status 404", "compare the URL"),
        (answer("200 OK", body=b"<html>"), "the answer carries no token", "compare the URL"),
        (answer("302 Found", "location: https://wise.com/"), "redirect", "compare the URL"),
        (b"", "no answer from the server", "compare the URL"),
    ],
)
def test_an_answer_that_is_no_token_is_found(
    token: bytes, said: str, remedy: str, examine: Callable[..., dict[str, Check]]
) -> None:
    """Each with what to do about it."""
    check = examine(wise(token=token))["token.request"]
    assert check.status == "failed"
    assert said in check.cause
    assert remedy in (check.remedy or "")


@pytest.mark.parametrize(
    ("bearer", "status", "said"),
    [
        (
            answer("401 Unauthorized", "x-mockwise-reason: It is Tuesday."),
            "failed",
            "401 because It is Tuesday.",
        ),
        (answer("403 Forbidden"), "failed", "403"),
        (answer("500 Internal Server Error"), "failed", "500"),
        (answer("302 Found", "location: https://wise.com/"), "failed", "302"),
        (answer("404 Not Found"), "ok", "404"),
    ],
)
def test_a_call_that_is_refused_is_found(
    bearer: bytes, status: str, said: str, examine: Callable[..., dict[str, Check]]
) -> None:
    """A server without the playground has accepted the token all the same."""
    check = examine(wise(bearer=bearer))["token.bearer"]
    assert (check.status, said in check.cause) == (status, True)


def test_a_call_that_is_lost_is_found(examine: Callable[..., dict[str, Check]]) -> None:
    """The token had come."""
    asked: list[str] = []

    def respond(request: str) -> bytes:
        asked.append(request)
        if request.startswith("POST"):
            return answer("200 OK", body=TOKEN)
        return b"" if any(it.startswith("POST") for it in asked) else answer("200 OK")

    checks = examine(http(respond))
    assert failures(checks) == ["token.bearer"]
    assert "RemoteProtocolError" in checks["token.bearer"].cause


def test_a_token_that_stands_in_a_text_is_masked(examine: Callable[..., dict[str, Check]]) -> None:
    """Whatever a server says."""
    reason = "x-mockwise-reason: the-token and Zx8-1 are known here"
    check = examine(wise(bearer=answer("403 Forbidden", reason)))["token.bearer"]
    assert "because *** and *** are known here" in check.cause


def test_a_server_that_ends_without_a_word_is_found(examine: Callable[..., dict[str, Check]]) -> None:
    """After the handshake, and in the middle of one that went well before."""
    checks = examine(http(lambda _: b""))
    assert failures(checks) == ["tls.asks", "tls.certificate"]
    assert "and says nothing: " in checks["tls.certificate"].cause
    checks = examine(wise(), wise(), raw(b""))
    assert failures(checks) == ["tls.asks"]
    assert "the connection was lost this time" in checks["server.root"].cause


def test_an_alert_that_is_not_about_certificates_is_told(examine: Callable[..., dict[str, Check]]) -> None:
    """By its name in RFC 8446 section 6.2."""
    internal_error, unrecognized_name = 80, 112
    checks = examine(wise(), wise(), wise(), raw(alert(internal_error)))
    assert failures(checks) == ["tls.asks", "tls.certificate"]
    assert checks["tls.certificate"].cause.endswith("with the alert internal_error")
    assert checks["tls.certificate"].clients == {}
    checks = examine(raw(alert(unrecognized_name)))
    assert failures(checks) == ["tls.handshake"]
    assert "ends the handshake with the alert unrecognized_name" in checks["tls.handshake"].cause


def test_a_port_that_does_not_speak_tls_is_found(examine: Callable[..., dict[str, Check]]) -> None:
    """Plain HTTP at the port of an https URL."""
    checks = examine(raw(answer("400 Bad Request")))
    assert failures(checks) == ["tls.handshake"]
    assert "does not speak TLS" in checks["tls.handshake"].cause


def test_a_head_that_never_ends_is_not_read_for_ever(examine: Callable[..., dict[str, Check]]) -> None:
    """64 KiB are enough to know that the connection was accepted."""
    checks = examine(http(lambda _: b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000))
    assert checks["tls.certificate"].status == "ok"
    assert checks["clock.skew"].status == "not tried"


def test_a_certificate_without_alternative_names_has_no_name(authority: Authority, tmp_path: Path) -> None:
    """Clients compare those alone (RFC 9525 section 6.3)."""
    pair = homemade(tmp_path, ec.generate_private_key(ec.SECP256R1()), "127.0.0.1", authority=True)
    identity = Identity.load(pair["certificate"].read_bytes(), pair["key"].read_bytes())
    with serving(tmp_path, authority, wise(), identity=identity) as url:
        checks = examined(replace(client(tmp_path, authority, url), authority=pair["certificate"]))
    assert failures(checks) == ["tls.asks", "server.name"]
    assert "is for no name at all, and not for 127.0.0.1" in checks["server.name"].cause


def test_a_certificate_that_cannot_be_read_is_told(authority: Authority, tmp_path: Path) -> None:
    """One of a version that does not exist, which OpenSSL takes (RFC 5280 section 4.1.2.1); and what is none at all."""
    identity = authority.issue_server(["127.0.0.1"])
    der = x509.load_pem_x509_certificate(identity.certificate_pem).public_bytes(Encoding.DER)
    odd = DER_cert_to_PEM_cert(der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05", 1)).encode()
    with serving(tmp_path, authority, wise(), identity=replace(identity, certificate_pem=odd)) as url:
        checks = examined(client(tmp_path, authority, url))
    assert checks["tls.handshake"].status == "ok"
    assert "its certificate cannot be read here" in checks["server.root"].cause
    assert checks["token.request"].status == "not tried"
    content = hello() + record(11, sized(3, sized(3, b"abc")))
    with serving(tmp_path, authority, raw(content)) as url:
        checks = examined(client(tmp_path, authority, url))
    assert "does not speak TLS that is understood here" in checks["tls.handshake"].cause


def sized(length: int, content: bytes) -> bytes:
    """A vector with its length in front (RFC 5246 section 4.3)."""
    return len(content).to_bytes(length) + content


def record(kind: int, content: bytes) -> bytes:
    """A handshake message of TLS 1.2 in a record of its own (RFC 5246 section 6.2.1)."""
    return b"\x16\x03\x03" + sized(2, bytes([kind]) + sized(3, content))


def hello() -> bytes:
    """A server's hello for TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256, and no extension (RFC 5246 section 7.4.1.3)."""
    return record(2, b"\x03\x03" + bytes(32) + b"\x00" + b"\xc0\x2f" + b"\x00")


@pytest.mark.parametrize("version", [TLSVersion.TLSv1_2, TLSVersion.TLSv1_3])
@given(kind=sampled_from([11, 13]), message=binary(max_size=60))
def test_no_message_of_a_server_breaks_what_listens(version: TLSVersion, kind: int, message: bytes) -> None:
    """OpenSSL shows a message before it has looked at it."""
    seen = Handshake()
    seen.hear(None, "read", version, 22, kind, message)
    assert seen.certificate is None


@contextmanager
def openssl_server(folder: Path, authority: Authority, identity: Identity, *options: str) -> Iterator[str]:
    """OpenSSL's own server, which names the authorities that it accepts."""
    write_identity(folder, "server", identity)
    (folder / "ca.pem").write_bytes(authority.certificate_pem)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [
        "openssl",
        "s_server",
        "-accept",
        f"127.0.0.1:{port}",
        "-www",
        "-Verify",
        "1",
        "-verify_return_error",
    ]
    words += ["-cert", "server.pem", "-key", "server.key", "-CAfile", "ca.pem", *options]
    with subprocess.Popen(
        words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        while b"ACCEPT" not in process.stdout.readline():
            assert process.poll() is None
        try:
            yield f"https://127.0.0.1:{port}"
        finally:
            process.kill()


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_the_issuers_that_a_server_names_are_compared(
    version: str, authority: Authority, tmp_path: Path
) -> None:
    """OpenSSL's server names them in its request for a certificate (RFC 8446 section 4.2.4, RFC 5246 section 7.4.4)."""
    identity = authority.issue_server(["127.0.0.1"])
    with openssl_server(tmp_path, authority, identity, version) as url:
        inputs = replace(client(tmp_path, authority, url), client_secret=None)  # it answers no POST
        checks = examined(inputs)
        assert checks["tls.issuers"].status == "ok"
        assert "'mockwise, for testing only, the tests' own'" in checks["tls.issuers"].cause.replace('"', "'")
        assert checks["tls.certificate"].status == "ok"
        foreign = Authority("somebody else's", now=real_now).issue_client("app")
        write_identity(tmp_path, "client", foreign)
        checks = examined(inputs)
        assert {"tls.issuers", "tls.certificate"} <= set(failures(checks))
        assert "this one is from" in checks["tls.issuers"].cause
        assert "unknown_ca" in checks["tls.certificate"].cause
        (tmp_path / "client.key").write_bytes(b"")
        check = examined(inputs)["tls.issuers"]
        assert (check.status, "no certificate can be shown" in check.cause) == ("not tried", True)
