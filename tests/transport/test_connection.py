from __future__ import annotations

import gc
import logging
import socket
import ssl
import struct
import threading
from collections.abc import Callable

import pytest
from cryptography import x509

from mockwise.transport.http.connection import Connection
from tests.transport.support import (
    PATIENCE,
    REQUEST,
    Receive,
    Scope,
    Send,
    Server,
    drained,
    exchange,
    shake_by_hand,
    write_identity,
)


@pytest.mark.parametrize(("version", "number"), [("1.2", 0x0303), ("1.3", 0x0304)])
def test_the_app_sees_the_peer_as_asgi_says(server: Server, version: str, number: int) -> None:
    """The scope has the peer as https://asgi.readthedocs.io/en/latest/specs/tls.html describes it."""
    with server.secured(version=version) as connection:
        seen = exchange(connection)
        local = connection.getsockname()
        suite = connection.cipher()
    assert suite
    shown = server.certificates.identities["good"]
    tls = seen["tls"]
    assert tls["client_cert_chain"] == [shown.certificate_pem.decode()]
    leaf = x509.load_pem_x509_certificate(shown.certificate_pem)
    assert tls["client_cert_name"] == leaf.subject.rfc4514_string()
    assert tls["tls_version"] == number
    assert tls["cipher_suite"] == {"1.2": 0xC02B, "1.3": 0x1302}[version]
    assert (tls["server_cert"], tls["client_cert_error"]) == (None, None)
    assert (seen["tls_version"], seen["cipher"]) == (f"TLSv{version}", suite[0])
    assert seen["peer"] == list(local)
    assert seen["serial"] == shown.serial


def test_without_tls_there_is_a_connection_but_no_tls_extension(server: Server) -> None:
    """A plain listener has a name and a peer, nothing else."""
    with server.connect("plain") as connection:
        seen = exchange(connection)
    assert seen["listener"] == "plain"
    assert (seen["tls"], seen["tls_version"], seen["cipher"], seen["serial"]) == (None, None, None, None)


def test_a_connection_keeps_its_id_over_its_requests_and_the_next_has_another(server: Server) -> None:
    """Keep-alive is uvicorn's; the id tells connections apart."""
    with server.secured() as connection:
        first, second = exchange(connection), exchange(connection)
    assert first == second
    assert server.get()["id"] != first["id"]


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    """RFC 9112 §9.3.2, also for what came right behind the handshake."""
    with server.secured() as connection:
        connection.sendall(REQUEST + REQUEST.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        assert drained(connection).count(b"HTTP/1.1 200") == 2


def test_a_request_sent_with_the_handshakes_last_message_is_served(server: Server) -> None:
    """The first request may arrive before the server knows that the handshake is over."""
    with server.connect() as raw:
        client, incoming, outgoing = shake_by_hand(server.certificates.context(), raw)
        client.write(REQUEST)
        raw.sendall(outgoing.read())
        incoming.write(raw.recv(65536))
        assert client.read().startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("listener", ["required", "plain"])
def test_the_app_can_end_a_connection(
    server: Server, listener: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An aborted connection ends without an answer, and the app that returns without one has done nothing wrong."""
    with opened(server, listener) as connection:
        connection.sendall(REQUEST.replace(b"/ ", b"/abort ", 1))
        assert ended(connection) == b""
    assert not caplog.records


@pytest.mark.parametrize("listener", ["required", "plain"])
def test_the_app_can_reset_a_connection(server: Server, listener: str) -> None:
    """The peer sees a TCP reset, as from a crashed load balancer."""
    with server.connect(listener) as raw:
        connection = raw.dup()
        if listener == "required":
            connection = server.certificates.context().wrap_socket(connection, server_hostname="localhost")
        with connection:
            connection.sendall(REQUEST.replace(b"/ ", b"/reset ", 1))
            with pytest.raises(ConnectionResetError):
                raw.recv(1)  # below TLS, which takes a reset for an end


@pytest.mark.parametrize("listener", ["required", "plain"])
def test_what_the_app_writes_past_http_leaves_before_the_end(server: Server, listener: str) -> None:
    """Half an answer and then nothing: a truncated body."""
    with opened(server, listener) as connection:
        connection.sendall(REQUEST.replace(b"/ ", b"/half ", 1))
        assert ended(connection).endswith(b"\r\n\r\nhalf")


@pytest.mark.parametrize("listener", ["required", "plain"])
def test_who_remembers_a_lost_connection_keeps_nothing_of_what_carried_it(
    server: Server, listener: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The journal keeps thousands of them; what the app still does to one goes nowhere."""
    known: list[Connection] = []
    carried: list[bool] = []
    here, over = threading.Event(), threading.Event()

    async def outlive(scope: Scope, receive: Receive, _send: Send) -> None:
        connection = scope["extensions"]["mockwise.connection"]
        known.append(connection)
        carried.append(holds_more_than_words(connection))
        here.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        carried.append(holds_more_than_words(connection))
        connection.write(b"too late")
        connection.abort(reset=True)
        over.set()

    server.app.special = outlive
    with opened(server, listener) as connection:
        connection.sendall(REQUEST)
        assert here.wait(PATIENCE)
    assert over.wait(PATIENCE)
    assert carried == [True, False]
    assert (known[0].listener, known[0].is_open) == (listener, False)
    assert (known[0].descriptor, known[0].unread) == (-1, 0)  # nothing is left of what carried it
    assert not caplog.records


def holds_more_than_words(it: object) -> bool:
    """Whether anything but text and numbers can be reached from an object."""
    return any(
        holds_more_than_words(held)
        if isinstance(held, dict | tuple)
        else not isinstance(held, str | int | type)
        for held in gc.get_referents(it)
        if held is not None
    )


def opened(server: Server, listener: str) -> socket.socket:
    """A connection to the listener, above TLS if it speaks it."""
    raw = server.connect(listener)
    if listener == "plain":
        return raw
    return server.certificates.context().wrap_socket(raw, server_hostname="localhost")


def ended(connection: socket.socket) -> bytes:
    """What comes until the end, with or without TLS's goodbye."""
    data = b""
    try:
        while more := connection.recv(65536):
            data += more
    except ssl.SSLEOFError:
        pass
    return data


def test_the_connections_of_a_revoked_certificate_can_be_ended(server: Server) -> None:
    """TLS asks for the certificate only once; `hang_up` ends what it had opened, and only that."""
    other = server.certificates.authority.issue_client("other")
    write_identity(server.certificates.folder, "other", other)
    with server.secured() as revoked, server.secured(name="other") as kept:
        assert exchange(revoked)["serial"] != exchange(kept)["serial"] == other.serial
        server.server_thread.hang_up(server.certificates.identities["good"].serial)
        assert ended(revoked) == b""
        assert exchange(kept)["serial"] == other.serial


def test_names_are_written_as_rfc_4514_says(server: Server) -> None:
    """Special characters are escaped (§2.4), any script is welcome, also in 64 characters (X.520)."""
    for number, name in enumerate([' a,b+c"d\\e<f>g; ', "#" + "é" * 63]):
        identity = server.certificates.authority.issue_client(name)
        write_identity(server.certificates.folder, f"odd-{number}", identity)
        assert identity.common_name == name
    first = server.get(name="odd-0")["tls"]["client_cert_name"]
    assert first == 'CN=\\ a\\,b\\+c\\"d\\\\e\\<f\\>g\\;\\ ,O=mockwise\\, for testing only'
    second = server.get(name="odd-1")["tls"]["client_cert_name"]
    assert second.startswith("CN=\\#" + "é" * 63 + ",O=")


def test_malformed_http_is_answered_with_400_and_is_no_news(
    server: Server, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """What a peer did wrong is its own business."""
    with server.secured() as connection:
        connection.sendall(b"no http at all\r\n\r\n")
        assert b"400 Bad Request" in drained(connection)
    assert not caplog.records
    assert capfd.readouterr().err == ""


def test_a_bug_in_the_app_is_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """What the app did wrong is news: 500 for the peer, a traceback for the log."""
    with server.secured() as connection:
        connection.sendall(REQUEST.replace(b"/ ", b"/crash ", 1))
        assert b"500 Internal Server Error" in drained(connection)
    assert [record.name for record in caplog.records] == ["mockwise.http"]
    assert "a bug in the app" in caplog.text


def test_uvicorns_loggers_stay_as_they_are(serve: Callable[..., Server]) -> None:
    """A program that runs uvicorn for itself keeps its access log."""
    access = logging.getLogger("uvicorn.access")
    handler = logging.NullHandler()
    access.addHandler(handler)
    try:
        serve()
        assert handler in access.handlers
        assert access.propagate
    finally:
        access.removeHandler(handler)


def test_a_peer_that_is_gone_at_once_harms_nobody(server: Server) -> None:
    """A connection may be reset before the server looks at it."""
    for _ in range(20):
        raw = server.connect()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
    assert server.get()["listener"] == "required"


def test_the_date_header_is_there(server: Server) -> None:
    """RFC 9110 §6.6.1; uvicorn's own timer is not running."""
    with server.connect("plain") as connection:
        connection.sendall(REQUEST.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        assert b"\r\ndate: " in drained(connection)
