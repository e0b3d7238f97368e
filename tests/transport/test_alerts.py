from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

import pytest

from mockwise.transport.tls import handshake
from mockwise.transport.tls.alerts import explain
from tests.transport.support import REQUEST, Server, drained, hello, shake_by_hand

CASES = {
    None: {"1.2": "handshake_failure", "1.3": "certificate_required"},
    "foreign": {"1.2": "unknown_ca", "1.3": "unknown_ca"},
    "expired": {"1.2": "certificate_expired", "1.3": "certificate_expired"},
    "not-yet-valid": {"1.2": "bad_certificate", "1.3": "bad_certificate"},
    "revoked": {"1.2": "certificate_revoked", "1.3": "certificate_revoked"},
    "no-client-auth": {"1.2": "unsupported_certificate", "1.3": "unsupported_certificate"},
}


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("name", CASES)
def test_each_bad_certificate_gets_its_alert_and_the_next_good_client_is_served(
    server: Server, name: str | None, version: str
) -> None:
    """The peer is told what is wrong with its certificate (RFC 5246 §7.2.2, RFC 8446 §6.2), and so is the record."""
    alert = CASES[name][version]
    printed = server.openssl(name, f"-tls{version.replace('.', '_')}")
    assert f"alert {alert.replace('_', ' ')}" in printed
    assert "HTTP/1.1 200" not in printed

    refusal = server.refusals.wait()
    assert (refusal.alert, refusal.tls_version, refusal.listener) == (alert, f"TLSv{version}", "required")
    assert refusal.reason.isascii()
    assert refusal.peer
    assert refusal.peer[0] == "127.0.0.1"

    printed = server.openssl("good", f"-tls{version.replace('.', '_')}")
    assert "HTTP/1.1 200" in printed
    assert len(server.refusals.all) == 1


@pytest.mark.parametrize("name", CASES)
def test_curl_is_refused_what_it_is_served_with_a_good_certificate(server: Server, name: str | None) -> None:
    """A client that we did not write sees a TLS error, not an empty reply."""
    status, output = server.curl(name)
    assert status not in {0, 52}  # 52: empty reply
    assert "ssl" in output.lower()
    assert server.curl("good")[0] == 0


def test_a_client_that_speaks_an_old_version_is_told(server: Server) -> None:
    """TLS below 1.2 ends with protocol_version."""
    printed = server.openssl("good", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    assert "alert protocol version" in printed
    refusal = server.refusals.wait()
    assert (refusal.alert, refusal.tls_version) == ("protocol_version", None)
    assert "TLS 1.2" in refusal.reason


def test_a_client_without_a_common_suite_is_told(server: Server) -> None:
    """Only ephemeral keys with authenticated encryption are on offer under TLS 1.2."""
    printed = server.openssl("good", "-tls1_2", "-cipher", "AES128-SHA")
    assert "alert handshake failure" in printed
    assert "cipher suite" in server.refusals.wait().reason
    assert "HTTP/1.1 200" in server.openssl("good", "-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305")


def test_plain_http_on_a_tls_port_is_answered_in_plain_http(server: Server) -> None:
    """A forgotten `s` in https is named, to the client and in the record."""
    status, output = server.curl(None, "-i", scheme="http")
    assert status == 0
    assert "400 Bad Request" in output
    assert "https" in output
    assert server.refusals.wait().alert is None
    assert "https" in server.refusals.wait().reason


def test_what_is_not_tls_at_all_is_refused(server: Server) -> None:
    """Other protocols end the connection with a reason."""
    with server.connect() as raw:
        raw.sendall(b"\x00" * 64)
        drained(raw)
    assert "did not speak TLS" in server.refusals.wait().reason


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_client_that_does_not_trust_the_server_is_recorded(server: Server, version: str) -> None:
    """The alert that the client sent is recorded with the remedy; once it trusts the authority it is served."""
    context = server.certificates.context("good", version)
    stranger = ssl.create_default_context()
    stranger.minimum_version = stranger.maximum_version = context.minimum_version
    assert "certificate" in server.refuses(context=stranger)
    refusal = server.refusals.wait()
    assert refusal.alert == "unknown_ca"
    assert "trust" in refusal.reason
    assert server.get(context=context)["tls_version"] == f"TLSv{version}"


def test_a_client_that_leaves_in_the_middle_is_recorded_and_one_that_said_nothing_is_not(
    server: Server,
) -> None:
    """A port that is only tried (a health check) is no news; a broken-off handshake is."""
    server.connect().close()
    with server.connect() as raw:
        raw.sendall(hello(server.certificates.context()))
        raw.recv(1)
    assert "closed the connection" in server.refusals.wait().reason
    assert server.get()["listener"] == "required"
    assert len(server.refusals.all) == 1


def test_a_mute_client_is_dropped_when_its_time_is_up(serve: Callable[..., Server]) -> None:
    """Who does not finish the handshake in time is recorded and loses its connection."""
    server = serve(handshake_timeout=0.05)
    with server.connect() as raw:
        assert drained(raw) == b""
    assert "within 0.05 seconds" in server.refusals.wait().reason
    assert server.get()["listener"] == "required"


def send_forever(connection: socket.socket) -> None:
    """Send until the connection fails."""
    while True:
        connection.sendall(REQUEST)


@pytest.mark.parametrize("limit", ["linger", "handshake"])
def test_a_refused_peer_that_lingers_is_told_of_the_end_and_then_cut_off(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """It reads the alert and the end of the stream at once, and cannot hold the connection by sending on."""
    if limit == "linger":
        monkeypatch.setattr(handshake, "LINGER", 0.05)
    server = serve(handshake_timeout=5.0 if limit == "linger" else 0.05)
    with server.connect() as raw:
        raw.sendall(b"\x16\x03\x01\x00\x05hello")
        drained(raw)
        with pytest.raises(ConnectionError):
            send_forever(raw)
    assert len(server.refusals.all) == 1


def test_half_a_hello_keeps_nobody_waiting(server: Server) -> None:
    """A half-open handshake holds only itself."""
    with server.connect() as raw:
        raw.sendall(hello(server.certificates.context())[:20])
        assert server.get()["listener"] == "required"


def test_a_hello_in_pieces_is_understood(server: Server) -> None:
    """A slow client is served: TLS records may arrive byte by byte."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = server.certificates.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with server.connect() as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                for byte in outgoing.read():
                    raw.sendall(bytes([byte]))
                incoming.write(raw.recv(65536))
            else:
                break
        client.write(REQUEST)
        raw.sendall(outgoing.read())
        incoming.write(raw.recv(65536))
        assert client.read().startswith(b"HTTP/1.1 200")


def test_garbage_after_the_handshake_ends_only_that_connection(
    server: Server, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A broken TLS record is a peer's mistake, not ours: nothing is logged, the next client is served."""
    context = server.certificates.context()
    with server.connect() as raw:
        secured = context.wrap_socket(raw.dup(), server_hostname="localhost")
        raw.sendall(b"garbage that is no TLS record")
        with pytest.raises(OSError):  # noqa: PT011  an alert or the end, as fate decides
            send_forever(secured)
        secured.close()
    assert server.get()["listener"] == "required"
    assert capfd.readouterr().err == ""
    assert not caplog.records


def test_garbage_behind_the_handshakes_last_message_ends_only_that_connection(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection may be over before HTTP has begun on it."""
    with server.connect() as raw:
        _, _, outgoing = shake_by_hand(server.certificates.context(), raw)
        raw.sendall(outgoing.read() + b"garbage that is no TLS record")
        ended(raw)
    assert server.get()["listener"] == "required"
    assert not caplog.records


def ended(connection: socket.socket) -> None:
    """Wait for the end of a connection, however it comes."""
    with suppress(ConnectionError):
        drained(connection)


def error(reason: str) -> ssl.SSLError:
    """An OpenSSL error as Python raises it."""
    made = ssl.SSLError(1, reason)
    made.reason = reason
    return made


def test_a_verification_error_that_has_no_entry_is_explained_in_openssls_words() -> None:
    """OpenSSL answers what ssl_x509err2alert does not list with certificate_unknown."""
    verification = ssl.SSLCertVerificationError(1, "x")
    verification.verify_code, verification.verify_message = 79, "invalid CA certificate — truly"
    assert explain(verification, "TLSv1.3") == (
        "certificate_unknown",
        "the client certificate was refused: invalid ca certificate ? truly",
    )


@pytest.mark.parametrize(
    ("reason", "words"), [("LENGTH_MISMATCH", "length mismatch"), ("", "OpenSSL gives no reason")]
)
def test_any_other_failure_has_a_reason(reason: str, words: str) -> None:
    """Nothing is left without a sentence, even where OpenSSL gives none."""
    alert, sentence = explain(error(reason), None)
    assert alert is None
    assert words in sentence


def test_a_bug_in_the_callback_is_logged_and_costs_only_that_connection(
    serve: Callable[..., Server], caplog: pytest.LogCaptureFixture
) -> None:
    """Noise of peers is hidden, mistakes of programmers are not."""
    server = serve()
    server.refusals.fail = RuntimeError("a bug in the callback")
    assert server.refuses(name=None)
    server.refusals.fail = None
    assert server.get()["listener"] == "required"
    assert "a bug in the callback" in caplog.text
